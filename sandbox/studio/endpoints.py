"""MusicMint's endpoints: one function each, from a call to the `data` of its answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import JsonValue, ValidationError

from sandbox.studio import envelope
from sandbox.studio.ledger import LedgerLine
from sandbox.studio.requests import ApiRequest, GenerateRequest, TaskListRequest
from sandbox.studio.studio import Studio

RequestT = TypeVar("RequestT", bound=ApiRequest)


@dataclass(frozen=True, slots=True)
class Call:
    """An authenticated call: whose it is, the id in its path (or ""), its body, and where this studio is reached."""

    studio: Studio
    owner: str
    path_id: str
    body: dict[str, JsonValue]
    base_url: str
    line: LedgerLine | None

    def parsed(self, model: type[RequestT]) -> RequestT:
        """The body as this request; its first broken rule is the refusal."""
        present = {name: value for name, value in self.body.items() if value is not None}
        try:
            return model.model_validate(present)
        except ValidationError as error:
            raise envelope.refused_fields(error) from error


async def generate(call: Call) -> JsonValue:
    """3.1: compose a song, or extend a clip."""
    task = call.studio.generate(call.owner, call.parsed(GenerateRequest))
    if call.line:
        call.line.task_id = task.id
    return {"task_id": task.id, "status": "queuing"}


async def get_task(call: Call) -> JsonValue:
    """5.1: one task, with its results once it is completed."""
    studio = call.studio
    return studio.task(call.owner, call.path_id).as_detail(studio.now(), call.base_url)


async def list_tasks(call: Call) -> JsonValue:
    """5.2: this key's tasks, newest first."""
    request = call.parsed(TaskListRequest)
    page = call.studio.tasks(call.owner, request)
    now = call.studio.now()
    return {"items": [task.as_item(now) for task in page.tasks], "total": page.total, "page": request.page}


async def get_music(call: Call) -> JsonValue:
    """5.3: one result item."""
    return call.studio.clip(call.owner, call.path_id).as_result(call.base_url)


Endpoint = Callable[[Call], Awaitable[JsonValue]]

GENERATE_PATH = "/api/v1/music/generate"
ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("POST", GENERATE_PATH): generate,
    ("POST", "/api/v1/task/{id}"): get_task,
    ("POST", "/api/v1/tasks"): list_tasks,
    ("POST", "/api/v1/music/{id}"): get_music,
}
# Without these names a call to one of them would be taken for Get Music of a clip called "cover".
ABSENT_MUSIC_ENDPOINTS = (
    "cover remaster soundfx add-vocals add-instrumental sample infill upload concat persona stem midi"
)

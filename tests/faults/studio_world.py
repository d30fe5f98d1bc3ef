"""The sandbox's studio in process, with prepared music: what it was asked and paid for is its own ledger's to say."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast

import aiohttp
from pydantic import JsonValue

from sandbox.studio import envelope, requests
from sandbox.studio.account import Account
from sandbox.studio.archive import Archive
from sandbox.studio.booth import Booth
from sandbox.studio.endpoints import ENDPOINTS, READY_UPLOAD, Call, Endpoint
from sandbox.studio.envelope import ApiError
from sandbox.studio.ledger import LedgerLine
from sandbox.studio.music import door
from sandbox.studio.music.order import RenderedTake, TakeOrder
from sandbox.studio.state import Settings, StudioState
from sandbox.studio.studio import Studio
from sandbox.studio.tasks import Clip, Persona, Stem, Task
from tests.faults.virtual_time import VirtualClock

BASE_URL: Final = "https://studio.test"
API: Final = "/api/v1/"
P = ParamSpec("P")
T = TypeVar("T")

NOTES: Final = {"piano": [{"pitch": 60.0, "velocity": 80.0, "start": 0.0, "end": 1.0}]}
WORDS: Final = [{"word": "la", "start": 0.5, "end": 1.0}]
LENGTH_S: Final = 30.0
PREPARED: Final[dict[object, object]] = {
    door.vocals: (0.0, LENGTH_S),
    door.notes: NOTES,
    door.words: WORDS,
    door.envelope: [0.1, 0.7, 0.3],
    door.wav: None,
}


class _NoArchive(Archive):
    """A studio that is never restarted keeps nothing on disk."""

    def __init__(self) -> None:
        pass

    def load_state(self) -> StudioState:
        return StudioState()

    def save_state(self, state: StudioState) -> None:
        pass

    def load_tasks(self) -> list[Task]:
        return []

    def save_task(self, task: Task) -> None:
        pass

    def load_items(self) -> list[Clip | Stem | Persona]:
        return []

    def save_item(self, item: Clip | Stem | Persona) -> None:
        pass


def _no_staff() -> Executor:
    raise AssertionError("prepared music needs no musicians")


class _PreparedBooth(Booth):
    """Every recording is there already."""

    def __init__(self) -> None:
        super().__init__(Path("/nowhere"), _no_staff)

    async def run(self, work: Callable[Concatenate[Path, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        if work is door.make and isinstance(args[0], TakeOrder):
            return cast(T, prepared_take(args[0].recording, args[0].title))
        return cast(T, PREPARED[work])


def prepared_take(recording: str, title: str) -> RenderedTake:
    return RenderedTake(recording=recording, title=title or "Prepared", duration=LENGTH_S, tags="folk", prompt="la la")


async def _upload(call: Call) -> JsonValue:
    """Without the download."""
    call.parsed(requests.UploadRequest)
    clip = call.keep_take(prepared_take(call.studio.token(6), "Upload"))
    return {"clipId": clip.id, "audioUrl": call.audio(clip), "duration": int(clip.duration), "status": READY_UPLOAD}


ROUTES: Final = {
    (endpoint.method, endpoint.name): Endpoint("music/upload", _upload) if endpoint.name == "music/upload" else endpoint
    for endpoint in ENDPOINTS
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the API as it goes over the wire."""

    status: int
    body: bytes


@dataclass
class StudioWorld:
    """One account's studio. `called_back` is called with a submit's callback address and the task's id, as it ends."""

    clock: VirtualClock
    rng: random.Random
    clips: int
    generation_ms: int
    called_back: Callable[[str, str], None]
    accepted: Callable[[str, str], None]
    """The same, as soon as the task is there."""
    unlisted: bool = False
    """The list of tasks leaves out those whose submit was not answered."""
    refused: set[int] = field(default_factory=set)
    """The lines of the ledger, by place, that were answered with a certain no: they cost nothing."""
    unanswered: set[str] = field(default_factory=set)
    """The tasks whose submit's answer was lost."""

    def __post_init__(self) -> None:
        self.studio = Studio(_NoArchive(), self.clock.now_ms, self._token, self._make, self._stirred)
        self.studio.change_settings(Settings(generation_ms=self.generation_ms))
        self._booth = _PreparedBooth()
        self._number = 0

    def _token(self, length: int) -> str:
        return self.rng.randbytes(length).hex()

    def _stirred(self) -> None:
        pass

    @property
    def lines(self) -> list[LedgerLine]:
        """Every paid POST that arrived."""
        return self.studio.ledger.lines

    def _make(self, task: Task) -> None:
        title = task.order.title if isinstance(task.order, TakeOrder) else "Words"
        music = isinstance(task.order, TakeOrder)
        made = []
        for clip_id in task.clip_ids[: self.clips]:
            take = prepared_take(clip_id if music else "", title)
            made.append(Clip(id=clip_id, owner=task.owner, expire_at=task.expire_at, **take.model_dump()))
        self.studio.rendered(task.id, tuple(made))
        if task.callback_url:
            self.accepted(task.callback_url, task.id)

    def call_back_the_ended(self) -> None:
        """Tell of the tasks that have ended since."""
        for task in self.studio.take_uncalled():
            self.called_back(task.callback_url or "", task.id)

    def arrive(self, method: str, path: str, body: dict[str, Any] | None) -> LedgerLine | None:
        """A request reaches the studio: a paid one is in its ledger from here on, whatever becomes of it."""
        endpoint, _, _ = self._route(method, path)
        if not endpoint.paid:
            return None
        line = LedgerLine(self.studio.now(), endpoint.name, "test", body)
        self.studio.ledger.lines.append(line)
        return line

    def heard(self, answer: bytes) -> None:
        """A submit's answer arrived whole: its task is no lost one."""
        self.unanswered = {task_id for task_id in self.unanswered if task_id.encode() not in answer}

    def say_no(self, line: LedgerLine | None) -> None:
        """It was refused for certain: it costs nothing."""
        if line is not None:
            self.refused.add(self.studio.ledger.lines.index(line))

    async def answer(self, method: str, path: str, body: dict[str, Any] | None, line: LedgerLine | None) -> Answer:
        """What the endpoint says."""
        endpoint, path_id, query = self._route(method, path)
        account = Account(self.studio, self.studio.owner("Bearer sk-mm-faults"))
        sent: dict[str, JsonValue] = dict(body or {}) if method == "POST" else dict(query)
        session = cast(aiohttp.ClientSession, None)  # nothing is downloaded here
        call = Call(self.studio, self._booth, session, account, path_id, sent, BASE_URL, line)
        try:
            data = await endpoint.answer(call)
        except ApiError as error:
            self.say_no(line)
            return self.spoken(error.status, error.code, error.message)
        if endpoint.name == "tasks" and self.unlisted:
            data = self._without_lost(data)
        return Answer(200, json.dumps(envelope.answered(self._request_id(), data=data)).encode())

    def spoken(self, status: int, code: int, message: str) -> Answer:
        """A refusal in the API's own envelope."""
        return Answer(status, json.dumps(envelope.answered(self._request_id(), code, message)).encode())

    def _without_lost(self, data: JsonValue) -> JsonValue:
        assert isinstance(data, dict)
        items = data["items"]
        assert isinstance(items, list)
        kept = [item for item in items if isinstance(item, dict) and item["id"] not in self.unanswered]
        return {**data, "items": list[JsonValue](kept), "total": len(kept)}

    def _request_id(self) -> str:
        self._number += 1
        return f"req-{self._number}"

    @staticmethod
    def _route(method: str, path: str) -> tuple[Endpoint, str, dict[str, str]]:
        """The endpoint, the id in its path, and the query."""
        name, _, asked = path.removeprefix(API).partition("?")
        query = dict(pair.split("=", 1) for pair in asked.split("&") if pair)
        if (found := ROUTES.get((method, name))) is not None:
            return found, "", query
        head, _, last = name.rpartition("/")
        return ROUTES[(method, f"{head}/{{id}}")], last, query

"""The studio's own JSON API under /sandbox/v1, for tests and the sandbox's page (API.md lists it)."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from sandbox.studio.booth import Booth
from sandbox.studio.envelope import ApiError
from sandbox.studio.faults import Fault
from sandbox.studio.state import KeyStatus, Settings
from sandbox.studio.studio import Studio

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ControlT = TypeVar("ControlT", bound=BaseModel)
JSON_OBJECT = TypeAdapter(dict[str, JsonValue])


class Control(BaseModel):
    """A body of this API."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OutcomeControl(Control):
    """How the next tasks end."""

    outcome: Literal["failed"]
    error: str = "Generation failed: all platforms unavailable"
    times: Annotated[int, Field(ge=1)] = 1


class KeyControl(Control):
    """An AppKey; what is not said of it stays."""

    key: str
    status: KeyStatus = KeyStatus.ACTIVE
    signing_secret: str | None = None


class TimeControl(Control):
    """How far to move the clock."""

    advance_ms: Annotated[int, Field(ge=0)]


class Controls:
    """Handlers over one studio and its booth."""

    def __init__(self, studio: Studio, booth: Booth) -> None:
        self._studio = studio
        self._booth = booth

    def routes(self) -> list[web.RouteDef]:
        """The routes of this API."""
        table: list[tuple[str, str, Handler]] = [
            ("GET", "settings", self.show_settings),
            ("PATCH", "settings", self.change_settings),
            ("GET", "ledger", self.show_ledger),
            ("POST", "faults", self.script_fault),
            ("DELETE", "faults", self.clear_faults),
            ("POST", "outcomes", self.script_outcome),
            ("POST", "keys", self.set_key),
            ("POST", "time", self.advance_time),
            ("POST", "tasks/{id}/finish", self.finish_task),
        ]
        return [web.route(method, f"/sandbox/v1/{path}", _plain_errors(handler)) for method, path, handler in table]

    async def show_settings(self, request: web.Request) -> web.Response:
        """GET settings."""
        return web.json_response(self._studio.settings.model_dump())

    async def change_settings(self, request: web.Request) -> web.Response:
        """PATCH settings: the fields left out stay as they are."""
        change = await _json_object(request)
        settings = Settings.model_validate({**self._studio.settings.model_dump(), **change})
        await self._booth.prepare(settings)
        self._studio.change_settings(settings)
        return web.json_response(settings.model_dump())

    async def show_ledger(self, request: web.Request) -> web.Response:
        """GET ledger."""
        return web.json_response(self._studio.ledger.as_json())

    async def script_fault(self, request: web.Request) -> web.Response:
        """POST faults."""
        fault = await _parsed(request, Fault)
        self._studio.faults.script(fault)
        return web.json_response(fault.model_dump(mode="json"))

    async def clear_faults(self, request: web.Request) -> web.Response:
        """DELETE faults."""
        self._studio.faults.clear()
        return web.json_response({})

    async def script_outcome(self, request: web.Request) -> web.Response:
        """POST outcomes."""
        control = await _parsed(request, OutcomeControl)
        self._studio.expect_failures(control.error, control.times)
        return web.json_response(control.model_dump())

    async def set_key(self, request: web.Request) -> web.Response:
        """POST keys."""
        control = await _parsed(request, KeyControl)
        status = self._studio.set_key(control.key, **control.model_dump(exclude={"key"}, exclude_unset=True))
        return web.json_response({"status": status.value})

    async def advance_time(self, request: web.Request) -> web.Response:
        """POST time."""
        control = await _parsed(request, TimeControl)
        return web.json_response({"now_ms": self._studio.advance(control.advance_ms)})

    async def finish_task(self, request: web.Request) -> web.Response:
        """POST tasks/{id}/finish: answers when the task has ended."""
        task_id = request.match_info["id"]
        self._studio.finish(task_id)
        await self._booth.until_rendered(self._studio, task_id)
        task = self._studio.finish(task_id)
        return web.json_response({"id": task.id, "status": task.status(self._studio.now()).value})


async def _parsed(request: web.Request, model: type[ControlT]) -> ControlT:
    return model.model_validate(await _json_object(request))


async def _json_object(request: web.Request) -> dict[str, JsonValue]:
    return JSON_OBJECT.validate_json(await request.read())


def _plain_errors(handler: Handler) -> Handler:
    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except ValidationError as error:
            return web.json_response({"error": error.errors(include_url=False, include_context=False)}, status=400)
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        except ApiError as error:
            return web.json_response({"error": error.message}, status=error.status)

    return answered

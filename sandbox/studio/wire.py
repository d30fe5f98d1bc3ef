"""The studio on a socket: MusicMint's API, the files of its clips, and the sandbox's own API."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from pydantic import JsonValue

from sandbox.studio import envelope
from sandbox.studio.archive import Archive
from sandbox.studio.booth import Booth
from sandbox.studio.controls import Controls
from sandbox.studio.endpoints import ABSENT_MUSIC_ENDPOINTS, ENDPOINTS, GENERATE_PATH, Call, Endpoint
from sandbox.studio.envelope import ApiError
from sandbox.studio.faults import Fault, Reset
from sandbox.studio.ledger import LedgerLine
from sandbox.studio.state import Settings
from sandbox.studio.studio import Studio

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
CONTENT_TYPES = {"mp3": "audio/mpeg", "jpg": "image/jpeg"}
LINE = web.RequestKey("line", LedgerLine)


@dataclass(frozen=True, slots=True)
class OpenStudio:
    """A studio that answers at `url`."""

    url: str
    model: Studio


def wall_clock() -> int:
    """Ms since the epoch."""
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def open_studio(
    data_dir: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    settings: Settings | None = None,
    public_url: str | None = None,
    clock: Callable[[], int] = wall_clock,
    token: Callable[[int], str] = secrets.token_hex,
) -> AsyncIterator[OpenStudio]:
    """Serve a studio from its data folder until the block ends; `settings` replace the stored ones."""
    booth = Booth(data_dir / "files")
    studio = Studio(Archive(data_dir), clock, token, booth.put)
    if settings:
        studio.change_settings(settings)
    wire = Wire(studio, booth)
    runner = web.AppRunner(wire.app(), access_log=None, shutdown_timeout=1)
    async with booth.working_for(studio):
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            wire.url = public_url or f"http://{host}:{runner.addresses[0][1]}"
            yield OpenStudio(wire.url, studio)
        finally:
            await runner.cleanup()


class Wire:
    """The HTTP side of one studio; `url` is where its files are reached."""

    def __init__(self, studio: Studio, booth: Booth) -> None:
        self._studio = studio
        self._booth = booth
        self._last_request_id = 0
        self.url = ""

    def app(self) -> web.Application:
        """The routes, the unknown ones last."""
        app = web.Application(middlewares=[self._watched])
        for (method, path), endpoint in ENDPOINTS.items():
            app.router.add_route(method, path, self._api_handler(endpoint))
        app.router.add_get("/files/{name}", self._file)
        app.router.add_routes(Controls(self._studio, self._booth).routes())
        app.router.add_route("*", "/api/{path:.*}", self._absent)
        return app

    @web.middleware
    async def _watched(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count the call and let a scripted fault meet it; the sandbox's own API is exempt from both."""
        if not request.path.startswith(("/api/", "/files/")):
            return await handler(request)
        await self._enter(request)
        fault = self._studio.faults.take(request.path)
        if fault is None:
            return await handler(request)
        await asyncio.sleep(fault.delay_ms / 1000)
        if fault.reset is Reset.AFTER:
            await handler(request)
        if fault.reset:
            return _hang_up(request)
        return self._faulty_answer(fault) if fault.answers else await handler(request)

    async def _enter(self, request: web.Request) -> None:
        resource = request.match_info.route.resource
        route = f"{request.method} {resource.canonical if resource else request.path}"
        self._studio.ledger.calls[route] += 1
        if request.method == "POST" and request.path == GENERATE_PATH:
            key = request.headers.get("Authorization", "")
            line = LedgerLine(self._studio.now(), key[-4:], _lenient_json(await request.text()))
            self._studio.ledger.lines.append(line)
            request[LINE] = line

    def _faulty_answer(self, fault: Fault) -> web.Response:
        status = fault.status or 500
        headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
        if fault.body is not None:
            return web.Response(
                status=status, text=fault.body, content_type=fault.content_type or "text/plain", headers=headers
            )
        code = status if fault.code is None else fault.code
        body = envelope.failure(self._request_id(), code, fault.message or "Scripted fault")
        return web.json_response(body, status=status, headers=headers)

    def _api_handler(self, endpoint: Endpoint) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            try:
                data = await endpoint(await self._call(request))
            except ApiError as error:
                return self._refusal(error)
            return web.json_response(envelope.success(self._request_id(), data))

        return answer

    async def _call(self, request: web.Request) -> Call:
        path_id = request.match_info.get("id", "")
        if path_id in ABSENT_MUSIC_ENDPOINTS.split() and request.path.startswith("/api/v1/music/"):
            raise envelope.not_built(request.method, request.path)
        return Call(
            studio=self._studio,
            owner=self._studio.owner(request.headers.get("Authorization", "")),
            path_id=path_id,
            body=_json_object(await request.text()),
            base_url=self.url,
            line=request.get(LINE),
        )

    async def _absent(self, request: web.Request) -> web.Response:
        return self._refusal(envelope.not_built(request.method, request.path))

    def _refusal(self, error: ApiError) -> web.Response:
        body = envelope.failure(self._request_id(), error.code, error.message)
        return web.json_response(body, status=error.status)

    def _request_id(self) -> str:
        self._last_request_id = max(self._last_request_id + 1, self._studio.now())
        return f"req-{self._last_request_id}"

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """A clip's audio or cover; FileResponse answers ranges."""
        clip_id, _, kind = request.match_info["name"].rpartition(".")
        clip = self._studio.finished_clip(clip_id)
        if clip is None or kind not in CONTENT_TYPES:
            raise web.HTTPNotFound(text="No such file")
        if clip.expired(self._studio.now()):
            raise web.HTTPGone(text="This file has expired")
        path = self._booth.files / f"{clip.recording}.{kind}"
        return web.FileResponse(path, headers={"Content-Type": CONTENT_TYPES[kind]})


def _lenient_json(text: str) -> JsonValue:
    try:
        parsed: JsonValue = json.loads(text)
    except ValueError:
        return text
    return parsed


def _json_object(text: str) -> dict[str, JsonValue]:
    """A body; none at all counts as an empty object, as the docs of the reads say."""
    try:
        parsed = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise envelope.bad_body(str(error)) from error
    if not isinstance(parsed, dict):
        raise envelope.bad_body("it is something else")
    return parsed


def _hang_up(request: web.Request) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response()

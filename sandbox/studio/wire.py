"""The studio on a socket: MusicMint's API, the files of its clips, and the sandbox's own API."""

import asyncio
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

import aiohttp
from aiohttp import web
from pydantic import JsonValue

from sandbox.studio import envelope
from sandbox.studio.account import Account
from sandbox.studio.archive import Archive
from sandbox.studio.booth import Booth, under_way, worker_process
from sandbox.studio.callbacks import Callbacks
from sandbox.studio.controls import Controls
from sandbox.studio.endpoints import ENDPOINTS, Call, Endpoint
from sandbox.studio.envelope import ApiError, Rule
from sandbox.studio.faults import Fault, Reset
from sandbox.studio.ledger import LedgerLine
from sandbox.studio.state import Settings
from sandbox.studio.studio import Studio
from sandbox.studio.tasks import Clip, Stem

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
API = "/api/v1/"
PAID = {endpoint.name for endpoint in ENDPOINTS if endpoint.paid}
CONTENT_TYPES = {"mp3": "audio/mpeg", "jpg": "image/jpeg", "wav": "audio/wav"}
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
    staff: Callable[[], Executor] = worker_process,
) -> AsyncIterator[OpenStudio]:
    """Serve a studio from its data folder until the block ends; `settings` replace the stored ones."""
    async with aiohttp.ClientSession() as session:
        booth = Booth(data_dir / "files", staff)
        callbacks = Callbacks(session)
        studio = Studio(Archive(data_dir), clock, token, booth.put, callbacks.stir)
        if settings:
            studio.change_settings(settings)
        wire = Wire(studio, booth, session)
        runner = web.AppRunner(wire.app(), access_log=None, shutdown_timeout=1)
        async with booth.working_for(studio):
            await runner.setup()
            try:
                await web.TCPSite(runner, host, port).start()
                wire.url = public_url or f"http://{host}:{runner.addresses[0][1]}"
                async with under_way(callbacks.work(studio, wire.url)):
                    yield OpenStudio(wire.url, studio)
            finally:
                await runner.cleanup()


class Wire:
    """The HTTP side of one studio; `url` is where its files are reached."""

    def __init__(self, studio: Studio, booth: Booth, session: aiohttp.ClientSession) -> None:
        self._studio = studio
        self._booth = booth
        self._session = session
        self._last_request_id = 0
        self.url = ""

    def app(self) -> web.Application:
        """The routes; Get Music, whose path fits many, and the unknown ones last."""
        app = web.Application(middlewares=[self._watched])
        for endpoint in ENDPOINTS:
            app.router.add_route(endpoint.method, API + endpoint.name, self._api_handler(endpoint))
            app.router.add_route("*", API + endpoint.name, self._refused(Rule.WRONG_METHOD))
        app.router.add_get("/files/{name}", self._file)
        app.router.add_routes(Controls(self._studio, self._booth).routes())
        app.router.add_route("*", "/api/{path:.*}", self._refused(Rule.NO_ENDPOINT))
        return app

    @web.middleware
    async def _watched(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count the call and let a scripted fault meet it; the sandbox's own API is exempt from both."""
        if not request.path.startswith(("/api/", "/files/")):
            return await handler(request)
        await self._enter(request)
        answer = await self._answered(request, handler)
        if not answer.prepared:
            # Its clock can be moved on, and a server's answers and the times in them are by one clock.
            answer.headers["Date"] = formatdate(self._studio.now() / 1000, usegmt=True)
        return answer

    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
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
        endpoint = request.path.removeprefix(API)
        if request.method == "POST" and endpoint in PAID:
            key = request.headers.get("Authorization", "")
            line = LedgerLine(self._studio.now(), endpoint, key[-4:], _lenient_json(await request.read()))
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
        body = envelope.answered(self._request_id(), code, fault.message or "Scripted fault")
        return web.json_response(body, status=status, headers=headers)

    def _api_handler(self, endpoint: Endpoint) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            try:
                data = await endpoint.answer(await self._call(request, endpoint))
            except ApiError as error:
                return self._refusal(error)
            except Exception as error:  # What cannot be made is an answer too.
                log.exception("%s could not be answered", endpoint.name)
                return self._refusal(Rule.NOT_MADE.broken(type(error).__name__))
            return web.json_response(envelope.answered(self._request_id(), data=data))

        return answer

    async def _call(self, request: web.Request, endpoint: Endpoint) -> Call:
        owner = self._studio.owner(request.headers.get("Authorization", ""))
        sent: dict[str, JsonValue] = {**request.query}
        body = _json_object(await request.read()) if endpoint.method == "POST" else sent
        return Call(
            studio=self._studio,
            booth=self._booth,
            session=self._session,
            account=Account(self._studio, owner),
            path_id=request.match_info.get("id", ""),
            body=body,
            base_url=self.url,
            line=request.get(LINE),
        )

    def _refused(self, rule: Rule) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            return self._refusal(rule.broken(f"{request.method} {request.path}"))

        return answer

    def _refusal(self, error: ApiError) -> web.Response:
        body = envelope.answered(self._request_id(), error.code, error.message)
        return web.json_response(body, status=error.status)

    def _request_id(self) -> str:
        self._last_request_id = max(self._last_request_id + 1, self._studio.now())
        return f"req-{self._last_request_id}"

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """A clip's or a stem's audio, or a cover; FileResponse answers ranges, and 404 where there is none."""
        item_id, _, kind = request.match_info["name"].rpartition(".")
        item = self._studio.item(item_id)
        if not isinstance(item, Clip | Stem) or kind not in CONTENT_TYPES:
            raise web.HTTPNotFound(text="No such file")
        if item.expired(self._studio.now()):
            raise web.HTTPGone(text="This file has expired")
        path = self._booth.files / f"{item.recording}.{kind}"
        return web.FileResponse(path, headers={"Content-Type": CONTENT_TYPES[kind]})


def _lenient_json(raw: bytes) -> JsonValue:
    try:
        parsed: JsonValue = json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")
    return parsed


def _json_object(raw: bytes) -> dict[str, JsonValue]:
    """A body; none at all counts as an empty object, as the docs of the reads say."""
    try:
        parsed = json.loads(raw) if raw.strip() else {}
    except ValueError as error:
        raise Rule.NO_OBJECT.broken(str(error)) from error
    if not isinstance(parsed, dict):
        raise Rule.NO_OBJECT.broken()
    return parsed


def _hang_up(request: web.Request) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response()

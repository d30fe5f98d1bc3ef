"""REST v10 on the wire: one door for every request, which reads, authorises, records, lets fail, and answers."""

import json
import re
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.discord.model.errors import ApiError
from sandbox.discord.model.files import Upload
from sandbox.discord.model.model import Model
from sandbox.discord.wire.faults import Fault, Faults
from sandbox.discord.wire.ledger import Entry, Ledger
from sandbox.discord.wire.received import Received, receive

PREFIX = "/api/v10"
TOKEN = re.compile(r"Bot (?!invalid-token$)\S+")


@dataclass(frozen=True)
class Call:
    """A request to one route: the template's parts, the query, the parsed body and its files."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    uploads: Sequence[Upload]


@dataclass(frozen=True)
class Route:
    """A method and path template, and what answers it: JSON, or None for 204. `open` routes need no token."""

    method: str
    template: str
    answer: Callable[[Call], Any]
    status: int = 200
    open: bool = False


class Rest:
    """All routes behind one door."""

    def __init__(self, model: Model, faults: Faults, ledger: Ledger, routes: Sequence[Route]) -> None:
        self._model = model
        self._faults = faults
        self._ledger = ledger
        self._routes = routes

    def mount(self, app: web.Application) -> None:
        """Add every route, and one for all that is missing, which answers 501 and names itself."""
        for route in self._routes:
            path = re.sub(r"\{(\w+)\}", r"{\1:[^/]+}", route.template)
            app.router.add_route(route.method, PREFIX + path, self._door(route))
        missing = Route("*", "", _missing, open=True)
        app.router.add_route("*", PREFIX + "/{tail:.*}", self._door(missing))

    def _door(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def door(request: web.Request) -> web.StreamResponse:
            return await self._serve(request, route)

        return door

    async def _serve(self, request: web.Request, route: Route) -> web.StreamResponse:
        path = request.path.removeprefix(PREFIX)
        entry = Entry(self._model.core.clock.now_ms(), request.method, path, None)
        received = Received()
        try:
            received = await receive(request, self._model.core)
            entry.json, entry.files = received.body, [upload.filename for upload in received.uploads]
        except ApiError as error:
            entry.status = error.status
            return _reply(error.status, error.body())
        finally:
            self._ledger.add(entry)
        try:
            return await self._answer(request, route, received, entry)
        finally:
            for upload in received.uploads:
                upload.path.unlink(missing_ok=True)

    async def _answer(self, request: web.Request, route: Route, received: Received, entry: Entry) -> web.StreamResponse:
        fault = self._faults.take(entry.method, entry.path)
        if fault is not None:
            await self._model.core.clock.sleep_until(entry.at_ms + fault.delay_ms)
            if fault.reset == "before":
                return _reset(request)
            if fault.status is not None:
                entry.status = fault.status
                return _scripted(fault)
        path = {"method": request.method, "url": entry.path, **request.match_info}
        try:
            self._check(request, route, received)
            drawn = route.answer(Call(path, request.query, received.body, received.uploads))
            entry.status = 204 if drawn is None else route.status
        except ApiError as error:
            drawn, entry.status = error.body(), error.status
        if fault is not None and fault.reset == "after":
            return _reset(request)
        return _reply(entry.status, drawn)

    def _check(self, request: web.Request, route: Route, received: Received) -> None:
        if not route.open and not TOKEN.fullmatch(request.headers.get("Authorization", "")):
            raise ApiError(401, 0, "401: Unauthorized")
        limit = self._model.core.world.settings.upload_limit
        if any(upload.size > limit for upload in received.uploads):
            raise ApiError(413, 40005, "Request entity too large")


def _reply(status: int, drawn: object) -> web.Response:
    headers = {"Via": "1.1 sandbox"}
    if status == 204:
        return web.Response(status=204, headers=headers)
    body = json.dumps(drawn, ensure_ascii=False).encode()
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


def _scripted(fault: Fault) -> web.Response:
    reply = _reply(fault.status or 500, fault.body())
    if fault.status == 429:
        reply.headers["Retry-After"] = str(fault.body()["retry_after"])
    if not fault.via:
        del reply.headers["Via"]
    return reply


def _reset(request: web.Request) -> web.Response:
    """Break the connection as a reset (RST) the client sees, not as an orderly end."""
    transport = request.transport
    if transport is not None:
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response(status=499)


def _missing(call: Call) -> Any:
    raise ApiError(501, 0, f"The local Discord has no route {call.path['method']} {call.path['url']}.")

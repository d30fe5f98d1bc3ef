"""REST v10 on the wire: one door for every request, which reads, authorises, records, lets fail, and answers."""

import hashlib
import json
import math
import re
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.discord.model.errors import ApiError, RateLimited
from sandbox.discord.model.files import Upload
from sandbox.discord.model.model import Model
from sandbox.discord.wire.faults import Fault, Faults
from sandbox.discord.wire.ledger import Entry, Ledger
from sandbox.discord.wire.received import Received, receive

PREFIX = "/api/v10"
GLOBAL_MS = 1_000
SEND, DELETE = ("message_limit", 5_000), ("message_limit", 1_000)
WEBHOOK, OTHER = ("webhook_limit", 2_000), ("route_limit", 1_000)
"""Buckets: which setting limits them, and the window's milliseconds. Discord publishes none; these were observed."""
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
    """A method and path template, and what answers it: JSON, or None for 204.

    `open` routes need no token and do not count against the global limit.
    """

    method: str
    template: str
    answer: Callable[[Call], Any]
    status: int = 200
    open: bool = False
    bucket: tuple[str, int] | None = OTHER

    @property
    def bucket_id(self) -> str:
        """What Discord would call the bucket: the same for every channel, server and token."""
        return hashlib.md5(f"{self.method} {self.template}".encode(), usedforsecurity=False).hexdigest()


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
        missing = Route("*", "", _missing, open=True, bucket=None)
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
        headers: dict[str, str] = {}
        try:
            self._check(request, route)
            self._count(route, path, headers)
            self._check_sizes(received)
            drawn = route.answer(Call(path, request.query, received.body, received.uploads))
            entry.status = 204 if drawn is None else route.status
        except ApiError as error:
            drawn, entry.status = error.body(), error.status
            headers |= _waiting(error)
        if fault is not None and fault.reset == "after":
            return _reset(request)
        return _reply(entry.status, drawn, headers)

    def _check(self, request: web.Request, route: Route) -> None:
        if not request.headers.get("User-Agent", "").strip():
            raise ApiError(403, 40333, "internal network error")
        if not route.open and not TOKEN.fullmatch(request.headers.get("Authorization", "")):
            raise ApiError(401, 0, "401: Unauthorized")

    def _count(self, route: Route, path: Mapping[str, str], headers: dict[str, str]) -> None:
        """Spend a request of the route's bucket and of all; tell the bucket in `headers`."""
        core = self._model.core
        if not route.open:
            core.rates.spend("global", core.world.settings.global_limit, GLOBAL_MS, RateLimited("global"))
        if route.bucket is None:
            return
        setting, window_ms = route.bucket
        limit = getattr(core.world.settings, setting)
        if not limit:
            return
        major = next((path[name] for name in ("channel", "guild", "token") if name in path), "")
        key = f"{route.bucket_id} {major}"
        free = core.rates.take(key, limit, window_ms)
        bucket = core.rates.look(key, limit, window_ms)
        headers |= {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(bucket.remaining),
            "X-RateLimit-Reset": f"{bucket.ends_ms / 1000:.3f}",
            "X-RateLimit-Reset-After": f"{bucket.left_ms / 1000:.3f}",
            "X-RateLimit-Bucket": route.bucket_id,
        }
        if not free:
            raise RateLimited(retry_after=bucket.left_ms / 1000)

    def _check_sizes(self, received: Received) -> None:
        limit = self._model.core.world.settings.largest_file
        if any(upload.size > limit for upload in received.uploads):
            raise ApiError(413, 40005, "Request entity too large")


def _reply(status: int, drawn: object, more: Mapping[str, str] | None = None) -> web.Response:
    headers = {"Via": "1.1 sandbox", **(more or {})}
    if status == 204:
        return web.Response(status=204, headers=headers)
    body = json.dumps(drawn, ensure_ascii=False).encode()
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


def _waiting(error: ApiError) -> dict[str, str]:
    """The headers of a 429, and none for any other error."""
    if not isinstance(error, RateLimited):
        return {}
    whole = {"X-RateLimit-Global": "true"} if error.scope == "global" else {}
    return whole | {"X-RateLimit-Scope": error.scope, "Retry-After": str(math.ceil(error.retry_after))}


def _scripted(fault: Fault) -> web.Response:
    error = fault.error()
    if fault.via:
        return _reply(error.status, error.body(), _waiting(error))
    page = "error code: 1015" if error.status == 429 else f"error code: {error.status}"
    return web.Response(status=error.status, text=page, headers={"Server": "cloudflare", **_waiting(error)})


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

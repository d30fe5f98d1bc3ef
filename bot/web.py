"""The bot's own small web server: `/healthz` and `/readyz` for a container's keeper, `/metrics` for the operator's
charts, and the door at which MusicMint calls back.

Alive is not ready: a bot that waits for Discord must not be restarted, and a new one must not be counted on yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Final, Protocol

import structlog
from aiohttp import web

from bot.errors import SettingsError
from bot.metrics import CONTENT_TYPE
from bot.musicmint.callback import PATH, Callback, CallbackAddress, signature_is_right

log = structlog.get_logger()

MAX_CALLBACK: Final = 64 * 1024
"""Bytes of a callback's body."""

CALLBACK_S: Final = 10.0
"""Seconds in which a callback's body must be here."""

MAX_HINTS: Final = 64
"""Hints being written down at once; further callers wait."""

FINISH_S: Final = 1.0
"""Seconds which requests, and then hints, that are under way at the end are given."""


@dataclass(frozen=True, slots=True)
class Health:
    """`stages`: every stage still runs. `discord`: the gateway is connected; it may be down for a while and be well."""

    stages: bool
    discord: bool


class Readiness(Protocol):
    """What `/readyz` tells: every part by its name, and whether it does its work."""

    async def look(self) -> Mapping[str, bool]:
        """Look now; answers within seconds, and never raises."""
        ...


class Charts(Protocol):
    """What `/metrics` tells."""

    async def page(self) -> bytes:
        """Prometheus' text form; never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Insight:
    """What the operator may look at beside `/healthz`."""

    readiness: Readiness
    charts: Charts


def _uncounted(_status: int) -> None:
    """Nobody counts."""


@dataclass(frozen=True, slots=True)
class CallbackDoor:
    """What a callback must show, and who is told.

    `signing_secret` is the AppKey's; None where it has none, then the address alone is proof. `old_signing_secret` is
    taken too while it is being replaced. `hint` gets our submission's id and MusicMint's id of its task, and answers
    whether that was new. It may be told the same twice. `counted` is told the HTTP status of every answer.
    """

    address: CallbackAddress
    signing_secret: str | None = field(repr=False)
    hint: Callable[[int, str], Awaitable[bool]] = field(repr=False)
    old_signing_secret: str | None = field(default=None, repr=False)
    counted: Callable[[int], None] = field(default=_uncounted, repr=False)

    @property
    def signing_secrets(self) -> tuple[str, ...]:
        """Those one of which must have signed; none: nothing need be signed."""
        return tuple(secret for secret in (self.signing_secret, self.old_signing_secret) if secret is not None)


_Said = tuple[int, str]
"""A submission of ours, and MusicMint's id of a task."""


class _Hints:
    """Hints on their way into the database. The caller does not wait: MusicMint calls once, whatever is answered."""

    def __init__(self, door: CallbackDoor) -> None:
        self._door = door
        self._under_way: dict[_Said, asyncio.Task[None]] = {}

    async def receive(self, request: web.Request) -> web.Response:
        """`POST /musicmint/{submission}.{token}`: 202, or (in this order) 404, 413, 401, 400."""
        try:
            response = await self._answer(request)
        except web.HTTPException as refused:
            self._door.counted(refused.status)
            raise
        self._door.counted(response.status)
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        submission_id = self._door.address.submission_of(request.match_info["part"])
        if submission_id is None:
            return web.Response(status=404)
        raw = await _body(request)
        if raw is None:
            return web.Response(status=400)
        secrets = self._door.signing_secrets
        if secrets and not signature_is_right(raw, request.headers.get("X-Signature"), secrets):
            log.warning("callback with a wrong signature", submission=submission_id)
            return web.Response(status=401)
        callback = Callback.parse(raw)
        if callback is None:
            log.warning("callback that is none", submission=submission_id)
            return web.Response(status=400)
        await self._start(submission_id, callback)
        return web.Response(status=202)

    async def _start(self, submission_id: int, callback: Callback) -> None:
        """What is being written down already need not be written twice: a flood of one call costs one transaction."""
        said = (submission_id, callback.task_id)
        while said not in self._under_way and len(self._under_way) >= MAX_HINTS:
            await asyncio.wait(self._under_way.values(), return_when=asyncio.FIRST_COMPLETED)
        if said in self._under_way:
            _log(submission_id, callback, new=False)
            return
        task = asyncio.create_task(self._tell(submission_id, callback))
        self._under_way[said] = task
        task.add_done_callback(lambda _: self._under_way.pop(said, None))

    async def finish(self) -> None:
        """Let what is under way end. A hint that is cut off is lost: the poll and the list have to find out alone."""
        if self._under_way:
            _, late = await asyncio.wait(self._under_way.values(), timeout=FINISH_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _tell(self, submission_id: int, callback: Callback) -> None:
        try:
            new = await self._door.hint(submission_id, callback.task_id)
        except Exception:  # whatever it was, the server goes on
            log.exception("callback not taken down", submission=submission_id)
        else:
            _log(submission_id, callback, new=new)


def _log(submission_id: int, callback: Callback, *, new: bool) -> None:
    log.info("callback", submission=submission_id, api_task=callback.task_id, status=callback.status, new=new)


@asynccontextmanager
async def serve(
    host: str,
    port: int,
    health: Callable[[], Health],
    callback: CallbackDoor | None = None,
    insight: Insight | None = None,
) -> AsyncIterator[int]:
    """Listen until the block ends; yields the port. Raises `SettingsError` when it is taken."""

    async def healthz(_request: web.Request) -> web.Response:
        now = health()
        return web.json_response(asdict(now), status=200 if now.stages else 503)

    app = web.Application(client_max_size=MAX_CALLBACK)
    app.router.add_get("/healthz", healthz)
    if insight is not None:
        _show(app, insight)
    hints = None
    if callback is not None:
        hints = _Hints(callback)
        app.router.add_post(PATH + "{part}", hints.receive)
    # No access log: the path of a callback holds its token. Nothing is unpacked: the bytes as sent are what is signed.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=FINISH_S, auto_decompress=False)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise SettingsError(f"WEB_PORT: cannot listen on {host}:{port} ({error.strerror})") from None
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
        if hints is not None:
            await hints.finish()


def _show(app: web.Application, insight: Insight) -> None:
    async def readyz(_request: web.Request) -> web.Response:
        parts = dict(await insight.readiness.look())
        return web.json_response(parts, status=200 if all(parts.values()) else 503)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=await insight.charts.page(), headers={"Content-Type": CONTENT_TYPE})

    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)


async def _body(request: web.Request) -> bytes | None:
    """The raw bytes; None for a body that breaks or does not come. Raises aiohttp's 413."""
    try:
        async with asyncio.timeout(CALLBACK_S):
            return await request.read()
    except (web.RequestPayloadError, TimeoutError, OSError):
        return None

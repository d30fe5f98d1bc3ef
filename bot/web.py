"""The bot's own small web server: `/healthz` tells a container's keeper whether the process is well."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

from aiohttp import web

from bot.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Health:
    """`stages`: every stage still runs. `discord`: the gateway is connected; it may be down for a while and be well."""

    stages: bool
    discord: bool


@asynccontextmanager
async def serve(host: str, port: int, health: Callable[[], Health]) -> AsyncIterator[int]:
    """Listen until the block ends; yields the port. Raises `SettingsError` when it is taken."""

    async def healthz(_request: web.Request) -> web.Response:
        now = health()
        return web.json_response(asdict(now), status=200 if now.stages else 503)

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
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

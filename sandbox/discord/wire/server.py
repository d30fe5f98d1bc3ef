"""The wire around the model: one HTTP server for REST, gateway, CDN, JSON API and page."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from sandbox.discord.model.clock import Clock
from sandbox.discord.model.model import Model
from sandbox.discord.wire.api import EventStreams, MemberApi
from sandbox.discord.wire.cdn import Cdn
from sandbox.discord.wire.door import PREFIX
from sandbox.discord.wire.faults import Faults
from sandbox.discord.wire.gateway import Gateway
from sandbox.discord.wire.ledger import Ledger
from sandbox.discord.wire.operator_api import OperatorApi
from sandbox.discord.wire.rest import Rest
from sandbox.discord.wire.rest_channels import ChannelRoutes
from sandbox.discord.wire.rest_guild import GuildRoutes
from sandbox.discord.wire.rest_interactions import InteractionRoutes
from sandbox.discord.wire.surroundings import BotKeeper, Surroundings

PAGE = Path(__file__).parent.parent / "page"
POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
JSON_BYTES = 64 * 1024 * 1024
SHUTDOWN_S = 2


@dataclass(frozen=True)
class Discord:
    """A running local Discord: where it listens, and its model."""

    url: str
    model: Model

    @property
    def api_url(self) -> str:
        """The base of REST, for `discord.http.Route.BASE`."""
        return f"{self.url}/api/v10"

    @property
    def gateway_url(self) -> str:
        """The gateway's WebSocket."""
        return self.url.replace("http", "ws", 1) + "/gateway"


@asynccontextmanager
async def open_discord(
    data_dir: Path,
    host: str = "127.0.0.1",
    port: int = 0,
    record: Path | None = None,
    clock: Clock | None = None,
    rng: random.Random | None = None,
    keeper: BotKeeper | None = None,
    studio_url: str = "",
) -> AsyncIterator[Discord]:
    """Listen on `host` (port 0: any free one) with the world of `data_dir`; `record` gets the bot's REST requests.

    `keeper` lets the JSON API restart the bot's process; `studio_url` lets it reach the studio's.
    """
    model = Model(data_dir, clock or Clock(), rng or random.SystemRandom())
    model.core.readers.append(model.saver.read)
    runner = web.AppRunner(
        _app(model, Ledger(record), Surroundings(keeper, studio_url)), access_log=None, shutdown_timeout=SHUTDOWN_S
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        model.core.base_url = f"http://{host}:{runner.addresses[0][1]}"
        model.saver.save()
        yield Discord(model.core.base_url, model)
    finally:
        await runner.cleanup()
        if model.core.base_url:  # where it could not listen, another process may own the folder
            model.saver.save()


def _app(model: Model, ledger: Ledger, around: Surroundings) -> web.Application:
    app = web.Application(client_max_size=JSON_BYTES)
    faults = Faults()
    gateway, cdn, api = Gateway(model, ledger), Cdn(model), MemberApi(model, around)
    streams = EventStreams(model, api)
    routes = [*GuildRoutes(model).routes(), *ChannelRoutes(model).routes(), *InteractionRoutes(model).routes()]
    Rest(model, faults, ledger, routes).mount(app)
    api.mount(app)
    OperatorApi(model, faults, ledger).mount(app)
    around.mount(app)
    app.router.add_get("/gateway", gateway.connect)
    app.router.add_get("/gateway/", gateway.connect)
    app.router.add_get(r"/cdn/attachments/{channel:\d+}/{attachment:\d+}/{filename}", cdn.attachment)
    app.router.add_get(f"{PREFIX}/events", streams.serve)
    app.router.add_get("/", _page)
    app.router.add_get(r"/static/{name:[\w-]+\.(?:css|js|svg|html)}", _page)

    async def close(_: web.Application) -> None:
        streams.close()
        api.close()
        await gateway.close()

    app.on_shutdown.append(close)
    return app


async def _page(request: web.Request) -> web.StreamResponse:
    file = PAGE / request.match_info.get("name", "index.html")
    if not file.is_file():
        raise web.HTTPNotFound(text=f"There is no {file.name}.")
    headers = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
    return web.FileResponse(file, headers=headers)

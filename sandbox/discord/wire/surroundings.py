"""What stands around this Discord, as far as it was told: the bot's process and the studio's JSON API."""

from typing import Literal, Protocol

import aiohttp
from aiohttp import web

from sandbox.discord.model.errors import Json, Refusal
from sandbox.discord.wire import api_bodies as bodies
from sandbox.discord.wire.door import PREFIX, body_of, mount

STUDIO_TIMEOUT = aiohttp.ClientTimeout(total=10)
Status = Literal["running", "stopped"]


class BotKeeper(Protocol):
    """Whoever runs the bot's process."""

    async def restart(self) -> None:
        """End the bot as an operator would, if it runs, and start it."""

    async def kill(self) -> None:
        """End it without warning, so that nothing is saved or closed."""

    async def status(self) -> Status:
        """Whether the process runs now."""


class Surroundings:
    """The calls about both. Where there is no keeper, or no studio, they say so."""

    def __init__(self, keeper: BotKeeper | None, studio_url: str) -> None:
        self._keeper = keeper
        self._studio_url = studio_url

    def mount(self, app: web.Application) -> None:
        """Add the calls; of the studio's, these alone."""
        calls = (("GET", "/studio/settings"), ("PATCH", "/studio/settings"), ("POST", "/studio/outcomes"))
        mount(app, [("POST", "/bot", self._control), *((*call, self._ask_studio) for call in calls)])

    async def bot_status(self) -> Status | None:
        """How the bot's process stands; None where nobody keeps it."""
        return None if self._keeper is None else await self._keeper.status()

    async def _control(self, request: web.Request) -> Json:
        action = (await body_of(request, bodies.BotBody)).action
        if self._keeper is None:
            raise Refusal("Nobody here keeps the bot's process: start and stop it where you started it.", 501)
        if action == "start" and await self._keeper.status() == "running":
            raise Refusal("The bot is running already.", 409)
        await (self._keeper.kill() if action == "kill" else self._keeper.restart())
        return {"status": await self._keeper.status()}

    async def _ask_studio(self, request: web.Request) -> Json:
        if not self._studio_url:
            raise Refusal("There is no local studio: the bot speaks to MusicMint itself.", 501)
        body = None if request.method == "GET" else await body_of(request, bodies.AnyBody)
        url = f"{self._studio_url}{PREFIX}{request.path.removeprefix(f'{PREFIX}/studio')}"
        try:
            async with (
                aiohttp.ClientSession(timeout=STUDIO_TIMEOUT) as session,
                session.request(request.method, url, json=body and body.model_dump()) as response,
            ):
                answer: Json = await response.json()
        except (aiohttp.ClientError, TimeoutError) as fault:
            raise Refusal("The studio does not answer.", 502) from fault
        if not response.ok:
            raise Refusal(str(answer.get("error", "The studio refused this.")), response.status)
        return answer

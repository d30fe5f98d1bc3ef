"""A running local Discord, people who use it, and a discord.py bot connected to it."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord
import pytest
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from sandbox.discord.model.clock import Clock
from sandbox.discord.wire import Discord, open_discord

UNLIMITED = ("message_limit", "webhook_limit", "route_limit", "global_limit", "max_concurrency")


@dataclass
class Person:
    """A member, acting through the JSON API."""

    id: str
    place: "Place"

    async def get(self, path: str, **query: Any) -> Any:
        return await self.place.call("GET", path, params={"as": self.id, **query})

    async def post(self, path: str, **body: Any) -> Any:
        return await self.place.call("POST", path, json={"as": self.id, **body})

    async def run(self, name: str, channel: str = "general", **body: Any) -> Any:
        return await self.post("/interactions/command", channel=self.place.channel(channel), name=name, **body)

    async def press(self, message: dict[str, Any], custom_id: str, **body: Any) -> Any:
        where = {"channel": message["channel_id"], "message": message["id"]}
        return await self.post("/interactions/component", **where, custom_id=custom_id, **body)

    async def read(self, channel: str = "general") -> list[dict[str, Any]]:
        answer = await self.get(f"/channels/{self.place.channel(channel)}/messages")
        return list(answer["messages"])


class Place:
    """The local Discord with a session for the JSON API and raw REST."""

    def __init__(self, local: Discord, session: aiohttp.ClientSession) -> None:
        self.local = local
        self.core = local.model.core
        self.session = session

    def person(self, username: str) -> Person:
        return Person(next(u.id for u in self.core.world.users.values() if u.username == username), self)

    def channel(self, name: str) -> str:
        return next((c.id for c in self.core.world.channels.values() if c.name == name), name)

    async def call(self, method: str, path: str, *, status: int = 200, **kwargs: Any) -> Any:
        async with self.session.request(method, f"{self.local.url}/sandbox/v1{path}", **kwargs) as response:
            answer = await response.json()
            assert response.status == status, answer
            return answer

    async def bot(self, method: str, path: str, *, token: str = "token", **kwargs: Any) -> tuple[int, Any]:
        status, answer, _ = await self.ask(method, path, token=token, **kwargs)
        return status, answer

    async def ask(
        self, method: str, path: str, *, token: str = "token", **kwargs: Any
    ) -> tuple[int, Any, Mapping[str, str]]:
        """A bot's request: the status, the JSON and the headers of the answer."""
        headers = {"Authorization": f"Bot {token}"}
        async with self.session.request(method, self.local.api_url + path, headers=headers, **kwargs) as response:
            return response.status, await response.json() if response.status != 204 else None, response.headers

    async def send(self, content: str = "hello", channel: str = "general", **body: Any) -> tuple[int, Any]:
        path = f"/channels/{self.channel(channel)}/messages"
        return await self.bot("POST", path, json={"content": content, **body})

    async def set(self, **settings: Any) -> None:
        await self.call("PATCH", "/settings", json=settings)

    async def deny(self, *names: str, channel: str | None = None, allow: Sequence[str] = ()) -> None:
        """What the bot may not do (and may) from now on."""
        where = {} if channel is None else {"channel": self.channel(channel)}
        body = {"member": "bot", "allow": list(allow), "deny": list(names)}
        await self.call("PUT", "/permissions", json=where | body)

    async def advance(self, ms: int) -> None:
        await self.call("POST", "/time", json={"advance_ms": ms})


@pytest.fixture
async def strict(tmp_path: Any) -> AsyncIterator[Place]:
    """As it stands, with all its limits."""
    async with (
        open_discord(
            tmp_path / "world", record=tmp_path / "record.jsonl", clock=Clock(), rng=random.Random(7)
        ) as local,
        aiohttp.ClientSession() as session,
    ):
        yield Place(local, session)


@pytest.fixture
async def place(strict: Place) -> Place:
    """Without rate limits, for tests of other things."""
    await strict.set(**dict.fromkeys(UNLIMITED, 0))
    return strict


class Bot(discord.Client):
    """A plain discord.py client; tests add commands to its tree before it starts."""

    def __init__(self, **options: Any) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True)
        options = {
            "max_messages": None,
            "allowed_mentions": discord.AllowedMentions.none(),
            "chunk_guilds_at_startup": False,
            "guild_ready_timeout": 0.02,
        } | options
        super().__init__(intents=intents, **options)
        self.tree = app_commands.CommandTree(self)
        self.heard: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    async def setup_hook(self) -> None:
        await self.tree.sync()

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        if event in ("message", "resumed", "thread_create", "disconnect", "ready", "connect"):
            self.heard.put_nowait((event, args))
        super().dispatch(event, *args, **kwargs)

    async def hear(self, event: str) -> Any:
        """The arguments of the next event of this name."""
        while True:
            name, args = await asyncio.wait_for(self.heard.get(), 10)
            if name == event:
                return args


@pytest.fixture
def point(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The same, with discord.py pointed at it."""
    return pointed(place, monkeypatch)


def pointed(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(Route, "BASE", place.local.api_url)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(place.local.gateway_url))
    return place


@asynccontextmanager
async def online(bot: Bot) -> AsyncIterator[Bot]:
    """The bot, logged in and ready until the end of the block."""
    task = asyncio.create_task(bot.start("token"))
    try:
        await asyncio.wait({task, asyncio.create_task(bot.wait_until_ready())}, return_when="FIRST_COMPLETED")
        if task.done():
            task.result()
        yield bot
    finally:
        await bot.close()
        await asyncio.gather(task, return_exceptions=True)

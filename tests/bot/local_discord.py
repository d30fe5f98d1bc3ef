"""The outbox against the local Discord: the real client, messenger, courier and database; its world is the judge."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import discord
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.bell import Bell
from bot.budget import Budget
from bot.client import MinstrelBot, point_at
from bot.courier import Courier
from bot.delivery import Deliverer
from bot.messenger import DiscordMessenger
from bot.musicmint.models import ResultItem
from bot.parcel import Packer
from bot.recovery import Recovery
from bot.redraw import Redraw
from bot.service import Service
from bot.traffic import Traffic
from db import clips, deliveries, songs, tasks
from db.clips import NewClip
from db.deliveries import Delivery
from db.engine import Database, open_database
from db.migrate import upgrade
from db.states import TaskState
from db.tasks import Changes, NewTask
from sandbox.discord.model.clock import Clock as SandboxClock
from sandbox.discord.wire import Discord, open_discord
from tests.bot.cards.pictures import BOOK
from tests.bot.fake_musicmint import FakeMusicMint
from tests.bot.fakes import FakeChance, FakeMedia

UNLIMITED = ("message_limit", "webhook_limit", "route_limit", "global_limit", "max_concurrency", "old_edit_limit")
ROUNDS = 60
"""A song that has come to no end after so many tries comes to none."""

Json = dict[str, Any]


class SharedClock:
    """The bot's clock, which is the local Discord's: what a test puts forward passes for both.

    `ahead_ms`: how far it is ahead of the local Discord's all the same.
    """

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self.ahead_ms = 0

    def now_ms(self) -> int:
        return self._clock.now_ms() + self.ahead_ms

    def age_ms(self, since_ms: int) -> int:
        return self.now_ms() - since_ms

    def monotonic(self) -> float:
        return self._clock.now_ms() / 1000

    async def wait(self, event: asyncio.Event, timeout_s: float | None) -> None:
        assert timeout_s is not None
        await self._clock.wait(event, self._clock.now_ms() + round(timeout_s * 1000) + 1)


@dataclass(frozen=True)
class Song:
    """A finished task with two takes in the outbox, whose card stands in #songs."""

    task_id: int
    card: str
    since: int
    """Requests of the ledger that came before it."""


class Quarter:
    """Everything that runs."""

    def __init__(self, local: Discord, session: aiohttp.ClientSession, database: Database) -> None:
        self.local = local
        self.core = local.model.core
        self.session = session
        self.database = database
        self.clock = SharedClock(self.core.clock)
        traffic = Traffic(self.clock, monotonic=self.clock.monotonic)
        self.bot = MinstrelBot(BOOK, retention_days=30, trace=traffic.trace())
        self.songs = self.channel("songs")
        self.direct = ""
        self._asked = 0
        self.move_in()

    def move_in(self) -> None:
        """Build the stage anew, as a start of the process does."""
        database, clock = self.database, self.clock
        self.messenger = DiscordMessenger(self.bot, BOOK, monotonic=clock.monotonic)
        courier = Courier(database, self.messenger, Packer(FakeMusicMint(), FakeMedia()), clock)
        redraw = Redraw(database, self.messenger, clock)
        self.redraw = redraw
        self.deliverer = Deliverer(database, courier, redraw, clock, FakeChance())
        self.recovery = Recovery(database, self.messenger, clock, Bell())
        self.bot.attach(Service(database, clock, key_id="key", budget=Budget(), bell=Bell()), self.recovery)

    # -- the local Discord -------------------------------------------------------------------------------------------

    async def call(self, method: str, path: str, /, **body: Any) -> Json:
        async with self.session.request(method, f"{self.local.url}/sandbox/v1{path}", json=body or None) as response:
            answer: Json = await response.json()
            assert response.ok, answer
            return answer

    def channel(self, name: str) -> str:
        return next(channel.id for channel in self.core.world.channels.values() if channel.name == name)

    def member(self, username: str) -> int:
        return int(next(user.id for user in self.core.world.users.values() if user.username == username))

    async def requests(self, song: Song) -> list[Json]:
        """What the bot asked of Discord since the song was finished."""
        seen: list[Json] = (await self.call("GET", "/ledger"))["requests"]
        return seen[song.since :]

    def takes(self, song: Song) -> list[tuple[str, str]]:
        """Where which takes of the song stand, such as ("thread", "v1a"), in the order they came."""
        names = {song.card: "thread", self.songs: "channel", self.direct: "dm"}
        found = [
            (message.id, names.get(channel_id, channel_id), embed["title"].rpartition(" ")[2])
            for channel_id, messages in self.core.world.messages.items()
            for message in messages.values()
            for embed in message.embeds
            if f"Song {song.task_id} " in embed.get("title", "") and message.id != song.card
        ]
        return [(place, label) for _, place, label in sorted(found)]

    def said(self, song: Song) -> int:
        """Messages of the bot since the card was posted, beside it."""
        bot = self.core.world.bot_id
        return sum(
            1
            for messages in self.core.world.messages.values()
            for message in messages.values()
            if message.author_id == bot and int(message.id) > int(song.card) and message.type not in (18, 21)
        )

    def card_says(self, song: Song) -> str:
        return str(self.core.world.messages[self.songs][song.card].embeds[0]["description"])

    # -- the bot -----------------------------------------------------------------------------------------------------

    async def song(self) -> Song:
        place = self.bot.get_partial_messageable(int(self.songs))
        card = await place.send(embed=discord.Embed(title="the card"))
        self._asked += 1
        now = self.clock.now_ms()
        async with self.database.write() as conn:
            row = await songs.add(
                conn, guild_id=self.bot.guilds[0].id, channel_id=int(self.songs), title=f"Song {self._asked}", now=now
            )
            task = await tasks.add(conn, self._task(row.id, row.version, card.id, now))
            await tasks.card_posted(conn, task.id, int(self.songs), card.id, now)
            await tasks.move(conn, task.id, {TaskState.QUEUED}, TaskState.FINISHED, Changes(ended_at=now))
            for part in range(2):
                clip = await clips.add(conn, _clip(task.id, part, now))
                await deliveries.add_take(conn, task_id=task.id, part=part, clip_row_id=clip, now=now)
        assert task.id == self._asked
        return Song(task.id, str(card.id), len((await self.call("GET", "/ledger"))["requests"]))

    def _task(self, song_id: int, version: int, interaction_id: int, now: int) -> NewTask:
        return NewTask(
            kind="generate",
            request='{"prompt":"la"}',
            song_id=song_id,
            version=version,
            parent_clip_id=None,
            requester_id=self.member("ben"),
            guild_id=self.bot.guilds[0].id,
            channel_id=int(self.songs),
            locale="en-US",
            interaction_id=interaction_id,
            interaction_token="secret",
            key_id="key",
            created_at=now,
        )

    async def rows(self, song: Song) -> list[Delivery]:
        async with self.database.read() as conn:
            return await deliveries.of_task(conn, song.task_id)

    async def step(self) -> None:
        """What is due now, to its end."""
        await self.deliverer.step()
        await self.deliverer.finish()

    async def deliver(self, song: Song) -> None:
        """Until every message has come to its end and the card shows it; the time between tries is put forward."""
        for _ in range(ROUNDS):
            await self.step()
            async with self.database.read() as conn:
                due = [await deliveries.next_due(conn), self.redraw.next_due()]
                if due[0] is None and not await tasks.stale_cards(conn, 1):
                    return
            next_due = min((time for time in due if time is not None), default=0)
            self.core.clock.advance(max(0, next_due - self.clock.now_ms()))
        raise AssertionError(f"no end in sight: {await self.rows(song)}")


def _clip(task_id: int, part: int, now: int) -> NewClip:
    item = ResultItem(
        id=f"clip{part}-of-{task_id}",
        audio_url=f"https://cdn.example/{task_id}/{part}.mp3",
        title=f"Song {task_id}",
        duration=84.5,
        expire_at=now + 10**9,
    )
    return NewClip(
        clip_id=item.id,
        task_id=task_id,
        position=part,
        item=item.model_dump_json(),
        title=item.title,
        duration_ms=84_500,
        expire_at=item.expire_at,
        parent_clip_id=None,
        change=None,
        changed=None,
        created_at=now,
    )


@asynccontextmanager
async def open_quarter(folder: Path, record: Path) -> AsyncIterator[Quarter]:
    url = f"sqlite:///{folder / 'minstrel.db'}"
    upgrade(url)
    database = open_database(url)
    api, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    async with open_discord(folder / "discord", record=record) as local, aiohttp.ClientSession() as session:
        point_at(local.api_url, local.gateway_url)
        quarter = Quarter(local, session, database)
        try:
            await quarter.call("PATCH", "/settings", **dict.fromkeys(UNLIMITED, 0))
            async with _online(quarter.bot):
                direct = await quarter.bot.create_dm(discord.Object(quarter.member("ben")))
                quarter.direct = str(direct.id)
                yield quarter
        finally:
            Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = api, gateway
            await database.close()


@asynccontextmanager
async def _online(bot: MinstrelBot) -> AsyncIterator[None]:
    running = asyncio.create_task(bot.start("token"))
    try:
        async with asyncio.timeout(20):
            ready = asyncio.create_task(bot.wait_until_ready())
            await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        yield
    finally:
        await bot.close()
        await asyncio.gather(running, return_exceptions=True)


def only(path: str) -> str:
    """A pattern that matches this path and no longer one."""
    return f"^{re.escape(path)}$"

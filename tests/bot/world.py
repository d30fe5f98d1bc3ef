"""The bot's core with stand-ins around it: a real database, a clock that stands still, and shortcuts to walk a song."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from bot.bell import Bell, Work
from bot.budget import Budget
from bot.courier import Courier
from bot.delivery import Deliverer
from bot.errors import Unclear
from bot.musicmint.models import TaskStatus
from bot.parcel import Packer
from bot.poller import Poller
from bot.ports import MusicMint
from bot.recovery import Recovery
from bot.redraw import Redraw
from bot.requests import Generate, Request
from bot.resolver import Resolver
from bot.service import Ask, Member, Service
from bot.submitter import Caller, Submitter
from bot.watch import Watch
from db import clips, deliveries, tasks
from db.clips import Take
from db.deliveries import Delivery
from db.engine import Database, open_database
from db.tasks import Task
from tests.bot.fake_musicmint import FakeMusicMint
from tests.bot.fakes import FakeChance, FakeClock, FakeMedia, FakeMessenger

GUILD, CHANNEL, MEMBER = 10, 20, 30
KEY_ID = "key"
POLL_S = 5.0

Value = str | int | None
SubmitterT = TypeVar("SubmitterT", bound=Submitter)


@dataclass
class World:
    """One process of the bot, on a file that outlives it."""

    path: Path
    database: Database
    clock: FakeClock
    musicmint: FakeMusicMint
    messenger: FakeMessenger
    media: FakeMedia
    api: MusicMint | None = None
    """Who answers the stages in place of the fake."""
    chance: FakeChance = field(default_factory=FakeChance)
    budget: Budget = field(default_factory=Budget)
    asked: int = 0
    woken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._build()

    def _build(self) -> None:
        database, clock, chance, bell = self.database, self.clock, self.chance, self._bell()
        musicmint = self.api or self.musicmint
        packer = Packer(musicmint, self.media)
        self.courier = Courier(database, self.messenger, packer, clock)
        self.redraw = Redraw(database, self.messenger, clock)
        self.deliverer = Deliverer(database, self.courier, self.redraw, clock, chance)
        self.recovery = Recovery(database, self.messenger, clock, bell)
        self.poller = Poller(
            database,
            musicmint,
            clock,
            chance,
            key_id=KEY_ID,
            interval_s=POLL_S,
            bell=bell,
        )
        self.resolver = Resolver(database, musicmint, clock, bell)
        self.submitter = self._line(Submitter, database)
        self.caller = self._line(Caller, database)
        self.watch = Watch(
            database,
            clock,
            (self.submitter, self.caller, self.resolver, self.poller, self.deliverer),
            settle=self.recovery.settle_left_behind,
        )
        self.service = Service(
            database,
            clock,
            key_id=KEY_ID,
            budget=self.budget,
            bell=bell,
        )

    def _line(self, line: type[SubmitterT], database: Database) -> SubmitterT:
        return line(
            database,
            self.api or self.musicmint,
            self.media,
            self.clock,
            self.chance,
            poll_after_s=POLL_S,
            callback_url=lambda submission_id: f"https://bot.test/{submission_id}",
            bell=self._bell(),
        )

    def _bell(self) -> Bell:
        """What it is rung for is written down, and wakes nobody."""
        bell = Bell()
        for work in Work:
            bell.heard(work, partial(self.woken.append, work.value))
        return bell

    def another_submitter(self, database: Database | None = None) -> Submitter:
        """A second one on the same rows, as a process would have that thinks the first one dead."""
        return self._line(Submitter, database or self.database)

    async def restart(self) -> None:
        """The process died; a new one starts on the same file."""
        await self.database.close()
        self.database = open_database(f"sqlite:///{self.path}")
        self.clock.even_since = self.clock.now
        self._build()
        await self.recovery.start_up()
        await self.recovery.settle_left_behind()

    # -- rows --------------------------------------------------------------------------------------------------------

    def sql(self, statement: str, *values: Value) -> list[tuple[Value, ...]]:
        """Read or change rows behind the bot's back."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            return connection.execute(statement, values).fetchall()

    async def task(self, task_id: int) -> Task:
        async with self.database.read() as conn:
            found = await tasks.get(conn, task_id)
        assert found is not None
        return found

    async def deliveries(self, task_id: int) -> list[Delivery]:
        async with self.database.read() as conn:
            return await deliveries.of_task(conn, task_id)

    async def takes(self, task_id: int) -> list[Take]:
        async with self.database.read() as conn:
            return await clips.of_task(conn, task_id)

    # -- the walk of one song ----------------------------------------------------------------------------------------

    def an_ask(
        self,
        request: Request | None = None,
        *,
        member: Member | None = None,
        song_id: int | None = None,
        parent_clip_id: int | None = None,
    ) -> Ask:
        self.asked += 1
        return Ask(
            request=request or Generate(prompt="la la", tags="folk"),
            member=member or Member(MEMBER, GUILD, CHANNEL),
            locale="en-US",
            interaction_id=1000 + self.asked,
            interaction_token=f"secret-{self.asked}",
            song_id=song_id,
            parent_clip_id=parent_clip_id,
        )

    async def accepted(self, request: Request | None = None, *, member: Member | None = None) -> int:
        return (await self.service.ask(self.an_ask(request, member=member))).task.id

    async def queued(
        self, request: Request | None = None, *, member: Member | None = None, song_id: int | None = None
    ) -> int:
        card = await self.service.ask(self.an_ask(request, member=member, song_id=song_id))
        await self.service.card_posted(card.task.id, card.task.channel_id, 5000 + card.task.id)
        return card.task.id

    async def running(
        self, request: Request | None = None, *, member: Member | None = None, song_id: int | None = None
    ) -> int:
        task_id = await self.queued(request, member=member, song_id=song_id)
        await self.submitter.step()
        return task_id

    async def a_take(self, *, index: int = 0, member: Member | None = None) -> Take:
        """A take that stands in its thread."""
        task_id = await self.finished(member=member)
        await self.deliver()
        return (await self.takes(task_id))[index]

    async def from_take(self, request: Request, take: Take, *, member: Member | None = None) -> int:
        """A task that starts from a take, queued."""
        ask = self.an_ask(request, member=member, song_id=take.song_id, parent_clip_id=take.clip.id)
        card = await self.service.ask(ask)
        await self.service.card_posted(card.task.id, card.task.channel_id, 5000 + card.task.id)
        return card.task.id

    async def called(self, request: Request, take: Take, *, member: Member | None = None) -> int:
        """A task that starts from a take, answered by the call itself."""
        task_id = await self.from_take(request, take, member=member)
        await self.call_out()
        return task_id

    async def call_out(self) -> None:
        """Let every call that is due be made and answered."""
        await self.caller.step()
        await self.caller.finish()

    async def many_running(self, count: int) -> None:
        """Copies of one running task, written at once."""
        await self.running()
        columns = [str(row[1]) for row in self.sql("PRAGMA table_info(tasks)")]
        changed = {"id": "n", "version": "n", "interaction_id": "1000000 + n"}
        values = ", ".join(changed.get(name, name) for name in columns)
        numbers = "WITH RECURSIVE numbers(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)"
        self.sql(f"{numbers} INSERT INTO tasks SELECT {values} FROM tasks, numbers", count)
        self.sql(
            f"{numbers} INSERT INTO submissions (id, task_id, attempt, started_at, api_task_id)"
            " SELECT n, n, 1, started_at, 'mm-' || n FROM submissions, numbers",
            count,
        )
        for number in range(2, count + 1):
            self.musicmint.report(f"mm-{number}", TaskStatus.QUEUING)

    async def finished(
        self, request: Request | None = None, *, member: Member | None = None, song_id: int | None = None
    ) -> int:
        """Its two takes wait in the outbox."""
        task_id = await self.running(request, member=member, song_id=song_id)
        self.musicmint.complete(self.api_id(task_id))
        await self.sweep()
        return task_id

    def api_id(self, task_id: int) -> str:
        ((found,),) = self.sql("SELECT api_task_id FROM submissions WHERE task_id = ? AND api_task_id NOTNULL", task_id)
        return str(found)

    async def unheard(self, request: Request | None = None, *, member: Member | None = None) -> int:
        """A task MusicMint made, whose submit was never answered."""
        task_id = await self.queued(request, member=member)
        self.musicmint.lost_answers += 1
        await self.submitter.step()
        return task_id

    async def asking(self, *, member: Member | None = None) -> int:
        """A task MusicMint did not make, and whose member is asked about it."""
        task_id = await self.queued(member=member)
        self.musicmint.fail("generate", Unclear(cause="HTTP 500"))
        await self.submitter.step()
        await self.look(2)
        await self.look(30)
        return task_id

    async def asking_though_made(self) -> int:
        """The same, though MusicMint made `mm-1` of it: its list does not show that yet."""
        task_id = await self.unheard()
        self.musicmint.unlisted.add("mm-1")
        await self.look(2)
        await self.look(30)
        return task_id

    async def look(self, after_s: float = 0) -> int | None:
        """One look for what is unknown."""
        await self.clock.advance(after_s)
        return await self.resolver.step()

    async def sweep(self, after_s: float = POLL_S) -> int | None:
        await self.clock.advance(after_s)
        return await self.poller.step()

    async def deliver(self, after_s: float = 0) -> None:
        """Step until nothing more is due and nothing is on its way."""
        await self.clock.advance(after_s)
        for _ in range(50):
            await self.deliverer.step()
            await self.deliverer.finish()
            async with self.database.read() as conn:
                due = await deliveries.next_due(conn)
            if (due is None or due > self.clock.now) and not await self.redraw.stale():
                return
        raise AssertionError("the outbox never comes to rest")


@asynccontextmanager
async def open_world(path: Path, clock: FakeClock, *, budget: Budget | None = None) -> AsyncIterator[World]:
    world = World(
        path=path,
        database=open_database(f"sqlite:///{path}"),
        clock=clock,
        musicmint=FakeMusicMint(clock.now_ms),
        messenger=FakeMessenger(clock),
        media=FakeMedia(),
        budget=budget or Budget(),
    )
    try:
        yield world
    finally:
        await world.database.close()

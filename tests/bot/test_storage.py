"""Storage that fails under a song: without the row that says "about to submit" nothing is submitted, and none twice."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.errors import Busy
from bot.ports import Message
from bot.requests import Generate
from db import engine
from db.states import ENDED, DeliveryState, TaskState
from tests.bot.fakes import START_MS, HastyClock, labels
from tests.bot.world import CHANNEL, World, open_world
from tests.db.disk import Disk, disk

__all__ = ["disk"]

MAY_BE_PAID = (TaskState.UNKNOWN, TaskState.ASKING)


@pytest.fixture
async def world(database_file: Path) -> AsyncIterator[World]:
    """Whoever waits for the database has waited."""
    async with open_world(database_file, HastyClock()) as opened:
        yield opened


@pytest.fixture
async def stored(disk: Disk, database_file: Path) -> AsyncIterator[World]:
    disk.keep(database_file)
    async with open_world(database_file, HastyClock()) as world:
        yield world


def intents(file: Path) -> int:
    """Submissions that are committed and not answered."""
    with closing(sqlite3.connect(file)) as connection:
        ((count,),) = connection.execute("SELECT count(*) FROM submissions WHERE outcome IS NULL")
    return int(count)


def leave_little_room(file: Path) -> None:
    """Older submissions until a few more need another page."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA max_page_count = 1")
        with suppress(sqlite3.OperationalError):
            for attempt in range(1001, 9999):
                connection.execute(
                    "INSERT INTO submissions (task_id, attempt, started_at, outcome) VALUES (1, ?, ?, 'refused')",
                    (attempt, START_MS),
                )
        connection.execute("DELETE FROM submissions WHERE id > (SELECT max(id) - 8 FROM submissions)")


# -- the disk fails ----------------------------------------------------------------------------------------------------


async def test_the_intent_to_submit_survives_the_power_cord_before_the_call(stored: World, disk: Disk) -> None:
    seen: list[int] = []

    async def pull_the_cord() -> None:
        seen.append(intents(disk.without_power() / "minstrel.db"))

    await stored.queued()
    stored.musicmint.during_call = pull_the_cord
    await stored.submitter.step()
    assert seen == [1]


async def test_whichever_write_of_a_claim_fails_nothing_is_submitted(stored: World, disk: Disk) -> None:
    await stored.queued()
    for at in range(1, 100):
        disk.fail(at)
        try:
            await stored.submitter.step()
        except OperationalError:
            assert not stored.musicmint.submitted
            assert intents(stored.path) == 0
        else:
            break
    assert at > 4
    assert len(stored.musicmint.submitted) == 1


async def test_an_answer_that_cannot_be_recorded_is_unknown_after_the_restart_and_never_sent_again(
    stored: World, disk: Disk
) -> None:
    async def break_down() -> None:
        disk.fail(1, times=1000)

    task_id = await stored.queued()
    stored.musicmint.during_call = break_down
    with pytest.raises(OperationalError, match="disk I/O error"):
        await stored.submitter.step()
    disk.heal()
    await stored.restart()
    assert (await stored.task(task_id)).state is TaskState.UNKNOWN
    await stored.clock.advance(3600)
    await stored.submitter.step()
    assert len(stored.musicmint.submitted) == 1


async def test_on_a_full_disk_as_many_are_submitted_as_rows_say_so_and_the_rest_goes_on_once_there_is_room(
    world: World,
) -> None:
    async def room(pages: str) -> None:
        async with world.database.write() as conn:
            await conn.execute(text(f"PRAGMA max_page_count = {pages}"))

    async def submit_all() -> None:
        await world.submitter.step()

    waiting = [await world.queued() for _ in range(20)]
    leave_little_room(world.path)
    await room("1")  # as many as there are
    with pytest.raises(OperationalError, match="full"):
        await submit_all()
    ((rows,),) = world.sql("SELECT count(*) FROM submissions WHERE outcome = 'created'")
    assert 0 < len(world.musicmint.submitted) < len(waiting)
    assert rows == len(world.musicmint.submitted)
    with pytest.raises(Busy):
        await world.accepted(Generate(prompt="la " * 900))
    await room("1000000")
    await world.restart()
    await submit_all()
    assert len(world.musicmint.submitted) == len(waiting)
    states = Counter([(await world.task(task_id)).state for task_id in waiting])
    assert states[TaskState.RUNNING] >= len(waiting) - 1


async def test_a_command_on_a_broken_disk_is_told_so_and_leaves_no_row(stored: World, disk: Disk) -> None:
    disk.fail(1, times=1000)
    with pytest.raises(Busy):
        await stored.accepted()
    disk.heal()
    assert stored.sql("SELECT count(*) FROM tasks") == [(0,)]
    await stored.accepted()


class Walks:
    """Songs, each from its command to its takes in the thread; every one goes on after an end of the process."""

    def __init__(self, world: World, disk: Disk) -> None:
        self.world = world
        self.disk = disk
        self.told_busy = False
        self.posts_without_intent = 0
        world.musicmint.during_call = self._look

    async def _look(self) -> None:
        self.posts_without_intent += intents(self.world.path) != 1

    async def go(self) -> None:
        """Raises whatever ends the process."""
        self.told_busy = False
        self.world.messenger.posted.clear()
        self.world.musicmint.submitted.clear()
        try:
            card = await self.world.service.ask(self.world.an_ask())
        except Busy:
            self.told_busy = True
            return
        shown = Message(CHANNEL, 5000 + card.task.id)
        self.world.messenger.answers[f"secret-{self.world.asked}"] = shown
        await self.world.service.card_posted(card.task.id, shown.channel_id, shown.message_id)
        await self.go_on()

    async def go_on(self) -> None:
        await self.world.submitter.step()
        for api_task_id, report in self.world.musicmint.reports.items():
            if not report.ended:
                self.world.musicmint.complete(api_task_id)
        await self.world.sweep()
        await self.world.deliver(after_s=10)

    async def _is_quiet(self, task_id: int) -> bool:
        ended = (await self.world.task(task_id)).state in ENDED
        return ended and all(one.state is DeliveryState.DELIVERED for one in await self.world.deliveries(task_id))

    async def begin_again(self) -> None:
        """Something ended a stage, and with it the process; the next one finds a disk that works."""
        with suppress(OperationalError):
            await self.world.deliverer.finish()
        self.disk.heal()
        self.world = replace(self.world)
        await self.world.recovery.start_up()
        await self.world.recovery.settle_left_behind()

    async def end(self) -> TaskState | None:
        """Where the song stands in the end: neither lost nor paid for or posted twice, and paid for only by a row."""
        found = self.world.sql("SELECT id FROM tasks WHERE interaction_id = ?", 1000 + self.world.asked)
        if not found:
            assert self.told_busy
            assert not self.world.musicmint.submitted
            return None
        task_id = int(str(found[0][0]))
        for _ in range(3):
            if await self._is_quiet(task_id):
                break
            await self.go_on()
        state = (await self.world.task(task_id)).state
        assert state in (TaskState.FINISHED, *MAY_BE_PAID) or (self.told_busy and state is TaskState.CLOSED)
        assert labels(self.world.messenger.posted) == (["v1a", "v1b"] if state is TaskState.FINISHED else [])
        assert len(self.world.musicmint.submitted) <= 1
        assert self.posts_without_intent == 0
        return state


@pytest.mark.timeout(600)
async def test_whichever_write_or_sync_of_a_song_fails_it_ends_well(stored: World, disk: Disk) -> None:
    ended: Counter[TaskState | None] = Counter()
    walks = Walks(stored, disk)
    for at in range(1, 1000):
        disk.fail(at, times=1 if at % 2 else 1000)
        try:
            await walks.go()
        except OperationalError:
            await walks.begin_again()
        failed = disk.failed
        disk.heal()
        ended[await walks.end()] += 1
        if not failed:
            break
    else:
        raise AssertionError("the fault never came too late")
    assert at > 80
    assert ended[TaskState.FINISHED] > ended[TaskState.UNKNOWN] > 0
    assert ended[None] > 0


# -- somebody else holds the file --------------------------------------------------------------------------------------


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> float:
    """A patience of 1.2 s instead of a minute; how many real seconds stand for one."""
    assert engine.BUSY_TIMEOUT_MS * engine.PATIENT_TRIES == 60_000
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 20)
    return 0.02


class Holder:
    """Another process's transaction on our file."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)

    def take(self) -> None:
        self._connection.execute("BEGIN EXCLUSIVE")

    async def for_seconds(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def holder(hasty: float, database_file: Path) -> Iterator[Holder]:
    holder = Holder(database_file)
    yield holder
    holder.close()


@pytest.mark.parametrize("held_s", [1, 30])
async def test_a_claim_waits_for_a_held_file_and_then_submits_once(
    world: World, holder: Holder, hasty: float, held_s: int
) -> None:
    task_id = await world.queued()
    holder.take()
    held = asyncio.create_task(holder.for_seconds(held_s * hasty))
    await world.submitter.step()
    assert held.done()
    assert (await world.task(task_id)).state is TaskState.RUNNING
    assert len(world.musicmint.submitted) == 1
    await held


@pytest.mark.parametrize("held_s", [1, 30])
async def test_an_answer_waits_for_a_held_file_and_is_recorded(
    world: World, holder: Holder, hasty: float, held_s: int
) -> None:
    held: list[asyncio.Task[None]] = []

    async def hold() -> None:
        holder.take()
        held.append(asyncio.create_task(holder.for_seconds(held_s * hasty)))

    task_id = await world.queued()
    world.musicmint.during_call = hold
    await world.submitter.step()
    assert held[0].done()
    assert (await world.task(task_id)).state is TaskState.RUNNING
    await held[0]


async def test_a_file_held_beyond_all_patience_submits_nothing(world: World, holder: Holder) -> None:
    task_id = await world.queued()
    holder.take()
    with pytest.raises(OperationalError, match="locked"):
        await world.submitter.step()
    assert world.musicmint.submitted == []
    assert (await world.task(task_id)).state is TaskState.QUEUED


async def test_an_answer_that_meets_a_file_held_beyond_all_patience_is_unknown_after_the_restart(
    world: World, holder: Holder
) -> None:
    async def hold() -> None:
        holder.take()

    task_id = await world.queued()
    world.musicmint.during_call = hold
    with pytest.raises(OperationalError, match="locked"):
        await world.submitter.step()
    await holder.for_seconds(0)
    await world.restart()
    await world.submitter.step()
    assert (await world.task(task_id)).state is TaskState.UNKNOWN
    assert len(world.musicmint.submitted) == 1


async def test_a_command_does_not_wait_for_a_held_file_and_leaves_no_row(world: World, holder: Holder) -> None:
    holder.take()
    with pytest.raises(Busy):
        await world.accepted()
    await holder.for_seconds(0)
    assert world.sql("SELECT count(*) FROM tasks") == [(0,)]
    await world.accepted()

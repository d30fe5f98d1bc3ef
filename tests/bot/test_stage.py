from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.exc import OperationalError

from bot.stage import LONGEST_NAP_S, MOST_REFUSED, REFUSED_WAIT_S, Stage
from tests.bot.fakes import FakeClock, HastyClock


class Counting(Stage):
    """Notes when it steps, and what it is told to do then."""

    name = "count"

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.steps: list[int] = []
        self.due: int | None = None
        self.then: Callable[[], None] | None = None
        self.finished = 0

    async def step(self) -> int | None:
        self.steps.append(self._clock.now_ms())
        if self.then is not None:
            self.then()
        return self.due

    async def finish(self) -> None:
        self.finished += 1


@asynccontextmanager
async def going(stage: Counting) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(stage.run())
    await settle()
    try:
        yield task
    finally:
        stage.stop()
        await asyncio.wait_for(task, 5)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_it_steps_at_once_and_then_sleeps(clock: FakeClock) -> None:
    stage = Counting(clock)
    async with going(stage):
        assert len(stage.steps) == 1
        assert clock.naps == [LONGEST_NAP_S]


async def test_it_sleeps_until_something_is_due(clock: FakeClock) -> None:
    stage = Counting(clock)
    stage.due = clock.now + 5000
    async with going(stage):
        await clock.advance(4.9)
        await settle()
        assert len(stage.steps) == 1
        await clock.advance(0.1)
        await settle()
        assert len(stage.steps) >= 2


async def test_it_looks_at_its_rows_at_least_every_minute(clock: FakeClock) -> None:
    stage = Counting(clock)
    stage.due = 2**62
    async with going(stage):
        await clock.advance(LONGEST_NAP_S)
        await settle()
        assert len(stage.steps) == 2


async def test_a_due_time_in_the_past_is_no_nap(clock: FakeClock) -> None:
    stage = Counting(clock)
    stage.due = 0
    stage.then = lambda: None if len(stage.steps) < 3 else stage.stop()
    await stage.run()
    assert clock.naps == [0, 0, 0]


async def test_it_wakes_when_it_is_woken(clock: FakeClock) -> None:
    stage = Counting(clock)
    async with going(stage):
        stage.wake()
        await settle()
        assert len(stage.steps) == 2


async def test_a_wake_during_a_step_is_not_lost(clock: FakeClock) -> None:
    stage = Counting(clock)
    stage.then = lambda: stage.wake() if len(stage.steps) == 1 else None
    async with going(stage):
        assert len(stage.steps) == 2


async def test_stopped_it_ends_after_the_step_under_way_and_lets_work_end(clock: FakeClock) -> None:
    stage = Counting(clock)
    stage.then = stage.stop
    await asyncio.wait_for(stage.run(), 5)
    assert (len(stage.steps), stage.finished) == (1, 1)


async def test_stopped_before_it_began_it_does_nothing(clock: FakeClock) -> None:
    stage = Counting(clock)
    stage.stop()
    await stage.run()
    assert (stage.steps, stage.finished) == ([], 1)


async def test_an_exception_ends_the_run_after_its_work_has_ended(clock: FakeClock) -> None:
    stage = Counting(clock)

    def fail() -> None:
        raise RuntimeError("the disk is full")

    stage.then = fail
    with pytest.raises(RuntimeError, match="the disk is full"):
        await stage.run()
    assert stage.finished == 1


async def test_whoever_watches_is_told_how_long_a_step_took(clock: FakeClock) -> None:
    stage = Counting(clock)
    told: list[tuple[str, float]] = []
    stage.watch = lambda name, seconds: told.append((name, seconds))

    def work() -> None:
        clock.now += 1500

    stage.then = work
    async with going(stage):
        assert told == [("count", 1.5)]


async def test_a_step_during_which_the_clock_was_put_back_took_no_time(clock: FakeClock) -> None:
    stage = Counting(clock)
    told: list[float] = []
    stage.watch = lambda _name, seconds: told.append(seconds)

    def put_back() -> None:
        clock.now -= 86_400_000

    stage.then = put_back
    async with going(stage):
        assert told == [0]


def full() -> None:
    raise OperationalError("COMMIT", {}, sqlite3.OperationalError("database or disk is full"))


async def test_a_full_disk_is_waited_for_and_the_stage_goes_on(clock: FakeClock) -> None:
    stage = Counting(clock)
    stage.then = lambda: full() if len(stage.steps) < 4 else None
    async with going(stage):
        for _ in range(3):
            await clock.advance(REFUSED_WAIT_S)
            await settle()
        assert len(stage.steps) == 4
        assert clock.naps == [REFUSED_WAIT_S] * 3 + [LONGEST_NAP_S]


async def test_a_disk_that_stays_full_ends_the_stage_in_the_end() -> None:
    stage = Counting(HastyClock())
    stage.then = full
    with pytest.raises(OperationalError):
        await stage.run()
    assert len(stage.steps) == MOST_REFUSED
    assert stage.finished == 1

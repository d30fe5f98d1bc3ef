"""A key that is refused pauses the line, not each task for itself."""

from __future__ import annotations

import pytest

from bot.errors import KeyRejected, RateLimited, Unreachable
from bot.pause import KeyPause
from bot.requests import Remaster
from bot.retry import Again
from db.states import TaskState
from tests.bot.fakes import FakeChance, FakeClock
from tests.bot.world import World


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def pause(clock: FakeClock) -> KeyPause:
    return KeyPause(clock, FakeChance())


async def test_a_limit_pauses_the_line_as_long_as_it_says(clock: FakeClock, pause: KeyPause) -> None:
    pause.refused(1, RateLimited(retry_after_s=60), Again(60.0, named=True))
    assert pause.left_ms() == 60_000
    await clock.advance(59)
    assert pause.left_ms() == 1000
    await clock.advance(5)
    assert pause.left_ms() == 0


def test_limits_that_name_no_time_pause_longer_each_time_whichever_task_meets_them(pause: KeyPause) -> None:
    left = []
    for task_id in (1, 2, 3):
        pause.refused(task_id, RateLimited(), Again(5.0))
        left.append(pause.left_ms())
    pause.answered()
    assert (left, pause.left_ms()) == ([5000, 10_000, 20_000], 0)


def test_a_refusal_that_one_task_alone_meets_pauses_nobody(pause: KeyPause) -> None:
    for _ in range(3):
        pause.refused(1, KeyRejected(), Again(60.0))
    assert pause.left_ms() == 0
    pause.refused(2, KeyRejected(), Again(60.0))
    assert pause.left_ms() == 60_000


def test_what_says_nothing_of_the_key_pauses_nobody(pause: KeyPause) -> None:
    pause.refused(1, Unreachable(), Again(5.0))
    assert pause.left_ms() == 0


def test_a_clock_that_is_set_makes_no_pause_longer(clock: FakeClock, pause: KeyPause) -> None:
    pause.refused(1, RateLimited(retry_after_s=60), Again(60.0, named=True))
    clock.leap(-3600)
    assert pause.left_ms() == 60_000


async def test_thirty_tasks_and_one_limit_are_one_call(world: World) -> None:
    for _ in range(30):
        await world.queued()
    world.musicmint.fail("generate", *[RateLimited(retry_after_s=60)] * 30)
    assert await world.submitter.step() == world.clock.now + 60_000
    assert len(world.musicmint.submitted) == 1
    assert world.sql("SELECT count(*) FROM tasks WHERE error LIKE '%error-rate-limited%'") == [(30,)]
    world.musicmint.failures.clear()
    await world.clock.advance(62)
    await world.submitter.step()
    assert world.sql("SELECT count(*) FROM tasks WHERE state = 'running'") == [(30,)]


async def test_a_rejected_key_is_tried_twice_a_minute_whatever_waits(world: World) -> None:
    for _ in range(20):
        await world.queued()
    world.musicmint.fail("generate", *[KeyRejected()] * 100)
    for _ in range(10):
        await world.submitter.step()
        await world.clock.advance(60)
    assert 10 <= len(world.musicmint.submitted) <= 20


async def test_what_the_key_may_not_do_keeps_nobody_else_waiting(world: World) -> None:
    """Two tasks of one endpoint that is closed to this key, and songs behind them."""
    take = await world.a_take()
    closed = [await world.from_take(Remaster(clip_id=take.clip.clip_id), take) for _ in range(2)]
    songs = [await world.queued() for _ in range(5)]
    world.musicmint.fail("remaster", *[KeyRejected()] * 100)
    await world.submitter.step()
    await world.clock.advance(60)
    await world.submitter.step()
    states = {(await world.task(task_id)).state for task_id in songs}
    assert states == {TaskState.RUNNING}
    assert {(await world.task(task_id)).state for task_id in closed} == {TaskState.QUEUED}

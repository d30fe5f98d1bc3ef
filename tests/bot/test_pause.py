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
    until = clock.now + 60_000
    assert pause.until_ms() == until
    await clock.advance(59)
    assert pause.until_ms() == until
    await clock.advance(5)
    assert pause.until_ms() == 0


def test_limits_that_name_no_time_pause_longer_each_time_whichever_task_meets_them(
    clock: FakeClock, pause: KeyPause
) -> None:
    left = []
    for task_id in (1, 2, 3):
        pause.refused(task_id, RateLimited(), Again(5.0))
        left.append(pause.until_ms() - clock.now)
    pause.answered()
    assert (left, pause.until_ms()) == ([5000, 10_000, 20_000], 0)


def test_a_refusal_that_one_task_alone_meets_pauses_nobody(clock: FakeClock, pause: KeyPause) -> None:
    for _ in range(3):
        pause.refused(1, KeyRejected(), Again(60.0))
    assert pause.until_ms() == 0
    pause.refused(2, KeyRejected(), Again(60.0))
    assert pause.until_ms() == clock.now + 60_000


def test_what_says_nothing_of_the_key_pauses_nobody(pause: KeyPause) -> None:
    pause.refused(1, Unreachable(), Again(5.0))
    assert pause.until_ms() == 0


@pytest.mark.parametrize("leap_s", [-3600, 86_400])
async def test_a_clock_that_is_set_makes_no_pause_longer(clock: FakeClock, pause: KeyPause, leap_s: int) -> None:
    pause.refused(1, RateLimited(retry_after_s=60), Again(60.0, named=True))
    clock.leap(leap_s)
    assert 0 <= pause.until_ms() - clock.now <= 60_000
    await clock.advance(60)
    assert pause.until_ms() == 0


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


async def test_who_waits_for_the_key_is_not_overtaken_by_who_came_later(world: World) -> None:
    taken_at = [0]

    async def one_a_minute() -> None:
        if world.clock.now - taken_at[-1] < 60_000:
            raise RateLimited(retry_after_s=60)
        taken_at.append(world.clock.now)

    world.musicmint.during_call = one_a_minute
    early = [await world.queued() for _ in range(5)]
    for _ in range(5):
        await world.submitter.step()
        await world.clock.advance(30)
        await world.queued()
        await world.clock.advance(31)
    assert {(await world.task(task_id)).state for task_id in early} == {TaskState.RUNNING}


async def test_cards_that_say_why_they_wait_are_not_drawn_again_for_every_pause(world: World) -> None:
    waiting = [await world.queued() for _ in range(10)]
    world.musicmint.fail("generate", *[RateLimited(retry_after_s=5)] * 10)
    await world.submitter.step()
    wanted = (await world.task(waiting[-1])).card_wanted
    for _ in range(3):
        await world.clock.advance(5)
        await world.submitter.step()
    assert (await world.task(waiting[-1])).card_wanted == wanted


async def test_a_clock_that_never_stands_still_keeps_no_task_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two looks at it time goes by."""
    for _ in range(3):
        await world.queued()

    def tick() -> int:
        world.clock.now += 1
        return world.clock.now

    monkeypatch.setattr(world.clock, "now_ms", tick)
    await world.submitter.step()
    assert len(world.musicmint.submitted) == 3


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

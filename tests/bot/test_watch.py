"""A wall clock that jumps: nothing sleeps for it longer than a minute, and nothing is lost or sent twice."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import RateLimited, Unreachable
from bot.poller import GIVE_UP_MS
from bot.stage import LONGEST_NAP_S
from db.states import TaskState
from tests.bot.fakes import labels
from tests.bot.world import World

DAY_S = 86_400
HOUR_S = 3600

BACK = [(0, -HOUR_S), (DAY_S, -DAY_S), (HOUR_S, -HOUR_S - 300), (0, -DAY_S)]


async def a_nap_later(world: World) -> None:
    """The longest a stage sleeps by a clock that does not jump."""
    await world.clock.advance(LONGEST_NAP_S)
    await world.watch.step()


def due_in_s(world: World, table: str = "tasks") -> float:
    ((due_at,),) = world.sql(f"SELECT max(due_at) FROM {table}")
    return (int(str(due_at)) - world.clock.now) / 1000


@pytest.mark.parametrize(("forward", "back"), BACK)
async def test_a_running_task_is_polled_within_a_minute_of_a_clock_that_went_back(
    world: World, forward: float, back: float
) -> None:
    task_id = await world.running()
    await world.watch.step()
    world.clock.leap(forward)
    await world.watch.step()
    await world.sweep()
    world.clock.leap(back)
    world.musicmint.complete(world.api_id(task_id))
    await a_nap_later(world)
    await world.poller.step()
    assert (await world.task(task_id)).state is TaskState.FINISHED
    assert len(world.musicmint.submitted) == 1


@pytest.mark.parametrize(("forward", "back"), BACK)
async def test_a_queued_task_is_submitted_within_a_minute_of_it(world: World, forward: float, back: float) -> None:
    task_id = await world.queued()
    world.musicmint.fail("generate", Unreachable())
    await world.watch.step()
    world.clock.leap(forward)
    await world.watch.step()
    await world.submitter.step()
    world.clock.leap(back)
    await a_nap_later(world)
    await world.submitter.step()
    assert (await world.task(task_id)).state is TaskState.RUNNING


@pytest.mark.parametrize(("forward", "back"), BACK)
async def test_a_take_goes_out_within_a_minute_of_it_and_once(world: World, forward: float, back: float) -> None:
    await world.finished()
    await world.watch.step()
    world.clock.leap(forward)
    await world.watch.step()
    world.messenger.lost_answers = 1
    await world.deliver()
    world.clock.leap(back)
    await a_nap_later(world)
    await world.deliver()
    assert labels(world.messenger.posted) == ["v1a", "v1b"]
    assert due_in_s(world, "deliveries") <= 0


@pytest.mark.parametrize("back", [-HOUR_S, -DAY_S])
async def test_across_a_restart_too(world: World, back: float) -> None:
    task_id = await world.running()
    await world.sweep()
    world.clock.leap(back)
    await world.restart()
    world.musicmint.complete(world.api_id(task_id))
    await world.watch.step()
    await world.poller.step()
    assert (await world.task(task_id)).state is TaskState.FINISHED


async def test_a_clock_that_is_right_is_let_alone(world: World) -> None:
    await world.running()
    world.musicmint.fail("get_task", RateLimited(retry_after_s=10**9))
    await world.sweep()
    before = world.sql("SELECT due_at FROM tasks")
    for _ in range(5):
        await world.watch.step()
        await world.clock.advance(1)
    assert world.sql("SELECT due_at FROM tasks") == before


async def test_what_is_asked_about_no_more_stays_so(world: World) -> None:
    await world.running()
    await world.sweep(after_s=HOUR_S)
    await world.sweep(after_s=3 * DAY_S)
    await world.sweep(after_s=60)
    before = world.sql("SELECT due_at FROM tasks")
    await world.watch.step()
    world.clock.leap(-HOUR_S)
    await world.watch.step()
    assert world.sql("SELECT due_at FROM tasks") == before


async def test_stages_that_sleep_are_woken(world: World) -> None:
    await world.running()
    await world.watch.step()
    world.clock.leap(-HOUR_S)
    polling = asyncio.create_task(world.poller.run())
    async with asyncio.timeout(5):
        while not world.clock.naps:
            await asyncio.sleep(0)
        await world.watch.step()
        while not world.musicmint.read:
            await asyncio.sleep(0.001)
        world.poller.stop()
        await polling


async def test_jitter_of_five_minutes_expires_nothing_and_polls_no_more_often(world: World) -> None:
    task_id = await world.running()
    for seconds in (300, -300, 250, -290, 300, -300):
        await world.watch.step()
        world.clock.leap(seconds)
        await world.sweep()
        assert (await world.task(task_id)).state is TaskState.RUNNING
    assert len(world.musicmint.read) <= 6


async def test_a_clock_that_jumps_a_day_ahead_expires_nothing_before_its_time(world: World) -> None:
    task_id = await world.running()
    world.clock.leap(DAY_S)
    await world.sweep()
    assert (await world.task(task_id)).state is TaskState.RUNNING
    await world.sweep(after_s=GIVE_UP_MS / 1000)
    assert (await world.task(task_id)).state is TaskState.EXPIRED
    world.musicmint.complete(world.api_id(task_id))
    await world.sweep(after_s=60)
    await world.deliver()
    assert labels(world.messenger.posted) == ["v1a", "v1b"]


async def test_a_clock_that_jumps_a_day_ahead_gives_up_no_task_that_waits(world: World) -> None:
    task_id = await world.queued()
    world.clock.leap(DAY_S)
    world.musicmint.fail("generate", Unreachable())
    await world.submitter.step()
    assert (await world.task(task_id)).state is TaskState.QUEUED


@pytest.mark.parametrize("ahead_s", [12 * HOUR_S, DAY_S])
async def test_a_clock_that_jumps_ahead_asks_no_question_early_and_closes_none(world: World, ahead_s: float) -> None:
    lost = await world.unheard()
    world.musicmint.unlisted.add("mm-1")
    await world.look(2)
    world.clock.leap(ahead_s)
    await world.look()
    assert (await world.task(lost)).state is TaskState.UNKNOWN
    await world.look(30)
    assert (await world.task(lost)).state is TaskState.ASKING
    world.clock.leap(ahead_s)
    await world.look()
    assert (await world.task(lost)).state is TaskState.ASKING


async def test_after_a_clock_that_went_back_the_next_submit_waits_no_longer_than_before(world: World) -> None:
    await world.unheard()
    second = await world.queued()
    await world.watch.step()
    world.clock.leap(-HOUR_S)
    await a_nap_later(world)
    await world.clock.advance(20)
    await world.submitter.step()
    assert (await world.task(second)).state is TaskState.RUNNING


async def test_after_a_clock_that_went_back_the_list_is_read_no_more_often_than_before(world: World) -> None:
    await world.asking()
    await world.watch.step()
    world.clock.leap(-HOUR_S)
    listed = len(world.musicmint.listed)
    for _ in range(10):
        await a_nap_later(world)
        for _ in range(10):
            await world.look()
    assert len(world.musicmint.listed) - listed <= 12


async def test_what_is_unknown_is_looked_for_within_a_minute_of_a_clock_that_came_back(world: World) -> None:
    lost = await world.unheard()
    world.musicmint.unlisted.add("mm-1")
    await world.look(2)
    world.clock.leap(12 * HOUR_S)
    await world.watch.step()
    await world.look(30)
    world.clock.leap(-12 * HOUR_S)
    world.musicmint.unlisted.clear()
    await a_nap_later(world)
    await world.look()
    assert (await world.task(lost)).state is TaskState.RUNNING


async def test_where_history_is_closed_a_clock_that_went_back_proves_no_fresh_try(world: World) -> None:
    task_id = await world.finished()
    world.messenger.closed_history.add(5000 + task_id)
    await world.watch.step()
    world.messenger.lost_answers = 1
    await world.deliver()
    world.clock.leap(-HOUR_S)
    await a_nap_later(world)
    await world.deliver()
    assert labels(world.messenger.posted) == ["v1a", "v1b"]
    assert (await world.deliveries(task_id))[0].state == "kept"

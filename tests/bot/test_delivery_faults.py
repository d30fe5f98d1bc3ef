"""What becomes of deliveries whose end nobody foresaw, and of those that a stop cuts off."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing

import pytest

from bot.errors import MessengerUnclear, Rejected
from bot.service import Member
from db import deliveries, engine, parked
from db.states import MOST_DEATHS, MOST_FAULTS, DeliveryState
from tests.bot.fakes import labels
from tests.bot.world import CHANNEL, GUILD, MEMBER, World


async def states(world: World, task_id: int) -> list[str]:
    return [row.state for row in await world.deliveries(task_id)]


async def die_of_a_claim(world: World) -> None:
    """The claim is the last thing this process does."""
    async with world.database.write() as conn:
        assert await deliveries.claim_next(conn, now=world.clock.now, token="dead", until=world.clock.now)
    await world.restart()


async def test_one_bad_row_does_not_stop_the_stage(world: World) -> None:
    broken = await world.finished()
    world.sql("UPDATE clips SET item = '{' WHERE task_id = ?", broken)
    fine = await world.finished()
    for _ in range(6):
        await world.deliver(after_s=300)
    assert await states(world, fine) == ["delivered", "delivered"]
    assert await states(world, broken) == ["kept", "pending"]
    first = (await world.deliveries(broken))[0]
    assert (first.attempts, first.faults) == (MOST_FAULTS, MOST_FAULTS)


async def test_a_message_discord_refuses_is_tried_five_times_and_parked(world: World) -> None:
    task_id = await world.finished()
    world.messenger.fail("post", *[Rejected(code=50035) for _ in range(MOST_FAULTS)])
    for _ in range(6):
        await world.deliver(after_s=300)
    assert await states(world, task_id) == ["kept", "delivered"]
    assert [row.faults for row in await world.deliveries(task_id)] == [MOST_FAULTS, 0]
    assert [take.state for take in world.messenger.cards[-1].takes] == [DeliveryState.KEPT, DeliveryState.DELIVERED]


async def test_only_faults_in_a_row_park_a_take(world: World) -> None:
    task_id = await world.finished()
    bug, doubt = RuntimeError("a bug"), MessengerUnclear()
    world.messenger.fail("post", *[bug] * (MOST_FAULTS - 1), doubt, *[bug] * (MOST_FAULTS - 1))
    for _ in range(2 * MOST_FAULTS):
        await world.deliver(after_s=300)
    assert await states(world, task_id) == ["delivered", "delivered"]
    assert [row.faults for row in await world.deliveries(task_id)] == [0, 0]


async def test_doubtful_answers_park_nothing_however_many_there_are(world: World) -> None:
    task_id = await world.finished()
    world.messenger.fail("post", *[MessengerUnclear() for _ in range(3 * MOST_FAULTS)])
    for _ in range(3 * MOST_FAULTS + 1):
        await world.deliver(after_s=400)
    assert await states(world, task_id) == ["delivered", "delivered"]


async def test_a_take_that_kills_the_process_each_time_is_parked_and_holds_up_no_other(world: World) -> None:
    task_id = await world.finished()
    fine = await world.finished()
    for _ in range(MOST_DEATHS):
        await die_of_a_claim(world)
    await world.deliver()
    assert await states(world, task_id) == ["kept", "delivered"]
    assert await states(world, fine) == ["delivered", "delivered"]
    assert labels(world.messenger.posted).count("v1a") == 1
    async with world.database.read() as conn:
        assert (await parked.all_of_them(conn)).deliveries == ((await world.deliveries(task_id))[0].id,)


async def test_deaths_of_the_process_do_not_make_one_fault_the_last(world: World) -> None:
    task_id = await world.finished()
    for _ in range(MOST_FAULTS - 1):
        await die_of_a_claim(world)
    world.messenger.fail("post", *[RuntimeError("a bug") for _ in range(MOST_FAULTS - 1)])
    await world.deliver()
    assert [(row.faults, row.deaths) for row in await world.deliveries(task_id)] == [(1, 0), (0, 0)]
    for _ in range(MOST_FAULTS):
        await world.deliver(after_s=300)
    assert await states(world, task_id) == ["delivered", "delivered"]


async def test_faults_do_not_make_one_death_the_last_and_a_death_forgives_none(world: World) -> None:
    task_id = await world.finished()
    world.messenger.fail("post", *[RuntimeError("a bug") for _ in range(MOST_FAULTS)])
    for _ in range(MOST_FAULTS - 1):
        await world.deliver(after_s=300)
    await world.clock.advance(300)
    await die_of_a_claim(world)
    first = (await world.deliveries(task_id))[0]
    assert (first.state, first.faults, first.deaths) == ("pending", MOST_FAULTS - 1, 1)
    await world.deliver()
    first = (await world.deliveries(task_id))[0]
    assert (first.state, first.faults, first.deaths) == ("kept", MOST_FAULTS, 0)


async def test_a_parked_take_that_is_shown_again_starts_anew(world: World) -> None:
    task_id = await world.finished()
    world.messenger.fail("post", *[RuntimeError("a bug") for _ in range(MOST_FAULTS)])
    for _ in range(6):
        await world.deliver(after_s=300)
    await world.service.show(task_id, Member(MEMBER, GUILD, CHANNEL))
    assert [row.faults for row in await world.deliveries(task_id)] == [0, 0]
    await world.deliver()
    assert await states(world, task_id) == ["delivered", "delivered"]


async def cut_off_while(world: World, reached: asyncio.Event, *, told: bool = True) -> None:
    """The stage is `told` to stop, and its grace runs out while a delivery stands at this point."""
    running = asyncio.create_task(world.deliverer.run())
    async with asyncio.timeout(5):
        await reached.wait()
    if told:
        world.deliverer.stop()
        await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


@pytest.mark.parametrize("told", [True, False])
async def test_a_stop_before_the_send_puts_the_take_back(
    world: World, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    reached = asyncio.Event()

    async def start_thread(**_: object) -> int:
        reached.set()
        await asyncio.sleep(60)
        return 0

    task_id = await world.finished()
    monkeypatch.setattr(world.messenger, "start_thread", start_thread)
    await cut_off_while(world, reached, told=told)
    first = (await world.deliveries(task_id))[0]
    assert (first.state, first.lease_token, first.deaths) == ("pending", None, 0)
    monkeypatch.undo()
    await world.restart()
    await world.deliver()
    assert labels(world.messenger.posted) == ["v1a", "v1b"]
    assert world.messenger.searched == []


async def test_a_stop_amid_the_send_leaves_it_to_the_next_start_to_look(world: World) -> None:
    reached = asyncio.Event()

    async def hang() -> None:
        reached.set()
        await asyncio.sleep(60)

    task_id = await world.finished()
    world.messenger.after_post = hang
    await cut_off_while(world, reached)
    first = (await world.deliveries(task_id))[0]
    assert (first.state, first.lease_token is None, first.deaths) == ("sending", False, 0)
    world.messenger.after_post = None
    await world.restart()
    await world.deliver(after_s=3600)
    assert labels(world.messenger.posted) == ["v1a", "v1b"]
    assert await states(world, task_id) == ["delivered", "delivered"]


async def test_a_stop_while_a_take_is_being_put_off_puts_it_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    reached = asyncio.Event()

    async def put_off(*_: object) -> bool:
        reached.set()
        await asyncio.sleep(60)
        return False

    task_id = await world.finished()
    world.messenger.fail("start_thread", MessengerUnclear())
    monkeypatch.setattr(deliveries, "put_off", put_off)
    await cut_off_while(world, reached)
    first = (await world.deliveries(task_id))[0]
    assert (first.state, first.lease_token, first.deaths) == ("pending", None, 0)


async def test_a_stop_cuts_off_the_cards_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    reached, ended = asyncio.Event(), asyncio.Event()

    async def redraw_card(*_: object) -> None:
        reached.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    await world.finished()
    world.sql("UPDATE deliveries SET due_at = due_at + 1000000")
    monkeypatch.setattr(world.messenger, "redraw_card", redraw_card)
    await cut_off_while(world, reached)
    assert ended.is_set()


async def stopped_while_held(
    world: World, monkeypatch: pytest.MonkeyPatch, held: Callable[[], Awaitable[None]]
) -> None:
    """A stop in the middle of a post while another program holds the database; `held` is called in between."""
    monkeypatch.setattr(engine, "PATIENT_TRIES", 1_000_000)
    async with world.database.write() as conn:
        await conn.exec_driver_sql("PRAGMA busy_timeout = 1")
    await world.finished()
    posting = asyncio.Event()

    async def for_ever() -> None:
        posting.set()
        await asyncio.Event().wait()

    world.messenger.before_post = for_ever
    running = asyncio.create_task(world.deliverer.run())
    async with asyncio.timeout(20):
        await posting.wait()
        with closing(sqlite3.connect(world.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await held()
            running.cancel()
            await asyncio.wait({running})


async def test_a_stop_waits_for_no_program_that_holds_the_database(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once() -> None:
        """Nothing else is under way."""

    await stopped_while_held(world, monkeypatch, at_once)


async def test_nor_for_a_card_that_waits_for_that_program_to_be_noted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = asyncio.Event()

    async def drawn(*_: object) -> None:
        await locked.wait()

    async def until_the_card_is_being_noted() -> None:
        locked.set()
        while not world.database._turn.locked():
            await asyncio.sleep(0)

    monkeypatch.setattr(world.messenger, "redraw_card", drawn)
    await stopped_while_held(world, monkeypatch, until_the_card_is_being_noted)

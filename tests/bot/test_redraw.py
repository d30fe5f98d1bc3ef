from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import picture
from bot.errors import MessengerError, MessengerUnclear, PlaceGone, Rejected
from bot.picture import CardPicture
from bot.redraw import BATCH, EDIT_WITHIN_MS, OLD_FOR_MS
from db import tasks
from db.states import TaskState
from db.tasks import Task
from tests.bot.world import World

LOCKED = OperationalError("SELECT", {}, sqlite3.OperationalError("database is locked"))


async def wanting(world: World) -> int:
    """A queued task whose card wants drawing."""
    task_id = await world.queued()
    await want(world, task_id)
    return task_id


async def want(world: World, task_id: int) -> None:
    async with world.database.write() as conn:
        await tasks.want_cards(conn, [task_id])


async def draw(world: World) -> list[int]:
    """What one batch has drawn."""
    before = len(world.messenger.cards)
    await world.redraw.draw(await world.redraw.stale())
    return [card.task.id for card in world.messenger.cards[before:]]


async def test_a_card_that_shows_all_is_left_alone(world: World) -> None:
    await world.queued()
    assert await world.redraw.stale() == []


async def test_a_card_is_drawn_once_however_much_it_missed(world: World) -> None:
    task_id = await wanting(world)
    await want(world, task_id)
    assert await draw(world) == [task_id]
    assert await world.redraw.stale() == []


async def test_a_card_without_a_message_is_never_wanted(world: World) -> None:
    await want(world, await world.accepted())
    assert await world.redraw.stale() == []


async def test_the_card_shows_the_row_as_it_stands_when_it_is_drawn(world: World) -> None:
    task_id = await wanting(world)
    stale = await world.redraw.stale()
    await world.submitter.step()
    await world.redraw.draw(stale)
    assert [card.task.state for card in world.messenger.cards] == [TaskState.RUNNING]
    assert await world.redraw.stale() == []
    assert (await world.task(task_id)).state is TaskState.RUNNING


async def test_what_happens_while_it_is_drawn_is_drawn_next(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    task_id = await wanting(world)
    redraw_card = world.messenger.redraw_card

    async def meanwhile(channel_id: int, message_id: int, card: object) -> None:
        monkeypatch.undo()
        await want(world, task_id)

    monkeypatch.setattr(world.messenger, "redraw_card", meanwhile)
    await draw(world)
    assert await draw(world) == [task_id]
    assert world.messenger.redraw_card == redraw_card


async def test_cards_are_drawn_oldest_first_in_small_batches(world: World) -> None:
    wanted = [await wanting(world) for _ in range(BATCH + 2)]
    assert await draw(world) == wanted[:BATCH]
    assert await draw(world) == wanted[BATCH:]


@pytest.mark.parametrize("error", [PlaceGone(code=10008), Rejected(code=50035), RuntimeError("a bug")], ids=repr)
async def test_a_card_that_is_gone_or_cannot_be_drawn_is_given_up(world: World, error: MessengerError) -> None:
    await wanting(world)
    fine = await wanting(world)
    world.messenger.fail("redraw_card", error)
    assert await draw(world) == [fine]
    assert await world.redraw.stale() == []


async def test_a_row_that_cannot_be_read_holds_up_no_other_card(world: World) -> None:
    broken, fine = await wanting(world), await wanting(world)
    world.sql("UPDATE tasks SET request = '{' WHERE id = ?", broken)
    assert await draw(world) == [fine]
    assert await world.redraw.stale() == []


async def test_after_a_doubtful_answer_the_cards_pause(world: World) -> None:
    first, second = await wanting(world), await wanting(world)
    world.messenger.fail("redraw_card", MessengerUnclear())
    assert await draw(world) == []
    assert await world.redraw.stale() == []
    assert world.redraw.next_due() == world.clock.now + 5000
    await world.clock.advance(5)
    assert world.redraw.next_due() is None
    assert sorted(await draw(world) + await draw(world)) == [first, second]


async def test_the_pause_is_as_long_as_discord_says(world: World) -> None:
    await wanting(world)
    world.messenger.fail("redraw_card", MessengerUnclear(retry_after_s=40))
    await draw(world)
    assert world.redraw.next_due() == world.clock.now + 40_000


async def test_a_card_that_is_always_doubtful_does_not_hold_up_the_others(world: World) -> None:
    await wanting(world)
    fine = await wanting(world)
    world.messenger.fail("redraw_card", MessengerUnclear())
    await draw(world)
    await world.clock.advance(5)
    assert (await draw(world))[0] == fine


async def test_a_card_older_than_55_minutes_is_tried_for_some_hours_and_then_left(world: World) -> None:
    await wanting(world)
    await world.clock.advance(EDIT_WITHIN_MS / 1000 + 1)
    world.messenger.fail("redraw_card", *[MessengerUnclear() for _ in range(100)])
    began = world.clock.now
    await draw(world)
    for _ in range(200):
        if (due := world.redraw.next_due()) is None:
            break
        await world.clock.advance((due - world.clock.now) / 1000)
        await draw(world)
    tries = 100 - len(world.messenger.failures["redraw_card"])
    assert OLD_FOR_MS <= world.clock.now - began <= OLD_FOR_MS + 300_000
    assert tries < 50
    assert await world.redraw.stale() == []


async def test_an_old_card_that_gets_a_clear_answer_in_that_time_tells_its_ending(world: World) -> None:
    task_id = await wanting(world)
    await world.clock.advance(EDIT_WITHIN_MS / 1000 + 1)
    world.messenger.fail("redraw_card", MessengerUnclear(), MessengerUnclear())
    drawn: list[int] = []
    for _ in range(3):
        drawn += await draw(world)
        await world.clock.advance(15)
    assert drawn == [task_id]


@pytest.mark.parametrize("went_on_s", [0, 60])
async def test_a_clock_that_went_back_makes_no_card_wait_for_it(world: World, went_on_s: int) -> None:
    first = await wanting(world)
    stale = await world.redraw.stale()
    await world.clock.advance(went_on_s)  # an edit may take a while to fail
    world.messenger.fail("redraw_card", MessengerUnclear(retry_after_s=40))
    await world.redraw.draw(stale)
    second = await wanting(world)
    world.clock.now -= 3600_000 if went_on_s == 0 else 59_000
    assert world.redraw.next_due() is None
    assert await draw(world) == [second]
    assert await draw(world) == [first]


async def test_an_old_card_is_not_tried_for_ever_because_a_clock_went_back(world: World) -> None:
    await wanting(world)
    await world.clock.advance(24 * 3600)
    world.messenger.fail("redraw_card", *[MessengerUnclear() for _ in range(2)])
    await draw(world)
    world.clock.now -= 12 * 3600_000
    assert len(await world.redraw.stale()) == 1
    await world.clock.advance(OLD_FOR_MS / 1000 + 1)
    await draw(world)
    assert await world.redraw.stale() == []


async def test_a_database_that_cannot_be_read_leaves_the_card_wanting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def locked(*_: object) -> None:
        raise LOCKED

    await wanting(world)
    with monkeypatch.context() as broken:
        broken.setattr("bot.redraw.picture.card", locked)
        with pytest.raises(OperationalError):
            await draw(world)
    assert len(await world.redraw.stale()) == 1


async def test_what_was_drawn_before_a_fault_is_not_drawn_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [await wanting(world) for _ in range(3)]
    card = picture.card

    async def locked_for_the_last(conn: AsyncConnection, task: Task, now: int) -> CardPicture:
        if task.id == wanted[-1]:
            raise LOCKED
        return await card(conn, task, now)

    with monkeypatch.context() as broken:
        broken.setattr("bot.redraw.picture.card", locked_for_the_last)
        with pytest.raises(OperationalError):
            await draw(world)
    assert await draw(world) == wanted[-1:]


async def test_while_nothing_can_be_noted_no_card_is_drawn_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [await wanting(world) for _ in range(2)]

    async def locked(*_: object) -> None:
        raise LOCKED

    with monkeypatch.context() as broken:
        broken.setattr("bot.redraw.tasks.cards_drawn", locked)
        for _ in range(3):
            with pytest.raises(OperationalError):
                await draw(world)
    assert [card.task.id for card in world.messenger.cards] == wanted
    assert await draw(world) == []


async def test_the_deliver_stage_draws_cards_and_wakes_when_their_pause_is_over(world: World) -> None:
    await wanting(world)
    world.messenger.fail("redraw_card", MessengerUnclear())
    await world.deliverer.step()
    await world.deliverer.finish()
    assert await world.deliverer.step() == world.clock.now + 5000
    await world.deliver(after_s=5)
    assert len(world.messenger.cards) == 1

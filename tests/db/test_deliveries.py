from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from db import deliveries, tasks
from db.deliveries import Delivery
from db.engine import Database
from db.states import DeliveryState, Rung, TaskState
from tests.db.rows import NOW, a_clip, a_task

Write = Callable[[AsyncConnection, Delivery], Awaitable[bool]]

WRITES: dict[str, Write] = {
    "step_down": lambda conn, one: deliveries.step_down(conn, one, Rung.CHANNEL),
    "trying": lambda conn, one: deliveries.trying(conn, one, NOW, until=NOW + 1),
    "delivered": lambda conn, one: deliveries.delivered(conn, one, 1),
    "kept": deliveries.kept,
    "put_off": lambda conn, one: deliveries.put_off(conn, one, NOW + 1),
    "failed": lambda conn, one: deliveries.failed(conn, one, NOW + 1),
    "parked": deliveries.parked,
    "untried": deliveries.untried,
}


async def promise(conn: AsyncConnection, takes: int = 2, *, interaction_id: int = 7, due_at: int = NOW) -> int:
    """A finished task whose takes wait; its row id."""
    task = await a_task(conn, interaction_id=interaction_id, state=TaskState.FINISHED)
    for part in range(takes):
        clip = await a_clip(conn, task, part)
        await deliveries.add_take(conn, task_id=task.id, part=part, clip_row_id=clip, now=due_at)
    return task.id


async def claim(conn: AsyncConnection, now: int = NOW) -> Delivery | None:
    return await deliveries.claim_next(conn, now=now, token="mine", until=now + 1)


@pytest.mark.parametrize("name", WRITES)
async def test_a_write_under_a_lost_lease_changes_nothing(database: Database, name: str) -> None:
    async with database.write() as conn:
        task_id = await promise(conn)
        claimed = await claim(conn)
        assert claimed is not None
        before = await deliveries.of_task(conn, task_id)
        assert not await WRITES[name](conn, replace(claimed, lease_token="somebody else's"))
        assert not await WRITES[name](conn, replace(before[1], lease_token=None))
        assert await deliveries.of_task(conn, task_id) == before
        assert await WRITES[name](conn, claimed)


async def test_one_whose_lease_is_over_is_taken_again_and_who_had_it_changes_nothing(database: Database) -> None:
    async with database.write() as conn:
        await promise(conn, takes=1)
        first = await claim(conn)
        assert first is not None
        again = await deliveries.claim_next(conn, now=NOW + 1, token="other", until=NOW + 2)
        assert again is not None
        assert (again.id, again.attempts, again.lease_token) == (first.id, 2, "other")
        assert not await deliveries.delivered(conn, first, 4711)
        assert await deliveries.delivered(conn, again, 4711)


async def test_a_goes_before_b_and_b_waits_until_a_has_ended(database: Database) -> None:
    async with database.write() as conn:
        task_id = await promise(conn)
        first = await claim(conn)
        assert first is not None
        assert first.part == 0
        assert await claim(conn) is None
        assert await deliveries.next_due(conn) == NOW + 1
        await deliveries.put_off(conn, first, NOW + 500)
        assert await claim(conn) is None
        assert await deliveries.next_due(conn) == NOW + 500
        first = await claim(conn, NOW + 500)
        assert first is not None
        await deliveries.kept(conn, first)
        second = await claim(conn)
        assert second is not None
        assert (second.task_id, second.part, second.state) == (task_id, 1, DeliveryState.SENDING)
        await deliveries.delivered(conn, second, None)
        assert await claim(conn) is None


async def test_takes_of_different_songs_do_not_wait_for_each_other(database: Database) -> None:
    async with database.write() as conn:
        late = await promise(conn, interaction_id=1, due_at=NOW)
        early = await promise(conn, interaction_id=2, due_at=NOW - 1)
        claimed = [await claim(conn) for _ in range(3)]
    assert [one and one.task_id for one in claimed] == [early, late, None]


async def test_a_take_promised_twice_is_promised_once(database: Database) -> None:
    async with database.write() as conn:
        task_id = await promise(conn)
        first = await claim(conn)
        assert first is not None
        await deliveries.delivered(conn, first, 99)
        assert first.clip_id is not None
        await deliveries.add_take(conn, task_id=task_id, part=0, clip_row_id=first.clip_id, now=NOW)
        rows = await deliveries.of_task(conn, task_id)
    assert [(row.part, row.state, row.message_id) for row in rows] == [(0, "delivered", 99), (1, "pending", None)]


async def test_the_first_try_stays_and_a_lower_rung_forgets_it(database: Database) -> None:
    async with database.write() as conn:
        task_id = await promise(conn, takes=1)
        claimed = await claim(conn)
        assert claimed is not None
        placed = replace(claimed, rung=Rung.CHANNEL, channel_id=5, nonce="n")
        for second in (1, 2):
            await deliveries.trying(conn, placed, NOW + second, until=NOW + second + 9)
        (row,) = await deliveries.of_task(conn, task_id)
        assert (row.rung, row.channel_id, row.nonce) == ("channel", 5, "n")
        assert (row.first_try_at, row.last_try_at, row.lease_until) == (NOW + 1, NOW + 2, NOW + 11)
        await deliveries.step_down(conn, placed, Rung.DIRECT)
        (row,) = await deliveries.of_task(conn, task_id)
        assert (row.rung, row.channel_id, row.nonce) == ("direct", None, None)
        assert (row.first_try_at, row.last_try_at) == (None, None)


async def test_the_card_is_wanted_once_when_the_last_take_has_come_to_its_end(database: Database) -> None:
    async with database.write() as conn:
        task_id = await promise(conn)
        wanted = []
        for _ in range(2):
            claimed = await claim(conn)
            assert claimed is not None
            await deliveries.delivered(conn, claimed, 9)
            await deliveries.card_of_the_last(conn, task_id)
            task = await tasks.get(conn, task_id)
            wanted.append(task and task.card_wanted)
    assert wanted == [wanted[0], (wanted[0] or 0) + 1]


async def test_whether_one_is_due_is_told_without_taking_it(database: Database) -> None:
    async with database.write() as conn:
        assert not await deliveries.any_due(conn, NOW)
        await promise(conn, takes=1)
        assert not await deliveries.any_due(conn, NOW - 1)
        assert await deliveries.any_due(conn, NOW)
        assert await claim(conn) is not None
        assert not await deliveries.any_due(conn, NOW)
        assert await deliveries.any_due(conn, NOW + 1)


async def test_a_claim_counts_as_an_attempt_and_its_end_frees_it(database: Database) -> None:
    async with database.write() as conn:
        task_id = await promise(conn, takes=1)
        for attempt in (1, 2, 3):
            claimed = await claim(conn)
            assert claimed is not None
            assert (claimed.attempts, claimed.lease_token, claimed.lease_until) == (attempt, "mine", NOW + 1)
            await deliveries.put_off(conn, claimed, NOW)
        (row,) = await deliveries.of_task(conn, task_id)
        assert (row.state, row.lease_token, row.lease_until) == ("pending", None, None)


async def test_after_a_start_what_was_being_sent_waits_again_and_knows_it_was_tried(database: Database) -> None:
    async with database.write() as conn:
        task_id = await promise(conn, takes=1)
        claimed = await claim(conn)
        assert claimed is not None
        await deliveries.trying(conn, claimed, NOW, until=NOW + 9)
        await deliveries.forget_leases(conn, NOW)
        (row,) = await deliveries.of_task(conn, task_id)
        assert (row.state, row.lease_token, row.first_try_at) == ("pending", None, NOW)
        assert not await deliveries.delivered(conn, claimed, 1)


COUNTS: dict[str, tuple[int, int]] = {
    "delivered": (0, 0),
    "kept": (0, 0),
    "put_off": (0, 0),
    "failed": (4, 0),
    "parked": (4, 2),
}
"""Faults and deaths after an end, of a row that had four and two."""


@pytest.mark.parametrize("name", COUNTS)
async def test_a_claim_counts_as_a_death_until_its_end_was_seen_and_faults_until_an_end_was_foreseen(
    database: Database, name: str
) -> None:
    async with database.write() as conn:
        task_id = await promise(conn, takes=1)
        await claim(conn)
        await deliveries.forget_leases(conn, NOW)
        claimed = await claim(conn)
        assert claimed is not None
        assert (claimed.faults, claimed.deaths) == (0, 2)
        await WRITES[name](conn, replace(claimed, faults=4))
        (row,) = await deliveries.of_task(conn, task_id)
    assert (row.faults, row.deaths) == COUNTS[name]


async def test_what_a_process_died_of_goes_behind_what_waits(database: Database) -> None:
    async with database.write() as conn:
        suspect = await promise(conn, takes=1, interaction_id=1, due_at=NOW - 2)
        other = await promise(conn, takes=1, interaction_id=2, due_at=NOW - 1)
        first = await claim(conn)
        await deliveries.forget_leases(conn, NOW)
        claimed = [first, await claim(conn), await claim(conn)]
    assert [one and one.task_id for one in claimed] == [suspect, other, suspect]


async def test_a_start_takes_no_death_back(database: Database) -> None:
    async with database.write() as conn:
        task_id = await promise(conn, takes=1)
        for _ in range(3):
            await claim(conn)
            await deliveries.forget_leases(conn, NOW)
        (row,) = await deliveries.of_task(conn, task_id)
    assert (row.faults, row.deaths) == (0, 3)


async def test_what_is_shown_again_has_neither_faults_nor_deaths(database: Database) -> None:
    async with database.write() as conn:
        task_id = await promise(conn, takes=1)
        claimed = await claim(conn)
        assert claimed is not None
        await deliveries.parked(conn, replace(claimed, faults=5, deaths=31))
        await deliveries.revive(conn, task_id, NOW)
        (row,) = await deliveries.of_task(conn, task_id)
    assert (row.state, row.faults, row.deaths) == ("pending", 0, 0)


@pytest.mark.parametrize("tried_before", [False, True])
@pytest.mark.parametrize("sent", [False, True])
async def test_a_stop_puts_back_what_was_not_sent_and_leaves_what_was(
    database: Database, tried_before: bool, sent: bool
) -> None:
    async with database.write() as conn:
        task_id = await promise(conn, takes=1)
        claimed = await claim(conn)
        assert claimed is not None
        if tried_before:
            await deliveries.trying(conn, claimed, NOW, until=NOW + 9)
            await deliveries.put_off(conn, claimed, NOW)
            claimed = await claim(conn)
            assert claimed is not None
        if sent:
            await deliveries.trying(conn, claimed, NOW + 5, until=NOW + 14)
        await deliveries.cut_off(conn, claimed)
        (row,) = await deliveries.of_task(conn, task_id)
    assert row.deaths == 0
    assert (row.state, row.lease_token) == (("sending", "mine") if sent else ("pending", None))


async def test_a_stop_is_no_reason_to_forget_a_fault(database: Database) -> None:
    async with database.write() as conn:
        task_id = await promise(conn, takes=1)
        claimed = await claim(conn)
        assert claimed is not None
        await deliveries.failed(conn, replace(claimed, faults=1), NOW)
        claimed = await claim(conn)
        assert claimed is not None
        await deliveries.cut_off(conn, claimed)
        (row,) = await deliveries.of_task(conn, task_id)
    assert (row.faults, row.deaths) == (1, 0)


async def test_a_stop_changes_nothing_that_somebody_else_holds(database: Database) -> None:
    async with database.write() as conn:
        task_id = await promise(conn, takes=1)
        claimed = await claim(conn)
        assert claimed is not None
        before = await deliveries.of_task(conn, task_id)
        await deliveries.cut_off(conn, replace(claimed, lease_token="somebody else's"))
        assert await deliveries.of_task(conn, task_id) == before


async def test_a_try_that_posted_nothing_is_taken_back_to_what_was_known_before(database: Database) -> None:
    async with database.write() as conn:
        task_id = await promise(conn, takes=1)
        claimed = await claim(conn)
        assert claimed is not None
        await deliveries.trying(conn, claimed, NOW + 1, until=NOW + 10)
        await deliveries.untried(conn, claimed)
        (row,) = await deliveries.of_task(conn, task_id)
        assert (row.first_try_at, row.last_try_at) == (None, None)
        await deliveries.trying(conn, claimed, NOW + 2, until=NOW + 11)
        (row,) = await deliveries.of_task(conn, task_id)
        await deliveries.trying(conn, row, NOW + 3, until=NOW + 12)
        await deliveries.untried(conn, row)
        (row,) = await deliveries.of_task(conn, task_id)
    assert (row.first_try_at, row.last_try_at) == (NOW + 2, NOW + 2)


async def test_a_card_promised_twice_is_promised_once_and_is_no_take(database: Database) -> None:
    async with database.write() as conn:
        task_id = await promise(conn, takes=1)
        for rung in (Rung.CHANNEL, Rung.THREAD):
            await deliveries.add_card(conn, task_id=task_id, rung=rung, now=NOW)
        take, card = await claim(conn), await claim(conn)
        assert take is not None
        assert card is not None
        assert (card.kind, card.part, card.rung, card.clip_id) == (deliveries.CARD, 0, Rung.CHANNEL, None)
        assert await claim(conn) is None
        assert [row.id for row in await deliveries.of_task(conn, task_id)] == [take.id]
        await deliveries.kept(conn, card)
        assert not await deliveries.revive(conn, task_id, NOW)

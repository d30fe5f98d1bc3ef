from __future__ import annotations

import pytest
from sqlalchemy import update

from db import census, deliveries, tasks
from db.engine import Database
from db.parked import all_of_them as all_parked
from db.schema import deliveries as delivery_rows
from db.schema import tasks as task_rows
from db.states import MOST_DEATHS, MOST_FAULTS, DeliveryState, Rung, TaskState
from db.tasks import Changes
from tests.db.rows import NOW, a_clip, a_song, a_task


async def test_of_an_empty_database_every_state_counts_nothing(database: Database) -> None:
    async with database.read() as conn:
        found = await census.take(conn, NOW)
    assert found.tasks == dict.fromkeys(TaskState, 0)
    assert found.deliveries == dict.fromkeys(DeliveryState, 0)
    assert (found.outstanding, found.parked_tasks, found.parked_deliveries, found.oldest_delivery_ms) == (0, 0, 0, 0)


async def test_tasks_are_counted_by_state_and_the_oldest_of_each_by_its_age(database: Database) -> None:
    states = (TaskState.QUEUED, TaskState.QUEUED, TaskState.UNKNOWN, TaskState.CANCELLED)
    async with database.write() as conn:
        song = await a_song(conn)
        for number, state in enumerate(states):
            task = await a_task(conn, song, interaction_id=number, state=state)
            created = update(task_rows).where(task_rows.c.id == task.id).values(created_at=NOW - number * 1000)
            await conn.execute(created)
    async with database.read() as conn:
        found = await census.take(conn, NOW + 500)
    assert {state: count for state, count in found.tasks.items() if count} == {
        TaskState.QUEUED: 2,
        TaskState.UNKNOWN: 1,
        TaskState.CANCELLED: 1,
    }
    assert found.outstanding == 3
    assert {state: age for state, age in found.oldest_task_ms.items() if age} == {
        TaskState.QUEUED: 1500,
        TaskState.UNKNOWN: 2500,
    }


async def test_a_finished_take_waits_from_its_task_s_end_until_it_is_out(database: Database) -> None:
    async with database.write() as conn:
        task = await a_task(conn)
        await tasks.move(conn, task.id, {TaskState.ACCEPTED}, TaskState.FINISHED, Changes(ended_at=NOW))
        await deliveries.add_take(conn, task_id=task.id, part=0, clip_row_id=await a_clip(conn, task), now=NOW)
    async with database.read() as conn:
        found = await census.take(conn, NOW + 4000)
    assert (found.deliveries[DeliveryState.PENDING], found.oldest_delivery_ms) == (1, 4000)
    async with database.write() as conn:
        claimed = await deliveries.claim_next(conn, now=NOW, token="t", until=NOW + 1)
        assert claimed is not None
        await deliveries.delivered(conn, claimed, 99)
    async with database.read() as conn:
        found = await census.take(conn, NOW + 4000)
    assert (found.deliveries[DeliveryState.DELIVERED], found.oldest_delivery_ms) == (1, 0)


@pytest.mark.parametrize(("deaths", "parked"), [(0, 0), (MOST_DEATHS, 0), (MOST_DEATHS + 1, 1)])
async def test_a_take_the_process_died_of_again_and_again_is_counted_as_parked(
    database: Database, deaths: int, parked: int
) -> None:
    async with database.write() as conn:
        task = await a_task(conn, state=TaskState.FINISHED)
        await deliveries.add_take(conn, task_id=task.id, part=0, clip_row_id=await a_clip(conn, task), now=NOW)
        await conn.execute(update(delivery_rows).values(state=DeliveryState.KEPT, deaths=deaths))
    async with database.read() as conn:
        found = await census.take(conn, NOW)
        rows = await all_parked(conn)
    assert (found.parked_deliveries, len(rows.deliveries)) == (parked, parked)


@pytest.mark.parametrize(("faults", "parked"), [(MOST_FAULTS - 1, 0), (MOST_FAULTS, 1)])
async def test_what_failed_again_and_again_is_counted_as_parked(database: Database, faults: int, parked: int) -> None:
    async with database.write() as conn:
        task = await a_task(conn, state=TaskState.RUNNING)
        await deliveries.add_take(conn, task_id=task.id, part=0, clip_row_id=await a_clip(conn, task), now=NOW)
        await conn.execute(update(task_rows).values(faults=faults))
        await conn.execute(update(delivery_rows).values(faults=faults, state=DeliveryState.KEPT))
    async with database.read() as conn:
        found = await census.take(conn, NOW)
    assert (found.parked_tasks, found.parked_deliveries) == (parked, parked)


async def test_a_clock_that_was_put_back_makes_nothing_wait_less_than_not_at_all(database: Database) -> None:
    async with database.write() as conn:
        await a_task(conn, state=TaskState.QUEUED)
    async with database.read() as conn:
        found = await census.take(conn, NOW - 60_000)
    assert found.oldest_task_ms[TaskState.QUEUED] == 0


async def test_a_question_that_is_posted_anew_waits_from_when_it_is_due_or_was_tried(database: Database) -> None:
    async with database.write() as conn:
        task = await a_task(conn, state=TaskState.ASKING)
        await deliveries.add_card(conn, task_id=task.id, rung=Rung.CHANNEL, now=NOW)
        claimed = await deliveries.claim_next(conn, now=NOW, token="t", until=NOW + 1)
        assert claimed is not None
        await deliveries.put_off(conn, claimed, NOW + 3000)
    async with database.read() as conn:
        assert (await census.take(conn, NOW + 4000)).oldest_delivery_ms == 1000
    async with database.write() as conn:
        claimed = await deliveries.claim_next(conn, now=NOW + 4000, token="t", until=NOW + 5000)
        assert claimed is not None
        await deliveries.trying(conn, claimed, NOW + 4000, until=NOW + 5000)
        await deliveries.put_off(conn, claimed, NOW + 60_000)
    async with database.read() as conn:
        assert (await census.take(conn, NOW + 9000)).oldest_delivery_ms == 5000

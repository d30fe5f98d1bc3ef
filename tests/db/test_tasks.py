from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from db import deliveries, schema, songs, submissions, tasks
from db.engine import Database
from db.states import ADOPTABLE, ENDED, OUTSTANDING, Outcome, TaskState
from db.tasks import Changes, Task
from tests.db.rows import NOW, a_clip, a_task

Move = Callable[[AsyncConnection, Task], Awaitable[object]]
POLLED = {TaskState.RUNNING, TaskState.EXPIRED}
EARLY = {TaskState.ACCEPTED, TaskState.QUEUED}


async def stored(conn: AsyncConnection, task_id: int) -> Task:
    found = await tasks.get(conn, task_id)
    assert found is not None
    return found


def moving(leaving: set[TaskState], to: TaskState) -> Move:
    return lambda conn, task: tasks.move(conn, task.id, leaving, to)


MOVES: dict[str, tuple[set[TaskState], Move]] = {
    "the card stands": ({TaskState.ACCEPTED}, lambda conn, task: tasks.card_posted(conn, task.id, 1, 2, NOW)),
    "no card stands": ({TaskState.ACCEPTED}, moving({TaskState.ACCEPTED}, TaskState.CLOSED)),
    "cancelled early": (EARLY, moving(EARLY, TaskState.CANCELLED)),
    "claimed": (
        {TaskState.QUEUED},
        lambda conn, task: tasks.claim_queued(conn, kinds={"generate"}, now=NOW, token="t", until=NOW),
    ),
    "created": ({TaskState.SUBMITTING}, moving({TaskState.SUBMITTING}, TaskState.RUNNING)),
    "unheard": ({TaskState.SUBMITTING}, moving({TaskState.SUBMITTING}, TaskState.UNKNOWN)),
    "found": (set(ADOPTABLE), moving(set(ADOPTABLE), TaskState.RUNNING)),
    "looked for again": (set(ADOPTABLE), lambda conn, task: tasks.look_again(conn, task.id, NOW + 7)),
    "finished": (POLLED, moving(POLLED, TaskState.FINISHED)),
    "took too long": ({TaskState.RUNNING}, moving({TaskState.RUNNING}, TaskState.EXPIRED)),
    "cancelled late": (set(OUTSTANDING), lambda conn, task: tasks.request_cancel(conn, task.id, NOW)),
}


@pytest.mark.parametrize("name", MOVES)
async def test_a_move_changes_a_task_in_the_states_it_leaves_and_in_no_other(database: Database, name: str) -> None:
    leaving, move = MOVES[name]
    changed = set()
    async with database.write() as conn:
        for number, state in enumerate(TaskState):
            task = await a_task(conn, interaction_id=number, state=state)
            await move(conn, task)
            if await stored(conn, task.id) != task:
                changed.add(state)
            await conn.execute(update(schema.tasks).where(schema.tasks.c.id == task.id).values(state="closed"))
    assert changed == leaving


def test_a_state_is_either_over_or_outstanding() -> None:
    assert set(TaskState) == ENDED | OUTSTANDING
    assert TaskState.UNKNOWN in OUTSTANDING


async def test_a_finish_under_a_lost_lease_changes_nothing(database: Database) -> None:
    async with database.write() as conn:
        await a_task(conn, state=TaskState.QUEUED)
        claimed = await tasks.claim_queued(conn, kinds={"generate"}, now=NOW, token="mine", until=NOW + 1)
        assert claimed is not None
        leaving = {TaskState.SUBMITTING}
        assert not await tasks.move(conn, claimed.id, leaving, TaskState.RUNNING, lease_token="somebody else's")
        assert await stored(conn, claimed.id) == claimed
        assert await tasks.move(conn, claimed.id, leaving, TaskState.RUNNING, lease_token="mine")
        assert not await tasks.move(conn, claimed.id, leaving, TaskState.RUNNING, lease_token="mine")


async def test_a_move_ends_the_lease_replaces_the_error_and_bumps_the_card(database: Database) -> None:
    async with database.write() as conn:
        task = await a_task(conn, state=TaskState.QUEUED)
        await tasks.move(conn, task.id, {TaskState.QUEUED}, TaskState.QUEUED, Changes(error="no", due_at=NOW))
        claimed = await tasks.claim_queued(conn, kinds={"generate"}, now=NOW, token="t", until=NOW + 9)
        assert claimed is not None
        assert (claimed.lease_token, claimed.lease_until, claimed.attempts, claimed.error) == ("t", NOW + 9, 1, "no")
        changes = Changes(due_at=NOW + 5, started_at=NOW, ended_at=NOW + 1, result="{}")
        await tasks.move(conn, task.id, {TaskState.SUBMITTING}, TaskState.RUNNING, changes)
        moved = await stored(conn, task.id)
    assert (moved.lease_token, moved.lease_until, moved.error) == (None, None, None)
    assert (moved.due_at, moved.started_at, moved.ended_at, moved.result) == (NOW + 5, NOW, NOW + 1, "{}")
    assert moved.card_wanted == claimed.card_wanted + 1


async def test_a_move_that_is_drawn_anyway_leaves_the_card(database: Database) -> None:
    async with database.write() as conn:
        task = await a_task(conn, state=TaskState.RUNNING)
        await tasks.move(conn, task.id, {TaskState.RUNNING}, TaskState.FINISHED, Changes(card=False))
        assert (await stored(conn, task.id)).card_wanted == task.card_wanted


async def test_one_task_is_claimed_by_one(database: Database) -> None:
    async def claim(token: str) -> Task | None:
        async with database.write() as conn:
            return await tasks.claim_queued(conn, kinds={"generate"}, now=NOW, token=token, until=NOW)

    async with database.write() as conn:
        for number in range(3):
            await a_task(conn, interaction_id=number, state=TaskState.QUEUED)
    claims = await asyncio.gather(*(claim(str(number)) for number in range(10)))
    claimed = [task.id for task in claims if task is not None]
    assert sorted(claimed) == sorted(set(claimed))
    assert len(claimed) == 3


async def test_what_is_due_later_is_not_claimed(database: Database) -> None:
    async with database.write() as conn:
        task = await a_task(conn, state=TaskState.QUEUED)
        await tasks.move(conn, task.id, {TaskState.QUEUED}, TaskState.QUEUED, Changes(due_at=NOW + 1))
        assert await tasks.claim_queued(conn, kinds={"generate"}, now=NOW, token="t", until=NOW) is None
        assert await tasks.next_due(conn, {TaskState.QUEUED}) == NOW + 1
        assert await tasks.next_due(conn, {TaskState.RUNNING}) is None
        assert await tasks.claim_queued(conn, kinds={"generate"}, now=NOW + 1, token="t", until=NOW) is not None


async def test_a_song_gives_each_version_once(database: Database) -> None:
    async with database.write() as conn:
        first = await a_task(conn, interaction_id=1)
        second = await a_task(conn, await songs.get(conn, first.song_id), interaction_id=2)
        assert (first.version, second.version) == (1, 2)
        with pytest.raises(IntegrityError, match="version"):
            await conn.execute(update(schema.tasks).values(version=1))


async def test_an_interaction_has_one_task(database: Database) -> None:
    async with database.write() as conn:
        task = await a_task(conn, interaction_id=1)
        assert await tasks.of_interaction(conn, 1) == task
        assert await tasks.of_interaction(conn, 2) is None
        with pytest.raises(IntegrityError, match="interaction_id"):
            await a_task(conn, interaction_id=1)


@pytest.mark.parametrize(("table", "column"), [("tasks", "state"), ("deliveries", "rung"), ("submissions", "outcome")])
async def test_a_word_nobody_knows_is_refused_by_the_database(database: Database, table: str, column: str) -> None:
    async with database.write() as conn:
        task = await a_task(conn)
        await submissions.begin(conn, task.id, NOW)
        await deliveries.add_take(conn, task_id=task.id, part=0, clip_row_id=await a_clip(conn, task), now=NOW)
        with pytest.raises(IntegrityError, match="CHECK"):
            await conn.execute(text(f"UPDATE {table} SET {column} = 'nonsense'"))


async def test_a_row_id_is_never_given_to_another(database: Database) -> None:
    """A button holds it for ever."""
    async with database.write() as conn:
        first = await a_task(conn, interaction_id=1)
        await conn.execute(text("DELETE FROM tasks"))
        assert (await a_task(conn, interaction_id=2)).id > first.id


async def test_a_card_never_counts_as_newer_than_what_it_shows(database: Database) -> None:
    async with database.write() as conn:
        made = [await a_task(conn, interaction_id=number) for number in (1, 2)]
        for task in made:
            await tasks.card_posted(conn, task.id, 1, 2, NOW)
        ids = [task.id for task in made]
        await tasks.want_cards(conn, ids)
        once = await tasks.stale_cards(conn, 5)
        await tasks.want_cards(conn, ids)
        twice = await tasks.stale_cards(conn, 5)
        assert [stale.id for stale in twice] == ids
        await tasks.cards_drawn(conn, once)
        assert [stale.id for stale in await tasks.stale_cards(conn, 5)] == ids
        await tasks.cards_drawn(conn, twice[:1])
        await tasks.cards_drawn(conn, once)
        assert [stale.id for stale in await tasks.stale_cards(conn, 5)] == ids[1:]


async def test_one_task_at_musicmint_is_one_submission_of_ours(database: Database) -> None:
    async with database.write() as conn:
        first = await submissions.begin(conn, (await a_task(conn, interaction_id=1)).id, NOW)
        second = await submissions.begin(conn, (await a_task(conn, interaction_id=2)).id, NOW)
        await submissions.answer(conn, first, Outcome.CREATED, NOW, "mm-1")
        with pytest.raises(IntegrityError, match="api_task_id"):
            await submissions.answer(conn, second, Outcome.CREATED, NOW, "mm-1")


@pytest.mark.parametrize(("drawn", "more"), [(1, 0), (0, 1), (None, 1)])
async def test_a_card_that_stands_anew_is_drawn_again_where_its_row_moved_on(
    database: Database, drawn: int | None, more: int
) -> None:
    async with database.write() as conn:
        task = await a_task(conn, state=TaskState.FAILED)
        await tasks.cards_drawn(conn, [task])
        await tasks.card_moved(conn, task.id, 5, 6, drawn=drawn)
        found = await stored(conn, task.id)
    assert task.card_wanted == 1
    assert (found.card_channel_id, found.card_message_id) == (5, 6)
    assert (found.card_wanted, found.card_shown) == (1 + more, 1)

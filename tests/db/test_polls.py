from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from db import polls, schema, submissions, tasks
from db.engine import Database
from db.states import MOST_FAULTS, POLLED, Outcome, TaskState
from db.tasks import Changes, Task
from tests.db.rows import NOW, a_task

LATER = NOW + 5000
MUCH_LATER = NOW + 60_000


async def stored(conn: AsyncConnection, task_id: int) -> Task:
    found = await tasks.get(conn, task_id)
    assert found is not None
    return found


async def sent(conn: AsyncConnection, number: int, state: TaskState = TaskState.RUNNING) -> Task:
    """A task MusicMint calls `mm-<number>`, due and begun now."""
    task = await a_task(conn, interaction_id=number)
    await tasks.move(conn, task.id, {task.state}, state, Changes(due_at=NOW, started_at=NOW))
    submission = await submissions.begin(conn, task.id, NOW)
    await submissions.answer(conn, submission, Outcome.CREATED, NOW, f"mm-{number}")
    return await stored(conn, task.id)


async def park(conn: AsyncConnection, task: Task) -> None:
    for _ in range(MOST_FAULTS):
        await polls.fault(conn, task.id, due_at=NOW, parked="parked")


async def test_what_runs_is_known_with_its_id_at_musicmint(database: Database) -> None:
    async with database.write() as conn:
        task = await a_task(conn, state=TaskState.RUNNING)
        refused = await submissions.begin(conn, task.id, NOW)
        await submissions.answer(conn, refused, Outcome.NOT_CREATED, NOW)
        created = await submissions.begin(conn, task.id, NOW)
        await submissions.answer(conn, created, Outcome.CREATED, NOW, "mm-1")
        await a_task(conn, interaction_id=8, state=TaskState.QUEUED)
        assert [(one.id, one.api_task_id) for one in await polls.running(conn, by=NOW)] == [(task.id, "mm-1")]
        assert await polls.running(conn, by=NOW - 1) == []
        assert await polls.next_due(conn) == NOW


async def test_a_running_task_without_an_id_at_musicmint_is_never_due(database: Database) -> None:
    """Due and never read, it would keep the poller awake for ever."""
    async with database.write() as conn:
        await a_task(conn, state=TaskState.RUNNING)
        assert await polls.running(conn, by=NOW) == []
        assert await polls.next_due(conn) is None


async def test_what_is_due_is_put_off_by_its_state_and_what_is_not_stays(database: Database) -> None:
    async with database.write() as conn:
        running, expired = await sent(conn, 1), await sent(conn, 2, TaskState.EXPIRED)
        waiting = await sent(conn, 3)
        await conn.execute(update(schema.tasks).where(schema.tasks.c.id == waiting.id).values(due_at=NOW + 1))
        await polls.put_off(conn, by=NOW, running=LATER, expired=MUCH_LATER)
        due = [(await stored(conn, task.id)).due_at for task in (running, expired, waiting)]
    assert due == [LATER, MUCH_LATER, NOW + 1]


async def test_nothing_is_put_off_to_an_earlier_time(database: Database) -> None:
    async with database.write() as conn:
        task = await sent(conn, 1)
        await polls.put_off(conn, by=NOW, running=MUCH_LATER, expired=MUCH_LATER)
        await polls.put_off(conn, by=MUCH_LATER, running=LATER, expired=LATER)
        assert (await stored(conn, task.id)).due_at == MUCH_LATER


async def test_what_ran_too_long_is_given_up_once(database: Database) -> None:
    async with database.write() as conn:
        old, over = await sent(conn, 1), await sent(conn, 2, TaskState.FAILED)
        await polls.expire(conn, by=NOW, started_by=NOW - 1, error="late", now=NOW)
        assert await stored(conn, old.id) == old
        for _ in range(2):
            await polls.expire(conn, by=NOW, started_by=NOW, error="late", now=NOW)
        given_up = await stored(conn, old.id)
        assert await stored(conn, over.id) == over
    assert (given_up.state, given_up.error, given_up.card_wanted) == (TaskState.EXPIRED, "late", old.card_wanted + 1)


async def test_what_is_let_go_is_due_no_more_but_for_what_was_hastened_meanwhile(database: Database) -> None:
    async with database.write() as conn:
        old, hastened, fresh = await sent(conn, 1), await sent(conn, 2), await sent(conn, 3)
        await polls.expire(conn, by=NOW, started_by=NOW, error="late", now=NOW)
        await conn.execute(update(schema.tasks).where(schema.tasks.c.id == fresh.id).values(ended_at=NOW + 1))
        await polls.put_off(conn, by=NOW, running=LATER, expired=LATER)
        await tasks.hasten(conn, hastened.id, NOW)
        await polls.let_go(conn, after=NOW, expired_by=NOW, due_at=2**62)
        assert (await stored(conn, old.id)).due_at == 2**62
        assert (await stored(conn, fresh.id)).due_at == LATER
        assert await polls.next_due(conn) == NOW


async def test_a_note_on_running_tasks_bumps_a_card_once(database: Database) -> None:
    async with database.write() as conn:
        task = await a_task(conn, state=TaskState.RUNNING)
        over = await a_task(conn, interaction_id=8, state=TaskState.FAILED)
        for note in ("down", "down", None, None):
            await polls.note(conn, note)
        assert (await stored(conn, task.id)).card_wanted == task.card_wanted + 2
        assert await stored(conn, over.id) == over


async def test_a_task_with_too_many_faults_is_parked_and_says_so_once(database: Database) -> None:
    async with database.write() as conn:
        task = await sent(conn, 1)
        counts = [await polls.fault(conn, task.id, due_at=NOW, parked="parked") for _ in range(MOST_FAULTS + 1)]
        parked = await stored(conn, task.id)
        assert counts == list(range(1, MOST_FAULTS + 2))
        assert (parked.state, parked.error, parked.card_wanted) == (TaskState.RUNNING, "parked", task.card_wanted + 1)


async def test_a_parked_task_is_left_out_of_everything_a_poll_does(database: Database) -> None:
    async with database.write() as conn:
        task = await sent(conn, 1)
        await park(conn, task)
        parked = await stored(conn, task.id)
        assert await polls.running(conn, by=2**62) == []
        assert await polls.next_due(conn) is None
        await polls.put_off(conn, by=NOW, running=LATER, expired=LATER)
        await polls.expire(conn, by=NOW, started_by=NOW, error="late", now=NOW)
        await polls.note(conn, None)
        await polls.let_go(conn, after=0, expired_by=NOW, due_at=2**62)
        assert await stored(conn, task.id) == parked


async def test_a_fault_is_counted_only_while_musicmint_works_on_the_task(database: Database) -> None:
    async with database.write() as conn:
        for number, state in enumerate(TaskState):
            task = await sent(conn, number, state)
            assert await polls.fault(conn, task.id, due_at=NOW, parked="parked") == int(state in POLLED)


async def test_a_read_makes_faults_count_anew(database: Database) -> None:
    async with database.write() as conn:
        task = await sent(conn, 1)
        await polls.fault(conn, task.id, due_at=NOW, parked="parked")
        await polls.forget_faults(conn, task.id)
        assert (await stored(conn, task.id)).faults == 0


async def test_a_start_gives_what_was_parked_another_chance(database: Database) -> None:
    async with database.write() as conn:
        parked, faulty, sound = await sent(conn, 1), await sent(conn, 2), await sent(conn, 3)
        await park(conn, parked)
        await polls.fault(conn, faulty.id, due_at=NOW, parked="parked")
        await polls.unpark(conn)
        after = await stored(conn, parked.id)
        assert (after.error, after.card_wanted, after.faults) == (None, parked.card_wanted + 2, 0)
        assert await stored(conn, faulty.id) == faulty
        assert await stored(conn, sound.id) == sound
        assert len(await polls.running(conn, by=NOW)) == 3

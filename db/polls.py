"""Polls: what of the tasks' rows the poller reads and writes, for thousands at a time.

So a read takes no whole row, and a write names a condition instead of ids. A parked task is left out of all of it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from sqlalchemy import case, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import submissions, tasks
from db.states import MOST_FAULTS, POLLED, TaskState

PART: Final = 1000
"""Rows."""


@dataclass(frozen=True, slots=True)
class Running:
    """What a poll needs of a task that MusicMint works on: thousands are read at a time, so not its whole row."""

    id: int
    api_task_id: str
    started_at: int | None
    faults: int


_SENT = (
    select(submissions.c.id).where(submissions.c.task_id == tasks.c.id, submissions.c.api_task_id.is_not(None)).exists()
)
_POLLABLE = (tasks.c.state.in_(POLLED), tasks.c.faults < MOST_FAULTS, _SENT)
"""Neither parked nor without an id to ask for."""


async def running(conn: AsyncConnection, *, by: int) -> list[Running]:
    """What is to be polled by then, oldest first."""
    rows = await conn.execute(
        select(tasks.c.id, submissions.c.api_task_id, tasks.c.started_at, tasks.c.faults)
        .join(submissions, submissions.c.task_id == tasks.c.id)
        .where(tasks.c.state.in_(POLLED), tasks.c.faults < MOST_FAULTS, submissions.c.api_task_id.is_not(None))
        .where(tasks.c.due_at <= by)
        .order_by(tasks.c.id)
    )
    found: list[Running] = []
    for part in rows.partitions(PART):
        found += [Running(*row) for row in part]
        await asyncio.sleep(0)  # an outage leaves tens of thousands, and the loop would stand still meanwhile
    return found


async def next_due(conn: AsyncConnection) -> int | None:
    """When the first task is to be polled; None where none is."""
    value: int | None = await conn.scalar(select(func.min(tasks.c.due_at)).where(*_POLLABLE))
    return value


async def put_off(conn: AsyncConnection, *, by: int, running: int, expired: int) -> None:
    """Poll what is due by then again at these times, each by its state, and not sooner than was set before."""
    again_at = case((tasks.c.state == TaskState.EXPIRED, expired), else_=running)
    await conn.execute(
        update(tasks).where(*_POLLABLE, tasks.c.due_at <= by, tasks.c.due_at < again_at).values(due_at=again_at)
    )


async def expire(conn: AsyncConnection, *, by: int, started_by: int, error: str, now: int) -> None:
    """Give up what is due by `by` and has run since `started_by`; it is still polled for a day."""
    await conn.execute(
        update(tasks)
        .where(
            tasks.c.state == TaskState.RUNNING,
            tasks.c.faults < MOST_FAULTS,
            tasks.c.due_at <= by,
            tasks.c.started_at <= started_by,
        )
        .values(state=TaskState.EXPIRED, error=error, ended_at=now, card_wanted=tasks.c.card_wanted + 1)
    )


async def let_go(conn: AsyncConnection, *, after: int, expired_by: int, due_at: int) -> None:
    """Put what was given up by `expired_by` off to `due_at`, but for what is due by `after`: that is still to be read.

    Not by when it started: a clock that jumps a day ahead would give a song up and let go of it in one breath.
    """
    old = (tasks.c.state == TaskState.EXPIRED, tasks.c.ended_at <= expired_by, tasks.c.due_at > after)
    await conn.execute(update(tasks).where(*_POLLABLE, *old).values(due_at=due_at))


async def note(conn: AsyncConnection, error: str | None) -> None:
    """Let the cards of running tasks say what keeps them all (None: nothing); those that say so already stay."""
    await conn.execute(
        update(tasks)
        .where(
            tasks.c.state == TaskState.RUNNING,
            tasks.c.faults < MOST_FAULTS,
            func.coalesce(tasks.c.error, "") != (error or ""),
        )
        .values(error=error, card_wanted=tasks.c.card_wanted + 1)
    )


async def fault(conn: AsyncConnection, task_id: int, *, due_at: int, parked: str) -> int:
    """Count a fault nobody foresaw in bringing on what MusicMint works on; poll it again at `due_at`.

    At `MOST_FAULTS` it is parked, and its card says `parked`. Returns how many there are, 0 for one that has moved on.
    """
    one = (tasks.c.id == task_id, tasks.c.state.in_(POLLED))
    count: int | None = await conn.scalar(
        update(tasks).where(*one).values(faults=tasks.c.faults + 1, due_at=due_at).returning(tasks.c.faults)
    )
    if count == MOST_FAULTS:
        await conn.execute(update(tasks).where(*one).values(error=parked, card_wanted=tasks.c.card_wanted + 1))
    return count or 0


async def forget_faults(conn: AsyncConnection, task_id: int) -> None:
    """It was read: what comes counts anew."""
    await conn.execute(update(tasks).where(tasks.c.id == task_id).values(faults=0))


async def unpark(conn: AsyncConnection) -> None:
    """At start-up: another version may bring on what the last one could not."""
    parked = tasks.c.faults >= MOST_FAULTS
    await conn.execute(
        update(tasks)
        .where(tasks.c.state == TaskState.RUNNING, parked)
        .values(error=None, card_wanted=tasks.c.card_wanted + 1)
    )
    await conn.execute(update(tasks).where(tasks.c.state.in_(POLLED), tasks.c.faults > 0).values(faults=0))

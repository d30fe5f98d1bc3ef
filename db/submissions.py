"""Submissions: one attempt each to hand a task to MusicMint. The row is written before the call."""

from __future__ import annotations

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import submissions
from db.states import Outcome


async def begin(conn: AsyncConnection, task_id: int, now: int) -> int:
    """Write the intent to submit; returns its row id. The watermark is the newest MusicMint task we knew by then."""
    attempts = await conn.scalar(select(func.count()).where(submissions.c.task_id == task_id))
    newest = await conn.scalar(
        select(submissions.c.api_task_id)
        .where(submissions.c.api_task_id.is_not(None))
        .order_by(submissions.c.answered_at.desc(), submissions.c.id.desc())
        .limit(1)
    )
    row = await conn.execute(
        insert(submissions)
        .values(task_id=task_id, attempt=int(attempts or 0) + 1, started_at=now, watermark=newest)
        .returning(submissions.c.id)
    )
    return int(row.scalar_one())


async def answer(
    conn: AsyncConnection, submission_id: int, outcome: Outcome, now: int, api_task_id: str | None = None
) -> None:
    """Write how it ended; `api_task_id` only where MusicMint created a task."""
    await conn.execute(
        update(submissions)
        .where(submissions.c.id == submission_id)
        .values(outcome=outcome, answered_at=now, api_task_id=api_task_id)
    )


async def api_task_id(conn: AsyncConnection, task_id: int) -> str | None:
    """MusicMint's id of a task of ours, where it has one."""
    value: str | None = await conn.scalar(
        select(submissions.c.api_task_id)
        .where(submissions.c.task_id == task_id, submissions.c.api_task_id.is_not(None))
        .order_by(submissions.c.attempt.desc())
        .limit(1)
    )
    return value


async def known(conn: AsyncConnection, api_task_id: str) -> int | None:
    """The row id of the task of ours that MusicMint calls by this id."""
    value: int | None = await conn.scalar(select(submissions.c.task_id).where(submissions.c.api_task_id == api_task_id))
    return value


async def hint(conn: AsyncConnection, submission_id: int, api_task_id: str) -> int | None:
    """MusicMint called back: the row id of the task it may be about. None for a replay or another task's id."""
    changed = await conn.execute(
        update(submissions)
        .where(
            submissions.c.id == submission_id,
            submissions.c.hinted_task_id.is_(None),
            func.coalesce(submissions.c.api_task_id, api_task_id) == api_task_id,
        )
        .values(hinted_task_id=api_task_id)
        .returning(submissions.c.task_id)
    )
    value: int | None = changed.scalar_one_or_none()
    return value


async def close_open(conn: AsyncConnection, now: int) -> None:
    """At start-up: a submission without an answer was cut off, so its outcome is unknown."""
    await conn.execute(
        update(submissions).where(submissions.c.outcome.is_(None)).values(outcome=Outcome.UNKNOWN, answered_at=now)
    )

"""What was spent since a time: paid requests that MusicMint has made, may have made, or is still to be given."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import submissions, tasks
from db.states import Outcome, TaskState

NOTHING_MADE = (Outcome.NOT_CREATED, Outcome.REFUSED)
STILL_TO_SUBMIT = (TaskState.ACCEPTED, TaskState.QUEUED)

_upload = submissions.alias("upload")
_singing = submissions.alias("singing")


def _counts(submission: FromClause) -> ColumnElement[bool]:
    return func.coalesce(submission.c.outcome, "").not_in(NOTHING_MADE)


def _uploaded_at(task_id: ColumnElement[int]) -> ScalarSelect[int]:
    """The attempt that brought its result with the answer, and so has no id of a task at MusicMint."""
    return (
        select(func.min(_upload.c.attempt))
        .where(_upload.c.task_id == task_id, _upload.c.outcome == Outcome.CREATED, _upload.c.api_task_id.is_(None))
        .scalar_subquery()
    )


def _sung_at(task_id: ColumnElement[int]) -> ScalarSelect[int]:
    """A hummed song is uploaded and then sung: two submissions, one request. Sung again it is another one."""
    return (
        select(func.min(_singing.c.attempt))
        .where(_singing.c.task_id == task_id, _counts(_singing))
        .where(_singing.c.attempt > _uploaded_at(_singing.c.task_id))
        .scalar_subquery()
    )


_went_with_its_upload = (submissions.c.attempt > 1) & (
    submissions.c.attempt == func.coalesce(_sung_at(submissions.c.task_id), 0)
)
_will_go_with_its_upload = _uploaded_at(tasks.c.id).is_not(None) & _sung_at(tasks.c.id).is_(None)


async def of_member(conn: AsyncConnection, member_id: int, *, kinds: Collection[str], since: int) -> int:
    """By this member, wherever they asked; `since` in Unix ms."""
    return await _spent(conn, tasks.c.requester_id == member_id, kinds, since)


async def of_guild(conn: AsyncConnection, guild_id: int, *, kinds: Collection[str], since: int) -> int:
    """By all members in this server; `since` in Unix ms."""
    return await _spent(conn, tasks.c.guild_id == guild_id, kinds, since)


async def of_all(conn: AsyncConnection, *, kinds: Collection[str], since: int) -> int:
    """By everybody; `since` in Unix ms."""
    return await _spent(conn, true(), kinds, since)


async def _spent(conn: AsyncConnection, whose: ColumnElement[bool], kinds: Collection[str], since: int) -> int:
    submitted = (
        select(func.count())
        .select_from(submissions.join(tasks, submissions.c.task_id == tasks.c.id))
        .where(
            whose,
            tasks.c.kind.in_(kinds),
            submissions.c.started_at >= since,
            _counts(submissions),
            ~_went_with_its_upload,
        )
    )
    to_submit = [tasks.c.kind.in_(kinds), tasks.c.state.in_(STILL_TO_SUBMIT), ~_will_go_with_its_upload]
    waiting = select(func.count()).where(whose, *to_submit)
    return int(await conn.scalar(submitted) or 0) + int(await conn.scalar(waiting) or 0)

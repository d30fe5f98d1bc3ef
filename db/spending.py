"""What was spent since a time: paid requests that MusicMint has made, may have made, or is still to be given."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import submissions, tasks
from db.states import Outcome, TaskState

NOTHING_MADE = (Outcome.NOT_CREATED, Outcome.REFUSED)
STILL_TO_SUBMIT = (TaskState.ACCEPTED, TaskState.QUEUED)

_other = submissions.alias("other")
_follows_one = (
    select(_other.c.id)
    .where(
        _other.c.task_id == submissions.c.task_id,
        _other.c.attempt < submissions.c.attempt,
        _other.c.outcome == Outcome.CREATED,
    )
    .exists()
)
"""A hummed song is uploaded and then sung: two submissions, one request."""
_began = select(_other.c.id).where(_other.c.task_id == tasks.c.id, _other.c.outcome == Outcome.CREATED).exists()


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
            func.coalesce(submissions.c.outcome, "").not_in(NOTHING_MADE),
            ~_follows_one,
        )
    )
    waiting = select(func.count()).where(whose, tasks.c.kind.in_(kinds), tasks.c.state.in_(STILL_TO_SUBMIT), ~_began)
    return int(await conn.scalar(submitted) or 0) + int(await conn.scalar(waiting) or 0)

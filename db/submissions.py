"""Submissions: one attempt each to hand a task to MusicMint. The row is written before the call."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import submissions, tasks
from db.states import UNSETTLED, Outcome, TaskState
from db.tasks import Task


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A submission of which nobody knows whether it made a task; times in Unix ms."""

    id: int
    task: Task
    started_at: int
    answered_at: int
    """When we learnt that no answer comes."""
    hinted_task_id: str | None
    missed_at: int | None
    """When a whole list first showed no task that it must have made."""
    outdone: bool
    """A later one of its task made something. A hummed upload that was sent twice stands under a song now."""


_API_TASK_ID: Final = (
    select(submissions.c.api_task_id)
    .where(submissions.c.task_id == bindparam("task", type_=BigInteger), submissions.c.api_task_id.is_not(None))
    .order_by(submissions.c.attempt.desc())
    .limit(1)
)


_later = submissions.alias("later")
_OUTDONE: Final = (
    select(_later.c.id)
    .where(_later.c.task_id == submissions.c.task_id, _later.c.id > submissions.c.id)
    .where(_later.c.outcome == Outcome.CREATED)
    .exists()
)
_DOUBTFUL: Final = (submissions.c.outcome == Outcome.UNKNOWN) & ~_OUTDONE


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
    value: str | None = await conn.scalar(_API_TASK_ID, {"task": task_id})
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


async def unanswered(
    conn: AsyncConnection, kinds: Collection[str], *, since: int, unseen_since: int
) -> list[Unanswered]:
    """Those of these kinds that were given up since then and whose task is still unknown, oldest first.

    And those since `unseen_since` that no whole list was read for, or whose member was not asked yet.
    """
    given_up_at = submissions.c.answered_at
    open_yet = submissions.c.missed_at.is_(None) | (tasks.c.state == TaskState.UNKNOWN)
    rows = await conn.execute(
        select(
            tasks,
            submissions.c.id.label("submission_id"),
            submissions.c.started_at.label("of_started_at"),
            submissions.c.answered_at.label("of_answered_at"),
            submissions.c.hinted_task_id.label("of_hinted_task_id"),
            submissions.c.missed_at.label("of_missed_at"),
            _OUTDONE.label("of_outdone"),
        )
        .join(tasks, submissions.c.task_id == tasks.c.id)
        .where(submissions.c.outcome == Outcome.UNKNOWN, tasks.c.kind.in_(kinds))
        .where((given_up_at > since) | (open_yet & (given_up_at > unseen_since)))
        .order_by(submissions.c.id)
    )
    return [_unanswered(row._asdict()) for row in rows]


def _unanswered(columns: dict[str, Any]) -> Unanswered:
    return Unanswered(
        id=columns.pop("submission_id"),
        started_at=columns.pop("of_started_at"),
        answered_at=columns.pop("of_answered_at"),
        hinted_task_id=columns.pop("of_hinted_task_id"),
        missed_at=columns.pop("of_missed_at"),
        outdone=bool(columns.pop("of_outdone")),
        task=Task(**columns),
    )


async def in_doubt(conn: AsyncConnection, task_id: int) -> bool:
    """Whether a submission of this task may have made what nobody knows of."""
    doubtful = select(submissions.c.id).where(submissions.c.task_id == task_id, _DOUBTFUL).limit(1)
    return await conn.scalar(doubtful) is not None


async def outcomes(conn: AsyncConnection, task_id: int) -> set[Outcome]:
    """How a task's submissions were answered, where they were."""
    rows = await conn.scalars(
        select(submissions.c.outcome).where(submissions.c.task_id == task_id, submissions.c.outcome.is_not(None))
    )
    return {Outcome(outcome) for outcome in rows}


async def in_flight(conn: AsyncConnection) -> list[tuple[int, int]]:
    """Row id and start of every submission that still waits for its answer."""
    rows = await conn.execute(select(submissions.c.id, submissions.c.started_at).where(submissions.c.outcome.is_(None)))
    return [(row.id, row.started_at) for row in rows]


async def ours(conn: AsyncConnection, api_task_ids: Collection[str]) -> set[str]:
    """Which of these, at most a page, are known to be a submission's."""
    rows = await conn.execute(select(submissions.c.api_task_id).where(submissions.c.api_task_id.in_(api_task_ids)))
    return set(rows.scalars())


async def adopt(conn: AsyncConnection, submission_id: int, api_task_id: str) -> bool:
    """It made this task after all. Raises `IntegrityError` where that is another submission's."""
    changed = await conn.execute(
        update(submissions)
        .where(submissions.c.id == submission_id, submissions.c.outcome == Outcome.UNKNOWN)
        .values(outcome=Outcome.CREATED, api_task_id=api_task_id)
    )
    return changed.rowcount == 1


async def missed(conn: AsyncConnection, submission_ids: Collection[int], now: int) -> None:
    """A whole list did not tell their tasks; the first time counts."""
    await conn.execute(
        update(submissions)
        .where(submissions.c.id.in_(submission_ids), submissions.c.missed_at.is_(None))
        .values(missed_at=now)
    )


async def last_unknown(conn: AsyncConnection, kinds: Collection[str]) -> int | None:
    """When a submission of these kinds was last given up without knowing; Unix ms."""
    value: int | None = await conn.scalar(
        select(func.max(submissions.c.answered_at))
        .join(tasks, submissions.c.task_id == tasks.c.id)
        .where(submissions.c.outcome == Outcome.UNKNOWN, tasks.c.kind.in_(kinds))
    )
    return value


async def given_up(conn: AsyncConnection, listed: Collection[str], *, before: int, anyway_before: int) -> list[int]:
    """Tasks that are still unsettled though their last submission was given up before then.

    One of the `listed` kinds must have been looked for in a whole list, unless it is older than `anyway_before`.
    """
    of_it = submissions.c.task_id == tasks.c.id
    last = select(func.max(submissions.c.answered_at)).where(of_it).scalar_subquery()
    unseen = select(submissions.c.id).where(
        of_it, _DOUBTFUL, submissions.c.missed_at.is_(None), tasks.c.kind.in_(listed)
    )
    rows = await conn.execute(
        select(tasks.c.id).where(
            tasks.c.state.in_(UNSETTLED), last <= before, ~unseen.exists() | (last <= anyway_before)
        )
    )
    return list(rows.scalars())


async def close(conn: AsyncConnection, task_id: int, outcome: Outcome, now: int) -> None:
    """The submission of a task that still waits for its answer will not hear it any more."""
    await conn.execute(
        update(submissions)
        .where(submissions.c.task_id == task_id, submissions.c.outcome.is_(None))
        .values(outcome=outcome, answered_at=now)
    )

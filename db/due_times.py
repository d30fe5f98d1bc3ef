"""Due times follow the wall clock. One that went wrong leaves some that are far off, and what waits for them sleeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import deliveries, submissions, tasks
from db.states import ADOPTABLE, POLLED, DeliveryState, Outcome, TaskState

NEVER: Final = 2**61
"""What is due later than this was put off for good, for its age."""
GOING_ON: Final = POLLED | ADOPTABLE | {TaskState.QUEUED}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Past these nothing can truly be due; Unix ms. What was given up after `young` was not put off for good.

    Nothing was answered after `now`.
    """

    tasks: int
    deliveries: int
    young: int
    now: int

    def of_submissions(self) -> ColumnElement[bool]:
        """Submissions whose end is yet to come."""
        ahead = (submissions.c.answered_at > self.now) | (submissions.c.missed_at > self.now)
        return (submissions.c.outcome == Outcome.UNKNOWN) & ahead

    def of_tasks(self) -> tuple[ColumnElement[bool], ...]:
        """Tasks that go on by themselves and are due past the bounds."""
        far = (tasks.c.due_at > self.tasks) & (tasks.c.due_at < NEVER)
        given_up = (tasks.c.due_at >= NEVER) & (tasks.c.ended_at > self.young)
        return tasks.c.state.in_(sorted(GOING_ON)), tasks.c.due_at > self.tasks, far | given_up

    def of_deliveries(self) -> tuple[ColumnElement[bool], ...]:
        """Deliveries that wait past the bounds."""
        return deliveries.c.state == DeliveryState.PENDING, deliveries.c.due_at > self.deliveries


async def any_past(conn: AsyncConnection, bounds: Bounds) -> bool:
    """Whether anything is due past the bounds."""
    far_task = select(tasks.c.id).where(*bounds.of_tasks()).limit(1)
    far_delivery = select(deliveries.c.id).where(*bounds.of_deliveries()).limit(1)
    ahead = select(submissions.c.id).where(bounds.of_submissions()).limit(1)
    return any([await conn.scalar(query) is not None for query in (far_task, far_delivery, ahead)])


async def bring_near(conn: AsyncConnection, bounds: Bounds) -> None:
    """Make due what is due past the bounds, and past what is not yet."""
    now = bounds.now
    await conn.execute(update(tasks).where(*bounds.of_tasks()).values(due_at=now))
    await conn.execute(update(deliveries).where(*bounds.of_deliveries()).values(due_at=now))
    await conn.execute(
        update(submissions)
        .where(bounds.of_submissions())
        .values(
            answered_at=case((submissions.c.answered_at > now, now), else_=submissions.c.answered_at),
            missed_at=case((submissions.c.missed_at > now, now), else_=submissions.c.missed_at),
        )
    )

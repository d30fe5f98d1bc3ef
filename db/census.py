"""A census: how many rows stand in which state, and how long the oldest of them has waited. For the operator alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db import parked
from db.deliveries import WAITING
from db.schema import deliveries, tasks
from db.states import OUTSTANDING, DeliveryState, TaskState


@dataclass(frozen=True, slots=True)
class Census:
    """Counts name every state, also those without a row. The oldest are named by state, in ms since they came in."""

    tasks: Mapping[TaskState, int]
    deliveries: Mapping[DeliveryState, int]
    parked_tasks: int
    parked_deliveries: int
    oldest_task_ms: Mapping[TaskState, int]
    oldest_delivery_ms: int

    @property
    def outstanding(self) -> int:
        """Tasks that are not over."""
        return sum(self.tasks[state] for state in OUTSTANDING)


async def take(conn: AsyncConnection, now: int) -> Census:
    """Count everything in one snapshot. The counts read an index; only rows that are not over are looked at."""
    of_tasks = (await conn.execute(select(tasks.c.state, func.count()).group_by(tasks.c.state))).all()
    of_deliveries = (await conn.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state))).all()
    oldest = await conn.execute(
        select(tasks.c.state, func.min(tasks.c.created_at))
        .where(tasks.c.state.in_(sorted(OUTSTANDING)))
        .group_by(tasks.c.state)
    )
    unsent = await conn.scalar(
        # A question is posted before its task has ended.
        select(func.min(func.coalesce(tasks.c.ended_at, deliveries.c.first_try_at, deliveries.c.due_at)))
        .select_from(deliveries.join(tasks, deliveries.c.task_id == tasks.c.id))
        .where(deliveries.c.state.in_(WAITING))
    )
    parked_tasks = await conn.scalar(select(func.count()).where(parked.TASK))
    parked_deliveries = await conn.scalar(select(func.count()).where(parked.DELIVERY))
    return Census(
        tasks=dict.fromkeys(TaskState, 0) | {TaskState(state): int(count) for state, count in of_tasks},
        deliveries=dict.fromkeys(DeliveryState, 0)
        | {DeliveryState(state): int(count) for state, count in of_deliveries},
        parked_tasks=int(parked_tasks or 0),
        parked_deliveries=int(parked_deliveries or 0),
        oldest_task_ms=dict.fromkeys(sorted(OUTSTANDING), 0)
        | {TaskState(state): max(now - int(created), 0) for state, created in oldest},
        oldest_delivery_ms=0 if unsent is None else max(now - int(unsent), 0),
    )

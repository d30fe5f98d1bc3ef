"""Rows left as they are because bringing them on failed, or ended the process, too often: the operator's to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import deliveries, tasks
from db.states import MOST_DEATHS, MOST_FAULTS, POLLED, UNSETTLED, DeliveryState

TASK: Final = and_(tasks.c.state.in_(sorted(POLLED)), tasks.c.faults >= MOST_FAULTS)
DELIVERY: Final = and_(
    deliveries.c.state == DeliveryState.KEPT,
    or_(deliveries.c.faults >= MOST_FAULTS, deliveries.c.deaths > MOST_DEATHS),
)


@dataclass(frozen=True, slots=True)
class Parked:
    """Row ids: `tasks` whose results cannot be brought in, `deliveries` that cannot be sent, `unsettled` tasks of which
    nobody knows whether MusicMint made them."""

    tasks: tuple[int, ...]
    deliveries: tuple[int, ...]
    unsettled: tuple[int, ...]


async def all_of_them(conn: AsyncConnection) -> Parked:
    """Oldest first."""
    stuck = select(tasks.c.id).where(TASK).order_by(tasks.c.id)
    unsent = select(deliveries.c.id).where(DELIVERY).order_by(deliveries.c.id)
    unknown = select(tasks.c.id).where(tasks.c.state.in_(UNSETTLED)).order_by(tasks.c.id)
    return Parked(
        tuple((await conn.execute(stuck)).scalars()),
        tuple((await conn.execute(unsent)).scalars()),
        tuple((await conn.execute(unknown)).scalars()),
    )

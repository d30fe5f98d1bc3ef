"""Rows that were left as they are because bringing them on failed again and again: the operator's to look at."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import deliveries, tasks
from db.states import MOST_FAULTS, UNSETTLED, DeliveryState


@dataclass(frozen=True, slots=True)
class Parked:
    """Row ids: `tasks` whose results cannot be brought in, `deliveries` that cannot be sent, `unsettled` tasks of which
    nobody knows whether MusicMint made them."""

    tasks: tuple[int, ...]
    deliveries: tuple[int, ...]
    unsettled: tuple[int, ...]


async def all_of_them(conn: AsyncConnection) -> Parked:
    """Oldest first."""
    stuck = select(tasks.c.id).where(tasks.c.faults >= MOST_FAULTS).order_by(tasks.c.id)
    unsent = select(deliveries.c.id).where(deliveries.c.faults >= MOST_FAULTS, deliveries.c.state == DeliveryState.KEPT)
    unknown = select(tasks.c.id).where(tasks.c.state.in_(UNSETTLED)).order_by(tasks.c.id)
    return Parked(
        tuple((await conn.execute(stuck)).scalars()),
        tuple((await conn.execute(unsent.order_by(deliveries.c.id))).scalars()),
        tuple((await conn.execute(unknown)).scalars()),
    )

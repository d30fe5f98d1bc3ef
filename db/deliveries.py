"""Deliveries: the outbox. One row is one message that must reach Discord exactly once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import BigInteger, Text, Update, and_, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import insert_new
from db.schema import deliveries, tasks
from db.states import DeliveryState, Rung

TAKE = "take"
"""The kind of a delivery that posts one clip."""
EXPORT = "export"
"""The kind of a delivery that posts one file made from a take: its vocals, its notes."""
CARD = "card"
"""The kind of a delivery that posts a task's card anew, because the first one is out of reach."""

WAITING = (DeliveryState.PENDING, DeliveryState.SENDING)


_earlier = deliveries.alias("earlier")
_BLOCKED = (
    select(_earlier.c.id)
    .where(
        _earlier.c.task_id == deliveries.c.task_id,
        _earlier.c.kind == deliveries.c.kind,
        _earlier.c.part < deliveries.c.part,
        _earlier.c.state.in_(WAITING),
    )
    .exists()
)
"""An earlier part of the same task is still on its way."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row of `deliveries`; times in Unix ms. `channel_id` and `nonce` are known from its first try on."""

    id: int
    task_id: int
    part: int
    kind: str
    clip_id: int | None
    rung: Rung
    channel_id: int | None
    nonce: str | None
    state: DeliveryState
    due_at: int
    first_try_at: int | None
    last_try_at: int | None
    attempts: int
    faults: int
    """Tries in a row that ended in ways nobody foresaw; at `MOST_FAULTS` it is parked."""
    deaths: int
    """Tries in a row whose end nobody saw: the process died. Each claim counts one, and any end takes all of them back.
    Past `MOST_DEATHS` it is parked."""
    message_id: int | None
    lease_token: str | None
    lease_until: int | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "rung", Rung(self.rung))
        object.__setattr__(self, "state", DeliveryState(self.state))


_NOW: Final = bindparam("now", type_=BigInteger)
_READY: Final = or_(
    and_(deliveries.c.state == DeliveryState.PENDING, deliveries.c.due_at <= _NOW),
    and_(deliveries.c.state == DeliveryState.SENDING, deliveries.c.lease_until <= _NOW),
)
"""Due, or overslept by whoever had it."""
_ANY_READY: Final = select(deliveries.c.id).where(_READY, ~_BLOCKED).limit(1)
_CLAIM: Final = (
    update(deliveries)
    .where(
        deliveries.c.id
        == select(deliveries.c.id)
        .where(_READY, ~_BLOCKED)
        .order_by(deliveries.c.due_at, deliveries.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery(),
        _READY,
    )
    .values(
        state=DeliveryState.SENDING,
        attempts=deliveries.c.attempts + 1,
        # Counted before anything is tried: a row that kills the process could not count it afterwards.
        deaths=deliveries.c.deaths + 1,
    )
    .returning(deliveries)
)
_HELD: Final = update(deliveries).where(
    deliveries.c.id == bindparam("row", type_=BigInteger),
    deliveries.c.state == DeliveryState.SENDING,
    deliveries.c.lease_token == bindparam("token", type_=Text),
)
"""Only whoever holds the lease may write: a worker that overslept changes nothing."""
_TRYING: Final = _HELD.values(first_try_at=func.coalesce(deliveries.c.first_try_at, _NOW), last_try_at=_NOW)
_ADD: Final = insert_new(deliveries)
_CARD_OF_THE_LAST: Final = (
    update(tasks)
    .where(
        tasks.c.id == bindparam("task", type_=BigInteger),
        ~select(deliveries.c.id)
        .where(deliveries.c.task_id == tasks.c.id, deliveries.c.kind != CARD, deliveries.c.state.in_(WAITING))
        .exists(),
    )
    .values(card_wanted=tasks.c.card_wanted + 1)
)
_OF_TASK: Final = (
    select(deliveries)
    .where(deliveries.c.task_id == bindparam("task", type_=BigInteger), deliveries.c.kind != CARD)
    .order_by(deliveries.c.part)
)


async def add_take(
    conn: AsyncConnection, *, task_id: int, part: int, clip_row_id: int, now: int, kept: bool = False
) -> None:
    """Promise one clip to the members; promising it twice is one promise. `kept`: not before somebody asks for it."""
    state = DeliveryState.KEPT if kept else DeliveryState.PENDING
    await _add(conn, task_id=task_id, part=part, kind=TAKE, clip_row_id=clip_row_id, now=now, state=state)


async def add_export(conn: AsyncConnection, *, task_id: int, now: int) -> None:
    """Promise the file a task was asked for; promising it twice is one promise."""
    await _add(conn, task_id=task_id, part=0, kind=EXPORT, clip_row_id=None, now=now)


async def add_card(conn: AsyncConnection, *, task_id: int, rung: Rung, now: int) -> None:
    """Promise the card of a task once more, from this rung on; once for ever, whoever deletes it again."""
    await _add(conn, task_id=task_id, part=0, kind=CARD, clip_row_id=None, now=now, rung=rung)


async def _add(
    conn: AsyncConnection,
    *,
    task_id: int,
    part: int,
    kind: str,
    clip_row_id: int | None,
    now: int,
    rung: Rung = Rung.THREAD,
    state: DeliveryState = DeliveryState.PENDING,
) -> None:
    await conn.execute(
        _ADD,
        {
            "task_id": task_id,
            "part": part,
            "kind": kind,
            "clip_id": clip_row_id,
            "rung": rung,
            "state": state,
            "due_at": now,
        },
    )


async def claim_next(conn: AsyncConnection, *, now: int, token: str, until: int) -> Delivery | None:
    """Take the first delivery that is due; parts of a task go out in order, so a later part waits for the earlier.

    One whose lease is over is taken again: whoever had it changes nothing any more, and what they sent is looked for.
    """
    row = await conn.execute(_CLAIM, {"now": now, "lease_token": token, "lease_until": until})
    claimed = row.one_or_none()
    return Delivery(**claimed._mapping) if claimed else None


async def step_down(conn: AsyncConnection, delivery: Delivery, rung: Rung) -> bool:
    """Its place is gone. A lower rung's is another, and to Discord another message: its tries count anew."""
    return await _update(
        conn, delivery, _HELD, rung=rung, channel_id=None, nonce=None, first_try_at=None, last_try_at=None
    )


async def trying(conn: AsyncConnection, delivery: Delivery, now: int, *, until: int) -> bool:
    """Committed right before a send, with where it goes: from here on the message may exist. The lease begins anew."""
    return await _update(
        conn,
        delivery,
        _TRYING,
        rung=delivery.rung,
        channel_id=delivery.channel_id,
        nonce=delivery.nonce,
        now=now,
        lease_until=until,
    )


async def untried(conn: AsyncConnection, delivery: Delivery) -> bool:
    """Take back what `trying` wrote since `delivery` was read: it is certain that the send posted nothing."""
    return await _update(conn, delivery, _HELD, first_try_at=delivery.first_try_at, last_try_at=delivery.last_try_at)


async def delivered(conn: AsyncConnection, delivery: Delivery, message_id: int | None) -> bool:
    """It stands on Discord; `message_id` is None where it was deleted again before we learned the id."""
    return await _end(conn, delivery, DeliveryState.DELIVERED, message_id=message_id, faults=0, deaths=0)


async def kept(conn: AsyncConnection, delivery: Delivery) -> bool:
    """No place would take it."""
    return await _end(conn, delivery, DeliveryState.KEPT, faults=0, deaths=0)


async def parked(conn: AsyncConnection, delivery: Delivery) -> bool:
    """Kept because it failed or died too often, as `delivery` counts it; the counts stay, for the operator."""
    return await _end(conn, delivery, DeliveryState.KEPT, faults=delivery.faults, deaths=delivery.deaths)


async def put_off(conn: AsyncConnection, delivery: Delivery, due_at: int) -> bool:
    """Let go of it until `due_at`, after an end that was foreseen."""
    return await _end(conn, delivery, DeliveryState.PENDING, due_at=due_at, faults=0, deaths=0)


async def failed(conn: AsyncConnection, delivery: Delivery, due_at: int) -> bool:
    """Let go of it until `due_at`, after an end nobody foresaw; `delivery` counts it."""
    return await _end(conn, delivery, DeliveryState.PENDING, due_at=due_at, faults=delivery.faults, deaths=0)


async def cut_off(conn: AsyncConnection, delivery: Delivery) -> None:
    """A stop ended this try. Without a send it waits again; else it stays, and is looked for at the next start."""
    await _update(conn, delivery, _HELD, deaths=0)
    unsent = _HELD.where(deliveries.c.last_try_at.is_not_distinct_from(delivery.last_try_at))
    await _update(conn, delivery, unsent, state=DeliveryState.PENDING, lease_token=None, lease_until=None)


async def _end(conn: AsyncConnection, delivery: Delivery, state: DeliveryState, **values: object) -> bool:
    return await _update(conn, delivery, _HELD, state=state, lease_token=None, lease_until=None, **values)


async def _update(conn: AsyncConnection, delivery: Delivery, statement: Update, **values: object) -> bool:
    held = {"row": delivery.id, "token": delivery.lease_token}
    return (await conn.execute(statement, held | values)).rowcount == 1


async def of_task(conn: AsyncConnection, task_id: int) -> list[Delivery]:
    """The takes and exports of a task, in the order they go out."""
    rows = await conn.execute(_OF_TASK, {"task": task_id})
    return [Delivery(**row._mapping) for row in rows]


async def of_clips(conn: AsyncConnection, clip_row_ids: Collection[int]) -> list[Delivery]:
    """Where these clips were or will be posted, oldest promise first."""
    rows = await conn.execute(
        select(deliveries).where(deliveries.c.clip_id.in_(clip_row_ids)).order_by(deliveries.c.id)
    )
    return [Delivery(**row._mapping) for row in rows]


async def revive(conn: AsyncConnection, task_id: int, now: int) -> bool:
    """Try the kept ones again from the first rung on, as if never tried; False where none was kept.

    Not a card: who asks for it has one before them.
    """
    changed = await conn.execute(
        update(deliveries)
        .where(
            deliveries.c.task_id == task_id,
            deliveries.c.kind != CARD,
            deliveries.c.state == DeliveryState.KEPT,
        )
        .values(
            state=DeliveryState.PENDING,
            rung=Rung.THREAD,
            channel_id=None,
            nonce=None,
            due_at=now,
            first_try_at=None,
            last_try_at=None,
            attempts=0,
            faults=0,
            deaths=0,
        )
    )
    return changed.rowcount > 0


async def card_of_the_last(conn: AsyncConnection, task_id: int) -> None:
    """Ask for the card once no take of the task is on its way: not a redraw a take, because edits are rationed."""
    await conn.execute(_CARD_OF_THE_LAST, {"task": task_id})


async def any_due(conn: AsyncConnection, now: int) -> bool:
    """Whether there is one to claim."""
    return await conn.scalar(_ANY_READY, {"now": now}) is not None


async def next_due(conn: AsyncConnection) -> int | None:
    """When the first delivery is due that waits for no earlier part, or the first lease is over."""
    waiting = select(func.min(deliveries.c.due_at)).where(deliveries.c.state == DeliveryState.PENDING, ~_BLOCKED)
    held = select(func.min(deliveries.c.lease_until)).where(deliveries.c.state == DeliveryState.SENDING)
    times = [await conn.scalar(waiting), await conn.scalar(held)]
    return min((time for time in times if time is not None), default=None)


async def forget_leases(conn: AsyncConnection, now: int) -> None:
    """At start-up nobody holds anything; what was being sent is looked for before it is sent again.

    It goes behind what waits: the process may have died of it, and would die of it again before it sent the others.
    """
    await conn.execute(
        update(deliveries)
        .where(deliveries.c.state == DeliveryState.SENDING)
        .values(state=DeliveryState.PENDING, due_at=now, lease_token=None, lease_until=None)
    )

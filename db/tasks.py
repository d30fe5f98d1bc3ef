"""Tasks: the durable row of one request, and every guarded move it makes.

A move is one UPDATE that names the states it may leave (and the lease, for whoever holds one). No row changed means the
task is no longer ours to move: stop quietly.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, Integer, bindparam, case, func, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import tasks
from db.states import ADOPTABLE, OUTSTANDING, POLLED, TaskState

MOST_IDS: Final = 500
"""Ids in one statement; a database takes some 30,000 values, and each costs the loop some time."""


_GET: Final = select(tasks).where(tasks.c.id == bindparam("task", type_=BigInteger))
_CARD_DRAWN: Final = (
    update(tasks)
    .where(tasks.c.id == bindparam("task", type_=BigInteger), tasks.c.card_shown < bindparam("shown", type_=Integer))
    .values(card_shown=bindparam("shown", type_=Integer))
)


@dataclass(frozen=True, slots=True)
class NewTask:
    """What the service stores when it accepts a request."""

    kind: str
    request: str
    song_id: int
    version: int | None
    parent_clip_id: int | None
    requester_id: int
    guild_id: int | None
    channel_id: int
    locale: str
    interaction_id: int
    interaction_token: str = field(repr=False)
    key_id: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Task:
    """One row of `tasks`; times in Unix ms."""

    id: int
    kind: str
    request: str
    song_id: int
    version: int | None
    parent_clip_id: int | None
    requester_id: int
    guild_id: int | None
    channel_id: int
    locale: str
    interaction_id: int
    interaction_token: str | None = field(repr=False)
    card_channel_id: int | None
    card_message_id: int | None
    card_wanted: int
    card_shown: int
    state: TaskState
    due_at: int
    attempts: int
    faults: int
    """How often bringing it on failed in a way nobody foresaw; at `MOST_FAULTS` it is parked for the operator."""
    lease_token: str | None
    lease_until: int | None
    cancel_requested_at: int | None
    error: str | None
    result: str | None
    key_id: str
    created_at: int
    started_at: int | None
    ended_at: int | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", TaskState(self.state))


@dataclass(frozen=True, slots=True)
class Changes:
    """What a move writes beside the state; None leaves a column as it is, except where a name says otherwise."""

    due_at: int | None = None
    started_at: int | None = None
    ended_at: int | None = None
    error: str | None = None
    """JSON of an error's sentence. Every move replaces it, so None clears it."""
    result: str | None = None
    kind: str | None = None
    """With `request`: what the same task asks for next, as an upload does that is to become a song."""
    request: str | None = None
    card: bool = True
    """Whether the card wants a redraw; what is drawn a moment later anyway does not."""


async def add(conn: AsyncConnection, new: NewTask) -> Task:
    """Store an accepted request. Its card is being shown by the answer itself, so nothing is wanted of it yet."""
    row = await conn.execute(
        insert(tasks)
        .values(
            kind=new.kind,
            request=new.request,
            song_id=new.song_id,
            version=new.version,
            parent_clip_id=new.parent_clip_id,
            requester_id=new.requester_id,
            guild_id=new.guild_id,
            channel_id=new.channel_id,
            locale=new.locale,
            interaction_id=new.interaction_id,
            interaction_token=new.interaction_token,
            key_id=new.key_id,
            created_at=new.created_at,
            state=TaskState.ACCEPTED,
            due_at=new.created_at,
        )
        .returning(tasks)
    )
    return Task(**row.one()._mapping)


async def get(conn: AsyncConnection, task_id: int) -> Task | None:
    """The task with this row id."""
    row = (await conn.execute(_GET, {"task": task_id})).one_or_none()
    return Task(**row._mapping) if row else None


async def of_interaction(conn: AsyncConnection, interaction_id: int) -> Task | None:
    """The task an interaction has made, if its row was committed."""
    row = (await conn.execute(select(tasks).where(tasks.c.interaction_id == interaction_id))).one_or_none()
    return Task(**row._mapping) if row else None


async def in_states(conn: AsyncConnection, states: Collection[TaskState]) -> list[Task]:
    """Every task in one of these states, oldest first."""
    rows = await conn.execute(select(tasks).where(tasks.c.state.in_(states)).order_by(tasks.c.id))
    return [Task(**row._mapping) for row in rows]


async def move(
    conn: AsyncConnection,
    task_id: int,
    leaving: Collection[TaskState],
    to: TaskState,
    changes: Changes = Changes(),
    *,
    lease_token: str | None = None,
) -> bool:
    """Move a task that stands in one of `leaving` (under our lease, where one is named); the lease ends with it."""
    values: dict[str, str | int | ColumnElement[int] | None] = {
        "state": to,
        "error": changes.error,
        "card_wanted": tasks.c.card_wanted + int(changes.card),
        "lease_token": None,
        "lease_until": None,
        "interaction_token": None,  # only a task whose card nobody knows has a use for it
    }
    for name in ("due_at", "started_at", "ended_at", "result", "kind", "request"):
        if (value := getattr(changes, name)) is not None:
            values[name] = value
    guard = [tasks.c.id == task_id, tasks.c.state.in_(leaving)]
    if lease_token is not None:
        guard.append(tasks.c.lease_token == lease_token)
    return (await conn.execute(update(tasks).where(*guard).values(**values))).rowcount == 1


async def card_posted(conn: AsyncConnection, task_id: int, channel_id: int, message_id: int, now: int) -> bool:
    """The card exists: forget the interaction's token, and let the task be submitted."""
    changed = await conn.execute(
        update(tasks)
        .where(tasks.c.id == task_id, tasks.c.state == TaskState.ACCEPTED)
        .values(state=TaskState.QUEUED, due_at=now, **_card(channel_id, message_id))
    )
    return changed.rowcount == 1


async def card_found(conn: AsyncConnection, task_id: int, channel_id: int, message_id: int) -> None:
    """The card of a task that was cancelled before it was known: it still has that to say."""
    await conn.execute(
        update(tasks)
        .where(tasks.c.id == task_id, tasks.c.card_message_id.is_(None))
        .values(_card(channel_id, message_id))
    )


async def card_moved(
    conn: AsyncConnection, task_id: int, channel_id: int, message_id: int, *, drawn: int | None
) -> None:
    """The card stands anew, drawn when so much was wanted of it (None: nobody knows).

    What was wanted since may count as shown, by an edit of the card that is gone: it is wanted once more.
    """
    missed = true() if drawn is None else tasks.c.card_wanted > drawn
    await conn.execute(
        update(tasks)
        .where(tasks.c.id == task_id)
        .values(card_wanted=tasks.c.card_wanted + case((missed, 1), else_=0), **_card(channel_id, message_id))
    )


def _card(channel_id: int, message_id: int) -> dict[str, int | None]:
    return {"card_channel_id": channel_id, "card_message_id": message_id, "interaction_token": None}


async def claim_queued(
    conn: AsyncConnection, *, kinds: Collection[str], now: int, token: str, until: int
) -> Task | None:
    """Take the queued task of these kinds that waited longest; from here on it may cost money."""
    first = (
        select(tasks.c.id)
        .where(tasks.c.state == TaskState.QUEUED, tasks.c.due_at <= now, tasks.c.kind.in_(kinds))
        .order_by(tasks.c.due_at, tasks.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    row = await conn.execute(
        update(tasks)
        .where(tasks.c.id == first, tasks.c.state == TaskState.QUEUED)
        .values(
            state=TaskState.SUBMITTING,
            attempts=tasks.c.attempts + 1,
            lease_token=token,
            lease_until=until,
        )
        .returning(tasks)
    )
    claimed = row.one_or_none()
    return Task(**claimed._mapping) if claimed else None


async def say_why_queued(conn: AsyncConnection, *, kinds: Collection[str], error: str) -> None:
    """Let the cards of queued tasks of these kinds say what keeps them all; those that say so already stay."""
    await conn.execute(
        update(tasks)
        .where(tasks.c.state == TaskState.QUEUED, tasks.c.kind.in_(kinds), func.coalesce(tasks.c.error, "") != error)
        .values(error=error, card_wanted=tasks.c.card_wanted + 1)
    )


async def next_due(
    conn: AsyncConnection, states: Collection[TaskState], kinds: Collection[str] | None = None
) -> int | None:
    """When the first task in one of these states (and of these kinds) is due; None where there is none."""
    query = select(func.min(tasks.c.due_at)).where(tasks.c.state.in_(states))
    if kinds is not None:
        query = query.where(tasks.c.kind.in_(kinds))
    value: int | None = await conn.scalar(query)
    return value


async def look_again(conn: AsyncConnection, task_id: int, due_at: int) -> None:
    """When a task whose submission nobody knows the outcome of is looked for next."""
    await conn.execute(update(tasks).where(tasks.c.id == task_id, tasks.c.state.in_(ADOPTABLE)).values(due_at=due_at))


async def want_cards(conn: AsyncConnection, task_ids: Collection[int]) -> None:
    """Ask for these cards to be drawn anew."""
    ids = list(task_ids)
    for start in range(0, len(ids), MOST_IDS):
        some = tasks.c.id.in_(ids[start : start + MOST_IDS])
        await conn.execute(update(tasks).where(some).values(card_wanted=tasks.c.card_wanted + 1))


async def stale_cards(conn: AsyncConnection, limit: int, *, without: Collection[int] = ()) -> list[Task]:
    """Tasks but for these whose card shows less than is known, oldest first."""
    rows = await conn.execute(
        select(tasks)
        .where(tasks.c.card_shown < tasks.c.card_wanted, tasks.c.card_message_id.is_not(None))
        .where(tasks.c.id.not_in(without))
        .order_by(tasks.c.id)
        .limit(limit)
    )
    return [Task(**row._mapping) for row in rows]


async def cards_drawn(conn: AsyncConnection, drawn: Collection[Task]) -> None:
    """The cards now show what these rows wanted; an older picture never counts as newer."""
    await conn.execute(_CARD_DRAWN, [{"task": task.id, "shown": task.card_wanted} for task in drawn])


async def request_cancel(conn: AsyncConnection, task_id: int, now: int) -> bool:
    """Keep what arrives from being posted; False once the task has ended or was cancelled before."""
    changed = await conn.execute(
        update(tasks)
        .where(tasks.c.id == task_id, tasks.c.state.in_(OUTSTANDING), tasks.c.cancel_requested_at.is_(None))
        .values(cancel_requested_at=now, card_wanted=tasks.c.card_wanted + 1)
    )
    return changed.rowcount == 1


async def withdraw_cancel(conn: AsyncConnection, task_id: int) -> None:
    """Let what was kept be posted after all."""
    await conn.execute(
        update(tasks).where(tasks.c.id == task_id).values(cancel_requested_at=None, card_wanted=tasks.c.card_wanted + 1)
    )


async def outstanding(conn: AsyncConnection, *, guild_id: int | None, requester_id: int | None) -> list[Task]:
    """What waits, runs or is unsettled in a server (or, without one, for a member in private), oldest first."""
    mine = tasks.c.requester_id == requester_id
    query = select(tasks).where(tasks.c.state.in_(OUTSTANDING)).order_by(tasks.c.id)
    if guild_id is None:
        query = query.where(tasks.c.guild_id.is_(None), mine)
    else:
        query = query.where(tasks.c.guild_id == guild_id)
        if requester_id is not None:
            query = query.where(mine)
    return [Task(**row._mapping) for row in await conn.execute(query)]


async def hasten(conn: AsyncConnection, task_id: int, now: int) -> None:
    """Look at a task now: it is said to have ended, and perhaps to exist at all."""
    waiting = POLLED | ADOPTABLE
    await conn.execute(
        update(tasks).where(tasks.c.id == task_id, tasks.c.state.in_(waiting), tasks.c.due_at > now).values(due_at=now)
    )


async def newest_result(conn: AsyncConnection, kind: str, parent_clip_id: int) -> str | None:
    """What the newest task of this kind brought for a clip."""
    value: str | None = await conn.scalar(
        select(tasks.c.result)
        .where(tasks.c.kind == kind, tasks.c.parent_clip_id == parent_clip_id, tasks.c.result.is_not(None))
        .order_by(tasks.c.id.desc())
        .limit(1)
    )
    return value


async def place_in_queue(conn: AsyncConnection, task: Task, kinds: Collection[str]) -> int:
    """How many tasks of these kinds, which wait in one line, will be submitted before this one."""
    before = or_(tasks.c.due_at < task.due_at, (tasks.c.due_at == task.due_at) & (tasks.c.id < task.id))
    count = await conn.scalar(
        select(func.count()).where(
            or_(tasks.c.state == TaskState.SUBMITTING, (tasks.c.state == TaskState.QUEUED) & before),
            tasks.c.id != task.id,
            tasks.c.kind.in_(kinds),
        )
    )
    return int(count or 0)


async def cut_off(conn: AsyncConnection, *, kinds: Collection[str], overslept_at: int | None) -> list[Task]:
    """Tasks of these kinds that nobody submits any more: whose lease was over by then, or (None) all of them."""
    query = select(tasks).where(tasks.c.state == TaskState.SUBMITTING, tasks.c.kind.in_(kinds)).order_by(tasks.c.id)
    if overslept_at is not None:
        query = query.where(tasks.c.lease_until <= overslept_at)
    return [Task(**row._mapping) for row in await conn.execute(query)]

"""Clips: one result item of a task each, with what it came from. Members know a clip as a take: `v2b`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Text, bindparam, case, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import clips, deliveries, songs, tasks
from db.states import ClipChange


@dataclass(frozen=True, slots=True)
class NewClip:
    """A result item as it arrived. `item` is the whole of it, as JSON."""

    clip_id: str
    task_id: int
    position: int
    item: str
    title: str
    duration_ms: int
    expire_at: int
    parent_clip_id: int | None
    change: ClipChange | None
    changed: str | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Clip:
    """One row of `clips`; times in Unix ms, `expire_at` 0 = never, `position` 0 is take `a`."""

    id: int
    clip_id: str
    task_id: int
    position: int
    item: str
    title: str
    duration_ms: int
    expire_at: int
    parent_clip_id: int | None
    change: str | None
    changed: str | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Take:
    """A clip as the members of its song know it."""

    clip: Clip
    song_id: int
    song_title: str
    thread_id: int | None
    version: int | None
    guild_id: int | None
    requester_id: int
    kind: str
    request: str
    """Of the task that made it."""

    @property
    def label(self) -> str:
        """`v2b`: the song's 2nd version, second clip."""
        return f"v{self.version or 0}{letter(self.clip.position)}"


def letter(position: int) -> str:
    """`a` for the first clip of a task, `b` for the second; a number from the 27th on."""
    return chr(ord("a") + position) if position < 26 else str(position + 1)


_ADD: Final = insert(clips).returning(clips.c.id)


async def add(conn: AsyncConnection, new: NewClip) -> int:
    """Store a clip; returns its row id."""
    return int((await conn.execute(_ADD, asdict(new))).scalar_one())


_TAKES = (
    select(
        clips,
        songs.c.id.label("song_id"),
        songs.c.title.label("song_title"),
        songs.c.thread_id,
        tasks.c.version,
        tasks.c.guild_id,
        tasks.c.requester_id,
        tasks.c.kind,
        tasks.c.request,
    )
    .join(tasks, clips.c.task_id == tasks.c.id)
    .join(songs, tasks.c.song_id == songs.c.id)
)
_CLIP_COLUMNS: Final = len(clips.columns)
_TAKE: Final = _TAKES.where(clips.c.id == bindparam("clip", type_=BigInteger))
_OF_CLIP_ID: Final = _TAKES.where(clips.c.clip_id == bindparam("named", type_=Text))
_OF_TASK: Final = _TAKES.where(clips.c.task_id == bindparam("task", type_=BigInteger)).order_by(clips.c.position)


async def take(conn: AsyncConnection, clip_row_id: int) -> Take | None:
    """The take with this row id."""
    row = (await conn.execute(_TAKE, {"clip": clip_row_id})).one_or_none()
    return _take(tuple(row)) if row else None


async def of_clip_id(conn: AsyncConnection, clip_id: str) -> Take | None:
    """The take MusicMint calls by this id."""
    row = (await conn.execute(_OF_CLIP_ID, {"named": clip_id})).one_or_none()
    return _take(tuple(row)) if row else None


async def of_message(conn: AsyncConnection, channel_id: int, message_id: int) -> Take | None:
    """The take a message of ours shows."""
    posted = select(deliveries.c.clip_id).where(
        deliveries.c.message_id == message_id, deliveries.c.channel_id == channel_id, deliveries.c.clip_id.is_not(None)
    )
    row = (await conn.execute(_TAKES.where(clips.c.id == posted.limit(1).scalar_subquery()))).one_or_none()
    return _take(tuple(row)) if row else None


async def refresh(conn: AsyncConnection, clip_row_id: int, *, item: str, expire_at: int) -> None:
    """What MusicMint says of a clip now: its links change."""
    await conn.execute(update(clips).where(clips.c.id == clip_row_id).values(item=item, expire_at=expire_at))


async def of_task(conn: AsyncConnection, task_id: int) -> list[Take]:
    """The takes of a task, `a` first."""
    rows = await conn.execute(_OF_TASK, {"task": task_id})
    return [_take(tuple(row)) for row in rows]


async def reachable(
    conn: AsyncConnection, *, guild_id: int | None, requester_id: int, thread_id: int, limit: int
) -> list[Take]:
    """The takes a member may name here: those of this thread's song, then their own of this server; newest first."""
    here = songs.c.thread_id == thread_id
    rows = await conn.execute(
        _TAKES.where(_same_place(guild_id, requester_id), here | (tasks.c.requester_id == requester_id))
        .order_by(case((here, 0), else_=1), clips.c.id.desc())
        .limit(limit)
    )
    return [_take(tuple(row)) for row in rows]


async def own(
    conn: AsyncConnection, *, guild_id: int | None, requester_id: int, before: int | None, limit: int
) -> list[Take]:
    """A member's takes of this place, newest first; `before`: only those older than the take with this row id."""
    mine = [_same_place(guild_id, requester_id), tasks.c.requester_id == requester_id]
    if before is not None:
        mine.append(clips.c.id < before)
    rows = await conn.execute(_TAKES.where(*mine).order_by(clips.c.id.desc()).limit(limit))
    return [_take(tuple(row)) for row in rows]


def _same_place(guild_id: int | None, requester_id: int) -> ColumnElement[bool]:
    """Takes never cross servers; what was made in private stays with its member."""
    if guild_id is None:
        return tasks.c.guild_id.is_(None) & (tasks.c.requester_id == requester_id)
    return tasks.c.guild_id == guild_id


def _take(row: tuple[Any, ...]) -> Take:
    return Take(Clip(*row[:_CLIP_COLUMNS]), *row[_CLIP_COLUMNS:])

"""Songs: what a thread is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, Text, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import songs

_GET: Final = select(songs).where(songs.c.id == bindparam("song", type_=BigInteger))
_SET_THREAD: Final = (
    update(songs)
    .where(songs.c.id == bindparam("song", type_=BigInteger), songs.c.thread_id.is_(None))
    .values(thread_id=bindparam("thread", type_=BigInteger))
)
_NAME: Final = (
    update(songs)
    .where(songs.c.id == bindparam("song", type_=BigInteger), songs.c.title == "")
    .values(title=bindparam("name", type_=Text))
)


@dataclass(frozen=True, slots=True)
class Song:
    """One row of `songs`; times in Unix ms."""

    id: int
    guild_id: int | None
    channel_id: int
    thread_id: int | None
    title: str
    next_version: int
    created_at: int

    @property
    def version(self) -> int:
        """The version that was given out last."""
        return self.next_version - 1


async def add(
    conn: AsyncConnection, *, guild_id: int | None, channel_id: int, title: str, now: int, versions: int = 1
) -> Song:
    """A new song without a thread; its version 1 is given out with it, unless what it begins with makes no take."""
    row = await conn.execute(
        insert(songs)
        .values(guild_id=guild_id, channel_id=channel_id, title=title, next_version=versions + 1, created_at=now)
        .returning(songs)
    )
    return Song(**row.one()._mapping)


async def get(conn: AsyncConnection, song_id: int) -> Song:
    """The song of a row that refers to it, so it exists."""
    row = await conn.execute(_GET, {"song": song_id})
    return Song(**row.one()._mapping)


async def continue_song(conn: AsyncConnection, song_id: int, *, versions: int = 1) -> Song:
    """A song that exists, with its next version given out (or none, with `versions` 0)."""
    found = await _next_version(conn, songs.c.id == song_id, versions)
    if found is None:
        raise LookupError(f"song {song_id}")
    return found


async def continue_thread(conn: AsyncConnection, thread_id: int, *, versions: int = 1) -> Song | None:
    """The song whose own thread this is, with its next version given out; None where no song's is."""
    return await _next_version(conn, songs.c.thread_id == thread_id, versions)


async def _next_version(conn: AsyncConnection, condition: ColumnElement[bool], versions: int) -> Song | None:
    row = await conn.execute(
        update(songs).where(condition).values(next_version=songs.c.next_version + versions).returning(songs)
    )
    found = row.one_or_none()
    return Song(**found._mapping) if found else None


async def set_thread(conn: AsyncConnection, song_id: int, thread_id: int) -> None:
    """Remember the thread that grew; the first one stays."""
    await conn.execute(_SET_THREAD, {"song": song_id, "thread": thread_id})


async def name(conn: AsyncConnection, song_id: int, title: str) -> None:
    """Give a song without a title the one MusicMint found."""
    await conn.execute(_NAME, {"song": song_id, "name": title})

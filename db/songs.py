"""Songs: what a thread is about."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import songs


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


async def add(conn: AsyncConnection, *, guild_id: int | None, channel_id: int, title: str, now: int) -> Song:
    """A new song without a thread; its first version will be 1."""
    row = await conn.execute(
        insert(songs)
        .values(guild_id=guild_id, channel_id=channel_id, title=title, next_version=1, created_at=now)
        .returning(songs)
    )
    return Song(**row.one()._mapping)


async def get(conn: AsyncConnection, song_id: int) -> Song:
    """The song of a row that refers to it, so it exists."""
    row = await conn.execute(select(songs).where(songs.c.id == song_id))
    return Song(**row.one()._mapping)


async def of_thread(conn: AsyncConnection, thread_id: int) -> Song | None:
    """The song whose own thread this is."""
    row = (await conn.execute(select(songs).where(songs.c.thread_id == thread_id))).one_or_none()
    return Song(**row._mapping) if row else None


async def take_version(conn: AsyncConnection, song_id: int) -> int:
    """Give out the song's next version number."""
    row = await conn.execute(
        update(songs)
        .where(songs.c.id == song_id)
        .values(next_version=songs.c.next_version + 1)
        .returning(songs.c.next_version)
    )
    return int(row.scalar_one()) - 1


async def set_thread(conn: AsyncConnection, song_id: int, thread_id: int) -> None:
    """Remember the thread that grew; the first one stays."""
    await conn.execute(
        update(songs).where(songs.c.id == song_id, songs.c.thread_id.is_(None)).values(thread_id=thread_id)
    )


async def name(conn: AsyncConnection, song_id: int, title: str) -> None:
    """Give a song without a title the one MusicMint found."""
    await conn.execute(update(songs).where(songs.c.id == song_id, songs.c.title == "").values(title=title))

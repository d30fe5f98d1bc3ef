"""Singers: personas by the name the members of one place call them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import singers


@dataclass(frozen=True, slots=True)
class Singer:
    """One row of `singers`; `created_at` in Unix ms. `home` is the server, or the member in private."""

    id: int
    persona_id: str
    home: str
    name: str
    name_key: str
    owner_id: int
    clip_id: int
    created_at: int


def home_of(guild_id: int | None, member_id: int) -> str:
    """Where a singer's name counts. A server's and a member's number may be the same, so it says which."""
    return f"guild:{guild_id}" if guild_id is not None else f"member:{member_id}"


def key_of(name: str) -> str:
    """Two names with the same key are one name to members."""
    return " ".join(name.casefold().split())


async def add(
    conn: AsyncConnection, *, persona_id: str, home: str, name: str, owner_id: int, clip_row_id: int, now: int
) -> Singer:
    """Store a singer; a name that was taken meanwhile gets a number behind it, since the persona is paid for."""
    taken = set(await conn.scalars(select(singers.c.name_key).where(singers.c.home == home)))
    free = next(one for one in _numbered(name, len(taken) + 1) if key_of(one) not in taken)
    row = await conn.execute(
        insert(singers)
        .values(
            persona_id=persona_id,
            home=home,
            name=free,
            name_key=key_of(free),
            owner_id=owner_id,
            clip_id=clip_row_id,
            created_at=now,
        )
        .returning(singers)
    )
    return Singer(**row.one()._mapping)


def _numbered(name: str, most: int) -> list[str]:
    return [name, *(f"{name} {number}" for number in range(2, most + 2))]


async def of_home(conn: AsyncConnection, home: str) -> list[Singer]:
    """The singers of a place by name."""
    rows = await conn.execute(select(singers).where(singers.c.home == home).order_by(singers.c.name_key))
    return [Singer(**row._mapping) for row in rows]


async def named(conn: AsyncConnection, home: str, name: str) -> Singer | None:
    """The singer of this name there."""
    row = await conn.execute(select(singers).where(singers.c.home == home, singers.c.name_key == key_of(name)))
    found = row.one_or_none()
    return Singer(**found._mapping) if found else None


async def remove(conn: AsyncConnection, singer_id: int) -> None:
    """Forget a singer here. MusicMint has no call that deletes a persona."""
    await conn.execute(delete(singers).where(singers.c.id == singer_id))

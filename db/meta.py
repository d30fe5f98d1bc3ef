"""Meta: what this database belongs to. Sandbox and live data never mix."""

from __future__ import annotations

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import meta


async def claim(conn: AsyncConnection, name: str, value: str) -> str:
    """Write `value` the first time; returns what stands there."""
    found = await value_of(conn, name)
    if found is not None:
        return found
    await conn.execute(insert(meta).values(name=name, value=value))
    return value


async def value_of(conn: AsyncConnection, name: str) -> str | None:
    """What stands there."""
    found: str | None = await conn.scalar(select(meta.c.value).where(meta.c.name == name))
    return found


async def mark(conn: AsyncConnection, name: str, value: str) -> None:
    """Write `value` whatever stood there."""
    changed = await conn.execute(update(meta).where(meta.c.name == name).values(value=value))
    if not changed.rowcount:
        await conn.execute(insert(meta).values(name=name, value=value))

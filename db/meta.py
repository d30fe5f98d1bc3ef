"""Meta: what this database belongs to. Sandbox and live data never mix."""

from __future__ import annotations

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import meta


async def claim(conn: AsyncConnection, name: str, value: str) -> str:
    """Write `value` the first time; returns what stands there."""
    found: str | None = await conn.scalar(select(meta.c.value).where(meta.c.name == name))
    if found is not None:
        return found
    await conn.execute(insert(meta).values(name=name, value=value))
    return value

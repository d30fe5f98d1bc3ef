"""Leases: the right to work on something until a time, held with a random token."""

from __future__ import annotations

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import insert_new
from db.schema import leases


async def hold(conn: AsyncConnection, name: str, *, token: str, now: int, until: int) -> bool:
    """Take or renew a lease; False while somebody else's token is still good."""
    await conn.execute(insert_new(leases).values(name=name, token=token, until=until))
    changed = await conn.execute(
        update(leases)
        .where(leases.c.name == name, (leases.c.token == token) | (leases.c.until <= now))
        .values(token=token, until=until)
    )
    return changed.rowcount == 1


async def release(conn: AsyncConnection, name: str, token: str) -> None:
    """Let go, if it is still ours."""
    await conn.execute(delete(leases).where(leases.c.name == name, leases.c.token == token))


async def forget_all(conn: AsyncConnection) -> None:
    """At start-up, under the process lock, whoever held one is dead."""
    await conn.execute(delete(leases))

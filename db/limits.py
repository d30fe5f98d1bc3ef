"""Upload limits as places have taught them: Discord says a file is too large, and nobody else's word counts.

What a server takes depends on its boosts, on Discord's mood of the year, and on proxies in between.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import insert_new
from db.schema import upload_limits

PRIVATE: Final = 0
"""Stands for the server of private messages."""

MIB: Final = 1024 * 1024
TIERS: Final = tuple(mib * MIB for mib in (100, 50, 25, 20, 10, 8))
"""Bytes; what Discord's servers have taken at one time or another."""
LEAST: Final = 64 * 1024
"""Bytes. A smaller file is not refused for its size, whatever the refusal says: it teaches nothing."""
FORGET_MS: Final = 7 * 24 * 60 * 60_000
"""Servers get boosted, and Discord raises its limits: what was learned so long ago is tried anew."""


_OF_SERVER: Final = select(upload_limits.c.max_bytes).where(
    upload_limits.c.guild_id == bindparam("guild", type_=BigInteger),
    upload_limits.c.learned_at > bindparam("since", type_=BigInteger),
)


async def of_server(conn: AsyncConnection, guild_id: int, now: int) -> int | None:
    """The most bytes a file may have there; None where nothing was refused of late."""
    found: int | None = await conn.scalar(_OF_SERVER, {"guild": guild_id, "since": now - FORGET_MS})
    return found


async def learn(conn: AsyncConnection, guild_id: int, refused: int, now: int) -> int | None:
    """A file of `refused` bytes was too large there: the limit from now on, always below that; None: nothing learned.

    Needs the writer's turn: two deliveries may be refused at once. A file above the limit that was learned meanwhile
    lowers it no further, because that limit explains the refusal already.
    """
    if refused < LEAST:
        return None
    known = await of_server(conn, guild_id, now)
    if known is not None and refused > known:
        return known
    limit = next((tier for tier in TIERS if tier < refused), refused // 2)
    await conn.execute(insert_new(upload_limits).values(guild_id=guild_id, max_bytes=limit, learned_at=now))
    await conn.execute(
        update(upload_limits).where(upload_limits.c.guild_id == guild_id).values(max_bytes=limit, learned_at=now)
    )
    return limit

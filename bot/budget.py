"""How much a member, a server and all together may spend in a day.

It is counted from the rows, so nothing can leak or be given back twice.

A request counts once it is accepted, and no more once it is certain that MusicMint made nothing of it. One whose
outcome nobody knows counts, and so does each further submission its member agrees to. A hummed song is uploaded and
sung: that counts once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import OverBudget
from bot.requests import Lane, kinds_of
from db import spending

DAY_MS: Final = 24 * 3600_000
PAID: Final = kinds_of(Lane.SUBMIT, Lane.BLOCK)
"""Reads cost nothing."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Paid requests a day, which begins at 0:00 UTC; None: as many as they like."""

    per_member: int | None = None
    per_server: int | None = None
    overall: int | None = None
    """Of all members and servers together: what the operator pays at most."""

    async def reserve(self, conn: AsyncConnection, *, member_id: int, guild_id: int | None, now: int) -> None:
        """In the transaction that stores the request, so that two at once cannot both take the last one.

        Raises `OverBudget`.
        """
        since = now - now % DAY_MS
        again = str((since + DAY_MS) // 1000)
        if self.per_member is not None:
            used = await spending.of_member(conn, member_id, kinds=PAID, since=since)
            if used >= self.per_member:
                raise OverBudget("error-budget-member", most=self.per_member, again=again)
        if self.per_server is not None and guild_id is not None:
            used = await spending.of_guild(conn, guild_id, kinds=PAID, since=since)
            if used >= self.per_server:
                raise OverBudget("error-budget-server", most=self.per_server, again=again)
        if self.overall is not None and await spending.of_all(conn, kinds=PAID, since=since) >= self.overall:
            raise OverBudget("error-budget-overall", again=again)

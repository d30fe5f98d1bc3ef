"""A ration of calls: so many a second on average, and not more than a few at once."""

from __future__ import annotations

import asyncio

from bot.ports import Clock


class Ration:
    """Whoever is about to call waits here. For one caller at a time."""

    def __init__(self, clock: Clock, *, per_s: float, at_once: int) -> None:
        self._clock = clock
        self._gap_ms = 1000 / per_s
        self._ahead_ms = (at_once - 1) * self._gap_ms
        self._spent_until = 0.0

    async def call(self) -> None:
        """Return once one more call is within the ration."""
        now = self._clock.now_ms()
        # More is never owed, but for a clock that went back since.
        self._spent_until = min(self._spent_until, now + self._ahead_ms + self._gap_ms)
        early_ms = self._spent_until - self._ahead_ms - now
        self._spent_until = max(self._spent_until, now) + self._gap_ms
        if early_ms > 0:
            await self._clock.wait(asyncio.Event(), early_ms / 1000)

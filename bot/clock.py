"""The real clock and real chance; tests pass their own."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from typing import Final

JUMP_MS: Final = 5_000
"""A wall clock that moved so much further than the steady one, or less far, was set, or the machine slept."""


class SystemClock:
    """Wall time; waits by the event loop's own, which never jumps."""

    def __init__(self) -> None:
        self._even_since = self._steady_ms()
        self._ahead = self.now_ms() - self._even_since

    def now_ms(self) -> int:
        """Unix milliseconds, UTC."""
        return time.time_ns() // 1_000_000

    def age_ms(self, since_ms: int) -> int:
        """How long ago that was, at most since this process began or the wall clock last jumped; never below 0."""
        now, steady = self.now_ms(), self._steady_ms()
        if abs(now - steady - self._ahead) > JUMP_MS:
            self._even_since = steady
        self._ahead = now - steady
        return max(min(now - since_ms, steady - self._even_since), 0)

    def _steady_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    async def wait(self, event: asyncio.Event, timeout_s: float | None) -> None:
        """Return when `event` is set or `timeout_s` seconds went by."""
        try:
            async with asyncio.timeout(timeout_s):
                await event.wait()
        except TimeoutError:
            return


class SystemChance:
    """Randomness from the operating system."""

    def token(self) -> str:
        """128 bits, unguessable."""
        return secrets.token_hex(16)

    def spread(self, seconds: float) -> float:
        """`seconds` with up to 20 % added or taken away."""
        return seconds * random.uniform(0.8, 1.2)  # noqa: S311 - a spread keeps no secret

"""The real clock and real chance; tests pass their own."""

from __future__ import annotations

import asyncio
import random
import secrets
import time


class SystemClock:
    """Wall time; waits by the event loop's own, which never jumps."""

    def now_ms(self) -> int:
        """Unix milliseconds, UTC."""
        return time.time_ns() // 1_000_000

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

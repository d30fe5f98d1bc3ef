"""The sandbox's clock: real time plus what was put forward, so that minutes can pass in a test."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime


class Clock:
    """Milliseconds since the Unix epoch, as `now` (in seconds) says, plus every `advance`."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._moved = asyncio.Event()
        self.offset_ms = 0

    def now_ms(self) -> int:
        """The time on this clock."""
        return int(self._now() * 1000) + self.offset_ms

    def advance(self, ms: int) -> None:
        """Put the clock forward and wake everyone who waits for a time."""
        self.offset_ms += ms
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep_until(self, when_ms: int) -> None:
        """Return once this clock shows `when_ms`, by passing time or by `advance`."""
        while (left := when_ms - self.now_ms()) > 0:
            moved = self._moved
            with suppress(TimeoutError):
                async with asyncio.timeout(left / 1000):
                    await moved.wait()

    async def wait(self, event: asyncio.Event, until_ms: int) -> None:
        """Return once `event` is set or this clock shows `until_ms`."""
        waits = {asyncio.ensure_future(event.wait()), asyncio.ensure_future(self.sleep_until(until_ms))}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


def iso(ms: int) -> str:
    """A time as Discord writes it: `2026-11-23T04:57:06.123000+00:00`."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="microseconds")

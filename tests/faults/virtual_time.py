"""An event loop whose clock jumps to the next timer: an hour passes in no time, and a run is the same every time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from bot.clock import SystemClock

START_MS = 1_800_000_000_000
T = TypeVar("T")


class AsleepForEverError(Exception):
    """Nothing is ready and no timer is set: the run would hang."""


class _Jump(selectors.SelectSelector):
    """Waits for nothing: the time it was to wait has gone by."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise AsleepForEverError
        self.now_s += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Every `asyncio.sleep` and `asyncio.timeout` in it goes by the jumping clock."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.now_s


class VirtualClock(SystemClock):
    """The wall clock of a run: waits are those of the real one, on the loop's own time."""

    def now_ms(self) -> int:
        return START_MS + self._steady_ms()

    def _steady_ms(self) -> int:
        return round(asyncio.get_running_loop().time() * 1000)


def run_virtually(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run to its end on a loop of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work())

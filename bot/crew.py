"""Pieces of work that a stage has under way side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Crew:
    """`ended` is called as each piece ends. A fault that could not be recorded in its row is kept for the stage."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended
        self._working: set[asyncio.Task[None]] = set()
        self._fault: BaseException | None = None

    def __len__(self) -> int:
        return len(self._working)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Let it run on its own."""
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._forget)

    async def join(self) -> None:
        """Return once all of it has ended; raises the first fault. Cancelled, it cancels them and sees them end too."""
        working = set(self._working)
        try:
            await asyncio.gather(*working, return_exceptions=True)
        except asyncio.CancelledError:
            if working:
                await asyncio.wait(working)  # each may still write down how far it came
            raise
        self.raise_fault()

    async def cut_off(self) -> None:
        """End what is still under way; returns when each piece has cleared up after itself."""
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)

    def raise_fault(self) -> None:
        """Rows that cannot be written end the stage, and with it the process."""
        fault, self._fault = self._fault, None
        if fault is not None:
            raise fault

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        if not task.cancelled():
            self._fault = task.exception() or self._fault
        self._ended()


async def finish(*crews: Crew) -> None:
    """Let what a stage has under way come to its end; where the stage is cancelled, each piece is cut off instead.

    Raises the first fault.
    """
    stage = asyncio.current_task()
    try:
        if stage is None or not stage.cancelling():  # else the grace was over before the last step was
            for crew in crews:
                await crew.join()
    finally:
        # All at once: a piece of one may hold the turn at the database in which another's is let go of.
        await asyncio.gather(*(crew.cut_off() for crew in crews))

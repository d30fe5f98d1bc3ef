"""A stage: a loop over rows that sleeps until it is woken or something is due."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Final

import structlog
from sqlalchemy.exc import OperationalError

from bot.ports import Clock

log = structlog.get_logger()

LONGEST_NAP_S: Final = 60.0
"""Stored times follow the wall clock, which may jump: look at the rows at least this often."""
REFUSED_WAIT_S: Final = 5.0
MOST_REFUSED: Final = 60
"""Steps in a row, about five minutes: then it is for whoever keeps the process to see that it has ended."""


def _unwatched(_name: str, _seconds: float) -> None:
    """Nobody watches."""


class Stage(ABC):
    """One of submit, poll and deliver. `step` does what is due and says when the next thing is."""

    name: ClassVar[str]

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wake = asyncio.Event()
        self._stopping = False
        self.watch: Callable[[str, float], None] = _unwatched
        """Told of every step that ended by itself: the stage's name and the seconds."""

    @abstractmethod
    async def step(self) -> int | None:
        """Do everything that is due; the Unix ms at which the next thing is, or None."""

    async def finish(self) -> None:
        """Let work that is under way come to its end; called once, after the last step."""

    def wake(self) -> None:
        """Something may be due now."""
        self._wake.set()

    def stop(self) -> None:
        """Claim nothing new; `run` returns after the step under way."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Step until stopped. An exception that leaves a step ends the stage, and with it the process.

        A database that does not take a write just now may take the next: the disk is full, or somebody holds it.
        """
        refused = 0
        try:
            while not self._stopping:
                self._wake.clear()
                try:
                    nap_s, refused = await self._timed_step(), 0
                except OperationalError as error:
                    refused += 1
                    if refused == MOST_REFUSED:
                        raise
                    log.error("the database cannot be used just now", stage=self.name, error=str(error.orig))
                    nap_s = REFUSED_WAIT_S
                await self._clock.wait(self._wake, nap_s)
        finally:
            await self.finish()

    async def _timed_step(self) -> float:
        begun = self._clock.now_ms()
        due = await self.step()
        self.watch(self.name, max(self._clock.now_ms() - begun, 0) / 1000)
        return self._nap(due)

    def _nap(self, due: int | None) -> float:
        if due is None:
            return LONGEST_NAP_S
        return min(max(due - self._clock.now_ms(), 0) / 1000, LONGEST_NAP_S)

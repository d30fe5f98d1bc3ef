"""Brings on what nobody else would: tasks whose command was cut off, and what a clock that went wrong has put off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Final

import structlog

from bot.poller import ADOPT_MS
from bot.ports import Clock
from bot.retry import LONGEST_WAIT_S
from bot.stage import Stage
from db import due_times
from db.due_times import Bounds
from db.engine import Database

log = structlog.get_logger()

FURTHEST_MS: Final = int(LONGEST_WAIT_S * 1.2 * 1000)
"""No task is put off for longer, with the most of its spread."""
FURTHEST_DELIVERY_MS: Final = 2 * 3600_000
"""Discord may name a time of its own, and asking before it makes it longer."""


class Watch(Stage):
    """Looks every minute, by a clock that never jumps; so nothing sleeps longer than that for a jump."""

    name: ClassVar[str] = "watch"

    def __init__(
        self,
        database: Database,
        clock: Clock,
        stages: Sequence[Stage],
        *,
        settle: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(clock)
        self._database = database
        self._stages = stages
        self._settle = settle
        self._seen = 0

    async def step(self) -> int | None:
        """Settle what was left behind; make due what is due later than anything can be, after a step back all of it."""
        await self._settle()
        now = self._clock.now_ms()
        went_back, self._seen = now < self._seen, now
        bounds = Bounds(
            tasks=now if went_back else now + FURTHEST_MS,
            deliveries=now if went_back else now + FURTHEST_DELIVERY_MS,
            young=now - ADOPT_MS,
            now=now,
        )
        async with self._database.read() as conn:
            if not await due_times.any_past(conn, bounds):
                return None
        log.warning("the clock went wrong: what it has put off is due now", went_back=went_back)
        async with self._database.write() as conn:
            await due_times.bring_near(conn, bounds)
        for stage in self._stages:
            stage.wake()
        return None

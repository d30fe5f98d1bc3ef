"""Whether the bot can do its work now: `/readyz` for a keeper, and the rows of `/metrics` for the operator's charts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.metrics import Metrics
from bot.ports import Clock
from db import census, meta
from db.engine import Database

log = structlog.get_logger()

LOOK_WITHIN_S: Final = 2.0
LOOK_EVERY_MS: Final = 5_000
"""Anybody who reaches the port may ask, and a look writes a row: one answer serves all for so long."""

PROBE: Final = "probed"


class Readiness:
    """`running` tells of the parts that live in this process, by name; the database is tried."""

    def __init__(self, database: Database, clock: Clock, running: Callable[[], Mapping[str, bool]]) -> None:
        self._database = database
        self._clock = clock
        self._running = running
        self._looking = asyncio.Lock()
        self._looked_at: int | None = None
        self._usable = False

    async def look(self) -> Mapping[str, bool]:
        """Every part by its name, and whether it does its work."""
        async with self._looking:
            now = self._clock.now_ms()
            if self._looked_at is None or not 0 <= now - self._looked_at < LOOK_EVERY_MS:
                self._usable = await self._try_database(now)
                self._looked_at = now
        return {"database": self._usable, **self._running()}

    async def _try_database(self, now: int) -> bool:
        """A full disk shows at a commit, and a locked file at the begin: so it writes, and reads what it wrote."""
        try:
            async with asyncio.timeout(LOOK_WITHIN_S):
                async with self._database.write(patient=False) as conn:
                    await meta.mark(conn, PROBE, str(now))
                async with self._database.read() as conn:
                    return await meta.value_of(conn, PROBE) == str(now)
        except (TimeoutError, SQLAlchemyError, OSError) as error:
            log.warning("the database cannot be used just now", error=type(error).__name__)
            return False


class Charts:
    """The counters of this process with a census of the rows, which are never kept in memory."""

    def __init__(self, metrics: Metrics, database: Database, clock: Clock) -> None:
        self._metrics = metrics
        self._database = database
        self._clock = clock

    async def page(self) -> bytes:
        """Prometheus' text form; it says itself where the rows could not be read."""
        try:
            async with asyncio.timeout(LOOK_WITHIN_S), self._database.read() as conn:
                counted = await census.take(conn, self._clock.now_ms())
        except (TimeoutError, SQLAlchemyError, OSError) as error:
            log.warning("the rows cannot be counted just now", error=type(error).__name__)
            return self._metrics.render(None)
        return self._metrics.render(counted)

"""The database as a port: each transaction is a call, faulted before it begins, inside, at its COMMIT or after it."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import Database
from tests.faults.wire import Fault, Life, Mode, Wire


def _error(words: str, statement: str) -> OperationalError:
    return OperationalError(statement, {}, sqlite3.OperationalError(words))


FAILURES: Final[tuple[Callable[[], OperationalError], ...]] = (
    lambda: _error("database is locked", "BEGIN IMMEDIATE"),
    lambda: _error("database or disk is full", "COMMIT"),
    lambda: _error("disk I/O error", "COMMIT"),
)


def _failed(fault: Fault) -> OperationalError:
    return FAILURES[fault.pick % len(FAILURES)]()


def _inside(fault: Fault) -> bool:
    """A transaction begins with its first statement, so a file that cannot be used may show only there."""
    return fault.pick // len(FAILURES) % 2 == 1


async def _refuse(connection: AsyncConnection, fault: Fault | None) -> None:
    if fault is not None and fault.mode is Mode.INSTEAD:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        driver.begin_with_next("SELECT refused")


class CountedDatabase(Database):
    """A real database of one process."""

    def __init__(self, real: Database, wire: Wire, life: Life) -> None:
        self._real = real
        self._wire = wire
        self._life = life

    @asynccontextmanager
    async def write(self, *, patient: bool = True) -> AsyncIterator[AsyncConnection]:
        fault = self._begin("write")
        async with self._real.write(patient=patient) as connection:
            await _refuse(connection, fault)
            yield connection
            self._life.check()  # killed meanwhile by another of its calls: nothing is committed any more
            if fault is not None and fault.mode is Mode.LOST:
                raise _failed(fault)
        if fault is not None and fault.mode is Mode.KILL_AFTER:
            self._life.kill()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        fault = self._begin("read")
        async with self._real.read() as connection:
            await _refuse(connection, fault)
            yield connection
        if fault is not None and fault.mode is Mode.LOST:
            raise _failed(fault)
        if fault is not None and fault.mode is Mode.KILL_AFTER:
            self._life.kill()

    def _begin(self, kind: str) -> Fault | None:
        self._life.check()
        fault = self._wire.number(kind, "transaction")
        if fault is not None and fault.mode is Mode.KILL_BEFORE:
            self._life.kill()
        if fault is not None and fault.mode is Mode.INSTEAD and not _inside(fault):
            raise _failed(fault)
        return fault

    async def close(self) -> None:
        await self._real.close()

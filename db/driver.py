"""aiosqlite with one visit to its thread a statement, where it makes four: cursor, statement, rows, end.

A visit wakes a thread and then the loop, which takes longer than most statements do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any, Self

import aiosqlite

Parameters = Sequence[Any]


class WholeCursor:
    """What SQLAlchemy asks of a cursor. A statement brings all its rows along, so nothing is left open behind it."""

    arraysize = 1

    def __init__(self, connection: WholeConnection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Parameters = ()) -> None:
        """Run it and fetch its rows."""
        self._take(*await self._connection.visit(lambda real: real.execute(statement, parameters)))

    async def executemany(self, statement: str, parameters: Iterable[Parameters]) -> None:
        """Run it once with each."""
        self._take(*await self._connection.visit(lambda real: real.executemany(statement, parameters)))

    async def fetchall(self) -> list[Any]:
        """What the statement brought and was not asked for yet."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """There is nothing to close."""

    def _take(self, cursor: sqlite3.Cursor, rows: list[Any]) -> None:
        self._rows = rows
        self.description = cursor.description
        self.rowcount = cursor.rowcount
        self.lastrowid = cursor.lastrowid


class WholeConnection(aiosqlite.Connection):
    """A connection that begins a transaction where it is told to; SQLAlchemy ends it."""

    def __init__(self, file: str) -> None:
        super().__init__(partial(sqlite3.connect, file, isolation_level=None), iter_chunk_size=1)
        self._thread.daemon = True
        self._opening: str | None = None
        self._tries = 1

    def begin_with_next(self, opening: str, tries: int = 1) -> None:
        """Run `opening` right before the next statement, on the same visit; again while another process is in it."""
        self._opening = opening
        self._tries = tries

    def cursor(self) -> Any:
        """A `WholeCursor`, without a visit; aiosqlite's own type cannot be given back for it."""
        return WholeCursor(self)

    async def visit(self, work: Callable[[sqlite3.Connection], sqlite3.Cursor]) -> tuple[sqlite3.Cursor, list[Any]]:
        """Do `work` in the connection's thread; the cursor, and all its rows."""

        def whole() -> tuple[sqlite3.Cursor, list[Any]]:
            if self._opening is not None:
                self._conn.execute(self._opening)
                self._opening = None  # not before: where it failed, the next statement must not run without it
            cursor = work(self._conn)
            return cursor, cursor.fetchall()

        run: Callable[..., Awaitable[tuple[sqlite3.Cursor, list[Any]]]] = self._execute
        for _ in range(self._tries - 1 if self._opening else 0):
            try:
                return await run(whole)
            except sqlite3.OperationalError as error:
                if self._opening is None or error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
        return await run(whole)

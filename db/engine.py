"""Opens the database and its transactions; the only module that knows one SQL dialect from another.

SQLite: one writer connection behind an `asyncio.Lock` whose transactions begin IMMEDIATE (two of them must not read the
same and then both write), and a small pool of readers that cannot write. WAL, `synchronous=FULL`: a commit survives the
power cord, because the row that says "about to submit" guards money.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Integer, Table, event
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from db.driver import WholeConnection

ROW_ID: Final = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in a column called INTEGER."""

NEVER_REUSE_IDS: Final[dict[str, Any]] = {"sqlite_autoincrement": True}
"""A button's `custom_id` holds a row id for ever, so a deleted row's id must never be given to another."""


def only_where(condition: ColumnElement[bool]) -> dict[str, Any]:
    """For an `Index` of the few rows that fulfil `condition`."""
    return {"sqlite_where": condition}


def insert_new(table: Table) -> Insert:
    """An INSERT that leaves a row standing where one of its unique keys is taken."""
    return insert(table).on_conflict_do_nothing()


READERS: Final = 2
BUSY_TIMEOUT_MS: Final = 1000
"""How long a statement waits for another process's lock. Below the 1.5 s an interaction may spend on its insert."""

PATIENT_TRIES: Final = 60
"""A stage waits this often: what it has to record may have cost money, and must not be lost to a lock."""


class DatabaseError(Exception):
    """The database cannot be used; `str()` is one readable line."""


class Database:
    """One writer and a few readers on one database."""

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self._writer = writer
        self._reader = reader
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def write(self, *, patient: bool = True) -> AsyncIterator[AsyncConnection]:
        """A transaction that may write, one at a time; committed at the block's end, undone if it is left early.

        Its first statement, also one that only reads, takes the lock that keeps other processes from writing.

        Where another process holds the database, the patient wait a minute, others `BUSY_TIMEOUT_MS`. Whoever is
        cancelled during the commit, or told that it failed, must treat the outcome as unknown: it may have landed, and
        one whose sync failed may stand after a crash though nobody saw it before.
        """
        async with self._turn, self._writer.connect() as connection:
            _begin(connection, "BEGIN IMMEDIATE", PATIENT_TRIES if patient else 1)
            try:
                yield connection
            except BaseException:  # a cancelled task must not leave a transaction open for the next one
                await _to_the_end(connection.rollback())
                raise
            try:
                await _to_the_end(connection.commit())
            except Exception:  # some SQLite leaves open: the next BEGIN on this connection would fail
                await _to_the_end(connection.invalidate())
                raise

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A snapshot that cannot write; never waits for a writer."""
        async with self._reader.connect() as connection:
            _begin(connection, "BEGIN")
            try:
                yield connection
            finally:
                await _to_the_end(connection.rollback())

    async def close(self) -> None:
        """Close every connection; aiosqlite's threads would keep the process alive otherwise."""
        await self._reader.dispose()
        await self._writer.dispose()


def _begin(connection: AsyncConnection, opening: str, tries: int = 1) -> None:
    """At the first statement, on the same visit to the connection's thread: SQLAlchemy itself sends no BEGIN."""
    driver: Any = connection.sync_connection and connection.sync_connection.connection.driver_connection
    driver.begin_with_next(opening, tries)


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Await `work` to its end even if this task is cancelled meanwhile, then let the cancellation through."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled is not None:
        raise cancelled


def open_database(url: str) -> Database:
    """Engines for `url`; nothing is connected yet. Raises `DatabaseError` for a URL nobody can serve."""
    parsed = parse_url(url)
    return Database(_sqlite_engine(parsed, writes=True), _sqlite_engine(parsed, writes=False))


def parse_url(url: str) -> URL:
    """A checked URL with its async driver. Raises `DatabaseError`."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseError("DATABASE_URL is not a database address; an example: sqlite:///data/minstrel.db") from None
    is_file = parsed.database not in (None, "", ":memory:") and not parsed.host and not parsed.query
    if parsed.get_backend_name() != "sqlite" or not is_file:
        raise DatabaseError("DATABASE_URL must name an SQLite file, for example sqlite:///data/minstrel.db")
    return parsed.set(drivername="sqlite+aiosqlite")


def file_of(url: str) -> Path:
    """The database file of `url`."""
    return Path(str(parse_url(url).database))


def prepare_file(url: str) -> None:
    """Make the folder and the file, for their owner alone: members' words are in it. Raises `DatabaseError`."""
    path = file_of(url)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise DatabaseError(f"DATABASE_URL: cannot write {path}: {error.strerror}") from None


def _make_private(path: Path) -> None:
    """Before SQLite does, which would let all read it; what it lays beside a file takes that file's mode.

    One that stands is not opened: to close it again would free whatever lock this process holds on it.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


class ProcessLock:
    """Refuses a second bot on the same file; the system frees it when the process dies, however it dies.

    It is a lock on a side file, so `check` and readers still open the database itself.
    """

    def __init__(self, url: str) -> None:
        self._path = file_of(url).with_suffix(".lock")
        self._held: sqlite3.Connection | None = None

    def acquire(self) -> None:
        """Raises `DatabaseError` where another process holds it."""
        try:
            _make_private(self._path)
            held = sqlite3.connect(self._path, timeout=0, isolation_level=None)
        except (OSError, sqlite3.OperationalError) as error:
            raise DatabaseError(f"DATABASE_URL: cannot lock {self._path}: {error}") from None
        try:
            held.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            held.close()
            raise DatabaseError(
                f"DATABASE_URL: another Minstrel is running on this file ({self._path} is locked)"
            ) from None
        self._held = held

    def release(self) -> None:
        """Harmless when it is not held."""
        if self._held is not None:
            self._held.close()
            self._held = None


@contextmanager
def process_lock(url: str) -> Iterator[None]:
    """Hold the lock for a block. Raises `DatabaseError` where another process holds it."""
    prepare_file(url)
    lock = ProcessLock(url)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _sqlite_engine(url: URL, *, writes: bool) -> AsyncEngine:
    async def connect() -> WholeConnection:
        connection = WholeConnection(str(url.database))
        await connection
        return connection

    engine = create_async_engine(
        url,
        async_creator=connect,
        pool_size=1 if writes else READERS,
        max_overflow=0,
        pool_reset_on_return=None,  # every transaction here is ended before its connection goes back
        hide_parameters=True,  # an error's text would hold lyrics and tokens of interactions
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _set_up(connection: Any, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
        cursor.close()

    return engine

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import traceback
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from db import engine
from db.engine import Database, DatabaseError, ProcessLock, open_database, parse_url, prepare_file
from db.schema import meta
from tests.db.files import url_of

PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": engine.BUSY_TIMEOUT_MS}


async def pragmas(connection: AsyncConnection) -> dict[str, object]:
    return {name: await connection.scalar(text(f"PRAGMA {name}")) for name in (*PRAGMAS, "query_only")}


async def names(database: Database) -> list[str]:
    async with database.read() as conn:
        return list((await conn.execute(select(meta.c.name).order_by(meta.c.name))).scalars())


async def put(database: Database, name: str, *, patient: bool = True) -> None:
    async with database.write(patient=patient) as conn:
        await conn.execute(insert(meta).values(name=name, value="x"))


async def test_the_writer_survives_the_power_cord(database: Database) -> None:
    async with database.write() as conn:
        assert await pragmas(conn) == {**PRAGMAS, "query_only": 0}


async def test_every_reader_is_set_up_and_cannot_write(database: Database) -> None:
    async with database.read() as one, database.read() as other:
        for conn in (one, other):
            assert await pragmas(conn) == {**PRAGMAS, "query_only": 1}
            with pytest.raises(OperationalError, match="readonly"):
                await conn.execute(insert(meta).values(name="a", value="x"))
    assert await names(database) == []


async def test_a_writer_takes_its_lock_at_once(database: Database, database_file: Path) -> None:
    """A count followed by an insert is only safe so."""
    other = sqlite3.connect(database_file, timeout=0, isolation_level=None)
    async with database.write() as conn:
        await conn.scalar(select(meta.c.name))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()


async def test_a_reader_waits_for_no_writer_and_sees_nothing_half_done(database: Database) -> None:
    async with database.write() as conn:
        await conn.execute(insert(meta).values(name="a", value="x"))
        assert await names(database) == []
    assert await names(database) == ["a"]


async def test_a_count_before_an_insert_is_never_passed_by_two(database: Database) -> None:
    async def insert_unless_full(number: int) -> None:
        async with database.write() as conn:
            taken = len((await conn.execute(select(meta.c.name))).all())
            await asyncio.sleep(0)
            if taken < 1:
                await conn.execute(insert(meta).values(name=str(number), value="x"))

    await asyncio.gather(*(insert_unless_full(number) for number in range(20)))
    assert len(await names(database)) == 1


async def test_nor_by_two_processes_and_neither_of_them_fails(database: Database, database_file: Path) -> None:
    other = open_database(url_of(database_file))

    async def insert_unless_full(through: Database, number: int) -> None:
        async with through.write() as conn:
            taken = len((await conn.execute(select(meta.c.name))).all())
            await asyncio.sleep(0.01)
            if taken < 1:
                await conn.execute(insert(meta).values(name=str(number), value="x"))

    await asyncio.gather(*(insert_unless_full((database, other)[number % 2], number) for number in range(6)))
    assert len(await names(database)) == 1
    await other.close()


async def test_an_exception_undoes_the_whole_block(database: Database) -> None:
    async def fail_midway() -> None:
        async with database.write() as conn:
            await conn.execute(insert(meta).values(name="a", value="x"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_midway()
    await put(database, "b")
    assert await names(database) == ["b"]


async def test_a_row_that_breaks_a_rule_undoes_the_whole_block(database: Database) -> None:
    async def put_twice() -> None:
        async with database.write() as conn:
            await conn.execute(insert(meta).values(name="a", value="x"))
            await conn.execute(insert(meta).values(name="a", value="y"))

    with pytest.raises(IntegrityError):
        await put_twice()
    assert await names(database) == []


async def test_an_error_tells_the_statement_and_never_what_it_was_given(database: Database) -> None:
    """Lyrics and the tokens of interactions are among it, and an error's text goes into the log."""
    words = "canary"
    await put(database, words)
    with pytest.raises(IntegrityError, match="INSERT INTO meta") as taken:
        await put(database, words)
    with pytest.raises(OperationalError, match="INSERT INTO meta") as read_only:
        async with database.read() as conn:
            await conn.execute(insert(meta).values(name=words, value=words))
    for error in (taken.value, read_only.value):
        assert words not in str(error) + repr(error) + "".join(traceback.format_exception(error))


async def test_foreign_keys_hold(database: Database) -> None:
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        async with database.write() as conn:
            await conn.execute(text("INSERT INTO submissions (task_id, attempt, started_at) VALUES (99, 1, 0)"))


async def commit_what_cannot_be(database: Database) -> None:
    """SQLite refuses the commit and, unlike after a fault of the disk, leaves the transaction open."""
    async with database.write() as conn:
        await conn.execute(text("PRAGMA defer_foreign_keys = ON"))
        await conn.execute(insert(meta).values(name="a", value="x"))
        await conn.execute(text("INSERT INTO submissions (task_id, attempt, started_at) VALUES (99, 1, 0)"))


async def test_a_commit_that_fails_undoes_the_whole_block_and_the_next_one_works(database: Database) -> None:
    for name in ("b", "c"):
        with pytest.raises(IntegrityError, match="FOREIGN KEY"):
            await commit_what_cannot_be(database)
        await put(database, name)
    assert await names(database) == ["b", "c"]
    async with database.write() as conn:
        assert await pragmas(conn) == {**PRAGMAS, "query_only": 0}


async def test_commits_that_fail_leave_no_thread_behind(database: Database) -> None:
    await put(database, "a")
    before = threading.active_count()
    for _ in range(3):
        with pytest.raises(IntegrityError):
            await commit_what_cannot_be(database)
    await put(database, "b")
    async with asyncio.timeout(5):
        while threading.active_count() > before:
            await asyncio.sleep(0.001)


async def test_cancelled_during_a_commit_that_fails_it_leaves_nothing_open(database: Database) -> None:
    chance = random.Random(22)
    for number in range(60):
        task = asyncio.create_task(commit_what_cannot_be(database))
        await asyncio.sleep(chance.uniform(0, 0.004))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await put(database, f"{number:02}")
    assert await names(database) == [f"{number:02}" for number in range(60)]


async def test_cancelled_anywhere_a_transaction_leaves_nothing_open_and_nothing_half_done(database: Database) -> None:
    chance = random.Random(20)

    async def two_rows(number: int) -> None:
        async with database.write() as conn:
            await conn.execute(insert(meta).values(name=f"{number}-a", value="x"))
            await conn.execute(insert(meta).values(name=f"{number}-b", value="x"))

    await put(database, "first")
    outcomes: list[BaseException | None] = []
    for number in range(400):
        task = asyncio.create_task(two_rows(number))
        await asyncio.sleep(chance.uniform(0, 0.003))
        task.cancel()
        outcomes += await asyncio.gather(task, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} <= {type(None), asyncio.CancelledError}
    assert sum(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes) > 40
    await put(database, "last")
    stored = await names(database)
    first_halves, second_halves = ({name[:-2] for name in stored if name.endswith(end)} for end in ("-a", "-b"))
    assert first_halves == second_halves
    assert {"first", "last"} <= set(stored)
    finished = {str(number) for number, outcome in enumerate(outcomes) if outcome is None}
    assert finished <= first_halves


async def test_cancelled_readers_leave_the_pool_whole(database: Database) -> None:
    chance = random.Random(21)
    for _ in range(100):
        task = asyncio.create_task(names(database))
        await asyncio.sleep(chance.uniform(0, 0.002))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(5), database.read() as one, database.read() as other:
        assert await one.scalar(text("SELECT 1")) == await other.scalar(text("SELECT 1"))


async def test_a_patient_writer_waits_for_another_process(
    database: Database, database_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 20)
    other = sqlite3.connect(database_file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(OperationalError, match="locked"):
        await put(database, "b", patient=False)
    waiting = asyncio.create_task(put(database, "a"))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    other.close()
    await asyncio.wait_for(waiting, 5)
    assert await names(database) == ["a"]


async def test_a_full_disk_is_an_error_and_not_a_wait(database: Database) -> None:
    async with database.write() as conn:
        await conn.execute(text("PRAGMA max_page_count = 1"))
    with pytest.raises(OperationalError, match="full"):
        async with database.write() as conn:
            await conn.execute(insert(meta).values(name="a", value="x" * 2_000_000))
    assert await names(database) == []


async def test_closed_it_leaves_no_thread_behind(database_file: Path) -> None:
    before = threading.active_count()
    database = open_database(url_of(database_file))
    await put(database, "a")
    assert await names(database) == ["a"]
    await database.close()
    async with asyncio.timeout(5):
        while threading.active_count() > before:
            await asyncio.sleep(0.001)


async def test_a_connection_that_cannot_be_set_up_leaves_no_thread_behind(tmp_path: Path) -> None:
    path = tmp_path / "minstrel.db"
    path.write_text("Dear diary, " * 100)
    before = threading.active_count()
    database = open_database(url_of(path))
    for _ in range(3):
        with pytest.raises(DBAPIError, match="not a database"):
            await put(database, "a")
        with pytest.raises(DBAPIError, match="not a database"):
            await names(database)
    await database.close()
    async with asyncio.timeout(5):
        while threading.active_count() > before:
            await asyncio.sleep(0.001)


async def test_connections_made_anew_are_set_up_like_the_first(database: Database) -> None:
    await put(database, "a")
    await database.close()
    async with database.write() as writer, database.read() as one, database.read() as other:
        assert await pragmas(writer) == {**PRAGMAS, "query_only": 0}
        assert [await pragmas(reader) for reader in (one, other)] == 2 * [{**PRAGMAS, "query_only": 1}]


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "minstrel.db"
    prepare_file(url_of(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_what_sqlite_lays_beside_the_file_is_its_owners_alone_too(tmp_path: Path) -> None:
    path = tmp_path / "minstrel.db"
    prepare_file(url_of(path))
    database = open_database(url_of(path))
    async with database.write() as conn:
        await conn.execute(text("CREATE TABLE t (x)"))
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    await database.close()
    assert modes == {"minstrel.db": 0o600, "minstrel.db-wal": 0o600, "minstrel.db-shm": 0o600}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite://host/minstrel.db",
        "sqlite:///minstrel.db?timeout=canary",
        "postgresql://user:canary@host/minstrel",
        "sqlite://user:canary@host:port/minstrel.db",
    ],
)
def test_an_address_nobody_can_serve_is_one_line_without_the_address(url: str) -> None:
    with pytest.raises(DatabaseError) as refused:
        parse_url(url)
    assert str(refused.value).startswith("DATABASE_URL ")
    assert "\n" not in str(refused.value)
    assert "canary" not in str(refused.value)


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"^DATABASE_URL: cannot write [^\n]+: Is a directory$"):
        prepare_file(url_of(tmp_path))


def test_a_folder_under_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseError, match=r"^DATABASE_URL: cannot write [^\n]+$"):
        prepare_file(url_of(tmp_path / "file" / "minstrel.db"))


def test_a_second_bot_on_the_same_file_is_refused(tmp_path: Path) -> None:
    first, second = (ProcessLock(url_of(tmp_path / "minstrel.db")) for _ in range(2))
    first.acquire()
    with pytest.raises(DatabaseError, match=r"^DATABASE_URL: another Minstrel is running on this file \([^\n]+\)$"):
        second.acquire()
    first.release()
    first.release()
    second.acquire()
    second.release()


def test_a_lock_that_cannot_be_laid_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"^DATABASE_URL: cannot lock [^\n]+$"):
        ProcessLock(url_of(tmp_path / "missing" / "minstrel.db")).acquire()


def test_a_dead_process_holds_no_lock(tmp_path: Path) -> None:
    url = url_of(tmp_path / "minstrel.db")
    code = f"from db.engine import ProcessLock; ProcessLock({url!r}).acquire(); print('held', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(DatabaseError):
            ProcessLock(url).acquire()
        os.kill(holder.pid, signal.SIGKILL)
    lock = ProcessLock(url)
    lock.acquire()
    lock.release()

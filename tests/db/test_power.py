"""The power cord is pulled: what was committed stands, because `synchronous=FULL` syncs before a commit returns."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from db.engine import Database
from db.schema import meta
from tests.db.disk import Disk


def names_in(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "minstrel.db")) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM meta ORDER BY rowid")]


async def test_every_commit_survives_the_power_cord_by_the_time_it_is_told(stored: Database, disk: Disk) -> None:
    for number in range(20):
        async with stored.write() as conn:
            await conn.execute(insert(meta).values(name=str(number), value="x" * 300 * number))
        assert names_in(disk.without_power()) == [str(one) for one in range(number + 1)]


async def test_commits_survive_while_the_log_is_emptied_into_the_file(stored: Database, disk: Disk) -> None:
    for number in range(4):
        async with stored.write() as conn:
            await conn.execute(insert(meta).values(name=str(number), value="x"))
        async with stored.write() as conn:
            # More than the 1000 pages at which the log is emptied.
            await conn.execute(text("UPDATE meta SET value = hex(zeroblob(1000000))"))
        assert names_in(disk.without_power()) == [str(one) for one in range(number + 1)]
    assert "sync minstrel.db" in disk.steps


def test_a_commit_that_syncs_nothing_would_not_survive(disk: Disk, database_file: Path) -> None:
    """The disk of these tests can tell: SQLite's usual advice for this kind of log loses what was committed."""
    disk.keep(database_file)
    with closing(sqlite3.connect(database_file, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=NORMAL")
        for name in ("a", "b"):
            connection.execute("INSERT INTO meta VALUES (?, 'x')", (name,))
        assert names_in(disk.without_power()) == []


async def test_what_is_left_early_does_not_come_back_with_the_power(stored: Database, disk: Disk) -> None:
    async def fail_midway() -> None:
        async with stored.write() as conn:
            await conn.execute(insert(meta).values(name="a", value="x"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_midway()
    assert names_in(disk.without_power()) == []

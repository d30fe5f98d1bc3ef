"""A file that fails under a bot that runs is told in one line."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from db import soundness
from db.engine import Database
from tests.db.rows import a_song


async def fill(database: Database) -> None:
    async with database.write() as conn:
        await conn.exec_driver_sql("PRAGMA max_page_count = 1")  # not below what it has
        for number in range(500):
            await a_song(conn, title=f"{number}" * 100)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_CORRUPT, "put a backup in its place"),
        (sqlite3.SQLITE_FULL, "make room on its disk"),
        (sqlite3.SQLITE_IOERR_FSYNC, "look at its disk"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "cannot be written"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "another program"),
        (sqlite3.SQLITE_ERROR, "cannot be used (broken)"),
    ],
)
def test_every_kind_of_fault_of_the_file_says_what_to_do(code: int, words: str) -> None:
    broken = sqlite3.OperationalError("broken")
    broken.sqlite_errorcode = code
    said = soundness.complaint("sqlite:///data/m.db", OperationalError("SELECT secret", {}, broken))
    assert said is not None
    assert said.startswith("DATABASE_URL: data/m.db ")
    assert words in said
    assert "secret" not in said


def test_what_is_no_fault_of_the_file_is_none_of_its_business() -> None:
    assert soundness.complaint("sqlite:///data/m.db", ValueError("x")) is None


async def test_a_disk_that_is_full_is_told_as_such(database: Database) -> None:
    with pytest.raises(DBAPIError) as full:
        await fill(database)
    said = soundness.complaint("sqlite:///m.db", full.value)
    assert said is not None
    assert "make room" in said

"""A database that cannot be trusted is refused before anything is written into it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from db import soundness
from db.engine import Database, DatabaseError
from tests.db.files import url_of
from tests.db.rows import a_song

PAGE = 4096


def spoil(file: Path, page: int) -> None:
    """Overwrite one page as a dying disk would."""
    with file.open("r+b") as opened:
        opened.seek(page * PAGE)
        opened.write(b"\xa5" * PAGE)


async def fill(database: Database) -> None:
    async with database.write() as conn:
        await conn.exec_driver_sql("PRAGMA max_page_count = 1")  # not below what it has
        for number in range(500):
            await a_song(conn, title=f"{number}" * 100)


def test_a_sound_file_and_one_that_is_not_there_yet_pass(database_file: Path, tmp_path: Path) -> None:
    soundness.check_whole(url_of(database_file))
    soundness.check_whole(url_of(tmp_path / "new" / "minstrel.db"))


@pytest.mark.parametrize("page", [0, 3, 7])
def test_a_spoilt_page_is_refused_in_one_line_that_asks_for_a_backup(database_file: Path, page: int) -> None:
    with closing(sqlite3.connect(database_file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    spoil(database_file, page)
    before = database_file.read_bytes()
    with pytest.raises(DatabaseError) as refused:
        soundness.check_whole(url_of(database_file))
    line = str(refused.value)
    assert "\n" not in line
    assert line.startswith(f"DATABASE_URL: {database_file} is damaged (")
    assert "put a backup in its place" in line
    assert database_file.read_bytes() == before


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

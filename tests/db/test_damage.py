"""A damaged file is refused at the start, in one line that says what to put in its place."""

from __future__ import annotations

import ctypes
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from db import migrate
from db.engine import DatabaseError, open_database
from db.schema import meta
from tests.db.files import url_of

PAGE = 4096
DAMAGED = re.compile(
    r"DATABASE_URL: [^\n]+ (is damaged|cannot be read as a database): [^\n]+ put your last backup in [^\n]+"
)
KEPT_BY_ROOT_ALONE = 1
"""The capability to write what a file's mode forbids (CAP_DAC_OVERRIDE)."""


def flip(path: Path, at: int, bits: int = 0xFF) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        (byte,) = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ bits]))


@pytest.fixture
def full_file(database_file: Path) -> Path:
    """Not in WAL mode, so that all of it lies in one file."""
    with closing(sqlite3.connect(database_file)) as connection, connection:
        connection.executemany("INSERT INTO meta VALUES (?, ?)", [(f"name {n}", "x" * 500) for n in range(200)])
    return database_file


def test_a_broken_page_is_refused_whichever_it_is(full_file: Path) -> None:
    whole = full_file.read_bytes()
    pages = len(whole) // PAGE
    assert pages > 50
    for page in range(pages):
        full_file.write_bytes(whole)
        flip(full_file, page * PAGE)
        with pytest.raises(DatabaseError) as refused:
            migrate.is_current(url_of(full_file))
        assert DAMAGED.fullmatch(str(refused.value)), str(refused.value)


def test_a_flipped_bit_anywhere_is_refused_or_harmless_to_the_structure(full_file: Path) -> None:
    """What lies inside a text, SQLite keeps no sum of: such a flip nobody can see."""
    whole, chance = full_file.read_bytes(), random.Random(7)
    lines: list[str] = []
    for _ in range(400):
        full_file.write_bytes(whole)
        flip(full_file, chance.randrange(len(whole)), 1 << chance.randrange(8))
        try:
            migrate.is_current(url_of(full_file))
        except DatabaseError as error:
            lines.append(str(error))
    assert lines
    assert not any("\n" in line for line in lines)


def test_a_file_that_was_cut_short_is_refused(full_file: Path) -> None:
    os.truncate(full_file, full_file.stat().st_size // 2)
    with pytest.raises(DatabaseError, match="is damaged"):
        migrate.is_current(url_of(full_file))


def test_the_newest_copy_beside_it_is_named_and_nothing_else(full_file: Path) -> None:
    for name, age in (("minstrel-monday.db", 20), ("minstrel.db.tuesday", 10), ("other.db", 5)):
        copy = Path(shutil.copy(full_file, full_file.with_name(name)))
        os.utime(copy, (copy.stat().st_atime, copy.stat().st_mtime - age))
    full_file.with_name("minstrel.txt").write_text("notes")
    flip(full_file, PAGE)
    with pytest.raises(DatabaseError) as refused:
        migrate.is_current(url_of(full_file))
    assert str(refused.value).endswith(f"(the newest copy beside it is {full_file.with_name('minstrel.db.tuesday')})")


def test_without_a_copy_beside_it_that_is_said(full_file: Path) -> None:
    flip(full_file, PAGE)
    with pytest.raises(DatabaseError, match=r"\(no copy lies beside it\)$"):
        migrate.is_current(url_of(full_file))


def test_a_restored_copy_starts_by_itself(full_file: Path) -> None:
    backup = Path(shutil.copy(full_file, full_file.with_name("minstrel.db.backup")))
    flip(full_file, PAGE)
    backup.replace(full_file)
    assert migrate.is_current(url_of(full_file))


async def _left_by_a_crash(database_file: Path) -> Path:
    """A copy of a database whose last commits lie in its log alone."""
    database = open_database(url_of(database_file))
    async with database.write() as conn:
        await conn.execute(insert(meta).values(name="a", value="x"))
    crashed = database_file.with_name("crashed")
    crashed.mkdir()
    for file in database_file.parent.glob("minstrel.db*"):
        shutil.copy(file, crashed)
    await database.close()
    assert {file.name for file in crashed.iterdir()} >= {"minstrel.db", "minstrel.db-wal", "minstrel.db-shm"}
    return crashed / "minstrel.db"


async def _names(path: Path) -> list[str]:
    assert migrate.is_current(url_of(path))
    database = open_database(url_of(path))
    async with database.read() as conn:
        found = list((await conn.execute(select(meta.c.name))).scalars())
    await database.close()
    return found


async def test_a_missing_index_of_the_log_costs_nothing(database_file: Path) -> None:
    path = await _left_by_a_crash(database_file)
    path.with_name("minstrel.db-shm").unlink()
    assert await _names(path) == ["a"]


async def test_a_missing_log_costs_what_was_in_it_and_the_rest_is_whole(database_file: Path) -> None:
    path = await _left_by_a_crash(database_file)
    path.with_name("minstrel.db-shm").unlink()
    path.with_name("minstrel.db-wal").unlink()
    assert await _names(path) == []


async def test_a_log_cut_in_its_last_commit_loses_that_commit_whole(database_file: Path) -> None:
    path = await _left_by_a_crash(database_file)
    log = path.with_name("minstrel.db-wal")
    os.truncate(log, log.stat().st_size - 100)
    assert await _names(path) == []


def _bound_by_modes() -> None:
    """In the child: even root may then write only what the file's mode allows. Others are bound anyway."""
    drop_from_what_may_be_gained = 24
    ctypes.CDLL(None).prctl(drop_from_what_may_be_gained, KEPT_BY_ROOT_ALONE, 0, 0, 0)


@pytest.mark.parametrize("mode", [0o400, 0o000], ids=["read-only", "closed"])
def test_a_file_that_may_not_be_written_is_one_line(database_file: Path, mode: int) -> None:
    database_file.chmod(mode)
    code = "import sys; from db import migrate; migrate.is_current(sys.argv[1])"
    ended = subprocess.run(
        [sys.executable, "-c", code, url_of(database_file)],
        preexec_fn=_bound_by_modes,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 1
    last = ended.stderr.splitlines()[-1]
    assert last == f"db.engine.DatabaseError: DATABASE_URL: cannot write {database_file}: Permission denied"

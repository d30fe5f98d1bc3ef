"""A disk that fails: what is told as done is done, what is not told as done is undone, and the next one works."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from db import soundness
from db.engine import Database
from db.schema import meta
from tests.db.disk import Disk
from tests.db.files import url_of


async def put(database: Database, name: str) -> None:
    async with database.write() as conn:
        await conn.execute(insert(meta).values(name=name, value="x"))


async def names(database: Database) -> list[str]:
    async with database.read() as conn:
        return list((await conn.execute(select(meta.c.name).order_by(meta.c.name))).scalars())


@pytest.mark.parametrize("full", [False, True], ids=["broken", "full"])
@pytest.mark.parametrize("times", [1, 1000], ids=["once", "for good"])
async def test_whichever_write_or_sync_fails_a_commit_is_whole_or_undone(
    stored: Database, disk: Disk, times: int, full: bool
) -> None:
    done: list[str] = []
    said: set[str] = set()
    for at in range(1, 50):
        disk.fail(at, times=times, full=full)
        try:
            await put(stored, f"{at:02}")
            done.append(f"{at:02}")
        except OperationalError as error:
            said.add(str(error.orig))
        disk.heal()
        assert await names(stored) == done
        if not disk.failed:
            break
    else:
        raise AssertionError("the fault never came too late")
    assert said == {"database or disk is full" if full else "disk I/O error"}
    await put(stored, "last")
    assert await names(stored) == [*done, "last"]


async def test_a_commit_whose_sync_failed_may_stand_after_a_crash_all_the_same(
    stored: Database, disk: Disk, database_file: Path, tmp_path: Path
) -> None:
    """Why a commit that is told to have failed counts as unknown, never as undone."""
    await put(stored, "first")
    assert await names(stored) == [
        "first"
    ]  # a reader stays, as in a bot that runs: the last to close tidies the file up
    disk.fail(0)
    await put(stored, "second")
    last_sync = max(number for number, step in enumerate(disk.steps, 1) if step == "sync minstrel.db-wal")
    disk.fail(last_sync)
    with pytest.raises(OperationalError, match="disk I/O error"):
        await put(stored, "third")
    assert await names(stored) == ["first", "second"]
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for file in (database_file, database_file.with_name("minstrel.db-wal")):
        shutil.copy(file, crashed)
    with closing(sqlite3.connect(crashed / "minstrel.db")) as connection:
        assert [name for (name,) in connection.execute("SELECT name FROM meta")] == ["first", "second", "third"]


async def test_a_file_that_may_not_grow_refuses_what_has_no_room_and_goes_on_once_it_has(database: Database) -> None:
    async def room(pages: str) -> None:
        async with database.write() as conn:
            await conn.execute(text(f"PRAGMA max_page_count = {pages}"))

    async def fill() -> None:
        for number in range(10_000):
            await put(database, f"{number:05}" + "x" * 400)

    await room("1")  # as many as there are
    with pytest.raises(OperationalError, match="full"):
        await fill()
    stored_until_then = await names(database)
    assert stored_until_then == sorted(stored_until_then)
    await room("1000000")
    await put(database, "last")
    assert await names(database) == [*stored_until_then, "last"]


async def test_a_fault_of_the_disk_is_told_with_what_to_do(stored: Database, disk: Disk, database_file: Path) -> None:
    disk.fail(1)
    with pytest.raises(OperationalError) as broken:
        await put(stored, "a")
    said = (
        f"DATABASE_URL: {database_file} cannot be read or written (disk I/O error); look at its disk, then start again"
    )
    assert soundness.complaint(url_of(database_file), broken.value) == said


async def test_a_page_that_turns_bad_under_a_bot_asks_for_a_backup(database_file: Path) -> None:
    broken = sqlite3.DatabaseError("database disk image is malformed")
    broken.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    told = soundness.complaint(url_of(database_file), DBAPIError.instance("SELECT 1", {}, broken, sqlite3.Error))
    assert told is not None
    assert "put a backup in its place" in told


async def test_a_fault_of_ours_is_not_laid_at_the_disk_s_door(database: Database, database_file: Path) -> None:
    await put(database, "a")
    with pytest.raises(IntegrityError) as ours:
        await put(database, "a")
    assert soundness.complaint(url_of(database_file), ours.value) is None

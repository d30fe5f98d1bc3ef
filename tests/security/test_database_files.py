"""Members' words lie in files: readable by the bot's own user and nobody else, whatever the umask."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.errors import MediaUnclear
from db.engine import DatabaseError, ProcessLock, open_database, process_lock
from db.migrate import upgrade
from tests.bot.world import World
from tests.db.files import url_of


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes_in(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


async def test_the_database_and_everything_beside_it_are_their_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    url = url_of(folder / "minstrel.db")
    with process_lock(url):
        upgrade(url)
        database = open_database(url)
        async with database.write() as conn:
            await conn.execute(text("INSERT INTO meta VALUES ('name', 'value')"))
            modes = modes_in(folder)
        await database.close()
    names = {"minstrel.db", "minstrel.db-wal", "minstrel.db-shm", "minstrel.lock"}
    assert modes.keys() >= names
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    """It may be a volume that somebody else looks after."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    with process_lock(url_of(folder / "minstrel.db")):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_a_lock_that_is_held_outlives_a_second_try_of_the_same_process(tmp_path: Path) -> None:
    """Closing any handle of a file frees every lock of the process on it: POSIX, fcntl(2)."""
    url = url_of(tmp_path / "minstrel.db")
    code = f"from db.engine import ProcessLock; ProcessLock({url!r}).acquire()"
    with process_lock(url):
        with pytest.raises(DatabaseError):
            ProcessLock(url).acquire()
        other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "another Minstrel is running" in other.stderr


async def test_a_file_on_its_way_lies_in_a_folder_of_its_own_that_is_gone_afterwards(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    modes = []

    async def look() -> None:
        modes.append({stat.S_IMODE(path.stat().st_mode) for path in scratch.iterdir()})

    world.messenger.before_post = look
    await world.finished()
    world.media.fail(MediaUnclear())
    await world.deliver(after_s=0)
    await world.deliver(after_s=600)

    assert modes
    assert all(found == {0o700} for found in modes)
    assert list(scratch.iterdir()) == []

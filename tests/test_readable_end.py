"""However the process ends by itself, it is one line: which part, what kind of fault, and what to do."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from bot import app
from bot.errors import Offline, SettingsError, StageEnded
from db.engine import DatabaseError
from db.migrate import upgrade
from tests.town import Town, open_town

ENDED_WITHIN_S = 20


@asynccontextmanager
async def a_town(folder: Path, **settings: str) -> AsyncIterator[Town]:
    async with open_town(folder, canned=True, generation_ms=60_000, **settings) as town:
        yield town


async def ended(town: Town) -> tuple[int, list[str]]:
    """The exit code, and what was said from the end on."""
    code = await town.bot.wait(ENDED_WITHIN_S)
    return code, [line for line in town.bot.lines if line.startswith("minstrel: ")]


def refuse(database: Path, table: str, what: str = "UPDATE") -> None:
    """From now on every change of this table fails, as a fault of ours would."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(f"CREATE TRIGGER refuse BEFORE {what} ON {table} BEGIN SELECT RAISE(ABORT, 'canary'); END")


@pytest.mark.parametrize("level", ["info", "debug"])
async def test_a_stage_that_dies_ends_the_process_in_one_line(tmp_path: Path, level: str) -> None:
    async with a_town(tmp_path, LOG_LEVEL=level) as town:
        refuse(town.database, "submissions", "INSERT")
        await town.member("ben").run("song", lyrics="[Verse]\nla", title="Fall")
        code, said = await ended(town)
        assert code == 1
        (line,) = said
        assert line.startswith("minstrel: the submit stage ended: IntegrityError. Nothing is lost: start it again")
        assert any("Traceback" in line for line in town.bot.lines) == (level == "debug")


def bot(folder: Path, command: str = "run") -> subprocess.CompletedProcess[str]:
    settings = {
        "DISCORD_TOKEN": "token",
        "MUSICMINT_API_KEY": "sk-mm-key",
        "MUSICMINT_BASE_URL": "http://127.0.0.1:9",
        "DISCORD_API_URL": "http://127.0.0.1:9/api/v10",
        "WEB_PORT": "0",
        "DATABASE_URL": f"sqlite:///{folder / 'minstrel.db'}",
    }
    return subprocess.run(
        [sys.executable, "-m", "bot", command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("page", [0, 4])
def test_a_damaged_database_is_refused_before_anything_begins(tmp_path: Path, page: int) -> None:
    database = tmp_path / "minstrel.db"
    upgrade(f"sqlite:///{database}")
    with database.open("r+b") as opened:
        opened.seek(page * 4096)
        opened.write(b"\xa5" * 4096)
    before = database.read_bytes()
    done = bot(tmp_path)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert re.match(
        rf"minstrel: DATABASE_URL: {re.escape(str(database))} (is damaged|cannot be read as a database): ", line
    )
    assert "put your last backup in its place" in line
    assert database.read_bytes() == before


def test_a_table_that_is_gone_is_one_line_too(tmp_path: Path) -> None:
    """The rows are recovered before any stage runs; what fails there is told as the start's."""
    database = tmp_path / "minstrel.db"
    upgrade(f"sqlite:///{database}")
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DROP TABLE meta")
    done = bot(tmp_path)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("minstrel: ")]
    assert line == f"minstrel: the start ended: DATABASE_URL: {database} cannot be used (no such table: meta)"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("note", "part"), [("the poll stage", "the poll stage"), (None, "the start")])
def test_a_fault_of_ours_names_its_part_and_its_kind_and_no_value(note: str | None, part: str) -> None:
    fault = ValueError("a member's words")
    if note is not None:
        fault.add_note(note)
    with pytest.raises(StageEnded) as told, app._readable_end("sqlite:///m.db"):
        raise fault
    assert str(told.value) == f"{part} ended: ValueError. {app.WHAT_TO_DO}"
    assert told.value.__cause__ is fault


@pytest.mark.parametrize("error", [SettingsError("WEB_PORT: taken"), Offline("OSError"), DatabaseError("locked")])
def test_what_is_readable_already_stays_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as told, app._readable_end("sqlite:///m.db"):
        raise error
    assert told.value is error

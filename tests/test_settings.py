"""Wrong settings: one line that names the variable, an exit code, no traceback, no secret."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.__main__ import main

SECRET = "sk-mm-canary-5d1f"
WELL = {
    "DISCORD_TOKEN": "canary-token-77",
    "MUSICMINT_API_KEY": SECRET,
    "MUSICMINT_BASE_URL": "http://127.0.0.1:9",
    "DISCORD_API_URL": "http://127.0.0.1:9/api/v10",
    "WEB_PORT": "0",
}


BROKEN = [
    ("DISCORD_TOKEN", None),
    ("DISCORD_TOKEN", "two words"),
    ("MUSICMINT_API_KEY", None),
    ("MUSICMINT_API_KEY", f"{SECRET}\n"),
    ("MUSICMINT_BASE_URL", None),
    ("MUSICMINT_BASE_URL", "ftp://somewhere"),
    ("MUSICMINT_BASE_URL", "music"),
    ("DATABASE_URL", "postgresql://u:hunter2@h/d"),
    ("DATABASE_URL", "nonsense"),
    ("DATABASE_URL", "sqlite:////proc/none/minstrel.db"),
    ("RETENTION_DAYS", "31"),
    ("RETENTION_DAYS", "many"),
    ("POLL_SECONDS", "0"),
    ("WEB_PORT", "99999"),
    ("LOG_LEVEL", "loud"),
    ("DISCORD_GATEWAY_URL", "http://x"),
    ("MEDIA_ORIGINS", "127.0.0.1:8801"),
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An operator's folder and environment in which everything is set."""
    for name in list(os.environ):
        if name not in ("PATH", "HOME"):
            monkeypatch.delenv(name)
    for name, value in WELL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    # The program points the whole process at other addresses; the next test must not inherit them.
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
    return tmp_path


def check_complaint(code: int, said: str, name: str) -> None:
    lines = [line for line in said.splitlines() if line.startswith(("minstrel:", "MEND"))]
    assert code == 2, said
    assert sum(name in line for line in lines) == 1, said
    assert "Traceback" not in said
    assert not any(secret in said for secret in (SECRET, "hunter2", "canary-token")), said


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize(("name", "value"), BROKEN)
def test_a_wrong_setting_ends_in_one_line_that_names_it(
    here: Path,
    command: str,
    name: str,
    value: str | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    code = main([command])
    captured = capsys.readouterr()
    check_complaint(code, captured.out + captured.err, name)
    assert not (here / "data").exists() or name != "DATABASE_URL"


def bot(command: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **WELL, **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("command", ["run", "check"])
def test_the_program_itself_exits_with_that_line(command: str, tmp_path: Path) -> None:
    ended = bot(command, tmp_path, RETENTION_DAYS="90")
    check_complaint(ended.returncode, ended.stdout + ended.stderr, "RETENTION_DAYS")


def test_a_discord_that_cannot_be_reached_ends_in_one_line_and_another_code(tmp_path: Path) -> None:
    ended = bot("run", tmp_path)
    assert ended.returncode == 1
    assert "minstrel: Discord cannot be reached" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_database_of_a_newer_minstrel_is_refused(tmp_path: Path) -> None:
    assert bot("migrate", tmp_path).returncode == 0
    with closing(sqlite3.connect(tmp_path / "data" / "minstrel.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    ended = bot("run", tmp_path)
    assert ended.returncode == 2
    assert "newer Minstrel" in ended.stderr


def test_a_damaged_database_is_refused_and_the_copy_to_put_in_its_place_named(tmp_path: Path) -> None:
    assert bot("migrate", tmp_path).returncode == 0
    file = tmp_path / "data" / "minstrel.db"
    copy = Path(shutil.copy(file, file.with_name("minstrel.db.monday")))
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" + whole[4097:])
    ended = bot("run", tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.count("is damaged") == 1
    assert copy.name in ended.stderr
    assert "Traceback" not in ended.stderr
    assert file.read_bytes()[4096] == 0xFF

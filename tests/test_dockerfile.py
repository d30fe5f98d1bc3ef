"""What the image promises, read from its recipe: two stages, a locked install, no root, a volume, signals arrive."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bot.app import FINISH_WITHIN_S
from tests.town import open_town

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
LINES = [line.split(maxsplit=1) for line in TEXT.splitlines() if line and not line.startswith("#")]


def told(word: str) -> list[str]:
    return [rest for name, rest in LINES if name == word]


def test_the_second_stage_takes_only_the_installed_environment_and_the_bot() -> None:
    assert len(told("FROM")) == 2
    copied = [shlex.split(rest) for rest in told("COPY")]
    assert copied[1:] == [["--from=install", "/venv", "/venv"], ["bot", "bot"], ["cogs", "cogs"], ["db", "db"]]


def test_everything_is_installed_by_hash() -> None:
    (install,) = [run for run in told("RUN") if "pip install" in run]
    assert "--require-hashes" in install
    lock = (ROOT / "requirements.txt").read_text()
    pinned = [entry for entry in re.split(r"\n(?=\S)", lock.strip()) if "==" in entry]
    assert len(pinned) > 20
    assert all("--hash=sha256:" in entry for entry in pinned)


def test_it_runs_without_root_on_a_volume() -> None:
    assert told("USER") == ["minstrel"]
    assert told("VOLUME") == ["/data"]
    assert "DATABASE_URL=sqlite:////data/" in " ".join(told("ENV"))


def test_signals_reach_python_because_no_shell_stands_between() -> None:
    assert json.loads(told("ENTRYPOINT")[0]) == ["python", "-m", "bot"]
    assert json.loads(told("CMD")[0]) == ["run"]
    assert FINISH_WITHIN_S < 8


@pytest.mark.skipif(sys.platform == "win32", reason="the image is Linux")
async def test_the_health_check_of_the_image_passes_while_the_bot_runs_and_fails_after(tmp_path: Path) -> None:
    (check,) = told("HEALTHCHECK")
    command: list[str] = json.loads(check.split("CMD", 1)[1])

    def is_healthy(port: str) -> bool:
        ended = subprocess.run(
            [sys.executable, *command[1:]], env=os.environ | {"WEB_PORT": port}, capture_output=True, check=False
        )
        return ended.returncode == 0

    async with open_town(tmp_path, canned=True) as town:
        (port,) = re.findall(r"web server listening.* port=(\d+)", "\n".join(town.bot.lines))
        assert is_healthy(port)
        assert await town.bot.stop() == 0
        assert not is_healthy(port)

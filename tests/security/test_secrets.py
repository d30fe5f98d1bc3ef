"""Secrets come from the environment or a file, and nothing shows them: no flag, no process list, no repr, no error."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot import __main__ as program
from bot.app import App
from bot.client import MinstrelBot
from bot.config import Settings, load_settings
from bot.errors import SettingsError
from bot.metrics import Metrics
from bot.musicmint.callback import CallbackAddress
from tests.bot.world import World
from tests.cogs.house import BOOK

ROOT = Path(__file__).parent.parent.parent
CANARIES = {
    "DISCORD_TOKEN": "canary-token-1",
    "MUSICMINT_API_KEY": "sk-mm-canary-2",
    "MUSICMINT_SIGNING_SECRET": "whsec_canary-3",
    "MUSICMINT_SIGNING_SECRET_OLD": "whsec_canary-5",
    "CALLBACK_SECRET": "canary-secret-4",
}
WELL = CANARIES | {"MUSICMINT_BASE_URL": "http://127.0.0.1:9", "CALLBACK_URL": "https://bot.example"}


@pytest.fixture
def well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name, value in WELL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(*things: object) -> list[str]:
    """The canaries in whatever Python would print of these."""
    text = " ".join(f"{thing} {thing!r}" for thing in things)
    return [canary for canary in CANARIES.values() if canary in text]


def test_every_setting_that_is_a_secret_is_one_by_its_type(well: Path) -> None:
    settings = load_settings(None)
    secret = {name for name in type(settings).model_fields if isinstance(getattr(settings, name), SecretStr)}
    assert secret == {name.lower() for name in CANARIES}
    others = set(type(settings).model_fields) - secret
    assert not any(word in name for name in others for word in ("token", "secret", "key", "password"))


def test_settings_show_no_secret_however_they_are_printed(well: Path) -> None:
    settings = load_settings(None)
    address = CallbackAddress("https://bot.example", CANARIES["CALLBACK_SECRET"])
    assert shown(settings, settings.model_dump(), settings.model_dump_json(), vars(settings), address) == []


async def test_nothing_that_carries_a_token_prints_it(world: World) -> None:
    """An interaction's token lets anybody answer in the bot's name for a quarter of an hour."""
    canary = CANARIES["DISCORD_TOKEN"]
    ask = replace(world.an_ask(), interaction_token=canary)
    card = await world.service.ask(ask)
    assert card.task.interaction_token == canary
    running = App(MinstrelBot(BOOK, retention_days=30), (), canary, None, world.database, Metrics())
    assert shown(ask, card, card.task, running) == []


@pytest.mark.parametrize("name", CANARIES)
@pytest.mark.parametrize("broken", ["{} {}", "{}\n", "{}\x07", "\u00e9{}"])
def test_no_refusal_of_a_setting_shows_any_secret(
    well: Path, monkeypatch: pytest.MonkeyPatch, name: str, broken: str
) -> None:
    monkeypatch.setenv(name, broken.format(CANARIES[name], CANARIES[name]))
    with pytest.raises(SettingsError) as refused:
        load_settings(None)
    error = refused.value
    assert name in str(error)
    assert shown(error, error.__cause__, error.arguments, *error.args) == []


def test_the_program_takes_no_secret_as_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever may list processes would read it."""
    for command in program.COMMANDS:
        with pytest.raises(SystemExit):
            program.main([command, "--help"])
        usage = capsys.readouterr().out.partition("\n")[0]
        assert usage == f"usage: python -m bot {command} [-h]"


def test_the_child_that_migrates_gets_none_either(well: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def start(arguments: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        seen.extend(arguments)
        return subprocess.CompletedProcess(arguments, program.FAILED)

    monkeypatch.setattr(subprocess, "run", start)
    assert program.main(["run"]) == program.FAILED
    assert seen == [sys.executable, "-m", "bot", "migrate"]


def test_the_example_of_the_settings_holds_none() -> None:
    example = (ROOT / ".env.example").read_text()
    told = dict(line.split("=", 1) for line in example.splitlines() if "=" in line and not line.startswith("#"))
    assert [name for name in CANARIES if told.get(name)] == []
    assert set(CANARIES) <= {name.upper() for name in Settings.model_fields}


def test_what_holds_them_never_reaches_the_repository() -> None:
    ignored = (ROOT / ".gitignore").read_text().split()
    assert ".env" in ignored
    assert any(line.strip("/") == "data" for line in ignored)

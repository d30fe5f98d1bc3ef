"""The README tells of the settings, commands and numbers that exist, and of no others."""

from __future__ import annotations

import asyncio
import re
import tomllib
from pathlib import Path
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.__main__ import COMMANDS
from bot.client import REQUIRED_PERMISSIONS, MinstrelBot
from bot.config import Settings
from bot.musicmint import endpoints
from bot.phrasebook import Phrasebook
from sandbox.plan import Plan

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def rows(heading: str) -> dict[str, list[str]]:
    """The table below a heading, by its first cell without code marks."""
    part = README.split(f"{heading}\n", 1)[1].split("\n#", 1)[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")
    ]
    return {row[0].strip("`"): row[1:] for row in cells[2:]}


def commands() -> dict[str, app_commands.Command[Any, ..., Any]]:
    """Every slash command by its whole name, those of groups too."""

    async def collect() -> dict[str, app_commands.Command[Any, ..., Any]]:
        bot = MinstrelBot(Phrasebook(), retention_days=7)
        await bot.load_extension("cogs")
        found = (one for one in bot.tree.walk_commands() if isinstance(one, app_commands.Command))
        return {f"/{command.qualified_name}": command for command in found}

    return asyncio.run(collect())


def test_every_setting_stands_in_the_table_with_its_default_and_purpose() -> None:
    told = rows("### Settings")
    assert set(told) == {name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        default, purpose = told[name.upper()]
        assert purpose == field.description
        if field.is_required():
            assert default == "required"
        elif field.default in (None, ""):
            assert default == ""
        else:
            assert default.strip("`") == str(field.default).removesuffix(".0")


def test_the_example_env_file_names_every_setting_and_no_other() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    named = {match[1]: match[2] for line in lines if (match := re.match(r"#? ?([A-Z_]+)=(.*)", line))}
    assert set(named) == {name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        if not field.is_required():
            assert named[name.upper()] == str(field.default or "").removesuffix(".0")


def test_every_command_stands_in_the_table_with_the_options_it_names() -> None:
    told = rows("## What members type")
    found = commands()
    assert set(told) == set(found)
    for name, command in found.items():
        options = {parameter.display_name for parameter in command.parameters}
        assert set(re.findall(r"`(\w+)`", told[name][0])) <= options, name


def test_the_table_names_every_endpoint_of_the_api_beside_a_command_that_leads_to_it() -> None:
    told = {path for cells in rows("## What members type").values() for path in re.findall(r"`([\w/{}-]+)`", cells[1])}
    paths = {value.path for value in vars(endpoints).values() if isinstance(value, endpoints.Endpoint)}
    inferred = endpoints.InferredPaths()
    known = {
        path.removeprefix("/api/v1/").partition("?")[0] for path in paths | {inferred.add_instrumental, inferred.sample}
    }
    assert told == known
    assert len(told) == 20


def test_permissions_and_invite_are_those_the_bot_asks_for() -> None:
    assert str(REQUIRED_PERMISSIONS.value) in README
    (invite,) = re.findall(r"oauth2/authorize\S+permissions=(\d+)", README)
    asked = discord.Permissions(int(invite))
    assert asked.value == REQUIRED_PERMISSIONS.value | discord.Permissions(pin_messages=True).value


def test_the_python_version_is_the_one_the_package_requires() -> None:
    (needed,) = re.findall(r"Python (3\.\d+) or newer", README)
    assert PYPROJECT["project"]["requires-python"] == f">={needed}"


def test_every_word_of_the_program_and_every_make_target_named_exists() -> None:
    assert set(re.findall(r"python -m bot (\w+)", README)) <= set(COMMANDS)
    sentence = README.split("`python -m bot` knows three words:", 1)[1].split("A wrong setting", 1)[0]
    assert set(re.findall(r"`(\w+)`", sentence)) == set(COMMANDS)
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = README + (ROOT / "CONTRIBUTING.md").read_text()
    assert set(re.findall(r"`?make (run|test|bench|lint|fix|lock|clean)\b", text)) <= targets


def test_the_page_the_readme_opens_is_where_the_sandbox_says_it_is() -> None:
    told = " ".join(Plan({}).lines(discord_url="http://127.0.0.1:8800", studio_url="http://127.0.0.1:8801"))
    assert "http://127.0.0.1:8800" in told
    assert "http://127.0.0.1:8800" in README


@pytest.mark.parametrize("name", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_every_file_the_readme_links_to_is_there(name: str) -> None:
    assert (ROOT / name).is_file()

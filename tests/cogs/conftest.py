"""A house to let: the bot on a fresh database, logged in to a simulated Discord."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import discord
import pytest
import pytest_asyncio
from simcord import Env

from bot.client import MinstrelBot
from db.engine import open_database
from db.migrate import upgrade
from tests.cogs.house import House, Scene


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with every table and no row; migrating is slow, copying is not."""
    path = tmp_path_factory.mktemp("schema") / "empty.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest_asyncio.fixture
async def wired(migrated: Path, tmp_path: Path) -> AsyncIterator[House]:
    path = tmp_path / "minstrel.db"
    shutil.copy(migrated, path)
    database = open_database(f"sqlite:///{path}")
    try:
        yield House(database)
    finally:
        await database.close()


@pytest.fixture
def simcord_bot(wired: House) -> MinstrelBot:
    return wired.bot


@pytest.fixture
def house(wired: House, simcord_env: Env) -> House:
    wired.open(simcord_env)
    return wired


@pytest.fixture
def scene(house: House) -> Scene:
    env = house.env
    guild = env.create_guild("Songwriters")
    mods = guild.create_role("mods", permissions=discord.Permissions(manage_messages=True))
    return Scene(
        guild=guild,
        channel=guild.create_text_channel("songs"),
        ann=guild.add_member(env.create_user("ann")),
        bob=guild.add_member(env.create_user("bob")),
        mod=guild.add_member(env.create_user("mod"), roles=[mods]),
    )

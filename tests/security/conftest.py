"""The houses, worlds and hosts of the other tests, for these."""

from __future__ import annotations

from tests.bot.conftest import clock, database, database_file, fetcher, host, migrated_file, plain_logs, world
from tests.cogs.conftest import house, migrated, scene, simcord_bot, wired

__all__ = [
    "clock",
    "database",
    "database_file",
    "fetcher",
    "host",
    "house",
    "migrated",
    "migrated_file",
    "plain_logs",
    "scene",
    "simcord_bot",
    "wired",
    "world",
]

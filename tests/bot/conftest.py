from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog

from bot.audio import Fetcher, open_fetcher
from bot.media import TakeMedia
from tests.bot.fakes import FakeClock
from tests.bot.files import FileHost, file_host
from tests.bot.world import World, open_world
from tests.db.files import database, database_file, migrated_file

__all__ = ["clock", "database", "database_file", "migrated_file", "world"]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def world(database_file: Path, clock: FakeClock) -> AsyncIterator[World]:
    async with open_world(database_file, clock) as opened:
        yield opened


@pytest.fixture(autouse=True, scope="session")
def plain_logs() -> None:
    """structlog's own way to print an exception shows every local variable and takes a second."""
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])


@pytest.fixture
async def host() -> AsyncIterator[FileHost]:
    async with file_host() as opened:
        yield opened


@pytest.fixture
async def fetcher(host: FileHost) -> AsyncIterator[Fetcher]:
    async with open_fetcher([host.url]) as opened:
        yield opened


@pytest.fixture
async def media(host: FileHost) -> AsyncIterator[TakeMedia]:
    async with open_fetcher([host.url]) as fetcher, open_fetcher(hosts=()) as uploads:
        yield TakeMedia(fetcher, uploads)

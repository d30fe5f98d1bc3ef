"""A real SQLite file for every test: migrated once, then copied."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from db.engine import Database, open_database
from db.migrate import upgrade


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "migrated.db"
    upgrade(url_of(path))
    return path


@pytest.fixture
def database_file(migrated_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(migrated_file, tmp_path / "minstrel.db"))


@pytest.fixture
async def database(database_file: Path) -> AsyncIterator[Database]:
    opened = open_database(url_of(database_file))
    yield opened
    await opened.close()

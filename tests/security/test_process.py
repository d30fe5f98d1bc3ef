"""What can be seen of the running bot from outside: its process, and what it tells Discord's gateway."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator

import psutil
import pytest
import pytest_asyncio

from tests.town import KEY, TOKEN, Town, open_town

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with open_town(tmp_path_factory.mktemp("town"), canned=True) as opened:
        yield opened


async def test_no_process_of_a_running_bot_has_a_secret_in_its_arguments(town: Town) -> None:
    lines = [" ".join(child.cmdline()) for child in psutil.Process(os.getpid()).children(recursive=True)]
    assert any("-m bot run" in line for line in lines)
    assert not any(secret in line for line in lines for secret in (KEY, TOKEN))


async def test_the_gateway_is_asked_for_servers_alone(town: Town) -> None:
    ledger = await town.call("GET", "/ledger")
    (identify,) = [frame["d"] for frame in ledger["gateway"] if frame["op"] == 2]
    assert identify["intents"] == 1


async def test_the_files_of_a_running_bot_are_its_owners_alone(town: Town) -> None:
    files = [file for file in town.database.parent.iterdir() if file.name.startswith("minstrel.")]
    assert {file.suffix for file in files} >= {".db", ".db-wal", ".db-shm", ".lock"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}

"""One town and one Chromium for all of it, and for each test pages of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.browser.chromium import NO_CHROMIUM, chromium, open_browser
from tests.browser.neighbourhood import Neighbourhood, open_keeping_town


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Neighbourhood]:
    program = chromium()
    if program is None:
        pytest.skip(NO_CHROMIUM)
    folder = tmp_path_factory.mktemp("neighbourhood")
    async with open_keeping_town(folder) as town, open_browser(program, folder) as browser:
        yield Neighbourhood(town, browser)


@pytest_asyncio.fixture(loop_scope="package")
async def here(shared: Neighbourhood) -> AsyncIterator[Neighbourhood]:
    """Whoever visits has left at the end of the test, and no page had anything to complain about."""
    yield shared
    await shared.leave()

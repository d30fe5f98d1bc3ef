"""The pictures of the README can be made from the page as it is; each run leaves them in build/screenshots."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.neighbourhood import Neighbourhood
from tests.browser.screenshots import DOCS, take_pictures

NAMES = {"palette.png", "card.png", "take.png"}
LARGEST = 250 * 1024


@pytest.mark.asyncio(loop_scope="package")
async def test_the_pictures_of_the_readme_are_made_here(here: Neighbourhood) -> None:
    folder = Path("build/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    await take_pictures(here, folder)
    assert {path.name for path in folder.iterdir() if path.stat().st_size < LARGEST} == NAMES
    assert {path.name for path in DOCS.glob("*.png")} == NAMES

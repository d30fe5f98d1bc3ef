"""axe-core finds nothing serious, in light and dark, wide and on a phone, with the form and the panel open."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
import pytest_asyncio

from tests.browser.neighbourhood import PHONE, WIDE, Neighbourhood, Visitor

pytestmark = pytest.mark.asyncio(loop_scope="package")
GRAVE = ("serious", "critical")


def axe() -> str:
    """The script itself: its package adds only a call around it, without types."""
    package = find_spec("axe_playwright_python")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).with_name("axe.min.js").read_text()


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def song(shared: Neighbourhood) -> str:
    """The place of a song with two takes, and an answer that Ben alone sees."""
    ben = shared.town.member("ben")
    answer = await ben.run("song", lyrics="[Verse] Plain to read", style="folk", title="Plain to read")
    card = answer["message"]
    takes = await shared.town.takes(card["id"], 2)
    await ben.press(takes[0], "Lyrics")
    return f"&channel={card['channel_id']}&thread={card['id']}"


async def findings(visitor: Visitor) -> list[str]:
    await visitor.page.evaluate(axe())
    results = await visitor.page.evaluate("axe.run({ resultTypes: ['violations'] })")
    grave = [found for found in results["violations"] if found["impact"] in GRAVE]
    return [f"{found['id']}: {node['html'][:160]}" for found in grave for node in found["nodes"]]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_has_no_serious_hurdles(
    here: Neighbourhood, song: str, size: tuple[int, int], scheme: str
) -> None:
    reader = await here.visit("ben", size, song, color_scheme=scheme, reduced_motion="reduce")
    await reader.thread.get_by_text("Only you can see this").wait_for()
    assert await findings(reader) == []

    await reader.page.evaluate("location.hash += '&panel=open'")
    await reader.page.get_by_role("heading", name="The studio").wait_for()
    await reader.page.locator(".ledger details").first.wait_for()
    assert await findings(reader) == []

    await reader.page.keyboard.press("Escape")
    await reader.page.evaluate("location.hash = location.hash.replace('&panel=open', '')")
    await reader.write("/", "#thread")
    assert await findings(reader) == []
    await reader.page.keyboard.type("song")
    await reader.page.keyboard.press("Enter")
    assert await findings(reader) == []
    await reader.page.keyboard.press("Enter")
    await reader.form.wait_for()
    assert await findings(reader) == []

"""The pictures of the README, from a song that is really made; `python -m tests.browser.screenshots` writes them."""

from __future__ import annotations

import asyncio
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.async_api import Locator, Page

from tests.browser.chromium import NO_CHROMIUM, chromium, open_browser
from tests.browser.neighbourhood import Neighbourhood, open_keeping_town

DOCS = Path(__file__).parent.parent.parent / "docs"
COLOURS = 256  # a third of the size, and nothing to see
SONG = "The Long Way Round"
STYLE = "indie folk, warm female vocals, fingerpicked guitar"
LYRICS = """[Verse]
The night bus hums along the shore
We left the city hours before
Your head is heavy on my sleeve
There is no place I'd rather leave

[Chorus]
Take me home the long way round
Past the lights of every town"""
CHAT = (
    ("ada", "Open evening tonight: one song each, anything that moves on wheels."),
    ("chiyo", "I call dibs on the tram 🚋"),
    ("ben", "Then I take the night bus. The words are finished, here goes."),
)


async def take_pictures(here: Neighbourhood, folder: Path) -> None:
    """Write palette.png, card.png and take.png: the commands, a song being made, and the song being played."""
    await here.town.tell_studio("PATCH", "settings", {"generation_ms": 15_000, "canned": False})
    channel = here.town.channel("songwriting")
    for name, content in CHAT:
        await here.town.call(
            "POST", f"/channels/{channel}/messages", json={"as": here.town.member(name).id, "content": content}
        )
    ben = await here.visit("ben", (1120, 560), f"&channel={channel}", color_scheme="dark", device_scale_factor=2)
    await ben.write("/")
    await _picture(ben.page, folder / "palette.png")

    await ben.page.locator("#channel .plain textarea").fill("")
    await ben.run("song")
    await ben.form.get_by_label("Lyrics").fill(LYRICS)
    await ben.form.get_by_label("Style").fill(STYLE)
    await ben.form.get_by_label("Title").fill(SONG)
    await ben.page.keyboard.press("Enter")
    card = ben.channel.locator(".message", has_text=SONG)
    await _says(card, "Composing")
    await ben.page.set_viewport_size({"width": 960, "height": 768})
    await _picture(ben.page, folder / "card.png")

    await ben.page.set_viewport_size({"width": 1280, "height": 880})
    (task,) = here.town.rows("SELECT api_task_id FROM submissions ORDER BY task_id DESC LIMIT 1")
    await here.town.tell_studio("POST", f"tasks/{task['api_task_id']}/finish")
    await card.locator(".thread button").click()
    await ben.thread.locator("audio").nth(1).wait_for(state="attached")
    song = ben.thread.get_by_role("group", name="Song").first
    await song.get_by_role("slider").fill("13")
    await song.get_by_role("button", name="Play").click()
    await here.plays_past(ben, 13.1)
    await _picture(ben.page, folder / "take.png")
    await here.town.tell_studio("PATCH", "settings", {"generation_ms": 300, "canned": True})


async def _says(card: Locator, word: str) -> None:
    await card.get_by_text(word).first.wait_for()


async def _picture(page: Page, path: Path) -> None:
    """Without the pointer in the picture, and once everything in it has arrived."""
    await page.mouse.move(0, 0)
    await page.evaluate("document.fonts.ready.then(() => Promise.all([...document.images].map((it) => it.decode())))")
    shot = Image.open(BytesIO(await page.screenshot()))
    shot.convert("RGB").quantize(COLOURS).save(path, optimize=True)


async def main() -> None:
    """Write them into docs/."""
    program = chromium()
    if program is None:
        sys.exit(NO_CHROMIUM)
    with TemporaryDirectory() as folder:
        async with open_keeping_town(Path(folder)) as town, open_browser(program, Path(folder)) as browser:
            here = Neighbourhood(town, browser)
            await take_pictures(here, DOCS)
            await here.leave()


if __name__ == "__main__":
    asyncio.run(main())

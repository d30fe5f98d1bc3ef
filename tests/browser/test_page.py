"""What somebody with a browser does: type, hear, press, fill in, reload, and look on from elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import expect

from tests.browser.neighbourhood import PATIENCE_MS, PHONE, Neighbourhood
from tests.town import TOKEN

pytestmark = pytest.mark.asyncio(loop_scope="package")
expect.set_options(timeout=PATIENCE_MS)


async def test_a_song_typed_into_an_empty_page_is_heard(here: Neighbourhood) -> None:
    ben = await here.visit("ben", place=f"&channel={here.town.channel('general')}")
    await expect(ben.channel.get_by_text("to write your first song")).to_be_visible()
    await ben.write("/ins")
    palette = ben.channel.get_by_role("listbox", name="Commands").get_by_role("option")
    await expect(palette.first).to_contain_text("/inspire")
    await expect(palette.first).to_contain_text("idea* title singer retention")

    await ben.page.keyboard.press("Enter")
    await ben.page.keyboard.press("Enter")
    await expect(ben.channel.locator("[name=idea]")).to_be_focused()  # it is required, so nothing went out
    await ben.page.keyboard.type("The last tram before the snow")
    await ben.page.keyboard.press("Enter")
    await expect(ben.channel.locator(".plain textarea")).to_be_focused()

    await ben.channel.locator(".thread button").click()
    song = ben.thread.get_by_role("group", name="Song").first
    await song.get_by_role("button", name="Play").click()
    await expect(song.get_by_role("button", name="Pause")).to_be_visible()
    await here.plays_past(ben, 0.3)
    await song.get_by_role("slider").fill("5")
    await here.plays_past(ben, 5)
    await expect(song.locator(".times")).to_contain_text("0:05 /")
    async with ben.page.expect_download() as saved:
        await song.get_by_role("link", name="Download").click()
    assert (await saved.value).suggested_filename.endswith(".mp3")


async def test_a_form_is_filled_in_and_sent_without_a_mouse(here: Neighbourhood) -> None:
    ada = await here.visit("ada")
    await ada.run("song")
    await expect(ada.form.get_by_label("Lyrics")).to_be_focused()
    await ada.page.keyboard.press("Escape")
    await expect(ada.form).to_have_count(0)

    await ada.run("song")
    await expect(ada.form.get_by_label("Lyrics")).to_be_focused()
    await ada.page.keyboard.type("[Verse]\nTwo lines\nin a box")
    await ada.page.keyboard.press("Tab")
    await ada.page.keyboard.type("slow waltz")
    await ada.page.keyboard.press("Tab")
    await ada.page.keyboard.type("By keyboard")
    await ada.page.keyboard.press("Enter")
    card = ada.channel.locator(".message", has_text="By keyboard").last
    await expect(card).to_contain_text("Two lines")
    await expect(ada.form).to_have_count(0)


async def test_extend_opens_its_form_and_its_takes_come_into_the_same_thread(here: Neighbourhood) -> None:
    ben = await here.visit("ben")
    await ben.hear("Longer")
    await ben.thread.get_by_role("button", name="Extend").first.click()
    await ben.form.get_by_role("button", name="Submit").click()
    await expect(ben.thread.locator("h3", has_text="v2b")).to_be_visible()
    await expect(ben.thread.locator("audio")).to_have_count(4)


async def test_autocomplete_offers_the_takes_of_the_thread(here: Neighbourhood) -> None:
    chiyo = await here.visit("chiyo")
    await chiyo.hear("Offered")
    await chiyo.choose("extend", "#thread")
    offered = chiyo.thread.get_by_role("listbox", name="Suggestions").get_by_role("option")
    await expect(offered.first).to_contain_text("v1")
    wanted = await offered.first.text_content()
    await chiyo.page.keyboard.press("ArrowDown")
    await chiyo.page.keyboard.press("Enter")
    await expect(chiyo.thread.locator("[name=take]")).to_have_value(wanted or "")
    await chiyo.page.keyboard.press("Escape")
    await expect(chiyo.thread.locator("form.command")).to_have_count(0)


async def test_what_is_for_one_member_alone_is_not_on_the_page_of_another(here: Neighbourhood) -> None:
    ben = await here.visit("ben")
    await ben.hear("Secret")
    chiyo = await here.visit("chiyo", place=ben.page.url.split("&", 1)[1].join(("&", "")))
    await expect(chiyo.thread.locator("audio")).to_have_count(2)
    await ben.thread.get_by_role("button", name="Lyrics").first.click()
    await expect(ben.thread.get_by_text("Only you can see this")).to_be_visible()
    await ben.write("Look at these words!", "#thread")
    await ben.page.keyboard.press("Enter")
    await expect(chiyo.thread.get_by_text("Look at these words!")).to_be_visible()
    await expect(chiyo.thread.get_by_text("Only you can see this")).to_have_count(0)
    await ben.page.reload()
    await expect(ben.thread.get_by_text("Only you can see this")).to_be_visible()


async def test_a_reload_in_the_middle_of_a_song_loses_nothing(here: Neighbourhood) -> None:
    await here.town.tell_studio("PATCH", "settings", {"generation_ms": 3_000})
    ben = await here.visit("ben")
    card = await ben.ask("Reloaded")
    await expect(card.get_by_role("button", name="Cancel")).to_be_visible()
    before = await ben.channel.locator(".message").count()
    await ben.write("Not sent yet")
    await ben.page.reload()
    await expect(ben.channel.locator(".plain textarea")).to_have_value("Not sent yet")
    await expect(ben.channel.locator(".message")).to_have_count(before)
    await expect(card).not_to_contain_text("Done")
    await here.town.tell_studio("PATCH", "settings", {"generation_ms": 300})
    await expect(card).to_contain_text("Done")
    await card.locator(".thread button").click()
    await expect(ben.thread.locator("audio")).to_have_count(2)


async def test_markup_of_members_stays_text(here: Neighbourhood) -> None:
    ada = await here.visit("ada")
    await ada.write("<img src=x onerror=alert(1)> **bold** [no](javascript:alert(1)) https://example.com/?q=<b>")
    await ada.page.keyboard.press("Enter")
    said = ada.channel.locator(".message").last
    await expect(said).to_contain_text("<img src=x onerror=alert(1)>")
    await expect(said.locator("strong")).to_have_text("bold")
    await expect(said.locator("img")).to_have_count(0)
    await expect(said.locator("a")).to_have_attribute("href", "https://example.com/?q=")
    async with here.town.session.get(here.town.discord.url) as response:
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]


async def test_files_are_dropped_onto_the_page_and_sent(here: Neighbourhood) -> None:
    ada = await here.visit("ada")
    await ada.page.evaluate(
        """() => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File(["la la la"], "hum.txt", { type: "text/plain" }));
            const drop = new DragEvent("drop", { dataTransfer, bubbles: true });
            document.querySelector("#channel .log").dispatchEvent(drop);
        }"""
    )
    await expect(ada.channel.get_by_role("button", name="Remove hum.txt")).to_be_visible()
    await ada.page.keyboard.press("Enter")
    await expect(ada.channel.get_by_role("link", name="hum.txt")).to_contain_text("8 B")
    await expect(ada.channel.get_by_role("button", name="Remove hum.txt")).to_have_count(0)


@asynccontextmanager
async def registered(here: Neighbourhood, **command: object) -> AsyncIterator[None]:
    """Another command of the bot, as if it had more than it has."""
    path = f"{here.town.discord.api_url}/applications/{here.town.world.bot_id}/commands"
    headers = {"Authorization": f"Bot {TOKEN}"}
    async with here.town.session.post(path, json=command, headers=headers) as response:
        made = await response.json()
        assert response.ok, made
    yield
    async with here.town.session.delete(f"{path}/{made['id']}", headers=headers) as response:
        assert response.ok


async def test_a_command_on_a_message_is_run_from_its_menu_by_keyboard(here: Neighbourhood) -> None:
    ada = await here.visit("ada")
    await ada.write("A line to sing")
    await ada.page.keyboard.press("Enter")
    await ada.channel.locator(".message", has_text="A line to sing").last.focus()
    await ada.page.keyboard.press("ContextMenu")
    await expect(ada.page.get_by_role("button", name="Revise this take").locator("visible=true")).to_be_focused()
    await ada.page.keyboard.press("Tab")
    await expect(ada.page.get_by_role("button", name="Sing this message").locator("visible=true")).to_be_focused()
    await ada.page.keyboard.press("Enter")
    await expect(ada.page.get_by_role("dialog").get_by_label("Lyrics")).to_have_value("A line to sing")


async def test_the_palette_speaks_the_members_language(here: Neighbourhood) -> None:
    words = {"description": "Hum a tune", "description_localizations": {"de": "Eine Melodie summen"}}
    chiyo = here.town.member("chiyo")
    async with registered(here, type=1, name="hum", name_localizations={"de": "summen"}, **words):
        await here.town.call("PATCH", f"/members/{chiyo.id}", json={"locale": "de"})
        reader = await here.visit("chiyo")
        await reader.write("/sum")
        offered = reader.channel.get_by_role("listbox", name="Commands").get_by_role("option")
        await expect(offered).to_have_text("/summenEine Melodie summen")
        await here.town.call("PATCH", f"/members/{chiyo.id}", json={"locale": "en-US"})


async def test_on_a_phone_nothing_is_wider_than_the_screen(here: Neighbourhood) -> None:
    phone = await here.visit("ben", PHONE)
    await phone.run("song")
    await phone.form.wait_for()
    assert await phone.runs_sideways() == []
    await phone.page.keyboard.press("Escape")
    await phone.choose("song")
    assert await phone.runs_sideways() == []
    await phone.page.keyboard.press("Escape")
    await phone.hear("A title without end " * 4)
    assert await phone.runs_sideways() == []
    await phone.page.get_by_role("button", name="Close the thread").click()
    assert await phone.runs_sideways() == []
    await phone.page.get_by_role("button", name="Channels").click()
    await phone.page.get_by_role("button", name="Behind the scenes").click()
    await expect(phone.page.get_by_role("heading", name="The studio")).to_be_visible()
    assert await phone.runs_sideways() == []

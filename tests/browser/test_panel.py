"""The side panel of whoever runs the local Discord: it shows what the bot did and does what the JSON API can."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from tests.browser.neighbourhood import PATIENCE_MS, Neighbourhood

pytestmark = pytest.mark.asyncio(loop_scope="package")
expect.set_options(timeout=PATIENCE_MS)


async def open_panel(here: Neighbourhood) -> Locator:
    ada = await here.visit("ada")
    await ada.page.get_by_role("button", name="Behind the scenes").click()
    panel = ada.page.get_by_role("complementary", name="Behind the scenes")
    await expect(panel).to_be_visible()
    return panel


async def test_the_panel_is_remembered_and_shows_calls_and_gateway_events(here: Neighbourhood) -> None:
    panel = await open_panel(here)
    await panel.page.reload()
    await expect(panel).to_be_visible()
    await here.town.member("ben").run("queue")
    call = panel.locator("details.call", has_text="/callback").first
    await expect(call).to_contain_text("POST")
    await call.locator("summary").click()
    await expect(call.locator("pre")).to_contain_text('"type": 4')
    await expect(panel.locator("details.frame", has_text="INTERACTION_CREATE").first).to_be_visible()
    await panel.page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()


async def test_limits_and_languages_are_set(here: Neighbourhood) -> None:
    panel = await open_panel(here)
    await panel.get_by_label("Upload limit, MiB").fill("1.5")
    await panel.get_by_label("Boost tier").select_option("2")
    await panel.get_by_role("button", name="Set limits").click()
    await expect(panel.get_by_role("status").last).to_have_text("Set limits: done.")
    settings = here.town.world.settings
    assert (settings.upload_limit, settings.boost_tier) == (1_572_864, 2)
    await panel.get_by_label("Boost tier").select_option("0")
    await panel.get_by_label("Upload limit, MiB").fill("10")
    await panel.get_by_role("button", name="Set limits").click()
    await expect(panel.get_by_label("Boost tier")).to_have_value("0")


async def test_a_scripted_fault_meets_the_bot_and_the_song_still_comes(here: Neighbourhood) -> None:
    panel = await open_panel(here)
    await panel.get_by_role("button", name="Script the fault").click()
    await expect(panel.get_by_role("status").last).to_have_text("Script the fault: done.")
    answer = await here.town.member("ben").run("song", lyrics="[Verse] Again", style="folk", title="Faulty")
    await expect(panel.locator("details.call", has_text="503").first).to_be_visible()
    assert len(await here.town.takes(answer["message"]["id"], 2)) == 2


async def test_the_next_song_fails_when_the_studio_is_told_so(here: Neighbourhood) -> None:
    panel = await open_panel(here)
    await panel.get_by_label("Why").fill("Out of tune")
    await panel.get_by_role("button", name="Let the next fail").click()
    await expect(panel.get_by_role("status").last).to_have_text("Let the next fail: done.")
    answer = await here.town.member("ben").run("song", lyrics="[Verse] Alas", style="folk", title="Failing")
    await here.town.card_says(answer, "❌")


async def test_a_thread_is_locked_and_deleted_and_what_was_refused_is_said(here: Neighbourhood) -> None:
    answer = await here.town.member("ben").run("song", lyrics="[Verse] Locked", style="folk", title="Locked")
    card = answer["message"]
    await here.town.takes(card["id"], 2)
    panel = await open_panel(here)
    await panel.page.get_by_role("button", name="Locked", exact=True).click()
    await panel.get_by_role("button", name="Lock", exact=True).click()
    await expect(panel.get_by_role("button", name="Unlock")).to_be_visible()
    await expect(panel.page.locator("#thread .topic")).to_have_text("Locked")
    await panel.get_by_role("button", name="Delete").click()
    await expect(panel.page.locator("#thread")).to_be_hidden()
    assert card["id"] not in here.town.world.channels


async def test_a_killed_bot_is_missed_and_started_again(here: Neighbourhood) -> None:
    panel = await open_panel(here)
    await panel.get_by_role("button", name="Kill").click()
    await expect(panel.page.get_by_text("The bot is offline.")).to_be_visible()
    await panel.page.locator("#channel .plain textarea").fill("/help")
    for _ in range(2):
        await panel.page.keyboard.press("Enter")
    await expect(panel.page.get_by_role("alert")).to_contain_text("/help: The application did not respond")
    await panel.get_by_role("button", name="Start", exact=True).click()
    await expect(panel.get_by_text("Online; its process is running.")).to_be_visible()

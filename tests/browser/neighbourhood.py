"""A town whose page can also restart the bot and set the studio, and the people who look at that page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import aiohttp
from playwright.async_api import Browser, ConsoleMessage, Locator, Page

from sandbox.discord.wire import open_discord
from sandbox.studio.state import Settings
from sandbox.studio.wire import open_studio
from tests.town import BotProcess, Town, recording_file, settings_for

PATIENCE_MS = 20_000
WIDE = (1400, 900)
PHONE = (375, 740)


class Keeper:
    """Keeps the bot's process for the local Discord."""

    def __init__(self) -> None:
        self.bot: BotProcess | None = None
        self._running = True

    async def restart(self) -> None:
        """End it and start it."""
        assert self.bot is not None
        await self.bot.stop()
        await self.bot.start()
        self._running = True

    async def kill(self) -> None:
        """End it without warning."""
        assert self.bot is not None
        await self.bot.kill()
        self._running = False

    async def status(self) -> Literal["running", "stopped"]:
        """Whether it runs."""
        return "running" if self._running else "stopped"


@dataclass
class Visitor:
    """Somebody with the page open. `wrong` gathers what the browser complained about."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    @property
    def channel(self) -> Locator:
        """The channel's pane."""
        return self.page.locator("#channel")

    @property
    def thread(self) -> Locator:
        """The thread's pane."""
        return self.page.locator("#thread")

    @property
    def form(self) -> Locator:
        """The form that a bot opened."""
        return self.page.locator("dialog[open]")

    async def write(self, text: str, pane: str = "#channel") -> None:
        """Type into the box under the messages, key by key."""
        box = self.page.locator(f"{pane} .plain textarea")
        await box.click()
        await box.press_sequentially(text)

    async def choose(self, command: str, pane: str = "#channel", **options: str) -> None:
        """Pick a command from the palette and fill in its options."""
        await self.write(f"/{command}", pane)
        await self.page.keyboard.press("Enter")
        for name, text in options.items():
            await self.page.locator(f"{pane} form.command [name={name}]").fill(text)

    async def run(self, command: str, pane: str = "#channel", **options: str) -> None:
        """Run a command by keyboard alone."""
        await self.choose(command, pane, **options)
        await self.page.keyboard.press("Enter")

    async def ask(self, title: str) -> Locator:
        """Ask for a song; its card in the channel."""
        await self.run("song", lyrics="[Verse] The kettle sings before the house wakes up", style="folk", title=title)
        card = self.channel.locator(".message", has=self.page.locator("h3", has_text=title)).first
        await card.wait_for()
        return card

    async def hear(self, title: str) -> None:
        """Ask for a song and go to its thread, where two takes stand."""
        card = await self.ask(title)
        await card.locator(".thread button").click()
        await self.thread.locator("audio").nth(1).wait_for(state="attached")

    async def runs_sideways(self) -> list[str]:
        """What is wider than the window, or scrolls sideways in itself."""
        wide: list[str] = await self.page.evaluate(
            """() => [...document.querySelectorAll("html, .log, .levers, dialog, .command, .suggest")]
                .filter((node) => node.scrollWidth > node.clientWidth + 1)
                .map((node) => node.className || node.tagName)"""
        )
        return wide


@dataclass
class Neighbourhood:
    """The town, the browser, and everybody who looks in."""

    town: Town
    browser: Browser
    visitors: list[Visitor] = field(default_factory=list)

    async def visit(self, username: str, size: tuple[int, int] = WIDE, place: str = "", **context: Any) -> Visitor:
        """Open the page as a member, in a browser of their own."""
        width, height = size
        page = await self.browser.new_page(viewport={"width": width, "height": height}, **context)
        page.set_default_timeout(PATIENCE_MS)
        visitor = Visitor(page)

        def heard(line: ConsoleMessage) -> None:
            if line.type in ("error", "warning"):
                visitor.wrong.append(line.text)

        page.on("console", heard)
        page.on("pageerror", lambda error: visitor.wrong.append(str(error)))
        self.visitors.append(visitor)
        await page.goto(f"{self.town.discord.url}/#as={self.town.member(username).id}{place}")
        await page.locator("#channels button").first.wait_for(state="attached")
        return visitor

    async def plays_past(self, visitor: Visitor, second: float) -> None:
        """Wait until the first take of the thread has played so far."""

        async def position() -> float | None:
            at: float = await visitor.thread.locator("audio").first.evaluate("(audio) => audio.currentTime")
            return at if at >= second else None

        await self.town.eventually(position, lambda: f"the take does not play past {second} s")

    async def leave(self) -> None:
        """Close every page; fails when one of them had complained."""
        visitors, self.visitors = self.visitors, []
        for visitor in visitors:
            await visitor.page.context.close()
        assert [line for visitor in visitors for line in visitor.wrong] == []


@asynccontextmanager
async def open_keeping_town(folder: Path) -> AsyncIterator[Town]:
    """Both stand-ins and a bot that is up, with everything the page's panel reaches for."""
    keeper = Keeper()
    recording = recording_file(folder)
    async with (
        open_studio(folder / "studio", settings=Settings(generation_ms=300, canned=True)) as studio,
        open_discord(folder / "discord", record=recording, keeper=keeper, studio_url=studio.url) as discord,
        aiohttp.ClientSession() as session,
    ):
        database = folder / "minstrel.db"
        keeper.bot = BotProcess(folder, settings_for(discord, studio, database))
        try:
            await keeper.bot.start()
            yield Town(discord, studio, session, keeper.bot, database, recording)
        finally:
            await keeper.bot.stop()

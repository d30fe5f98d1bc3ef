"""The system's Chromium: where it is, and how it is started so that every run sees the same."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
NO_CHROMIUM = "no Chromium: install the package chromium, or name a program in CHROMIUM"
ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{folder}</dir></fontconfig>"""


def chromium() -> str | None:
    """The program that `CHROMIUM` names, else the first that is installed."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@asynccontextmanager
async def open_browser(program: str, folder: Path) -> AsyncIterator[Browser]:
    """A Chromium with an empty profile; `folder` takes its font settings."""
    unboxed = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=[*unboxed, *ARGUMENTS], env={**os.environ, **_fonts(folder)}
        )
        try:
            yield browser
        finally:
            await browser.close()


def _fonts(folder: Path) -> dict[str, str]:
    """Noto with its emoji, which simcord brings along: few servers have any, and cards are full of them."""
    simcord = find_spec("simcord")
    if simcord is None or simcord.origin is None:
        return {}
    file = folder / "fonts.conf"
    file.write_text(FONTS.format(folder=Path(simcord.origin).parent / "preview" / "static" / "fonts"))
    return {"FONTCONFIG_FILE": str(file)}

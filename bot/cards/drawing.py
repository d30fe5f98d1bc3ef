"""Pieces every drawing uses: colours, escaping, times, buttons."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import discord

from bot.cards.custom_id import CustomId

WAITING: Final = discord.Colour(0x7A8699)
WORKING: Final = discord.Colour(0x4C7DFF)
DONE: Final = discord.Colour(0x2FA36B)
WRONG: Final = discord.Colour(0xD64545)

EMBED_TITLE: Final = 256
EMBED_FIELD: Final = 1024
EMBED_TEXT: Final = 4096

_MARKS: Final = re.compile(r"[\\*_~`|\[\]<]")
_LINE_MARKS: Final = re.compile("((?:^|[\r\v\f\x85\u2028\u2029])\\s*\\d*)([#>+.-])", re.MULTILINE)
"""Clients begin a line at every sort of line end, and leave form feeds out before they look."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What one message shows beside its files."""

    embed: discord.Embed
    view: discord.ui.View


def plain(text: str, limit: int) -> str:
    """A member's words as they are: no markdown, no mentions, cut to `limit` characters after escaping."""
    escaped = escape(text)
    return escaped if len(escaped) <= limit else escaped[: limit - 1].rstrip("\\") + "…"


def escape(text: str) -> str:
    """Without the cut. discord.py's own `escape_markdown` lets the second masked link of a line through."""
    marked = _LINE_MARKS.sub(r"\1\\\2", _MARKS.sub(r"\\\g<0>", text))
    return discord.utils.escape_mentions(marked)


def ago(ms: int) -> str:
    """A time as Discord shows and ticks it in the reader's own zone."""
    return f"<t:{ms // 1000}:R>"


def day(ms: int) -> str:
    """A date in the reader's own zone."""
    return f"<t:{ms // 1000}:D>"


def seconds(total: float) -> str:
    """`1:24`."""
    return f"{int(total) // 60}:{int(total) % 60:02}"


def stretched(start_s: float | None, end_s: float | None) -> tuple[str, dict[str, str]]:
    """Which sentence tells a stretch of a take (`-range`, `-from`, or none for all of it), and what fills it."""
    if end_s is not None:
        return "-range", {"start": seconds(start_s or 0), "end": seconds(end_s)}
    if start_s is not None:
        return "-from", {"start": seconds(start_s)}
    return "", {}


def button(
    label: str, custom_id: CustomId, style: discord.ButtonStyle = discord.ButtonStyle.secondary
) -> discord.ui.Button[discord.ui.View]:
    """A button whose callback is found by its `custom_id`, so that it works after a restart."""
    return discord.ui.Button(label=label, custom_id=str(custom_id), style=style)


def view_of(*buttons: discord.ui.Button[discord.ui.View]) -> discord.ui.View:
    """Buttons, five a row. It is stopped at once, so that discord.py does not keep every view in memory for ever."""
    view = discord.ui.View(timeout=None)
    for item in buttons:
        view.add_item(item)
    view.stop()
    return view

"""What of a text Discord's clients would render as more than text, by Discord's description of its markdown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import discord

ESCAPED = re.compile(r"\\([^A-Za-z0-9\s])")
TARGET = re.compile(r"\]\(https://[^\s()\[\]<>\\]+\)")
"""Where a masked link leads; nothing in it is rendered."""
MARKS = re.compile(
    r"""
      \*+ | _+ | ~~ | \|\| | `+             # emphasis, strike-through, spoiler, code
    | \]\(                                  # a masked link
    | <(?=[@\#:/ait]|https?:)               # mentions, emoji, commands, times, links without a picture
    | @(?:everyone|here)
    | ^[ \t]*(?:\#{1,3}(?=\s)|-\#(?=\s)|>(?:>>)?(?=\s)|[-*+](?=\s)|\d+\.(?=\s))
    """,
    re.VERBOSE | re.MULTILINE,
)


def live(text: str) -> Counter[str]:
    """The marks that are in force. Clients take any sort of line end for one and leave form feeds out."""
    lines = re.sub("\r\n?|[\v\x85\u2028\u2029]", "\n", text).replace("\f", "")
    return Counter(MARKS.findall(TARGET.sub("](·)", ESCAPED.sub("·", lines))))


def read(text: str) -> str:
    """What a reader sees of a text without live marks."""
    return ESCAPED.sub(r"\1", text).replace("@\u200b", "@")


def texts_of(embed: discord.Embed) -> Iterator[str]:
    """Everything in an embed that is rendered."""
    yield from (text for text in (embed.title, embed.description) if text)
    for field in embed.fields:
        yield from (str(field.name), str(field.value))


def live_in(embed: discord.Embed) -> Counter[str]:
    """The marks in force anywhere in an embed."""
    return sum((live(text) for text in texts_of(embed)), Counter())

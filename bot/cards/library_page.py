"""A page of a member's own takes, each with a button that posts it here."""

from __future__ import annotations

import discord

from bot.cards import take_message
from bot.cards.custom_id import Act, CustomId
from bot.cards.drawing import DONE, Drawing, ago, button, plain, seconds, view_of
from bot.library import LibraryPage, Shelved
from bot.phrasebook import Phrasebook

TITLE = 80
LABEL = 80
"""Characters a button's label may have."""


def draw(page: LibraryPage, book: Phrasebook, locale: str) -> Drawing:
    """The list, and below it one button a take in the same order."""
    lines = [_line(page, shelved, book, locale) for shelved in page.takes]
    embed = discord.Embed(
        title=book.say(locale, "library-heading"),
        description="\n".join(lines) or book.say(locale, "library-empty"),
        colour=DONE,
    )
    return Drawing(embed, view_of(*_buttons(page, book, locale)))


def _line(page: LibraryPage, shelved: Shelved, book: Phrasebook, locale: str) -> str:
    take, posted = shelved.take, shelved.posted
    title = plain(take_message.title(take, book, locale), TITLE)
    if posted is None:
        where = book.say(locale, "library-kept")
    else:
        link = f"https://discord.com/channels/{page.guild_id or '@me'}/{posted.channel_id}/{posted.message_id}"
        where = book.say(locale, "library-posted", link=link)
    length = seconds(take.clip.duration_ms / 1000)
    made = ago(take.clip.created_at)
    return book.say(locale, "library-line", title=title, label=take.label, length=length, made=made, where=where)


def _buttons(page: LibraryPage, book: Phrasebook, locale: str) -> list[discord.ui.Button[discord.ui.View]]:
    shown = []
    for shelved in page.takes:
        take = shelved.take
        title = take_message.title(take, book, locale)
        label = book.say(locale, "button-post", take=f"{take.label} · {title}")
        shown.append(button(label[:LABEL], CustomId(Act.POST, take.clip.id)))
    if page.older is not None:
        shown.append(
            button(book.say(locale, "button-older"), CustomId(Act.OLDER, page.older), discord.ButtonStyle.primary)
        )
    return shown

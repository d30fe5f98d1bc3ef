"""The forms (modals). A form is known by its `custom_id` alone, so one opened before a restart still lands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import discord

from bot.cards.custom_id import Act, CustomId
from bot.phrasebook import Phrasebook
from bot.requests import MAX_LINE, MAX_LYRICS
from db.clips import Take

LABEL: Final = 45
"""Characters of a form's title or label."""


@dataclass(frozen=True, slots=True)
class Field:
    """One text input; its name is also the option's name in the command that asks for the same."""

    name: str
    most: int
    value: str = ""
    hint: str = ""
    long: bool = False


def song_form(book: Phrasebook, locale: str) -> discord.ui.Modal:
    """`/song` with nothing given: a slash option is one line, lyrics are not."""
    fields = (
        Field("lyrics", MAX_LYRICS, hint=book.say(locale, "form-lyrics-hint"), long=True),
        Field("style", MAX_LINE, hint=book.say(locale, "form-style-hint")),
        Field("title", MAX_LINE, hint=book.say(locale, "form-title-hint")),
    )
    return _form(CustomId(Act.SONG), book.say(locale, "form-song-title"), fields, book, locale)


def extend_form(take: Take, style: str, book: Phrasebook, locale: str) -> discord.ui.Modal:
    """Extend, filled with what the take was made from."""
    end = take.clip.duration_ms // 1000 or ""  # MusicMint did not tell it: then the field stays empty
    fields = (
        Field("at", 6, value=str(end), hint=book.say(locale, "form-at-hint")),
        Field("lyrics", MAX_LYRICS, hint=book.say(locale, "form-lyrics-hint"), long=True),
        Field("style", MAX_LINE, value=style[:MAX_LINE]),
    )
    title = book.say(locale, "form-extend-title", take=take.label)
    return _form(CustomId(Act.EXTEND, take.clip.id), title, fields, book, locale)


def _form(
    custom_id: CustomId, title: str, fields: tuple[Field, ...], book: Phrasebook, locale: str
) -> discord.ui.Modal:
    modal = discord.ui.Modal(title=title[:LABEL], custom_id=str(custom_id), timeout=None)
    for field in fields:
        text = discord.ui.TextInput[discord.ui.Modal](
            custom_id=field.name,
            style=discord.TextStyle.paragraph if field.long else discord.TextStyle.short,
            default=field.value or None,
            placeholder=field.hint[:100] or None,
            required=False,  # which of them go together is for the request to say, in a sentence
            max_length=field.most,
        )
        modal.add_item(discord.ui.Label(text=book.say(locale, f"form-{field.name}")[:LABEL], component=text))
    modal.stop()  # not kept in memory: the answer is matched by its custom_id
    return modal


def values(data: Mapping[str, object]) -> dict[str, str]:
    """What was typed, by field name, from the raw data of a sent form."""
    found: dict[str, str] = {}
    _collect(data.get("components"), found)
    return found


def _collect(node: object, found: dict[str, str]) -> None:
    """A text input lies in a label (`component`) or, in the older form, in an action row (`components`)."""
    for item in node if isinstance(node, list) else [node]:
        if not isinstance(item, Mapping):
            continue
        if isinstance(item.get("value"), str) and isinstance(item.get("custom_id"), str):
            found[item["custom_id"]] = item["value"]
        _collect(item.get("component"), found)
        _collect(item.get("components"), found)

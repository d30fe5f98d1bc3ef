"""The forms (modals). A form is known by its `custom_id` alone, so one opened before a restart still lands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import discord

from bot import lineage
from bot.cards.custom_id import Act, CustomId
from bot.musicmint.models import ResultItem
from bot.phrasebook import Phrasebook
from bot.picture import CardPicture
from bot.requests import MAX_LINE, MAX_LYRICS, MAX_NAME
from db.clips import Take

LABEL: Final = 45
"""Characters of a form's title or label."""
MOMENT: Final = 8
"""Characters of a time such as `12:34.5`."""


@dataclass(frozen=True, slots=True)
class Field:
    """One text input; its name is also the option's name in the command that asks for the same."""

    name: str
    most: int
    value: str = ""
    hint: str = ""
    long: bool = False


class FormBook:
    """Draws forms in one member's language."""

    def __init__(self, book: Phrasebook, locale: str) -> None:
        self._book = book
        self._locale = locale

    def song(self, lyrics: str = "") -> discord.ui.Modal:
        """`/song` with nothing given: a slash option is one line, lyrics are not."""
        fields = (self._lyrics(lyrics), self._style(), self._title())
        return self._form(CustomId(Act.SONG), "form-song-title", fields)

    def sing(self, card: CardPicture, draft: ResultItem) -> discord.ui.Modal:
        """A drafted lyric, to be edited and sung."""
        fields = (self._lyrics(draft.prompt.strip()), self._style(draft.tags), self._title(draft.title or card.title))
        return self._form(CustomId(Act.SING, card.task.id), "form-sing-title", fields)

    def extend(self, take: Take) -> discord.ui.Modal:
        """Extend, filled with what the take was made from."""
        end = take.clip.duration_ms // 1000 or ""  # MusicMint did not tell it: then the field stays empty
        at = Field("at", MOMENT, value=str(end), hint=self._say("form-at-hint"))
        return self._of_take(Act.EXTEND, take, at, self._lyrics(), self._style(lineage.style_of(take)))

    def cover(self, take: Take) -> discord.ui.Modal:
        """Cover: what is left empty stays as it is."""
        return self._of_take(Act.COVER, take, self._lyrics(lineage.lyrics_of(take)), self._style())

    def revise(self, take: Take) -> discord.ui.Modal:
        """The take's own words and style, to be changed."""
        words, style = self._lyrics(lineage.lyrics_of(take)), self._style(lineage.style_of(take))
        return self._of_take(Act.REVISE, take, words, style, self._title(take.song_title))

    def replace(self, take: Take) -> discord.ui.Modal:
        """Which stretch, and with what."""
        style = self._style(lineage.style_of(take))
        return self._of_take(Act.REPLACE, take, *self._range(), self._lyrics(), style)

    def vocals(self, take: Take) -> discord.ui.Modal:
        """What is to be sung, and where."""
        return self._of_take(Act.VOCALS, take, self._lyrics(), self._style(), *self._range())

    def singer(self, take: Take) -> discord.ui.Modal:
        """The singer's name."""
        return self._of_take(Act.SINGER, take, Field("name", MAX_NAME, hint=self._say("form-name-hint")))

    def _of_take(self, act: Act, take: Take, *fields: Field) -> discord.ui.Modal:
        return self._form(CustomId(act, take.clip.id), f"form-{act}-title", fields, take=take.label)

    def _lyrics(self, value: str = "") -> Field:
        return Field("lyrics", MAX_LYRICS, value[:MAX_LYRICS], self._say("form-lyrics-hint"), long=True)

    def _style(self, value: str = "") -> Field:
        return Field("style", MAX_LINE, value[:MAX_LINE], self._say("form-style-hint"))

    def _title(self, value: str = "") -> Field:
        return Field("title", MAX_LINE, value[:MAX_LINE], self._say("form-title-hint"))

    def _range(self) -> tuple[Field, Field]:
        return Field("from", MOMENT, hint="0:12"), Field("to", MOMENT, hint="0:24")

    def _say(self, message_id: str, **arguments: str) -> str:
        return self._book.say(self._locale, message_id, **arguments)

    def _form(self, custom_id: CustomId, title: str, fields: tuple[Field, ...], **arguments: str) -> discord.ui.Modal:
        said = self._say(title, **arguments)
        modal = discord.ui.Modal(title=said[:LABEL], custom_id=str(custom_id), timeout=None)
        for field in fields:
            text = discord.ui.TextInput[discord.ui.Modal](
                custom_id=field.name,
                style=discord.TextStyle.paragraph if field.long else discord.TextStyle.short,
                default=field.value or None,
                placeholder=field.hint[:100] or None,
                required=False,  # which of them go together is for the request to say, in a sentence
                max_length=field.most,
            )
            modal.add_item(discord.ui.Label(text=self._say(f"form-{field.name}")[:LABEL], component=text))
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

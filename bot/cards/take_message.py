"""A take's message: classic, because audio in a Components-V2 message cannot be played."""

from __future__ import annotations

import io
from typing import Final
from urllib.parse import quote

import discord

from bot.cards.custom_id import Act, CustomId
from bot.cards.drawing import (
    DONE,
    EMBED_FIELD,
    EMBED_TEXT,
    EMBED_TITLE,
    Drawing,
    button,
    day,
    escape,
    plain,
    seconds,
    view_of,
)
from bot.phrasebook import Phrasebook
from bot.picture import TakePicture
from bot.ports import Parcel
from db.clips import Take

LONGEST_LINK: Final = 2000
URL_MARKS: Final = ":/?#@!$&'*+,;=%~"
"""What a link keeps as it is; brackets would end it early."""


def draw(take: TakePicture, parcel: Parcel, book: Phrasebook) -> Drawing:
    """The embed and buttons that stand beside the audio file; without a file, a link and the reason."""
    locale = take.locale
    embed = discord.Embed(title=plain(heading(take.take, book, locale), EMBED_TITLE), colour=DONE)
    embed.description = _description(take, parcel, book) or None
    length = parcel.file.duration_s if parcel.file else take.item.duration
    embed.add_field(name=book.say(locale, "take-field-duration"), value=seconds(length))
    embed.add_field(name=book.say(locale, "take-field-kept"), value=_kept(take, book))
    if take.item.tags.strip():
        style = plain(take.item.tags, EMBED_FIELD)
        embed.add_field(name=book.say(locale, "take-field-style"), value=style, inline=False)
    if parcel.file and parcel.file.cover:
        embed.set_thumbnail(url=f"attachment://{parcel.file.cover.name}")
    return Drawing(embed, _buttons(take, book))


def lyrics(take: Take, words: str, book: Phrasebook, locale: str) -> discord.Embed:
    """The lyric, for the member who asked; what an embed cannot hold is in `lyrics_file`."""
    text = plain(words.strip(), EMBED_TEXT) or book.say(locale, "lyrics-none")
    return discord.Embed(title=plain(heading(take, book, locale), EMBED_TITLE), description=text, colour=DONE)


def lyrics_file(take: Take, words: str) -> discord.File | None:
    """The whole lyric as a text, where an embed would cut it off."""
    if len(escape(words.strip())) <= EMBED_TEXT:
        return None
    return discord.File(io.BytesIO(words.encode(errors="replace")), f"lyrics-{take.label}.txt")


def heading(take: Take, book: Phrasebook, locale: str) -> str:
    """`Night Bus · v1a`. Not escaped."""
    return book.say(locale, "take-heading", title=title(take, book, locale), label=take.label)


def title(take: Take, book: Phrasebook, locale: str) -> str:
    """What MusicMint called the clip, else what the song is called. Not escaped."""
    found = take.clip.title.strip() or take.song_title.strip() or book.say(locale, "take-untitled")
    return found[:EMBED_TITLE]


def _kept(take: TakePicture, book: Phrasebook) -> str:
    if take.item.expire_at == 0:
        return book.say(take.locale, "take-kept-for-good")
    return book.say(take.locale, "take-kept-until", day=day(take.item.expire_at))


def _description(take: TakePicture, parcel: Parcel, book: Phrasebook) -> str:
    lines = []
    if take.parent is not None:
        at = take.take.clip.changed
        if at is None:
            lines.append(book.say(take.locale, "take-from-end", parent=take.parent.label))
        else:
            lines.append(book.say(take.locale, "take-from", parent=take.parent.label, at=seconds(int(at))))
    if parcel.lack is not None:
        lines.append(book.tell(take.locale, parcel.lack))
    url = quote(take.item.audio_url, safe=URL_MARKS, errors="replace")
    if parcel.file is None and url.startswith("https://") and len(url) <= LONGEST_LINK:
        lines.append(f"[{book.say(take.locale, 'take-link')}]({url})")
    return "\n".join(lines)


def _buttons(take: TakePicture, book: Phrasebook) -> discord.ui.View:
    acts = (Act.EXTEND, Act.AGAIN, Act.LYRICS)
    row = take.take.clip.id
    return view_of(*(button(book.say(take.locale, f"button-{act}"), CustomId(act, row)) for act in acts))

"""A take's message: classic, because audio in a Components-V2 message cannot be played."""

from __future__ import annotations

import discord

from bot.cards.custom_id import Act, CustomId
from bot.cards.drawing import DONE, EMBED_FIELD, EMBED_TEXT, EMBED_TITLE, Drawing, button, day, plain, seconds, view_of
from bot.phrasebook import Phrasebook
from bot.picture import TakePicture
from bot.ports import Parcel
from db.clips import Take


def draw(take: TakePicture, parcel: Parcel, book: Phrasebook) -> Drawing:
    """The embed and buttons that stand beside the audio file; without a file, a link and the reason."""
    locale = take.locale
    embed = discord.Embed(title=plain(heading(take.take, book, locale), EMBED_TITLE), colour=DONE)
    embed.description = _description(take, parcel, book) or None
    length = parcel.file.duration_s if parcel.file else take.item.duration
    embed.add_field(name=book.say(locale, "take-field-duration"), value=seconds(length))
    if take.item.tags:
        embed.add_field(name=book.say(locale, "take-field-style"), value=plain(take.item.tags, EMBED_FIELD))
    expires = day(take.item.expire_at) if take.item.expire_at else book.say(locale, "take-never-expires")
    embed.add_field(name=book.say(locale, "take-field-expires"), value=expires)
    if parcel.file and parcel.file.cover:
        embed.set_thumbnail(url=f"attachment://{parcel.file.cover.name}")
    return Drawing(embed, _buttons(take, book))


def lyrics(take: Take, words: str, book: Phrasebook, locale: str) -> discord.Embed:
    """The whole lyric, for the member who asked."""
    text = plain(words, EMBED_TEXT) or book.say(locale, "lyrics-none")
    title = book.say(locale, "lyrics-heading", title=take.clip.title or take.song_title, label=take.label)
    return discord.Embed(title=plain(title, EMBED_TITLE), description=text, colour=DONE)


def heading(take: Take, book: Phrasebook, locale: str) -> str:
    """`Night Bus · v1a`. Not escaped."""
    return book.say(locale, "take-heading", title=take.clip.title or take.song_title, label=take.label)


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
    if parcel.file is None and take.item.audio_url.startswith("https://"):
        lines.append(book.say(take.locale, "take-link", url=discord.utils.escape_markdown(take.item.audio_url)))
    return "\n".join(lines)


def _buttons(take: TakePicture, book: Phrasebook) -> discord.ui.View:
    acts = (Act.EXTEND, Act.AGAIN, Act.LYRICS)
    row = take.take.clip.id
    return view_of(*(button(book.say(take.locale, f"button-{act}"), CustomId(act, row)) for act in acts))

"""A take's message: classic, because audio in a Components-V2 message cannot be played."""

from __future__ import annotations

import io
from typing import Final
from urllib.parse import quote

import discord

from bot import lineage
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
    stretched,
    view_of,
)
from bot.phrasebook import Phrasebook
from bot.picture import TakePicture
from bot.ports import Parcel
from bot.requests import MAX_NAME
from db.clips import Take
from db.states import ClipChange

FIRST_ACTS: Final = (Act.EXTEND, Act.COVER, Act.AGAIN, Act.LYRICS, Act.MORE)
MORE_ACTS: Final = (
    Act.REVISE,
    Act.REPLACE,
    Act.VOCALS,
    Act.BACKING,
    Act.REMASTER,
    Act.STEM,
    Act.MIDI,
    Act.WAV,
    Act.KARAOKE,
    Act.WAVEFORM,
    Act.FULL,
    Act.SINGER,
)
RANGED: Final = frozenset({ClipChange.REPLACED, ClipChange.SUNG, ClipChange.BACKED})
"""Changes of a stretch of the take."""
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
    tell_rate(embed, parcel, book, locale)
    if parcel.file and parcel.file.cover:
        embed.set_thumbnail(url=f"attachment://{parcel.file.cover.name}")
    if parcel.file and parcel.file.waveform:
        embed.set_image(url=f"attachment://{parcel.file.waveform.name}")
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
    lines = [origin] if (origin := _origin(take, book)) else []
    singer = lineage.request_of(take.take).singer
    if singer:
        lines.append(book.say(take.locale, "take-singer", name=plain(singer, MAX_NAME)))
    if parcel.lack is not None:
        lines.append(book.tell(take.locale, parcel.lack))
    if found := where_to_hear(parcel, book, take.locale):
        lines.append(f"{found} · {_kept(take, book)}" if parcel.file else found)
    return "\n".join(lines)


def _origin(take: TakePicture, book: Phrasebook) -> str:
    """What it came from and how, in one line."""
    change, what = take.take.clip.change, take.take.clip.changed or ""
    parent = take.parent.label if take.parent else ""
    if change is None:
        return ""
    if change == ClipChange.EXTENDED:
        at = seconds(int(what)) if what else ""
        return book.say(take.locale, "take-from" if at else "take-from-end", parent=parent, at=at)
    start, _, end = what.partition("-") if change in RANGED else ("", "", "")
    told, stretch = stretched(float(start) if start else None, float(end) if end else None)
    return book.say(take.locale, f"take-{change}{told}", parent=parent, **stretch)


def where_to_hear(parcel: Parcel, book: Phrasebook, locale: str) -> str:
    """A link instead of a file, or to what a file was made smaller from; empty where the file is all there is."""
    if parcel.file is None:
        return _link(parcel.link, "take-link", book, locale)
    if parcel.file.kbit_per_s is None:
        return ""
    return _link(parcel.link, "take-original", book, locale) or book.say(locale, "take-original")


def tell_rate(embed: discord.Embed, parcel: Parcel, book: Phrasebook, locale: str) -> None:
    """Beneath a file that was made smaller; members hear it anyway."""
    if parcel.file is not None and parcel.file.kbit_per_s is not None:
        embed.set_footer(text=book.say(locale, "take-smaller", rate=parcel.file.kbit_per_s))


def _link(url: str, words: str, book: Phrasebook, locale: str) -> str:
    """A link with words on it; empty for an address no link can hold."""
    quoted = quote(url, safe=URL_MARKS, errors="replace")
    if not quoted.startswith("https://") or len(quoted) > LONGEST_LINK:
        return ""
    return f"[{book.say(locale, words)}]({quoted})"


def _buttons(take: TakePicture, book: Phrasebook) -> discord.ui.View:
    return _view(FIRST_ACTS, take.take, book, take.locale)


def more(take: Take, book: Phrasebook, locale: str) -> discord.ui.View:
    """The rarer things to do with a take."""
    return _view(MORE_ACTS, take, book, locale)


def _view(acts: tuple[Act, ...], take: Take, book: Phrasebook, locale: str) -> discord.ui.View:
    return view_of(*(button(book.say(locale, f"button-{act}"), CustomId(act, take.clip.id)) for act in acts))

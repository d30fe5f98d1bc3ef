"""A take's message."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards import take_message
from bot.errors import MediaRefused, TooLarge
from bot.musicmint.models import ResultItem
from bot.phrasebook import Sentence
from bot.ports import Parcel, TakeFile
from tests.bot.cards.pictures import BOOK, ITEM, NOW, fits, labels, picture, take

WITH_FILE = Parcel(TakeFile(audio=Path("a.mp3"), cover=Path("a-cover.png"), size=1, duration_s=90.0))
WITHOUT = Parcel(None, Sentence.of(MediaRefused()))


async def test_the_message_shows_name_length_style_and_how_long_it_is_kept() -> None:
    drawing = take_message.draw(picture(), WITH_FILE, BOOK)

    assert drawing.embed.title == "Night Bus · v1a"
    assert drawing.embed.description is None
    assert [(field.name, field.value) for field in drawing.embed.fields] == [
        ("Length", "1:30"),
        ("Kept by MusicMint", f"until <t:{NOW // 1000}:D>"),
        ("Style", "indie folk"),
    ]
    assert drawing.embed.thumbnail.url == "attachment://a-cover.png"
    assert labels(drawing.view) == ["Extend", "Cover", "Again", "Lyrics", "More"]


async def test_a_take_without_style_and_end_says_neither() -> None:
    bare = ITEM.model_copy(update={"tags": " ", "expire_at": 0})
    fields = take_message.draw(picture(bare), WITH_FILE, BOOK).embed.fields
    assert [(field.name, field.value) for field in fields] == [("Length", "1:30"), ("Kept by MusicMint", "for good")]


@pytest.mark.parametrize(
    ("clip", "song", "shown"), [("Clip", "Song", "Clip"), (" ", "Song", "Song"), ("", "", "Untitled")]
)
async def test_a_take_is_called_after_the_clip_else_the_song(clip: str, song: str, shown: str) -> None:
    named = take(ITEM.model_copy(update={"title": clip}), song_title=song)
    assert take_message.heading(named, BOOK, "en-US") == f"{shown} · v1a"


@pytest.mark.parametrize(
    ("change", "changed", "line"),
    [
        ("extended", "30", "Continues v1b from 0:30"),
        ("extended", "0", "Continues v1b from 0:00"),
        ("extended", None, "Continues v1b"),
        ("revised", "lyrics style", "Written anew after v1b"),
        ("covered", "salsa", "A cover of v1b"),
        ("remastered", None, "v1b, remastered"),
        ("replaced", "12-24.5", "v1b with 0:12 to 0:24 made anew"),
        ("sung", None, "v1b with vocals"),
        ("sung", "8-", "v1b with vocals from 0:08 on"),
        ("sung", "0-24", "v1b with vocals from 0:00 to 0:24"),
        ("backed", "8-70", "v1b with a band from 0:08 to 1:10"),
        ("hummed", "clip-9", "From a hummed melody"),
        ("joined", None, "The full-length song of v1b"),
        (None, None, "None"),
    ],
)
async def test_a_take_says_what_it_came_from(change: str | None, changed: str | None, line: str) -> None:
    shown = picture(parent=take(position=1), change=change, changed=changed)
    assert str(take_message.draw(shown, WITH_FILE, BOOK).embed.description) == line


async def test_a_take_without_its_file_gives_the_reason_and_a_link() -> None:
    embed = take_message.draw(picture(), replace(WITHOUT, link=ITEM.audio_url), BOOK).embed
    assert str(embed.description).splitlines() == [
        "The file could not be fetched from the music service.",
        "[Listen at the studio](https://cdn.example/clip.mp3)",
    ]
    assert embed.fields[0].value == "1:24"


@pytest.mark.parametrize("url", ["", "http://cdn.example/a.mp3", "javascript:alert(1)", "https://x/" + "a" * 3000])
async def test_no_link_is_better_than_a_bad_one(url: str) -> None:
    embed = take_message.draw(picture(), replace(WITHOUT, link=url), BOOK).embed
    assert "Listen" not in str(embed.description)


async def test_a_link_cannot_be_ended_early_by_what_is_in_it() -> None:
    url = "https://x/a(b) [c](https://evil.example)?k=1&s=%20"
    embed = take_message.draw(picture(), Parcel(None, Sentence.of(TooLarge()), url), BOOK).embed
    assert str(embed.description).splitlines()[-1] == (
        "[Listen at the studio](https://x/a%28b%29%20%5Bc%5D%28https://evil.example%29?k=1&s=%20)"
    )


SMALLER = Parcel(
    TakeFile(audio=Path("a.mp3"), cover=None, size=1, duration_s=90.0, kbit_per_s=128), link="https://x/a.mp3"
)


@pytest.mark.parametrize(
    ("locale", "footer", "words"),
    [
        ("en-US", "128 kbit/s, made smaller to fit what Discord takes here", "The original, at the studio"),
        ("zh-CN", "128 kbit/s，已压缩以符合 Discord 在这里的大小限制", "到工作室听原版"),
        ("zh-TW", "128 kbit/s，已壓縮以符合 Discord 在這裡的大小限制", "到工作室聽原版"),
    ],
)
async def test_a_take_that_was_made_smaller_says_its_rate_and_links_the_original_while_it_is_kept(
    locale: str, footer: str, words: str
) -> None:
    embed = take_message.draw(replace(picture(), locale=locale), SMALLER, BOOK).embed
    assert embed.footer.text == footer
    assert str(embed.description).startswith(f"[{words}](https://x/a.mp3) · ")
    assert f"<t:{NOW // 1000}:D>" in str(embed.description)


async def test_an_original_that_no_link_can_lead_to_is_named_all_the_same() -> None:
    embed = take_message.draw(picture(), replace(SMALLER, link="http://x/a.mp3"), BOOK).embed
    assert embed.description == f"The original, at the studio · until <t:{NOW // 1000}:D>"


async def test_a_take_as_it_was_made_says_nothing_of_rates() -> None:
    embed = take_message.draw(picture(), replace(WITH_FILE, link="https://x/a.mp3"), BOOK).embed
    assert (embed.footer.text, embed.description) == (None, None)


WORDS = st.text(alphabet=st.sampled_from("a*_[]`\n #>é🎵\ud800"), min_size=1)


@given(
    title=WORDS.map(lambda text: text * 500), tags=WORDS.map(lambda text: text * 2000), url=WORDS.map(lambda t: t * 500)
)
async def test_whatever_the_studio_says_fits_a_message(title: str, tags: str, url: str) -> None:
    item = ResultItem(id="c", title="t", tags="t").model_copy(
        update={"title": title, "tags": tags, "audio_url": f"https://x/{url}"}
    )
    shown = picture(ITEM, parent=take(), title=title, changed="9" * 9)
    drawing = take_message.draw(type(shown)(shown.take, item, "en-US", shown.parent), WITHOUT, BOOK)
    assert fits(drawing.embed)


async def test_lyrics_an_embed_can_hold_need_no_file() -> None:
    words = "[Verse]\nla"
    embed = take_message.lyrics(take(), words, BOOK, "en-US")
    assert (embed.title, embed.description) == ("Night Bus · v1a", "\\[Verse\\]\nla")
    assert take_message.lyrics_file(take(), words) is None


async def test_longer_lyrics_come_whole_as_a_text() -> None:
    words = "é*" * 2500
    assert fits(take_message.lyrics(take(), words, BOOK, "en-US"))
    whole = take_message.lyrics_file(take(), words)
    assert whole is not None
    assert whole.filename == "lyrics-v1a.txt"
    assert whole.fp.read().decode() == words


async def test_no_lyrics_says_so() -> None:
    assert take_message.lyrics(take(), " \n", BOOK, "en-US").description == "This take has no lyrics."

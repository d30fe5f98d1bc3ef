"""An export's message."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.cards import export_message
from bot.errors import TooLarge
from bot.phrasebook import Sentence
from bot.picture import ExportPicture
from bot.ports import Parcel, TakeFile
from bot.requests import Stem
from tests.bot.cards.pictures import BOOK, take

EXPORT = ExportPicture(7, Stem(clip_id="clip"), take(), "{}", "en-US")
FILE = TakeFile(audio=Path("a.mp3"), cover=None, size=1, duration_s=90.0)
LINK = "https://x/vocals.mp3"


def test_with_its_file_it_says_what_it_is_and_no_more() -> None:
    embed = export_message.draw(EXPORT, Parcel(FILE, link=LINK), BOOK).embed
    assert (embed.description, embed.footer.text) == ("The vocals alone.", None)


def test_made_smaller_it_says_its_rate_and_links_the_original() -> None:
    embed = export_message.draw(EXPORT, Parcel(replace(FILE, kbit_per_s=96), link=LINK), BOOK).embed
    assert embed.footer.text == "96 kbit/s, made smaller to fit what Discord takes here"
    assert str(embed.description).splitlines() == ["The vocals alone.", f"[The original, at the studio]({LINK})"]


def test_without_its_file_its_footer_tells_a_later_try_that_it_is_there() -> None:
    embed = export_message.draw(EXPORT, Parcel(None, Sentence.of(TooLarge()), LINK), BOOK).embed
    assert embed.footer.text == EXPORT.marker
    assert str(embed.description).splitlines()[-1] == f"[Listen at the studio]({LINK})"

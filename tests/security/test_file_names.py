"""A file's name is ours: nothing gets into it that a file system or an eye could trip over."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.filename import MAX_NAME, marker, stem
from bot.picture import EXPORT_NAMES
from db.clips import letter

ENDINGS = (".mp3", ".flac", ".lrc", "-cover.webp", "-waveform.png")
"""What the bot puts behind a stem."""

HOSTILE = "./\\:\0\u202e\u2066\r\n\t~$`'\"%&;|<>*?[]{} aZ9-\u00c5\ufb03"
TITLES = st.one_of(st.text(max_size=60), st.text(alphabet=HOSTILE, max_size=60))
TEN = 10
PARTS = ("", *(f"-{name}" for name in EXPORT_NAMES.values()))


@given(titles=st.lists(TITLES, min_size=TEN, max_size=TEN), version=st.integers(0, 99_999))
@example(
    titles=["../../etc/passwd", "CON", "\u202egpj.exe", "a" * 300, "a-" * 90, ".", "", "-rf", "\0", "nul"], version=7
)
@settings(max_examples=500)
def test_five_thousand_names_are_safe_whatever_they_are_made_from(titles: list[str], version: int) -> None:
    for number, title in enumerate(titles):
        part, ending = PARTS[number % len(PARTS)], ENDINGS[number % len(ENDINGS)]
        marked = marker(f"v{version}{letter(number * 9)}{part}", title or "clip")
        check(stem(title, marked) + ending, marked)


def check(name: str, marked: str) -> None:
    assert name == Path(name).name == PurePosixPath(name).name == PureWindowsPath(name).name
    assert not any(unicodedata.category(letter)[0] in "CZ" for letter in name)
    assert not name.startswith((".", "-"))
    assert re.fullmatch(r"[a-z0-9-]+\.[a-z0-9]+", name)
    assert len(name) <= MAX_NAME == 60
    assert f"-{marked}" in name  # by which a posted file is recognised, and by which no name is a device's

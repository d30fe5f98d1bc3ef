from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.filename import marker, slug, stem


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("Night Bus", "night-bus"),
        ("Café Größe №1", "cafe-groe-no1"),
        ("  ...  ", "song"),
        ("", "song"),
        ("夜行バス", "song"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON.mp3\0\u202egpj", "con-mp3-gpj"),
        ("a" * 39 + " bc", "a" * 39),
    ],
)
def test_a_title_becomes_plain_words(title: str, plain: str) -> None:
    assert slug(title) == plain


def test_the_end_of_a_name_is_the_same_for_ever() -> None:
    """A posted take is recognised by it."""
    assert stem("Night Bus", marker("v2b", "clip-1")) == f"night-bus-{marker('v2b', 'clip-1')}"
    assert marker("v2b", "clip-1") == "v2b-ocrhgoi4"


def test_no_other_take_shares_a_marker() -> None:
    assert len({marker("v1a", f"clip-{number}") for number in range(2000)}) == 2000
    assert marker("v1a", "x") != marker("v1b", "x")


@given(st.text(max_size=300), st.text(min_size=1, max_size=200))
def test_a_name_is_safe_whatever_a_title_or_id_holds(title: str, clip_id: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}-v1a-[a-z2-7]{8}", stem(title, marker("v1a", clip_id)))

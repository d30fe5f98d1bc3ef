"""The ids of buttons and forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.custom_id import Act, CustomId

ROWS = st.integers(0, 10**18 - 1)


@given(st.sampled_from(Act), ROWS)
def test_an_id_says_the_same_after_a_round_trip_and_fits(act: Act, row: int) -> None:
    written = str(CustomId(act, row))
    assert CustomId.parse(written) == CustomId(act, row)
    assert len(written) <= 100


@given(st.text())
def test_no_text_makes_the_parser_fail(text: str) -> None:
    parsed = CustomId.parse(text)
    assert parsed is None or parsed.act in Act


@pytest.mark.parametrize(
    "text",
    [
        "",
        "m1",
        "m1:cancel",
        "m1:cancel:",
        "m1:cancel:-1",
        "m1:cancel:1 ",
        "m1:cancel:1\n",
        "m2:cancel:1",
        "m1:dance:1",
        "M1:cancel:1",
        "m1:CANCEL:1",
        "m1:cancel:1:2",
        "m1:cancel:١",
        f"m1:cancel:{10**18}",
    ],
)
def test_only_the_frozen_form_is_understood(text: str) -> None:
    assert CustomId.parse(text) is None


def test_the_form_never_changes_because_messages_live_for_ever() -> None:
    assert [str(CustomId(act, 7)) for act in Act] == [
        "m1:cancel:7",
        "m1:retry:7",
        "m1:leave:7",
        "m1:show:7",
        *(
            f"m1:{act}:7"
            for act in ("sing", "extend", "cover", "again", "lyrics", "more", "revise", "replace", "vocals")
        ),
        *(f"m1:{act}:7" for act in ("backing", "remaster", "stem", "midi", "wav", "karaoke", "waveform", "full")),
        "m1:singer:7",
        "m1:post:7",
        "m1:older:7",
        "m1:song:7",
    ]

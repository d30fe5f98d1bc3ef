"""The forms."""

from __future__ import annotations

from typing import Any

import discord
from hypothesis import given
from hypothesis import strategies as st

from bot.cards import forms
from tests.bot.cards.pictures import BOOK, ITEM, take


def inputs(modal: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Name -> text input, with the label's text added."""
    return {
        label["component"]["custom_id"]: {**label["component"], "text": label["label"]} for label in modal["components"]
    }


def every_form(locale: str) -> list[discord.ui.Modal]:
    """Each form at its fullest."""
    long = ITEM.model_copy(update={"duration": 10.0**5, "tags": "s" * 5000, "prompt": "w" * 9000})
    made, book = take(long), forms.FormBook(BOOK, locale)
    of_takes = (book.extend, book.cover, book.revise, book.replace, book.vocals, book.singer)
    return [book.song("w" * 9000), *(form(made) for form in of_takes)]


async def test_the_forms_keep_discords_limits() -> None:
    for locale in BOOK.locales:
        for form in every_form(locale):
            modal = form.to_dict()
            assert 1 <= len(modal["title"]) <= 45
            assert len(modal["custom_id"]) <= 100
            assert len(modal["components"]) <= 5
            for field in inputs(modal).values():
                assert 1 <= len(field["text"]) <= 45
                assert len(field.get("placeholder") or "") <= 100
                assert 1 <= field["max_length"] <= 4000
                assert len(field.get("value") or "") <= field["max_length"]


async def test_labels_are_whole_and_not_cut() -> None:
    for locale in BOOK.locales:
        for name in ("lyrics", "style", "title", "at", "song-title"):
            assert len(BOOK.say(locale, f"form-{name}")) <= 45
        for hint in ("lyrics-hint", "style-hint", "title-hint"):
            assert len(BOOK.say(locale, f"form-{hint}")) <= 100


async def test_lyrics_have_a_paragraph_and_nothing_is_required_alone() -> None:
    fields = inputs(forms.FormBook(BOOK, "en-US").song().to_dict())
    assert {name: field["style"] for name, field in fields.items()} == {"lyrics": 2, "style": 1, "title": 1}
    assert not any(field["required"] for field in fields.values())


async def test_an_extension_is_offered_from_the_end_where_that_is_known() -> None:
    for duration, value in ((84.5, "84"), (0.0, None)):
        fields = inputs(
            forms.FormBook(BOOK, "en-US").extend(take(ITEM.model_copy(update={"duration": duration}))).to_dict()
        )
        assert fields["at"].get("value") == value


async def test_a_form_is_stopped_so_that_discord_py_does_not_keep_it() -> None:
    assert forms.FormBook(BOOK, "en-US").song().is_finished()


def test_values_are_found_in_labels_and_in_rows() -> None:
    typed = {"type": 4, "custom_id": "lyrics", "value": "la"}
    assert forms.values({"components": [{"type": 18, "component": typed}]}) == {"lyrics": "la"}
    assert forms.values({"components": [{"type": 1, "components": [typed]}]}) == {"lyrics": "la"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["components", "component", "value", "custom_id"]), inner)
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_data_makes_the_reader_fail(data: Any) -> None:
    found = forms.values({"components": data})
    assert all(isinstance(value, str) for value in found.values())

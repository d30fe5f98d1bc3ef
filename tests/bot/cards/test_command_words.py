"""What commands say, and whether Discord has heard it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.cards import command_words
from bot.phrasebook import Phrasebook
from tests.bot.cards.pictures import BOOK

OURS: dict[str, Any] = {
    "name": "extend",
    "type": 1,
    "description": "Continue a take",
    "options": [{"type": 4, "name": "at", "description": "The second", "min_value": 0, "required": False}],
    "nsfw": False,
    "contexts": [0, 1],
    "integration_types": [0],
    "default_member_permissions": None,
}

REGISTERED: dict[str, Any] = {
    "id": "1",
    "application_id": "2",
    "version": "3",
    "name": "extend",
    "name_localizations": None,
    "type": 1,
    "description": "Continue a take",
    "description_localizations": None,
    "dm_permission": True,
    "default_member_permissions": None,
    "options": [
        {
            "type": 4,
            "name": "at",
            "name_localizations": None,
            "description": "The second",
            "description_localizations": None,
            "min_value": 0,
        }
    ],
    "contexts": [0, 1],
    "integration_types": [0],
}


def test_what_discord_adds_by_itself_makes_no_difference() -> None:
    assert command_words.same([OURS], [REGISTERED])
    assert command_words.same([], [])


@pytest.mark.parametrize(
    "change",
    [
        {"name": "continue"},
        {"description": "Go on"},
        {"options": []},
        {"options": [{**OURS["options"][0], "min_value": 1}]},
        {"options": [{key: value for key, value in OURS["options"][0].items() if key != "min_value"}]},
        {"options": [{**OURS["options"][0], "required": True}]},
        {"options": [{**OURS["options"][0], "autocomplete": True}]},
        {"contexts": [0]},
        {"description_localizations": {"de": "Weiter"}},
    ],
)
def test_whatever_a_member_would_notice_is_a_difference(change: dict[str, Any]) -> None:
    assert not command_words.same([{**OURS, **change}], [REGISTERED])


def test_a_command_more_or_less_is_a_difference() -> None:
    assert not command_words.same([OURS], [])
    assert not command_words.same([OURS], [REGISTERED, {**REGISTERED, "name": "old"}])


def test_an_order_is_no_difference_between_commands() -> None:
    other = {**OURS, "name": "other"}
    assert command_words.same([OURS, other], [{**REGISTERED, "name": "other"}, REGISTERED])


def test_a_description_is_said_in_every_language_that_has_it(tmp_path: Path) -> None:
    (tmp_path / "en-US.ftl").write_text("command-a = Do it\noption-b = How\n", encoding="utf-8")
    (tmp_path / "de.ftl").write_text("command-a = Tu es\n", encoding="utf-8")
    payload = {"name": "a", "description": "command-a", "options": [{"name": "b", "description": "option-b"}]}

    assert command_words.in_words(payload, Phrasebook(tmp_path)) == {
        "name": "a",
        "description": "Do it",
        "description_localizations": {"de": "Tu es"},
        "options": [{"name": "b", "description": "How"}],
    }


def test_every_description_fits_in_every_language() -> None:
    text = (Path(command_words.__file__).parent.parent / "locales" / "en-US.ftl").read_text(encoding="utf-8")
    ids = [line.split(" =")[0] for line in text.splitlines() if line.startswith(("command-", "option-"))]
    assert len(ids) > 10
    for locale in BOOK.locales:
        assert all(1 <= len(BOOK.say(locale, message_id)) <= 100 for message_id in ids)


def test_an_unknown_sentence_ends_the_start_instead_of_being_registered() -> None:
    with pytest.raises(LookupError):
        command_words.in_words({"name": "a", "description": "command-unheard-of"}, BOOK)

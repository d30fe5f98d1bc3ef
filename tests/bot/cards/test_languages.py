"""Every language says every sentence, with the same arguments and within Discord's limits."""

from __future__ import annotations

import pytest

from bot.phrasebook import FALLBACK
from tests.bot.cards.pictures import BOOK
from tests.bot.sentences import sentences

OTHERS = [locale for locale in BOOK.locales if locale != FALLBACK]
LIMITS = {"command": 100, "option": 100, "button": 80}
FORM = {True: 100, False: 45}
"""Characters of a form's hint, and of its title or a label."""


ENGLISH = sentences(FALLBACK)


def limit(name: str) -> int:
    family = name.partition("-")[0]
    return FORM[name.endswith("-hint")] if family == "form" else LIMITS.get(family, 1000)


def test_english_and_both_chinese_scripts_are_spoken() -> None:
    assert set(BOOK.locales) == {"en-US", "zh-CN", "zh-TW"}


@pytest.mark.parametrize("locale", OTHERS)
def test_a_language_has_every_sentence_with_the_same_arguments_and_no_other(locale: str) -> None:
    assert sentences(locale) == ENGLISH


@pytest.mark.parametrize("locale", BOOK.locales)
def test_every_sentence_is_whole_and_fits_where_it_is_shown(locale: str) -> None:
    for name, needed in ENGLISH.items():
        text = BOOK.say(locale, name, **dict.fromkeys(needed, "v12b"))
        assert text.strip() == text
        assert 1 <= len(text) <= limit(name), name
        assert "{" not in text
        assert text.count("`") % 2 == 0, name


@pytest.mark.parametrize("locale", OTHERS)
def test_commands_and_options_are_called_in_chinese_what_they_are_called_in_english(locale: str) -> None:
    needed = {name: dict.fromkeys(arguments, "x") for name, arguments in ENGLISH.items()}
    for name, arguments in needed.items():
        if name.startswith(("help-", "queue-", "singers-")):
            named = [word for word in BOOK.say(FALLBACK, name, **arguments).split("`") if word.startswith("/")]
            translated = BOOK.say(locale, name, **arguments)
            assert all(f"`{word.split(':')[0]}" in translated for word in named), name

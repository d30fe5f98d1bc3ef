from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot
import cogs
from bot.errors import (
    Busy,
    InvalidRequest,
    KeyRejected,
    MediaGone,
    MinstrelError,
    RateLimited,
    RequestRejected,
    TooLarge,
    Unclear,
)
from bot.phrasebook import FALLBACK, Phrasebook, Sentence
from tests.bot.sentences import sentences

FOLDERS = [Path(package.__file__ or "").parent for package in (bot, cogs)]
FAMILIES = (
    "command|option|card|take|form|button|lyrics|queue|cancel|show|help|permission|error|export|more|singers?|recover|"
    "retry|leave|library"
)
ID = re.compile(rf"(?:{FAMILIES})-[a-z_]+(?:-[a-z_]+)*")
FAMILY = re.compile(rf"(?:{FAMILIES})-(?:[a-z_]+-)*")


@pytest.fixture(scope="module")
def book() -> Phrasebook:
    """Read once: it never changes, and to read it takes longer than to say all it holds."""
    return Phrasebook()


def sources() -> Iterator[ast.Module]:
    for folder in FOLDERS:
        for path in sorted(folder.rglob("*.py")):
            yield ast.parse(path.read_text(encoding="utf-8"))


def used_in_the_source() -> tuple[set[str], set[re.Pattern[str]]]:
    """Ids that stand there whole, and families such as `f"button-{act}"`."""
    whole: set[str] = set()
    families: set[re.Pattern[str]] = set()
    for node in (node for module in sources() for node in ast.walk(module)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and ID.fullmatch(node.value):
            whole.add(node.value)
        first = node.values[0] if isinstance(node, ast.JoinedStr) else None
        if isinstance(first, ast.Constant) and FAMILY.fullmatch(str(first.value)):
            families.add(re.compile(str(first.value) + "[a-z_-]+"))
    return whole, families


def test_every_sentence_the_source_names_is_in_the_english_file() -> None:
    whole, families = used_in_the_source()
    known = sentences()
    assert len(whole) > 60
    assert whole - set(known) == set()
    assert [family.pattern for family in families if not any(family.fullmatch(name) for name in known)] == []


def test_every_sentence_of_the_english_file_is_used() -> None:
    whole, families = used_in_the_source()
    unused = {name for name in sentences() if name not in whole and not any(one.fullmatch(name) for one in families)}
    assert unused == set()


@pytest.mark.parametrize(("name", "needed"), sorted(sentences().items()))
def test_a_sentence_can_be_said_with_its_arguments_and_not_without(
    book: Phrasebook, name: str, needed: set[str]
) -> None:
    text = book.say(FALLBACK, name, **dict.fromkeys(needed, 3))
    assert text.strip() == text != ""
    assert not re.search(r"[{}⁨⁩]", text)
    for missing in needed:
        with pytest.raises(ValueError, match=name):
            book.say(FALLBACK, name, **dict.fromkeys(needed - {missing}, 3))


@pytest.mark.parametrize("family", ["command", "option"])
def test_what_a_command_says_fits_into_discords_100_characters(book: Phrasebook, family: str) -> None:
    for name in sentences():
        if name.startswith(f"{family}-"):
            assert 1 <= len(book.say(FALLBACK, name)) <= 100, name


@pytest.mark.parametrize("name", ["form-song-title", "form-lyrics", "form-style", "form-title", "form-at"])
def test_titles_and_labels_of_forms_fit_into_45_characters(book: Phrasebook, name: str) -> None:
    assert len(book.say(FALLBACK, name)) <= 45


def errors() -> list[type[MinstrelError]]:
    found, waiting = [], [MinstrelError]
    while waiting:
        waiting += (one := waiting.pop()).__subclasses__()
        found.append(one)
    return found


def test_every_error_has_a_sentence() -> None:
    assert {error.message_id for error in errors()} <= set(sentences())


@pytest.mark.parametrize(
    "error",
    [
        Busy(),
        InvalidRequest("error-too-long", option="style", max=200, length=201),
        KeyRejected("error-no-credit"),
        MediaGone(),
        RateLimited(retry_after_s=3),
        RequestRejected(reason='“quoted” { $reason } "json"', request_id="r"),
        TooLarge(),
        Unclear(cause="HTTP 502"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_errors_sentence_survives_its_row(book: Phrasebook, error: MinstrelError) -> None:
    sentence = Sentence.of(error)
    assert Sentence.from_json(sentence.to_json()) == sentence
    assert book.tell(FALLBACK, sentence)


def test_a_language_without_the_sentence_speaks_english(tmp_path: Path) -> None:
    (tmp_path / "en-US.ftl").write_text("a = english\nb = only english\n", encoding="utf-8")
    (tmp_path / "de.ftl").write_text("a = deutsch\n", encoding="utf-8")
    book = Phrasebook(tmp_path)
    assert book.locales == ("de", "en-US")
    assert [book.say(locale, "a") for locale in ("de", "en-US", "ja")] == ["deutsch", "english", "english"]
    assert book.say("de", "b") == "only english"
    assert (book.knows("de", "a"), book.knows("de", "b"), book.knows("ja", "a")) == (True, False, False)


def test_a_sentence_nobody_wrote_is_a_lookup_error(book: Phrasebook) -> None:
    with pytest.raises(LookupError):
        book.say(FALLBACK, "error-nobody-wrote")

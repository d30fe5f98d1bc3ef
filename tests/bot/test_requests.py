from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InvalidRequest
from bot.requests import DEFAULT_RETENTION_DAYS, MAX_IDEA, MAX_LINE, MAX_LYRICS, Generate, parse

BLANK = " \n\t\u3000"


def refusal(**fields: object) -> tuple[str, object]:
    """The sentence of the rule that is broken, and the option it names."""
    with pytest.raises(InvalidRequest) as refused:
        Generate.from_json(json.dumps(fields))
    return refused.value.sentence_id, refused.value.arguments["option"]


@pytest.mark.parametrize("field", ["prompt", "tags", "description"])
def test_one_of_lyrics_style_and_idea_is_enough(field: str) -> None:
    assert getattr(Generate.from_json(json.dumps({field: "words"})), field) == "words"


def test_lyrics_and_style_go_together() -> None:
    assert Generate(prompt="la", tags="folk").tags == "folk"


@pytest.mark.parametrize("blank", ["", BLANK])
def test_nothing_but_blanks_is_nothing(blank: str) -> None:
    assert refusal(prompt=blank, tags=blank) == ("error-no-words", "lyrics")
    assert refusal(prompt=blank, tags=blank, title="Rain") == ("error-no-words", "lyrics")
    assert refusal(tags=blank, instrumental=True) == ("error-no-words", "style")


@pytest.mark.parametrize("other", ["prompt", "tags"])
def test_an_idea_stands_alone(other: str) -> None:
    assert refusal(description="rain", **{other: "x"}) == ("error-idea-alone", "idea")
    assert Generate.from_json(json.dumps({"description": "rain", other: BLANK})).description == "rain"


@pytest.mark.parametrize("clip", [None, "", BLANK])
def test_a_place_to_continue_needs_a_take(clip: str | None) -> None:
    assert refusal(prompt="la", continue_at=5, continue_clip_id=clip) == ("error-at-without-take", "at")


@pytest.mark.parametrize("second", [-1, 1.0, 0.5, True, False, "5", [5]])
def test_a_place_to_continue_is_a_whole_second_from_0(second: object) -> None:
    assert refusal(prompt="la", continue_clip_id="c", continue_at=second) == ("error-at-negative", "at")


@pytest.mark.parametrize("second", [None, 0, 1, 10**9])
def test_a_take_may_be_continued_from_its_start_its_end_or_between(second: int | None) -> None:
    assert Generate(prompt="la", continue_clip_id="c", continue_at=second).continue_at == second


@pytest.mark.parametrize("days", [0, 31, -1, True, 1.0, "7", None])
def test_files_are_kept_1_to_30_whole_days(days: object) -> None:
    assert refusal(prompt="la", retention_days=days) == ("error-retention", "retention")


@pytest.mark.parametrize("days", [1, 30])
def test_the_first_and_the_last_allowed_day_are_taken(days: int) -> None:
    assert Generate(prompt="la", retention_days=days).retention_days == days


def test_files_are_kept_as_long_as_the_api_allows_unless_told_otherwise() -> None:
    assert Generate(prompt="la").retention_days == DEFAULT_RETENTION_DAYS == 30


@pytest.mark.parametrize(
    ("field", "option", "most"),
    [
        ("prompt", "lyrics", MAX_LYRICS),
        ("tags", "style", MAX_LINE),
        ("title", "title", MAX_LINE),
        ("description", "idea", MAX_IDEA),
    ],
)
def test_a_text_may_be_as_long_as_its_limit_and_no_longer(field: str, option: str, most: int) -> None:
    words = {} if field != "title" else {"prompt": "la"}
    assert len(getattr(Generate.from_json(json.dumps({**words, field: "x" * most})), field)) == most
    assert refusal(**words, **{field: "x" * (most + 1)}) == ("error-too-long", option)


@pytest.mark.parametrize("field", ["prompt", "retention_days"])
def test_a_request_cannot_be_changed(field: str) -> None:
    with pytest.raises(AttributeError):
        setattr(Generate(prompt="la"), field, "lo")


words = st.text(max_size=60)
requests = st.builds(
    Generate,
    prompt=words.map(lambda text: f"x{text}"),
    tags=words,
    title=words,
    instrumental=st.booleans(),
    continue_clip_id=words.map(lambda text: f"c{text}"),
    continue_at=st.none() | st.integers(0, 2**53),
    retention_days=st.integers(1, 30),
) | st.builds(Generate, description=words.map(lambda text: f"x{text}"), title=words)


@given(requests)
def test_a_stored_request_is_read_back_as_it_was(request_: Generate) -> None:
    assert parse("generate", request_.to_json()) == request_

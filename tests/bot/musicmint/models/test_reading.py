from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from bot.musicmint.models import Timing, WavAddress, Waveform
from bot.musicmint.models.reading import MAX_POINTS

LEVELS: TypeAdapter[tuple[float, ...]] = TypeAdapter(Waveform)
ADDRESS: TypeAdapter[str] = TypeAdapter(WavAddress)


def words(*said: object) -> list[tuple[str, float, float]]:
    return [(word.word, word.start, word.end) for word in Timing.model_validate({"aligned": said}).aligned]


def test_words_stand_in_order_of_time() -> None:
    late, early = {"word": "b", "start": 2, "end": 3}, {"word": "a", "start": 1, "end": 2}
    assert words(late, early) == [("a", 1.0, 2.0), ("b", 2.0, 3.0)]


def test_a_word_that_ends_before_it_starts_keeps_its_start() -> None:
    assert words({"word": "a", "start": 2, "end": 1}) == [("a", 2.0, 2.0)]


def test_a_word_keeps_its_line_end() -> None:
    assert words({"word": "la\n", "start": 2, "end": 3}) == [("la\n", 2.0, 3.0)]


@pytest.mark.parametrize(
    "odd", [None, "la", {}, {"word": "", "start": 1, "end": 2}, {"word": "a", "start": -1, "end": 2}, {"word": "a"}]
)
def test_a_word_that_makes_no_sense_costs_none_of_the_others(odd: object) -> None:
    assert words(odd, {"word": "a", "start": 1, "end": 2}) == [("a", 1.0, 2.0)]
    with pytest.raises(ValidationError):
        words(odd)


@pytest.mark.parametrize("nothing", [[], None])
def test_where_nobody_sings_there_are_no_words(nothing: object) -> None:
    assert Timing.model_validate({"aligned": nothing}).aligned == ()


@pytest.mark.parametrize("data", [{}, {"words": []}, [], None, "la"])
def test_an_answer_that_says_nothing_of_words_is_no_timing(data: object) -> None:
    with pytest.raises(ValidationError):
        Timing.model_validate(data)


@given(st.lists(st.tuples(st.floats(0, 80_000), st.floats(0, 80_000))))
def test_every_timing_is_in_order_and_ends_no_word_before_its_start(times: list[tuple[float, float]]) -> None:
    read = words(*({"word": "la", "start": start, "end": end} for start, end in times))
    assert [start for _, start, _ in read] == sorted(start for start, _ in times)
    assert all(end >= start for _, start, end in read)


def test_a_waveform_lies_between_nought_and_one() -> None:
    assert LEVELS.validate_python([-0.2, 0, 0.5, 1, 1.7]) == (0.0, 0.0, 0.5, 1.0, 1.0)
    assert LEVELS.validate_python([]) == ()


@pytest.mark.parametrize(
    "data", [None, {}, "0.5", [None], [[0.5]], [float("nan")], [float("inf")], [0.5] * (MAX_POINTS + 1)]
)
def test_what_is_no_envelope_is_no_waveform(data: object) -> None:
    with pytest.raises(ValidationError):
        LEVELS.validate_python(data)


@pytest.mark.parametrize("address", ["https://cdn.example.com/a.wav?sig=1", "http://127.0.0.1:8802/files/a.wav"])
def test_a_wav_is_its_address(address: str) -> None:
    assert ADDRESS.validate_python(address) == address


@pytest.mark.parametrize("data", [None, "", {}, {"url": "https://a/b"}, ["https://a/b"], "a.wav", "https://a/\nb"])
def test_what_is_no_address_is_no_wav(data: object) -> None:
    with pytest.raises(ValidationError):
        ADDRESS.validate_python(data)

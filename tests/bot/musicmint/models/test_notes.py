from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from bot.musicmint.models import HeardTranscription, MidiNote, Transcription

HEARD: TypeAdapter[Transcription] = TypeAdapter(HeardTranscription)
A_NOTE: dict[str, Any] = {"pitch": 60, "start": 1.0, "end": 2.0, "velocity": 90}


def heard(*notes: object) -> tuple[MidiNote, ...]:
    return HEARD.validate_python({"instruments": {"piano": list(notes)}}).instruments["piano"]


@pytest.mark.parametrize("name", ["pitch", "note", "midi", "key"])
@pytest.mark.parametrize(
    ("said", "pitch"),
    [
        (61, 61),
        (60.7, 61),
        (0, 0),
        ("C4", 60),
        ("C#4", 61),
        ("d♭4", 61),
        ("Bb3", 58),
        ("b3", 59),
        ("C-1", 0),
        ("G9", 127),
        ("Cb4", 59),
        (" A4 ", 69),
    ],
)
def test_a_pitch_is_a_number_or_a_name_under_any_plausible_word(name: str, said: object, pitch: int) -> None:
    (note,) = heard({name: said, "start": 1, "end": 2})
    assert (note.pitch, note.start, note.end) == (pitch, 1.0, 2.0)


@pytest.mark.parametrize("start", ["start", "start_s", "start_time", "startTime", "onset"])
@pytest.mark.parametrize(
    ("end", "said"), [("end", 3), ("end_s", 3), ("end_time", 3), ("endTime", 3), ("duration", 2), ("duration_s", 2)]
)
def test_a_time_stands_under_any_plausible_word(start: str, end: str, said: float) -> None:
    (note,) = heard({"pitch": 60, start: 1, end: said})
    assert (note.start, note.end) == (1.0, 3.0)


def test_a_name_that_holds_nothing_usable_hides_no_other() -> None:
    assert heard({"pitch": None, "note": "?", "midi": 64, "start": "?", "onset": 0, "end": 1})[0].pitch == 64


@pytest.mark.parametrize(
    ("velocities", "read"),
    [
        ([0.5, 1.0], [64, 127]),
        ([1, 1], [127, 127]),
        ([1, 100], [1, 100]),
        ([0.001, 0.5], [1, 64]),
        ([300, 64.4], [127, 64]),
        ([None, "loud"], [80, 80]),
        ([0, -5], [80, 80]),
        ([True, 10**400], [80, 80]),
    ],
)
def test_a_velocity_is_a_fraction_where_none_is_above_one(velocities: list[object], read: list[int]) -> None:
    notes = heard(*(A_NOTE | {"start": place, "end": 9, "velocity": one} for place, one in enumerate(velocities)))
    assert [note.velocity for note in notes] == read


def test_a_stroke_without_length_is_long_enough_to_be_heard() -> None:
    (note,) = heard(A_NOTE | {"end": 1.0})
    assert note.end == pytest.approx(1.05)


NONSENSE: list[object] = [
    None,
    "C4",
    [60, 1, 2],
    {},
    *(A_NOTE | {"pitch": bad} for bad in (128, -1, "H4", "C", True, None, [60], 10**400)),
    *(A_NOTE | {"start": bad} for bad in (-1, "1", None, float("inf"), 86_400, 3)),
    *(A_NOTE | {"end": bad} for bad in (0.5, None, float("nan"), 1e300)),
]


@pytest.mark.parametrize("odd", NONSENSE, ids=repr)
def test_a_note_that_makes_no_sense_costs_none_of_the_others(odd: object) -> None:
    assert heard(odd, A_NOTE) == (MidiNote(pitch=60, start=1.0, end=2.0, velocity=90),)


@pytest.mark.parametrize("instruments", [{"piano": NONSENSE}, {"piano": "notes"}, {"piano": [{}], "bass": []}])
def test_where_no_note_makes_sense_nothing_was_heard(instruments: object) -> None:
    with pytest.raises(ValidationError):
        HEARD.validate_python({"state": "complete", "instruments": instruments})


@pytest.mark.parametrize("instruments", [{}, None, {"piano": []}, {"piano": None}])
def test_a_clip_without_notes_is_silent(instruments: object) -> None:
    assert HEARD.validate_python({"state": "complete", "instruments": instruments}).instruments == {}


@pytest.mark.parametrize("data", [None, [], {}, {"state": "complete"}, {"instruments": ["piano"]}])
def test_an_answer_that_says_nothing_of_instruments_is_no_transcription(data: object) -> None:
    with pytest.raises(ValidationError):
        HEARD.validate_python(data)


def test_an_instrument_s_name_is_one_short_printable_line() -> None:
    said = {"grand\n\x1b[31mpiano\u202e " + "x" * 99: [A_NOTE], "drums": []}
    (name,) = HEARD.validate_python({"instruments": said}).instruments
    assert name.startswith("grand [31mpiano x")
    assert len(name) == 60


def test_instruments_whose_names_end_up_the_same_play_together() -> None:
    said = {"piano": [A_NOTE], "piano\0": [A_NOTE | {"start": 0.5}]}
    assert [note.start for note in HEARD.validate_python({"instruments": said}).instruments["piano"]] == [0.5, 1.0]


def test_what_was_stored_is_not_heard_anew() -> None:
    """All at velocity 1 would be read as fractions."""
    quiet = Transcription(instruments={"piano": (MidiNote(pitch=60, start=0, end=1, velocity=1),)})
    assert Transcription.model_validate_json(quiet.model_dump_json()) == quiet


NUMBERS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
ODD_NOTES = st.dictionaries(
    st.sampled_from(["pitch", "note", "start", "onset", "end", "duration", "velocity"]), NUMBERS
)


@given(st.lists(ODD_NOTES | NUMBERS, max_size=5))
def test_every_note_that_is_kept_can_be_played(notes: list[object]) -> None:
    played = heard(*notes, A_NOTE)
    assert all(0 <= note.pitch <= 127 and 0 <= note.start < note.end and 1 <= note.velocity <= 127 for note in played)
    assert [note.start for note in played] == sorted(note.start for note in played)

"""The notes of a clip. Source: docs.musicmint.ai, audio/midi, which elides what a note looks like."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.musicmint.envelope import plain_line
from bot.musicmint.models.base import BIGINT_MAX, DAY_S, Answer, LooseText, Seconds

MAX_INSTRUMENT: Final = 60
"""Characters of an instrument's name."""

PLAIN_VELOCITY: Final = 80
STRUCK_S: Final = 0.05
"""How long a note without any length sounds: a drum's stroke."""

PITCH_NAMES: Final = ("pitch", "note", "midi", "key")
START_NAMES: Final = ("start", "start_s", "start_time", "startTime", "onset")
END_NAMES: Final = ("end", "end_s", "end_time", "endTime")
LENGTH_NAMES: Final = ("duration", "duration_s")

NOTE_NAME: Final = re.compile(r"([A-Ga-g])([#♯b♭]?)(-?[0-9])")
SEMITONES: Final = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))
MIDDLE_C: Final = 60
"""C4."""

LATEST_S: Final = DAY_S - 1

T = TypeVar("T")


class MidiNote(BaseModel):
    """One note; times in seconds, `end > start`, `pitch` a MIDI number, `velocity` 1 to 127."""

    model_config = ConfigDict(frozen=True)

    pitch: Annotated[int, Field(ge=0, le=127)]
    start: Seconds
    end: Seconds
    velocity: Annotated[int, Field(ge=1, le=127)] = PLAIN_VELOCITY


class Transcription(Answer):
    """The notes of a clip by instrument, in order of time. An instrument without notes is not named."""

    state: LooseText = ""
    instruments: Mapping[str, tuple[MidiNote, ...]]


def _heard(data: object) -> object:
    """The docs are silent on the note object: every plausible spelling of one is read, here and nowhere else.

    Notes that make no sense are left out. When there were notes and none makes sense, `ValueError`. Null says that
    there are none.
    """
    if not isinstance(data, Mapping) or "instruments" not in data:
        return data
    instruments = data["instruments"] or {}
    if not isinstance(instruments, Mapping):
        return data
    raw = {
        name: [note for note in notes if isinstance(note, Mapping)] if isinstance(notes, list) else []
        for name, notes in instruments.items()
    }
    scale = _velocity_scale(note.get("velocity") for notes in raw.values() for note in notes)
    heard: dict[str, list[MidiNote]] = {}
    for name, notes in raw.items():
        usable = [note for one in notes if (note := _note(one, scale)) is not None]
        if usable:
            heard.setdefault(plain_line(name, MAX_INSTRUMENT), []).extend(usable)
    if any(instruments.values()) and not heard:
        raise ValueError("no note is usable")
    ordered = {name: sorted(notes, key=lambda note: (note.start, note.pitch)) for name, notes in heard.items()}
    return {**data, "instruments": ordered}


HeardTranscription = Annotated[Transcription, BeforeValidator(_heard)]
"""A transcription as the API sends it; `Transcription` itself reads only what it wrote."""


def _velocity_scale(velocities: Iterable[object]) -> float:
    """What brings velocities to 0..127: when none is above 1, they are fractions."""
    return 127.0 if all(value <= 1 for raw in velocities if (value := _number(raw)) is not None) else 1.0


def _note(raw: Mapping[str, object], scale: float) -> MidiNote | None:
    pitch = _first(raw, PITCH_NAMES, _pitch)
    start = _first(raw, START_NAMES, _number)
    if pitch is None or start is None or not 0 <= start <= LATEST_S:
        return None
    end = _first(raw, END_NAMES, _number)
    if end is None and (length := _first(raw, LENGTH_NAMES, _number)) is not None:
        end = start + length
    if end is None or not start <= end <= LATEST_S:
        return None
    velocity = _velocity(_number(raw.get("velocity")), scale)
    return MidiNote(pitch=pitch, start=start, end=end if end > start else start + STRUCK_S, velocity=velocity)


def _velocity(value: float | None, scale: float) -> int:
    if value is None or value <= 0:  # a stroke of no strength would end the note in MIDI
        return PLAIN_VELOCITY
    return max(1, min(127, round(value * scale)))


def _pitch(value: object) -> int | None:
    number = _named_pitch(value) if isinstance(value, str) else _number(value)
    pitch = None if number is None else round(number)
    return pitch if pitch is not None and 0 <= pitch <= 127 else None


def _named_pitch(name: str) -> int | None:
    """`C#4`, `Bb-1`; middle C is C4 = 60."""
    parts = NOTE_NAME.fullmatch(name.strip())
    if parts is None:
        return None
    letter, accidental, octave = parts.groups()
    shift = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}[accidental]
    return MIDDLE_C + SEMITONES[letter.upper()] + shift + 12 * (int(octave) - 4)


def _first(raw: Mapping[str, object], names: Iterable[str], read: Callable[[object], T | None]) -> T | None:
    """What the first of these names that holds something usable says."""
    return next((value for name in names if (value := read(raw.get(name))) is not None), None)


def _number(value: object) -> float | None:
    """JSON's numbers alone, finite; true is none, and an integer may be too large for a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= BIGINT_MAX else None

"""The score of what was uploaded, as far as it can be heard: its notes, its beat, its key."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sandbox.studio.music import mp3, pitch, stems
from sandbox.studio.music.arrangement import Arrangement, Mode, Note, Part, Recorded, Section, TempoMark
from sandbox.studio.music.form import BEATS_PER_BAR
from sandbox.studio.music.pitch import Heard
from sandbox.studio.music.sampler import RATE

MELODY = "melody"
STYLE = "pop"
TEMPI = np.arange(66.0, 140.0, 0.1)
USUAL_TEMPO = 100.0
LAST_NOTE = 0.12  # what ending on a step says for it being the tonic, as a share of all that is heard
# How much each step is heard in music of a key: Carol Krumhansl, Cognitive Foundations of Musical Pitch (1990).
PROFILES: dict[Mode, tuple[float, ...]] = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}


def score(files: Path, recording: str) -> Arrangement:
    """The notes of a recording: those it was made from, or, with its audio as a guest, those heard in an upload."""
    stored = stems.score(files, recording)
    if stored:
        return stored
    sound = mp3.decoded(files / f"{recording}.mp3")
    seconds = sound.shape[1] / RATE
    guest = Recorded(recording=recording, beat=0, start=0, end=seconds)
    return heard_score(pitch.heard(sound), seconds).model_copy(update={"recorded": (guest,)})


def heard_score(notes: Sequence[Heard], seconds: float) -> Arrangement:
    """Notes on the beats and in the key they suggest; what is before the first bar line is a lead-in."""
    bpm, first_bar = beat(notes)
    beats = seconds * bpm / 60
    lead_in = first_bar * bpm / 60 / BEATS_PER_BAR
    bars = max(1, int(np.ceil(beats / BEATS_PER_BAR - lead_in)))
    sections = [Section(name="lead-in", start_bar=0, bars=lead_in)] if lead_in else []
    key, mode = tonic(notes)
    played = tuple(
        Note(
            start=note.start * bpm / 60,
            length=(note.end - note.start) * bpm / 60,
            pitch=note.pitch,
            velocity=note.velocity,
        )
        for note in notes
    )
    return Arrangement(
        style=STYLE,
        key=key,
        mode=mode,
        beats_per_bar=BEATS_PER_BAR,
        tempo=(TempoMark(beat=0, bpm=bpm),),
        sections=(*sections, Section(name="verse", start_bar=lead_in, bars=bars)),
        parts=(Part(name=MELODY, program=0, notes=played),) if played else (),
    )


def beat(notes: Sequence[Heard]) -> tuple[float, float]:
    """The tempo in which most notes start on a beat or half of one, and the second of the first bar line."""
    if len(notes) < 2:
        return USUAL_TEMPO, 0.0
    starts = np.array([note.start for note in notes])
    lengths = np.array([note.end - note.start for note in notes])
    weights = np.sqrt(lengths) / np.sqrt(lengths).sum()
    turns = np.exp(2j * np.pi * np.outer(TEMPI / 60, starts))
    on_beats, on_halves = np.abs(turns @ weights), np.abs(turns**2 @ weights)
    liking = (on_beats + 2 * on_halves**2) * np.exp(-0.5 * (np.log2(TEMPI / USUAL_TEMPO) / 0.9) ** 2)
    best = int(liking.argmax())
    bpm = round(float(TEMPI[best]), 1)
    phase = _phase(turns[best], weights, on_beats[best], on_halves[best])
    beats = starts * bpm / 60 - phase
    near = np.round(beats)
    strength = [lengths[(near % BEATS_PER_BAR == place) & (np.abs(beats - near) < 0.2)].sum() for place in range(4)]
    first = (phase + int(np.argmax(strength))) % BEATS_PER_BAR * 60 / bpm
    return bpm, 0.0 if BEATS_PER_BAR * 60 / bpm - first < 0.05 or first < 0.05 else first


def _phase(turns: NDArray[np.complex128], weights: NDArray[np.float64], on_beats: float, on_halves: float) -> float:
    """The share of a beat that has passed at the first one: from the beats, or (two ways) from the halves."""
    by_beats = float(np.angle(turns @ weights)) / (2 * np.pi) % 1
    by_halves = float(np.angle(turns**2 @ weights)) / (4 * np.pi) % 0.5
    if on_beats > on_halves:
        return by_beats
    return min((by_halves, by_halves + 0.5), key=lambda phase: abs((phase - by_beats + 0.5) % 1 - 0.5))


def tonic(notes: Sequence[Heard]) -> tuple[int, Mode]:
    """The key these notes are in, as a pitch class and a mode."""
    heard = np.zeros(12)
    for note in notes:
        heard[note.pitch % 12] += note.end - note.start
    if not heard.any():
        return 0, "major"
    heard[notes[-1].pitch % 12] += LAST_NOTE * heard.sum()
    fits: dict[tuple[int, Mode], float] = {
        (key, mode): float(np.corrcoef(np.roll(profile, key), heard)[0, 1])
        for mode, profile in PROFILES.items()
        for key in range(12)
    }
    return max(fits, key=lambda one: fits[one])

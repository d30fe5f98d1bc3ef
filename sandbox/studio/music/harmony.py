"""Chords under each bar, and how they are laid on the keyboard so that each voice moves little."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from sandbox.studio.music.arrangement import Mode, Part
from sandbox.studio.music.form import BEATS_PER_BAR, Plan
from sandbox.studio.music.styles import Progression, Style
from sandbox.studio.music.theory import Chord, chord, pitches

LOW, HIGH, CENTRE = 50, 74, 61
DEGREES = (1, 4, 5, 6, 2, 3, 7)  # the usual ones first
BASS_WEIGHT = 3
PERFECT_FIFTH = 7
STEP_LIKING = {0: 0.02, 5: 0.08, 7: 0.05}  # how gladly a root goes so many half steps up


@dataclass(frozen=True, slots=True)
class Tonality:
    """The key a song is in and the progressions it goes through."""

    key: int
    mode: Mode
    verse: Progression
    chorus: Progression
    bridge: Progression


def tonality(style: Style, key: int, mode: Mode, chance: random.Random) -> Tonality:
    """Choose the progressions; the bridge takes one that the verse and chorus left."""
    verse, chorus = chance.choice(style.verse), chance.choice(style.chorus)
    others = [one for one in (*style.verse, *style.chorus) if one not in (verse, chorus)]
    return Tonality(key, mode, verse, chorus, chance.choice(others) if others else (4, 5, 6, 5))


def progression(style: Style, tonal: Tonality, plan: Plan, last: bool) -> tuple[Chord, ...]:
    """One chord a bar; a section that leads on turns to the fifth, the last one comes home."""
    source = {"chorus": tonal.chorus, "solo": tonal.chorus, "bridge": tonal.bridge}.get(plan.kind, tonal.verse)
    degrees = [source[bar % len(source)] for bar in range(plan.bars)]
    if last:
        degrees[-2:] = [5 if style.blues or tonal.mode not in ("dorian", "mixolydian") else 4, 1]
    elif plan.kind in ("bridge", "intro"):
        degrees[-1] = 5
    return tuple(chord(tonal.key, tonal.mode, degree, style.chord_size, style.blues) for degree in degrees)


def fitted(parts: tuple[Part, ...], beat: float, bars: int, style: Style, tonal: Tonality) -> tuple[Chord, ...]:
    """One chord a bar, from a beat on, that goes with what these parts play in it."""
    chords = (chord(tonal.key, tonal.mode, degree, style.chord_size, style.blues) for degree in DEGREES)
    choices = [each for each in chords if (each.tones[2] - each.root) % 12 == PERFECT_FIFTH]
    paths = [(0.0, [each]) for each in choices]
    for bar in range(bars):
        heard = _heard(parts, beat + bar * BEATS_PER_BAR)
        paths = [max(_led(paths, each, heard), key=lambda path: path[0]) for each in choices]
    best: list[Chord] = max(paths, key=lambda path: path[0])[1]
    return tuple(best[1:])


def _heard(parts: tuple[Part, ...], first: float) -> dict[int, float]:
    """How much of a bar that begins at this beat each pitch class sounds, all together 1; the bass counts for more."""
    sounding: dict[int, float] = dict.fromkeys(range(12), 0.0)
    after = first + BEATS_PER_BAR
    for part in parts:
        for note in part.notes:
            length = min(note.start + note.length, after) - max(note.start, first)
            if length > 0 and not part.drums:
                sounding[note.pitch % 12] += length * (BASS_WEIGHT if part.name == "bass" else 1)
    total = sum(sounding.values())
    return {tone: length / total for tone, length in sounding.items()} if total else sounding


def _led(
    paths: list[tuple[float, list[Chord]]], to: Chord, heard: dict[int, float]
) -> Iterator[tuple[float, list[Chord]]]:
    fits = sum(heard[tone] for tone in to.tones) + 0.4 * heard[to.root]
    for score, path in paths:
        step = (to.root - path[-1].root) % 12
        yield score + fits + STEP_LIKING.get(step, 0.0), [*path, to]


def voiced(chords: tuple[Chord, ...]) -> tuple[tuple[int, ...], ...]:
    """Each chord as keys in a middle range, the voices of one going to the nearest of the next."""
    laid: list[tuple[int, ...]] = []
    for each in chords:
        choices = _layouts(each)
        before = laid[-1] if laid else None
        laid.append(min(choices, key=lambda keys: _travel(keys, before)))
    return tuple(laid)


def _layouts(each: Chord) -> list[tuple[int, ...]]:
    """Close positions in every inversion and height; a four-note chord leaves its root to the bass when it can."""
    tones = each.tones[1:] if len(each.tones) > 3 else each.tones
    layouts = []
    for turn in range(len(tones)):
        order = (*tones[turn:], *tones[:turn])
        for lowest in pitches((order[0],), LOW, HIGH - 8):
            keys = [lowest]
            for tone in order[1:]:
                keys.append(keys[-1] + (tone - keys[-1]) % 12)
            layouts.append(tuple(keys))
    return layouts


def _travel(keys: tuple[int, ...], before: tuple[int, ...] | None) -> float:
    off_centre = abs(sum(keys) / len(keys) - CENTRE)
    spread = sum(1 for low, high in pairwise(keys) if high - low < 2)
    if before is None:
        return off_centre + spread
    return sum(abs(new - old) for new, old in zip(keys, before, strict=False)) + 0.4 * off_centre + spread

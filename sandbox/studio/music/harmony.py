"""Chords under each bar, and how they are laid on the keyboard so that each voice moves little."""

import random
from dataclasses import dataclass
from itertools import pairwise

from sandbox.studio.music.arrangement import Mode
from sandbox.studio.music.form import Plan
from sandbox.studio.music.styles import Progression, Style
from sandbox.studio.music.theory import Chord, chord, pitches

LOW, HIGH, CENTRE = 50, 74, 61


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

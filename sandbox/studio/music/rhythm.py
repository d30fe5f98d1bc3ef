"""What plays under the tune: chords, bass and drums out of the style's rhythm strings, bar by bar."""

import random
from collections.abc import Iterator
from itertools import pairwise

from sandbox.studio.music.arrangement import Note
from sandbox.studio.music.form import BEATS_PER_BAR, Plan
from sandbox.studio.music.styles import Voice
from sandbox.studio.music.theory import Chord

STEP = 0.25
STEPS = 16
BASS_LOW = 31
STRUM_GAP = 0.025
DRUM_KEYS = {
    "kick": 36, "snare": 38, "rim": 37, "clap": 39, "brush": 40, "hat": 42, "pedal hat": 44, "open hat": 46, "ride": 51,
    "shaker": 70, "tambourine": 54, "low drum": 41, "block": 76, "crash": 49,
}  # fmt: skip
DRUM_STRENGTH = {"hat": 62, "shaker": 55, "tambourine": 58, "ride": 70, "brush": 50, "pedal hat": 60, "block": 60}
FILL_KEYS = (38, 38, 50, 50, 47, 47, 43, 43)


def comped(
    voice: Voice, plan: Plan, chords: tuple[Chord, ...], laid: tuple[tuple[int, ...], ...], chance: random.Random
) -> list[Note]:
    """An accompanying voice through one section."""
    notes: list[Note] = []
    count = 0
    for bar, (over, keys) in enumerate(zip(chords, laid, strict=True)):
        for start, length, accent in _hits(voice.rhythm):
            strength = 52 + 30 * plan.energy + (12 if accent else 0) + chance.uniform(-4, 4)
            at = bar * BEATS_PER_BAR + start
            match voice.texture:
                case "arpeggio":
                    climb = (*keys, keys[0] + 12, *keys[:0:-1])
                    played = [(at, climb[count % len(climb)])]
                case "power":
                    root = 40 + (over.root - 40) % 12
                    played = [(at, root), (at, root + 7), (at, root + 12)]
                case "strum":
                    order = keys if count % 2 == 0 else keys[::-1]
                    played = [(at + place * STRUM_GAP, key) for place, key in enumerate(order)]
                case _:
                    played = [(at, key) for key in keys]
            count += 1
            notes += [Note(start=when, length=length, pitch=key, velocity=round(strength)) for when, key in played]
    return notes


def bass_line(
    rhythm: str, plan: Plan, chords: tuple[Chord, ...], after: Chord | None, chance: random.Random
) -> list[Note]:
    """The bass through one section; the last bar leads to the chord that comes `after`."""
    notes = []
    for bar, (over, following) in enumerate(pairwise((*chords, after or chords[-1]))):
        root = BASS_LOW + (over.root - BASS_LOW) % 12
        target = BASS_LOW + (following.root - BASS_LOW) % 12
        steps = {"R": root, "3": _above(root, over.tones[1]), "5": _above(root, over.tones[2]), "8": root + 12}
        steps["a"] = target - 1 if target > root else target + 2 if target < root else _above(root, over.tones[2])
        for start, length, sign in _signs(rhythm):
            velocity = 74 + 22 * plan.energy + (6 if start == 0 else 0) + chance.uniform(-3, 3)
            notes.append(
                Note(
                    start=bar * BEATS_PER_BAR + start,
                    length=length * 0.95,
                    pitch=steps[sign],
                    velocity=round(velocity),
                )
            )
    return notes


def drummed(rhythms: dict[str, str], plan: Plan, fills: bool, chance: random.Random) -> list[Note]:
    """The drums through one section: a crash to open a loud one, a fill to lead out of it."""
    notes = []
    for bar in range(plan.bars):
        filling = fills and bar == plan.bars - 1
        for name, rhythm in rhythms.items():
            if plan.energy < 0.5 and name in ("snare", "clap", "crash"):
                continue
            for start, _, accent in _hits(rhythm):
                if not (filling and start >= BEATS_PER_BAR / 2):
                    strength = DRUM_STRENGTH.get(name, 84) + 22 * (plan.energy - 0.6)
                    at = bar * BEATS_PER_BAR + start
                    notes.append(_hit(at, DRUM_KEYS[name], strength + (14 if accent else 0), chance))
        if filling:
            start = bar * BEATS_PER_BAR + BEATS_PER_BAR / 2
            notes += [_hit(start + i * STEP, key, 70 + 4 * i, chance) for i, key in enumerate(FILL_KEYS)]
    if plan.energy >= 0.75:
        notes.append(_hit(0, DRUM_KEYS["crash"], 84, chance))
    return notes


def _hit(start: float, key: int, strength: float, chance: random.Random) -> Note:
    velocity = round(max(20, min(124, strength + chance.uniform(-6, 6))))
    return Note(start=start, length=STEP, pitch=key, velocity=velocity)


def _above(root: int, tone: int) -> int:
    return root + (tone - root) % 12


def _hits(rhythm: str) -> Iterator[tuple[float, float, bool]]:
    return ((start, length, sign == "X") for start, length, sign in _signs(rhythm))


def _signs(rhythm: str) -> Iterator[tuple[float, float, str]]:
    """Each sign that is no rest or hold, as (start, length, sign) in beats."""
    for place, sign in enumerate(rhythm):
        if sign not in ".-":
            held = len(rhythm[place + 1 :]) - len(rhythm[place + 1 :].lstrip("-"))
            yield place * STEP, (1 + held) * STEP, sign

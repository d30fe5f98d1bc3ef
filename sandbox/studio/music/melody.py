"""The tune: each line a phrase with its rhythm, its curve and its cadence."""

import random
from dataclasses import dataclass
from itertools import pairwise

from sandbox.studio.music.arrangement import Note, Syllable
from sandbox.studio.music.form import BEATS_PER_BAR, Plan
from sandbox.studio.music.harmony import Tonality
from sandbox.studio.music.syllables import line as pronounced
from sandbox.studio.music.theory import Chord, pitches, tune_tones

# Where a phrase of each place in a group of four goes, in half steps from its centre, at five points of its time.
CURVES = (
    ((-4, 1, 4, 2, 0), (-5, -1, 2, 5, 2), (3, 5, 1, -2, 0)),
    ((-1, 2, 5, 1, -3), (3, -1, 3, 1, -2), (1, 4, 0, -3, 2)),
    ((-1, 3, 7, 4, 2), (2, 6, 4, 7, 3), (-2, 2, 5, 7, 4)),
    ((4, 5, 1, -2, -4), (5, 2, 0, -3, -5), (2, 4, 0, -3, -5)),
)
LIFT = {"chorus": 4, "bridge": 2, "solo": 5}
SPAN = 10
# How gladly a note starts on each eighth of a bar.
EIGHTH_WEIGHTS = (1.0, 0.5, 0.7, 0.72, 0.8, 0.5, 0.75, 0.62)
LONGEST_NOTE = 2.5
STRESSED = 2.0  # How much more a stressed syllable wants a strong place than another.
UNSTRESSED_LINGERING = 0.6  # What each beat costs that an unstressed one is held on.


@dataclass(frozen=True, slots=True)
class Singer:
    """The voice or instrument of the tune: the middle of its range, and a seed for its taste."""

    centre: int
    seed: str


def tune(plan: Plan, chords: tuple[Chord, ...], tonal: Tonality, singer: Singer, last: bool) -> tuple[Note, ...]:
    """The tune of one section, in beats from its start, on its words. Sections of one kind share rhythm and curve."""
    notes: list[Note] = []
    for place, count in enumerate(plan.lines):
        first = place * plan.bars_per_line
        bars = chords[first : first + plan.bars_per_line]
        if not bars:
            break
        closing = place == len(plan.lines) - 1
        home = closing and (last or plan.kind == "chorus")
        chance = random.Random(f"{singer.seed}/{plan.kind}/{place % 4 if place % 4 != 2 else 0}/{count}")
        curve = random.Random(f"{singer.seed}/{plan.kind}/{place % 4}").choice(CURVES[3 if closing else place % 4])
        text = plan.words[place] if plan.words else ""
        stresses = tuple(syllable.stressed for syllable in pronounced(text).syllables)
        rhythm = random.Random(f"{singer.seed}/{plan.kind}/rhythm")
        starts = _starts(count, len(bars) * BEATS_PER_BAR, rhythm, stresses)
        line = _Line(bars, tonal, singer.centre + LIFT.get(plan.kind, 0), curve, home)
        keys = line.keys(starts, chance)
        phrase = _sounded(starts, keys, first * BEATS_PER_BAR, len(bars) * BEATS_PER_BAR, plan.energy, chance)
        notes += _worded(phrase, text, len(stresses))
    return tuple(notes)


def _worded(phrase: list[Note], text: str, syllables: int) -> list[Note]:
    """A syllable to each note; a line without words stays as it is."""
    words = [Syllable(line=text, place=place) for place in range(syllables)]
    sung = [note.model_copy(update={"syllable": word}) for word, note in zip(words, phrase, strict=False)]
    return sung + phrase[len(sung) :]


def second_voice(notes: tuple[Note, ...], chords: tuple[Chord, ...], tonal: Tonality) -> tuple[Note, ...]:
    """The tune a third lower, in the key."""
    below = []
    for note in notes:
        over = chords[min(len(chords) - 1, int(note.start // BEATS_PER_BAR))]
        tones = tune_tones(tonal.key, tonal.mode, over)
        pitch = max(key for key in range(note.pitch - 12, note.pitch - 2) if key % 12 in tones)
        below.append(note.model_copy(update={"pitch": pitch, "velocity": note.velocity - 14, "syllable": None}))
    return tuple(below)


def _starts(count: int, beats: int, chance: random.Random, stresses: tuple[bool, ...]) -> list[float]:
    """When the notes of a line begin: the best places first, so that lines of a few notes more keep the rhythm; words
    have their stresses on the strong ones."""
    step = 0.5 if count <= beats * 2 - 3 else 0.25
    places = int(beats / step)
    breath = max(2, places // 6)
    liking = []
    for place in range(places - breath if count <= places - breath else places):
        eighth = place * step * 2 % 8
        weight = EIGHTH_WEIGHTS[int(eighth)] if eighth == int(eighth) else 0.25
        liking.append((weight + chance.uniform(-0.4, 0.4) - 0.012 * place, place * step))
    if 0 < len(stresses) == count <= len(liking):
        return _scanned(liking, stresses)
    chosen = sorted(liking, reverse=True)[:count]
    starts = sorted(start for _, start in chosen)
    extra = count - len(starts)  # More syllables than the line has places: the first beats are halved.
    return sorted(starts + [start + step / 2 for start in starts[:extra]])


def _scanned(liking: list[tuple[float, float]], stresses: tuple[bool, ...]) -> list[float]:
    """The places that go best with a line: strong ones for what is stressed, no long note for the rest."""
    weight, lingering = {True: STRESSED, False: 1.0}, {True: 0.1, False: UNSTRESSED_LINGERING}
    paths: list[tuple[float, tuple[float, ...]]] = [(like * weight[stresses[0]], (at,)) for like, at in liking]
    for before, stressed in pairwise(stresses):
        paths = [
            max(
                (score - lingering[before] * max(0.0, at - path[-1] - 0.5) + like * weight[stressed], (*path, at))
                for score, path in paths
                if path[-1] < at
            )
            for like, at in liking
            if any(path[-1] < at for _, path in paths)
        ]
    return list(max(paths)[1])


@dataclass(frozen=True, slots=True)
class _Line:
    bars: tuple[Chord, ...]
    tonal: Tonality
    centre: int
    curve: tuple[int, ...]
    home: bool

    def keys(self, starts: list[float], chance: random.Random) -> list[int]:
        """The best key for each start, one after the other."""
        keys: list[int] = []
        for place, start in enumerate(starts):
            over = self.bars[int(start // BEATS_PER_BAR)]
            wanted = self.centre + self._height(place / max(1, len(starts) - 1))
            ending = place == len(starts) - 1
            strong = ending or start % 1 == 0
            allowed = self._allowed(over, ending)
            keys.append(
                min(allowed, key=lambda key: self._cost(key, wanted, keys, key % 12 in over.tones, strong, chance))
            )
        return keys

    def _allowed(self, over: Chord, ending: bool) -> list[int]:
        low, high = self.centre - SPAN, self.centre + SPAN
        if ending and self.home and self.tonal.key in over.tones:
            return pitches((self.tonal.key,), low, high)
        if ending:
            return pitches(over.tones[:3], low, high)
        return pitches(tune_tones(self.tonal.key, self.tonal.mode, over), low, high)

    def _height(self, time: float) -> float:
        place = time * (len(self.curve) - 1)
        left = min(int(place), len(self.curve) - 2)
        return self.curve[left] + (self.curve[left + 1] - self.curve[left]) * (place - left)

    def _cost(
        self, key: int, wanted: float, before: list[int], fits: bool, strong: bool, chance: random.Random
    ) -> float:
        cost = abs(key - wanted) + (0.0 if fits else 2.5 if strong else 0.5) + chance.uniform(0, 1.6)
        if not before:
            return cost
        leap = abs(key - before[-1])
        cost += 0.35 * leap + (4.0 if leap > 7 else 0.0) + (3.0 if leap == 6 else 0.0)
        return cost + (5.0 if before[-2:] == [key, key] else 1.6 if leap == 0 else 0.0)


def _sounded(
    starts: list[float], keys: list[int], offset: float, beats: float, energy: float, chance: random.Random
) -> list[Note]:
    notes = []
    for place, (start, key) in enumerate(zip(starts, keys, strict=True)):
        after = starts[place + 1] if place + 1 < len(starts) else beats - 0.5
        length = max(0.2, min(LONGEST_NOTE, after - start) * 0.96)
        swell = 6 * (1 - abs(2 * place / max(1, len(starts) - 1) - 1))
        velocity = 70 + 30 * energy + swell + (5 if start % 2 == 0 else 0) + chance.uniform(-4, 4)
        notes.append(Note(start=offset + start, length=length, pitch=key, velocity=round(min(120, velocity))))
    return notes

"""When everything that is sung sounds: each syllable's vowel on its beat, its consonants around it; and the words."""

from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from sandbox.studio.music import syllables
from sandbox.studio.music.arrangement import Arrangement, Part
from sandbox.studio.music.speech import RATE
from sandbox.studio.music.syllables import Syllable

REST = 0.15  # Seconds; a shorter gap between two notes is bridged.
CONSONANTS_SHARE = 0.5  # Of the time from one note to the next, at most.


@dataclass(frozen=True, slots=True)
class Sung:
    """A syllable as it sounds: the seconds at which its onset, vowel and coda begin and it ends.

    `steps` are the second and the key of each note it is held over.
    """

    line: str
    spoken: Syllable
    velocity: int
    steps: tuple[tuple[float, int], ...]
    onset: float
    vowel: float
    coda: float
    end: float


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it sounds, in seconds."""

    word: str
    start: float
    end: float


def sung(arrangement: Arrangement, part: Part) -> tuple[Sung, ...]:
    """The syllables of a sung part in order."""
    held: list[Sung] = []
    for note in sorted(part.notes, key=lambda note: note.start):
        starts, ends = arrangement.seconds(note.start), arrangement.seconds(note.start + note.length)
        if not note.syllable:
            continue
        line, step = note.syllable.line, (starts, note.pitch)
        spoken = syllables.line(line).syllables[note.syllable.place]
        before = held[-1] if held else None
        if before and (before.line, before.spoken) == (line, spoken) and starts - before.end < REST:
            held[-1] = replace(before, steps=(*before.steps, step), coda=ends, end=ends)
        else:
            held.append(Sung(line, spoken, note.velocity, (step,), starts, starts, ends, ends))
    for place, (before, after) in enumerate(pairwise([None, *held, None])):
        closes, end, onset = _seam(before, after)
        if before:
            held[place - 1] = replace(held[place - 1], coda=closes, end=end)
        if after:
            held[place] = replace(after, onset=onset)
    return tuple(held)


def words(arrangement: Arrangement) -> tuple[Word, ...]:
    """Every sung word of the song in order."""
    found = [word for part in arrangement.parts if part.singer for word in _words(sung(arrangement, part))]
    return tuple(sorted(found, key=lambda word: word.start))


def lines(part: tuple[Sung, ...]) -> list[tuple[Sung, ...]]:
    """A part line by line; the same line sung again is another."""
    found: list[list[Sung]] = []
    for one in part:
        before = found[-1][-1] if found else None
        if before and before.line == one.line and before.spoken.vowel < one.spoken.vowel:
            found[-1].append(one)
        else:
            found.append([one])
    return [tuple(line) for line in found]


def _words(part: tuple[Sung, ...]) -> list[Word]:
    found = []
    for line in lines(part):
        spelled = syllables.line(line[0].line).words
        for place, group in groupby(line, key=lambda one: one.spoken.word):
            parts = list(group)
            found.append(Word(spelled[place], parts[0].onset, parts[-1].end))
    return found


def _seam(before: Sung | None, after: Sung | None) -> tuple[float, float, float]:
    """Between two syllables, in seconds: where the vowel before ends, its coda, and where the onset after begins."""
    onset = (after.spoken.vowel - after.spoken.onset) / RATE if after else 0.0
    starts = after.vowel if after else float("inf")
    if not before:
        return 0.0, 0.0, max(0.0, starts - onset)
    coda = (before.spoken.end - before.spoken.coda) / RATE
    if starts - before.end < REST:
        squeezed = min(1.0, CONSONANTS_SHARE * (starts - before.vowel) / max(coda + onset, 1e-6))
        begins = starts - onset * squeezed
        return begins - coda * squeezed, begins, begins
    closes = max(before.end - coda, (before.vowel + before.end) / 2)
    end = min(closes + coda, (closes + starts) / 2)
    return closes, end, max(end, starts - onset)

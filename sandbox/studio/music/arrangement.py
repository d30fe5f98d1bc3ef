"""A finished song as notes: parts, sections and tempo; stored beside the audio, so that a clip can be extended."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Mode = Literal["major", "minor", "dorian", "mixolydian", "pentatonic"]


class Score(BaseModel):
    """Something of the written song."""

    model_config = ConfigDict(frozen=True)


class Note(Score):
    """One struck key; start and length in beats from the beginning of the song."""

    start: float
    length: float
    pitch: int
    velocity: int


class Part(Score):
    """One instrument: its General MIDI program, place from left (-1) to right (1), level in dB, share of echo."""

    name: str
    program: int
    drums: bool = False
    pan: float = 0.0
    level: float = 0.0
    echo: float = 0.2
    notes: tuple[Note, ...] = ()


class Section(Score):
    """A stretch of the form, in bars from the beginning."""

    name: str
    start_bar: int
    bars: int


class TempoMark(Score):
    """From this beat on, so many beats a minute."""

    beat: float
    bpm: float


class Arrangement(Score):
    """The whole song. `key` is the pitch class of its tonic, 0 being C; `style` the name of the style it is in."""

    style: str
    key: int
    mode: Mode
    beats_per_bar: int
    tempo: tuple[TempoMark, ...]
    sections: tuple[Section, ...]
    parts: tuple[Part, ...]

    @property
    def bars(self) -> int:
        """The length of the form."""
        return max(section.start_bar + section.bars for section in self.sections)

    @property
    def bpm(self) -> float:
        """The tempo it ends in."""
        return self.tempo[-1].bpm

    def seconds(self, beat: float) -> float:
        """When this beat falls."""
        elapsed = 0.0
        for mark, after in zip(self.tempo, (*self.tempo[1:], None), strict=True):
            until = beat if after is None else min(beat, after.beat)
            elapsed += max(0.0, until - mark.beat) * 60 / mark.bpm
        return elapsed

    def bar_nearest(self, seconds: float) -> int:
        """The bar line closest to this time."""
        times = [self.seconds(bar * self.beats_per_bar) for bar in range(self.bars + 1)]
        return min(range(len(times)), key=lambda bar: abs(times[bar] - seconds))

    def until_bar(self, bar: int) -> "Arrangement":
        """The song up to this bar line; notes that ring over it end there."""
        end = bar * self.beats_per_bar
        return self.model_copy(
            update={
                "tempo": tuple(mark for mark in self.tempo if mark.beat < end) or self.tempo[:1],
                "sections": tuple(
                    section.model_copy(update={"bars": min(section.bars, bar - section.start_bar)})
                    for section in self.sections
                    if section.start_bar < bar
                ),
                "parts": tuple(
                    part.model_copy(update={"notes": tuple(_cut(note, end) for note in part.notes if note.start < end)})
                    for part in self.parts
                ),
            }
        )

    def then(self, other: "Arrangement") -> "Arrangement":
        """This song with another behind it; parts of the same name and program are one."""
        bars = self.bars if self.sections else 0
        beats = bars * self.beats_per_bar
        moved = [
            part.model_copy(update={"notes": tuple(_moved(note, beats) for note in part.notes)}) for part in other.parts
        ]
        marks = [TempoMark(beat=mark.beat + beats, bpm=mark.bpm) for mark in other.tempo]
        if self.tempo[-1].bpm == marks[0].bpm:
            marks = marks[1:]
        sections = [section.model_copy(update={"start_bar": section.start_bar + bars}) for section in other.sections]
        return other.model_copy(
            update={
                "tempo": (*self.tempo, *marks) if bars else other.tempo,
                "sections": (*self.sections, *sections),
                "parts": _joined((*self.parts, *moved)),
            }
        )


def _cut(note: Note, end: float) -> Note:
    return note if note.start + note.length <= end else note.model_copy(update={"length": end - note.start})


def _moved(note: Note, beats: float) -> Note:
    return note.model_copy(update={"start": note.start + beats})


def _joined(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    joined: dict[tuple[str, int], Part] = {}
    for part in parts:
        known = joined.get((part.name, part.program))
        joined[part.name, part.program] = (
            part if known is None else known.model_copy(update={"notes": (*known.notes, *part.notes)})
        )
    return tuple(joined.values())

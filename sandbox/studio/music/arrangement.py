"""A finished song as notes: parts, sections and tempo; stored beside the audio, so that a clip can be extended."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Mode = Literal["major", "minor", "dorian", "mixolydian", "pentatonic"]


class Score(BaseModel):
    """Something of the written song."""

    model_config = ConfigDict(frozen=True)


class Syllable(Score):
    """What a note is sung on: the line as it is written, and which of its syllables."""

    line: str
    place: int


class Note(Score):
    """One struck key; start and length in beats from the beginning of the song."""

    start: float
    length: float
    pitch: int
    velocity: int
    syllable: Syllable | None = None


class Part(Score):
    """One instrument: its General MIDI program, place from left (-1) to right (1), level in dB, share of echo.

    A part with a singer (a name of `voices.VOICES`) is sung, on the syllables of its notes.
    """

    name: str
    program: int
    drums: bool = False
    singer: str = ""
    pan: float = 0.0
    level: float = 0.0
    echo: float = 0.2
    notes: tuple[Note, ...] = ()


class Recorded(Score):
    """A voice that was uploaded: seconds `start` to `end` of that recording, heard in the song from a beat on."""

    recording: str
    beat: float
    start: float
    end: float


class Section(Score):
    """A stretch of the form, in bars from the beginning; where a song was cut, its bars are broken ones."""

    name: str
    start_bar: float
    bars: float


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
    recorded: tuple[Recorded, ...] = ()

    @property
    def singer(self) -> str:
        """Who sings first; nobody in an instrumental."""
        return next((part.singer for part in self.parts if part.singer), "")

    @property
    def bars(self) -> float:
        """The length of the form."""
        return max(section.start_bar + section.bars for section in self.sections)

    @property
    def beats(self) -> float:
        """The length of the form in beats."""
        return self.bars * self.beats_per_bar

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

    def beat_at(self, seconds: float) -> float:
        """Which beat this time is."""
        mark = next(
            mark for mark in reversed(self.tempo) if mark is self.tempo[0] or self.seconds(mark.beat) <= seconds
        )
        return mark.beat + (seconds - self.seconds(mark.beat)) * mark.bpm / 60

    def until(self, beat: float) -> "Arrangement":
        """The song up to this beat; notes that ring over it end there."""
        bar = beat / self.beats_per_bar
        return self.model_copy(
            update={
                "tempo": tuple(mark for mark in self.tempo if mark.beat < beat) or self.tempo[:1],
                "sections": tuple(
                    section.model_copy(update={"bars": min(section.bars, bar - section.start_bar)})
                    for section in self.sections
                    if section.start_bar < bar
                ),
                "parts": tuple(
                    part.model_copy(
                        update={"notes": tuple(_cut(note, beat) for note in part.notes if note.start < beat)}
                    )
                    for part in self.parts
                ),
                "recorded": tuple(
                    one.model_copy(update={"end": min(one.end, one.start + self._between(one.beat, beat))})
                    for one in self.recorded
                    if one.beat < beat
                ),
            }
        )

    def since(self, beat: float) -> "Arrangement":
        """The song from this beat on; notes struck before it are not heard any more."""
        bar = beat / self.beats_per_bar
        before = [mark for mark in self.tempo if mark.beat <= beat]
        marks = (TempoMark(beat=beat, bpm=before[-1].bpm), *self.tempo[len(before) :])
        return self.model_copy(
            update={
                "tempo": tuple(TempoMark(beat=mark.beat - beat, bpm=mark.bpm) for mark in marks),
                "sections": tuple(
                    section.model_copy(
                        update={
                            "start_bar": max(0.0, section.start_bar - bar),
                            "bars": section.bars - max(0.0, bar - section.start_bar),
                        }
                    )
                    for section in self.sections
                    if section.start_bar + section.bars > bar
                ),
                "parts": tuple(
                    part.model_copy(
                        update={"notes": tuple(_moved(note, -beat) for note in part.notes if note.start >= beat)}
                    )
                    for part in self.parts
                ),
                "recorded": tuple(
                    one.model_copy(
                        update={"beat": max(0.0, one.beat - beat), "start": one.start + self._between(one.beat, beat)}
                    )
                    for one in self.recorded
                    if one.start + self._between(one.beat, beat) < one.end
                ),
            }
        )

    def then(self, other: "Arrangement") -> "Arrangement":
        """This song with another behind it; parts of the same name, program and singer are one."""
        bars = self.bars if self.sections else 0
        beats = bars * self.beats_per_bar
        moved = [
            part.model_copy(update={"notes": tuple(_moved(note, beats) for note in part.notes)}) for part in other.parts
        ]
        marks = [TempoMark(beat=mark.beat + beats, bpm=mark.bpm) for mark in other.tempo]
        if self.tempo[-1].bpm == marks[0].bpm:
            marks = marks[1:]
        sections = [section.model_copy(update={"start_bar": section.start_bar + bars}) for section in other.sections]
        heard = [one.model_copy(update={"beat": one.beat + beats}) for one in other.recorded]
        return other.model_copy(
            update={
                "tempo": (*self.tempo, *marks) if bars else other.tempo,
                "sections": (*self.sections, *sections),
                "parts": _joined((*self.parts, *moved)),
                "recorded": (*self.recorded, *heard),
            }
        )

    def _between(self, first: float, after: float) -> float:
        """Seconds from one beat to a later one, 0 to an earlier."""
        return max(0.0, self.seconds(after) - self.seconds(first))


def _cut(note: Note, end: float) -> Note:
    return note if note.start + note.length <= end else note.model_copy(update={"length": end - note.start})


def _moved(note: Note, beats: float) -> Note:
    return note.model_copy(update={"start": note.start + beats})


def _joined(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    joined: dict[tuple[str, int, str], Part] = {}
    for part in parts:
        known = joined.get((part.name, part.program, part.singer))
        joined[part.name, part.program, part.singer] = (
            part if known is None else known.model_copy(update={"notes": (*known.notes, *part.notes)})
        )
    return tuple(joined.values())

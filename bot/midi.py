"""Write notes as a Standard MIDI File of type 1: a track with title and tempo, then one track for each instrument."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Final

from mido import Message, MetaMessage, MidiFile, MidiTrack, bpm2tempo

from bot.musicmint.models import MidiNote

BPM: Final = 120
"""MusicMint tells seconds and no tempo, so this one only translates them."""

TICKS_PER_BEAT: Final = 480
TICKS_PER_S: Final = TICKS_PER_BEAT * BPM // 60
DRUMS: Final = 9
"""Channel 10, counted from 0."""

MELODIC: Final = tuple(channel for channel in range(16) if channel != DRUMS)

DRUM_WORDS: Final = re.compile(r"drum|percussion|\bkit\b|hi-?hat|snare|\bkick|cymbal|\btoms?\b|鼓|打击")

PROGRAMS: Final = (
    (r"bassoon", 70),
    (r"double ?bass|contrabass|upright", 43),
    (r"synth\w* ?bass", 38),
    (r"clarinet|单簧管", 71),
    (r"trombone|长号", 57),
    (r"bass|贝斯|贝司", 33),
    (r"choir|chorus|backing|合唱|和声", 52),
    (r"vocal|voice|singer|人声|主唱", 53),
    (r"electric ?guitar|电吉他", 27),
    (r"guitar|吉他", 25),
    (r"ukulele|banjo", 24),
    (r"electric ?piano|rhodes|wurli|电钢", 4),
    (r"harpsichord", 6),
    (r"organ|风琴", 16),
    (r"vibraphone|marimba|xylophone", 11),
    (r"glocken|\bbells?\b|celesta", 9),
    (r"cello|大提琴", 42),
    (r"violin|viola|fiddle|小提琴", 40),
    (r"\bharp\b|竖琴", 46),
    (r"string|orchestra|弦乐", 48),
    (r"trumpet|小号", 56),
    (r"brass|horn|tuba|铜管", 61),
    (r"sax|萨克斯", 65),
    (r"flute|wood ?wind|笛|木管", 73),
    (r"koto|zheng|古筝", 107),
    (r"erhu|二胡", 110),
    (r"\bpads?\b", 89),
    (r"synth|lead|合成器", 81),
    (r"effects?\b|\bs?fx\b|音效", 99),
)
"""General MIDI programs, counted from 0, by what stands in an instrument's name; the first that fits counts."""

PIANO: Final = 0


def standard_file(notes: Mapping[str, Sequence[MidiNote]], title: str) -> bytes:
    """The file. Notes start and end where they should to within half a tick (0.5 ms); all of them end."""
    file = MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT)
    tempo = MetaMessage("set_tempo", tempo=bpm2tempo(BPM))
    file.tracks.append(MidiTrack([MetaMessage("track_name", name=_writable(title)), tempo]))
    channels = _channels(notes)
    file.tracks.extend(_track(name, played, channels[name]) for name, played in notes.items())
    written = io.BytesIO()
    file.save(file=written)
    return written.getvalue()


def program_of(instrument: str) -> int | None:
    """The General MIDI program that comes closest to the name; None for drums, which have none."""
    name = instrument.casefold()
    if DRUM_WORDS.search(name):
        return None
    return next((program for words, program in PROGRAMS if re.search(words, name)), PIANO)


def _channels(instruments: Mapping[str, object]) -> dict[str, int]:
    """One each while they last; above that, instruments of one sound share a channel first."""
    programs = {name: program_of(name) for name in instruments}
    melodic = [name for name, program in programs.items() if program is not None]
    sounds = melodic if len(melodic) <= len(MELODIC) else [programs[name] for name in melodic]
    turns = {sound: turn % len(MELODIC) for turn, sound in enumerate(dict.fromkeys(sounds))}
    channels = {name: MELODIC[turns[sound]] for name, sound in zip(melodic, sounds, strict=True)}
    return dict.fromkeys(instruments, DRUMS) | channels


def _track(name: str, notes: Sequence[MidiNote], channel: int) -> MidiTrack:
    track = MidiTrack([MetaMessage("track_name", name=_writable(name))])
    program = program_of(name)
    if program is not None:
        track.append(Message("program_change", channel=channel, program=program))
    now = 0
    for tick, message in _events(notes, channel):
        track.append(message.copy(time=tick - now))
        now = tick
    return track


def _events(notes: Sequence[MidiNote], channel: int) -> list[tuple[int, Message]]:
    """In order of time; where a note ends as the next begins, the end comes first."""
    events = []
    for on, off, note in _spans(notes):
        played = Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)
        events += [(on, 1, played), (off, 0, Message("note_off", channel=channel, note=note.pitch))]
    return [(tick, message) for tick, _, message in sorted(events, key=lambda event: event[:2])]


def _spans(notes: Sequence[MidiNote]) -> Iterator[tuple[int, int, MidiNote]]:
    """When each note begins and ends, in ticks. A note ends where its own pitch is struck again.

    Of notes that strike one pitch at once the longest stays: an instrument has one such string.
    """
    by_pitch = sorted(notes, key=lambda note: (note.pitch, _tick(note.start), note.end))
    for note, following in zip_longest(by_pitch, by_pitch[1:]):
        on = _tick(note.start)
        off = max(on + 1, _tick(note.end))
        if following is not None and following.pitch == note.pitch:
            off = min(off, _tick(following.start))
        if off > on:
            yield on, off, note


def _tick(second: float) -> int:
    return round(second * TICKS_PER_S)


def _writable(text: str) -> str:
    """UTF-8, which mido shall take for Latin-1: its own setting of a charset is one for all threads."""
    return text.encode(errors="replace").decode("latin-1")

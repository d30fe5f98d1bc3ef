from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mido import MidiFile, MidiTrack, tick2second

from bot import midi
from bot.musicmint.models import MidiNote

Heard = list[tuple[int, float, float, int]]
"""Pitch, start and end in seconds (to the millisecond), velocity."""


def note(pitch: int, start: float, end: float, velocity: int = 80) -> MidiNote:
    return MidiNote(pitch=pitch, start=start, end=end, velocity=velocity)


def read(notes: Mapping[str, Sequence[MidiNote]], title: str = "Song") -> MidiFile:
    return MidiFile(file=io.BytesIO(midi.standard_file(notes, title)), charset="utf-8")


def heard(track: MidiTrack) -> Heard:
    """What a synthesizer would play; fails for a note that is struck while it sounds, or is never ended."""
    now, sounding, played = 0, {}, []
    for message in track:
        now += message.time
        if message.type == "note_on":
            assert message.note not in sounding
            sounding[message.note] = (now, message.velocity)
        elif message.type == "note_off":
            start, velocity = sounding.pop(message.note)
            assert now > start
            played.append((message.note, seconds(start), seconds(now), velocity))
    assert sounding == {}
    return sorted(played, key=lambda one: (one[1], one[0]))


def seconds(ticks: int) -> float:
    return round(float(tick2second(ticks, midi.TICKS_PER_BEAT, 500_000)), 3)


def channels_of(file: MidiFile) -> list[set[int]]:
    return [{message.channel for message in track if not message.is_meta} for track in file.tracks[1:]]


def test_the_notes_stand_at_their_times() -> None:
    melody = [note(60, 0.5, 1.0, 100), note(64, 1.0, 1.25, 1), note(67, 1.0, 60.0, 127)]
    file = read({"Piano": melody})
    assert heard(file.tracks[1]) == [(60, 0.5, 1.0, 100), (64, 1.0, 1.25, 1), (67, 1.0, 60.0, 127)]


def test_the_first_track_holds_title_and_tempo_and_the_others_an_instrument_each() -> None:
    file = read({"Lead 主唱": [note(60, 0, 1)], "Drums": [note(36, 0, 0.1)]}, title="夜车 🌧")
    assert (file.type, file.ticks_per_beat) == (1, 480)
    assert [track.name for track in file.tracks] == ["夜车 🌧", "Lead 主唱", "Drums"]
    assert [message.tempo for message in file.tracks[0] if message.type == "set_tempo"] == [500_000]
    assert file.length == pytest.approx(1.0)


def test_a_name_that_cannot_be_encoded_is_mended() -> None:
    assert [track.name for track in read({"a\udc00b": [note(60, 0, 1)]}, title="\ud83d").tracks] == ["?", "a?b"]


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("Piano", 0),
        ("something else", 0),
        ("Bassoon", 70),
        ("Double Bass", 43),
        ("Synth Bass", 38),
        ("Bass Guitar", 33),
        ("贝斯", 33),
        ("Backing Vocals", 52),
        ("Vocals", 53),
        ("Electric Guitar (lead)", 27),
        ("吉他", 25),
        ("Electric Piano", 4),
        ("Harpsichord", 6),
        ("Harp", 46),
        ("小提琴", 40),
        ("STRINGS", 48),
        ("Tenor Sax", 65),
        ("Synth Pad", 89),
        ("Synth", 81),
        ("FX", 99),
    ],
)
def test_an_instrument_gets_the_sound_its_name_asks_for(name: str, program: int) -> None:
    assert midi.program_of(name) == program
    track = read({name: [note(60, 0, 1)]}).tracks[1]
    changes = [(at, message.program) for at, message in enumerate(track) if message.type == "program_change"]
    assert changes == [(1, program)]  # before any note, after the name


@pytest.mark.parametrize("name", ["Drums", "drum kit", "Percussion", "Hi-Hat", "kick", "Snare 2", "鼓", "打击乐"])
def test_drums_play_on_channel_ten(name: str) -> None:
    file = read({"Piano": [note(60, 0, 1)], name: [note(36, 0, 0.1)]})
    assert channels_of(file) == [{0}, {9}]
    assert midi.program_of(name) is None


def test_fifteen_instruments_have_a_channel_each() -> None:
    file = read({f"Piano {number}": [note(60, 0, 1)] for number in range(15)})
    assert channels_of(file) == [{channel} for channel in range(16) if channel != 9]


def test_more_than_fifteen_share_with_those_of_their_sound_first() -> None:
    names = ["Violin", "Drums", *(f"Piano {number}" for number in range(16)), "Violin 2"]
    file = read({name: [note(60, 0, 1)] for name in names})
    assert channels_of(file) == [{0}, {9}, *[{1}] * 16, {0}]


def test_more_sounds_than_channels_go_round() -> None:
    names = ["Piano", "Bassoon", "Bass", "Choir", "Vocals", "Guitar", "Electric Guitar", "Banjo", "Organ", "Cello"]
    names += ["Violin", "Strings", "Trumpet", "Brass", "Sax", "Flute", "Erhu"]
    file = read({name: [note(60, 0, 1)] for name in names})
    used = Counter(channel for channels in channels_of(file) for channel in channels)
    assert set(used) == set(range(16)) - {9}
    assert sorted(used.values()) == [1] * 13 + [2, 2]


def test_a_note_ends_where_its_pitch_is_struck_again() -> None:
    played = heard(read({"Piano": [note(60, 0, 5), note(62, 1, 2), note(60, 1, 3)]}).tracks[1])
    assert [(pitch, start, end) for pitch, start, end, _ in played] == [(60, 0, 1), (60, 1, 3), (62, 1, 2)]


def test_of_notes_struck_at_once_on_one_pitch_the_longest_stays() -> None:
    played = heard(read({"Piano": [note(60, 1, 4), note(60, 1, 2), note(60, 1.0001, 3)]}).tracks[1])
    assert [(pitch, start, end) for pitch, start, end, _ in played] == [(60, 1, 4)]


def test_a_note_without_a_length_sounds_for_a_moment() -> None:
    ((_, start, end, _),) = heard(read({"Drums": [note(36, 2, 2)]}).tracks[1])
    assert (start, end) == (2, 2.001)


NOTES = st.builds(
    note, st.integers(58, 62), st.floats(0, 20), st.floats(0, 20) | st.floats(0, 86_400), st.integers(1, 127)
)


@given(notes=st.dictionaries(st.text(max_size=5) | st.sampled_from(["Drums", "Bass"]), st.lists(NOTES), max_size=20))
def test_whatever_is_written_every_note_ends_and_starts_where_one_was(notes: dict[str, list[MidiNote]]) -> None:
    file = read(notes)
    assert len(file.tracks) == len(notes) + 1
    for track, written in zip(file.tracks[1:], notes.values(), strict=True):
        started = {(one.pitch, seconds(round(one.start * midi.TICKS_PER_S))) for one in written}
        assert {(pitch, start) for pitch, start, _, _ in heard(track)} == started

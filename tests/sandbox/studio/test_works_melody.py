"""Covers, bands for a voice, songs out of what was hummed, and what is heard in an upload."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sandbox.studio.music import door, lyrics, mp3, uploaded
from sandbox.studio.music.order import Work
from sandbox.studio.music.pitch import Heard
from sandbox.studio.music.sampler import RATE
from sandbox.studio.music.works import written
from tests.sandbox.studio.pieces import (
    HUM,
    HUM_BPM,
    HUMMED,
    LINES,
    PLAYED,
    SUNG,
    file_pieces,
    heard,
    make,
    order,
    part,
    score,
    tune,
)

NEW_SHEET = "[Verse]\nLanterns on a hillside burning\nGone\n[Chorus]\nEverybody come along\nAll of us are singing now"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = file_pieces(tmp_path_factory.mktemp("melody"))
    make(folder, recording="backed", work=Work.BACKING, source=HUMMED, start_s=0.0, end_s=9.6)
    return folder


def covered(files: Path, **words: str | bool | int) -> tuple[str, list[tuple[float, int]]]:
    made = written(files, order(work=Work.COVER, title="Again", **words))
    assert made.arrangement is not None
    return made.arrangement.style, tune(made.arrangement)


@pytest.mark.parametrize("source", [SUNG, PLAYED])
@pytest.mark.parametrize("style", ["metal", "jazz", "chinese"])
def test_a_cover_has_the_melody_in_another_style(files: Path, source: str, style: str) -> None:
    before = score(files, source)
    made = written(files, order(work=Work.COVER, source=source, tags=style, title="Again")).arrangement

    assert made is not None
    assert made.style == style != before.style
    assert tune(made) == tune(before)
    assert (made.key, made.mode) == (before.key, before.mode)
    assert 0.7 < made.bpm / before.bpm < 1.35
    assert {one.program for one in made.parts if one.name == "bass"} != {
        one.program for one in before.parts if one.name == "bass"
    }


def test_a_cover_keeps_the_words_and_who_sings_them(files: Path) -> None:
    made = written(files, order(work=Work.COVER, source=SUNG, tags="rock", title="Again"))

    assert all(line in made.prompt for line in LINES)
    assert made.arrangement is not None
    assert made.arrangement.singer == score(files, SUNG).singer


def test_a_cover_without_a_style_has_another_lead(files: Path) -> None:
    leads = [
        part(made, "lead").program
        for take in (0, 1)
        if (made := written(files, order(work=Work.COVER, source=PLAYED, take=take)).arrangement)
    ]

    assert len({73, *leads}) == 3


@pytest.mark.parametrize("source", [SUNG, PLAYED])
def test_new_words_are_sung_on_the_melody(files: Path, source: str) -> None:
    made = written(files, order(work=Work.COVER, source=source, lyrics=NEW_SHEET, title="Again"))
    before = score(files, source)
    assert made.arrangement is not None
    sung = sorted(part(made.arrangement, "voice").notes, key=lambda note: note.start)
    first = [note.syllable for note in sung if note.syllable and note.syllable.line == "Lanterns on a hillside burning"]

    assert made.prompt == NEW_SHEET
    assert {start for start, _ in tune(before)} <= {start for start, _ in tune(made.arrangement)}
    assert {syllable.place for syllable in first} == set(range(lyrics.syllables("Lanterns on a hillside burning")))
    steps = [after.pitch - note.pitch for note, after in pairwise(sung) if after.pitch != note.pitch]
    was = [after - key for (_, key), (_, after) in pairwise(tune(before)) if after != key]
    assert steps[:6] == was[:6]


def test_another_voice_sings_a_cover_in_its_own_octave(files: Path) -> None:
    made = written(files, order(work=Work.COVER, source=SUNG, tags="pop low baritone", title="Again")).arrangement
    before = score(files, SUNG)

    assert made is not None
    assert made.singer == "low baritone"
    assert {after - key for (_, key), (_, after) in zip(tune(before), tune(made), strict=False)} == {-12}


def test_an_upload_is_covered_by_what_is_heard_in_it(files: Path) -> None:
    style, notes = covered(files, source=HUMMED, tags="folk")

    assert style == "folk"
    assert [key for _, key in notes] == [key for key, _ in HUM]


def test_a_band_plays_with_the_voice_in_its_key_and_tempo(files: Path) -> None:
    made, voice, both = score(files, "backed"), heard(files, HUMMED), heard(files, "backed")
    chords = [note.pitch % 12 for one in made.parts if not one.drums for note in one.notes]
    spectrum, other = (np.fft.rfft(sound.mean(axis=0), 1 << 21) for sound in (voice, both))
    lag = int(np.argmax(np.fft.irfft(other * np.conj(spectrum) / (np.abs(spectrum) + 1))))

    assert (made.key, made.mode) == (7, "major")
    assert made.bpm == pytest.approx(HUM_BPM, rel=0.01)
    assert len({one.name for one in made.parts}) >= 3
    assert sum(tone in {7, 9, 11, 0, 2, 4, 6} for tone in chords) > 0.95 * len(chords)
    assert min(lag, (1 << 21) - lag) < RATE // 1000
    assert both.shape[1] > voice.shape[1]
    assert [(one.recording, one.beat, one.start, one.end) for one in made.recorded] == [(HUMMED, 0, 0, 9.6)]


def test_the_voice_of_a_backed_recording_is_the_one_uploaded(files: Path) -> None:
    door.vocals(files, "backed", "stem", 0, 9.6)
    stem = heard(files, "stem")

    assert abs(np.corrcoef(stem[0], heard(files, HUMMED)[0, : stem.shape[1]])[0, 1]) > 0.9


def test_a_part_of_a_voice_can_be_backed(files: Path) -> None:
    made = written(files, order(work=Work.BACKING, source=HUMMED, start_s=3.0, end_s=6.0)).arrangement

    assert made is not None
    assert made.recorded[0].start == 3
    assert 3 <= made.seconds(made.beats) < 3 + 2 * 4 * 60 / HUM_BPM


def test_a_song_follows_the_hummed_melody(files: Path) -> None:
    made = written(files, order(work=Work.HUM, source=HUMMED, start_s=0.0, end_s=9.6)).arrangement
    assert made is not None
    verse = next(section for section in made.sections if section.name == "verse")
    first = verse.start_bar * 4
    lead = [note for note in part(made, "lead").notes if first <= note.start < first + verse.bars * 4]
    beats = np.cumsum([0.0] + [length for _, length in HUM])[:-1]

    assert [(note.pitch - HUM[0][0]) % 12 for note in lead] == [(key - HUM[0][0]) % 12 for key, _ in HUM]
    assert {note.pitch - key for note, (key, _) in zip(lead, HUM, strict=True)} <= {-12, 0, 12}
    assert [note.start - lead[0].start for note in lead] == list(beats)
    assert made.bpm == pytest.approx(HUM_BPM, rel=0.01)
    assert 60 < made.seconds(made.beats) < 115
    assert {"intro", "chorus", "outro"} < {section.name for section in made.sections}


def test_what_has_no_melody_still_becomes_a_song(files: Path) -> None:
    (files / "silence.mp3").write_bytes(mp3.encoded(np.zeros((2, 5 * RATE), np.float32)))
    made = written(files, order(work=Work.HUM, source="silence", start_s=0.0, end_s=5.0)).arrangement

    assert made is not None
    assert made.seconds(made.beats) > 60


def melody(bpm: float, offset: float, transposed: int = 0) -> list[Heard]:
    notes, beat = [], 0.0
    for key, length in HUM * 2:
        start = offset + beat * 60 / bpm
        notes.append(Heard(start, start + length * 55 / bpm, key + transposed, 80))
        beat += length
    return notes


@pytest.mark.parametrize("bpm", [72, 88.5, 100, 118, 132])
@pytest.mark.parametrize("offset", [0.0, 0.37])
def test_tempo_and_first_beat_are_heard(bpm: float, offset: float) -> None:
    found, first_bar = uploaded.beat(melody(bpm, offset))
    beats_off = (first_bar - offset) * bpm / 60

    assert found == pytest.approx(bpm, abs=0.3)
    assert beats_off == pytest.approx(round(beats_off), abs=0.06)


@pytest.mark.parametrize("transposed", range(12))
def test_the_key_is_heard(transposed: int) -> None:
    assert uploaded.tonic(melody(100, 0, transposed)) == ((7 + transposed) % 12, "major")


def test_the_score_of_an_upload_says_when_each_note_sounds(files: Path) -> None:
    found = uploaded.score(files, HUMMED)
    times = [found.seconds(note.start) for note in part(found, uploaded.MELODY).notes]
    expected = np.cumsum([0.0] + [length * 60 / HUM_BPM for _, length in HUM])[:-1]

    assert times == pytest.approx(list(expected), abs=0.08)

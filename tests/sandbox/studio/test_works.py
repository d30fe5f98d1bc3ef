"""Songs, what extends them, what joins them and what remasters them."""

from pathlib import Path

import numpy as np
import pytest

from sandbox.studio.music import door, mix
from sandbox.studio.music.order import Work
from sandbox.studio.music.sampler import RATE
from sandbox.studio.music.works import written
from tests.sandbox.studio.pieces import (
    HUMMED,
    LINES,
    PLAYED,
    SUNG,
    file_pieces,
    heard,
    likeness,
    make,
    notes,
    order,
    part,
    score,
)

SHEET = "[Verse]\nWalking by the river\nHumming to the rain"
AT = 6.6  # seconds: within a bar


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = file_pieces(tmp_path_factory.mktemp("works"))
    make(folder, recording="extension", work=Work.EXTENSION, source=SUNG, start_s=AT, lyrics=SHEET, title="On")
    make(folder, recording="joined", work=Work.JOIN, source="extension", chain=((SUNG, AT), ("extension", None)))
    return folder


def test_a_song_sings_the_sheet_it_is_given(tmp_path: Path) -> None:
    made = written(tmp_path, order(lyrics=SHEET, tags="folk"))

    assert made.prompt == SHEET
    assert made.arrangement is not None
    assert made.arrangement.singer


@pytest.mark.parametrize(
    ("words", "mark", "subject"),
    [
        ({"description": "a cheerful song about lighthouses"}, "[Chorus]", "lighthouses"),
        ({"lyrics": "An upbeat pop track about comets"}, "[Verse]", "comets"),
        ({"description": "一首关于灯塔的歌"}, "[副歌]", "灯塔"),
        ({"tags": "rock"}, "[Verse]", ""),
    ],
)
def test_a_song_without_a_sheet_gets_words_of_its_own(
    tmp_path: Path, words: dict[str, str], mark: str, subject: str
) -> None:
    made = written(tmp_path, order(**words))

    assert mark in made.prompt
    assert subject in made.prompt
    assert made.title
    assert made.arrangement is not None
    assert made.arrangement.singer


@pytest.mark.parametrize(
    "words",
    [{"tags": "pop", "instrumental": True}, {"description": "a calm instrumental piano piece"}, {"tags": "纯音乐"}],
)
def test_nobody_sings_in_an_instrumental(tmp_path: Path, words: dict[str, str | bool]) -> None:
    made = written(tmp_path, order(**words))

    assert made.prompt == ""
    assert made.arrangement is not None
    assert not made.arrangement.singer


def test_a_persona_sings_with_the_voice_of_its_recording(files: Path) -> None:
    made = written(files, order(lyrics=SHEET, tags="male vocals", voice_of=SUNG))

    assert made.arrangement is not None
    assert made.arrangement.singer == score(files, SUNG).singer == "alto"


def test_an_extension_is_what_follows_and_nothing_else(files: Path) -> None:
    source, further = score(files, SUNG), score(files, "extension")
    beat = source.beat_at(AT)
    rest_of_bar = 16 - beat

    assert (further.key, further.mode, further.bpm, further.style, further.singer) == (
        source.key, source.mode, source.bpm, source.style, source.singer,
    )  # fmt: skip
    assert further.sections[0].bars * 4 == pytest.approx(rest_of_bar)
    assert {(name, round(start + beat, 3), pitch) for name, start, pitch in notes(further, 0, rest_of_bar)} == {
        (name, round(start, 3), pitch) for name, start, pitch in notes(source, beat, 16)
    }
    assert part(further, "bass").notes[-1].pitch % 12 == source.key
    assert heard(files, "extension").shape[1] / RATE == pytest.approx(
        further.seconds(further.beats) + mix.TAIL_SECONDS, abs=0.01
    )


def test_an_extension_without_a_time_follows_the_end_with_a_whole_bar(files: Path) -> None:
    further = written(files, order(work=Work.EXTENSION, source=PLAYED, title="On")).arrangement

    assert further is not None
    assert further.sections[0].bars >= 4
    assert not further.singer


def test_a_sung_song_goes_on_singing(files: Path) -> None:
    made = written(files, order(work=Work.EXTENSION, source=SUNG, start_s=4.0, title="Comets"))

    assert "omets" in made.prompt
    assert made.arrangement is not None
    assert made.arrangement.singer == "alto"


def test_joined_recordings_last_as_long_as_they_do_together(files: Path) -> None:
    at = round(AT * RATE)
    joined, source, further = heard(files, "joined"), heard(files, SUNG), heard(files, "extension")
    arrangement = score(files, "joined")

    assert joined.shape[1] == at + further.shape[1]
    assert likeness(joined[:, :at], source) > 0.99
    assert likeness(joined[:, at:], further) > 0.99
    assert arrangement.seconds(arrangement.beats) == pytest.approx(joined.shape[1] / RATE)
    assert [section.bars for section in arrangement.sections[:2]] == pytest.approx([3.3, 0.7])


def test_the_seam_of_a_join_neither_clicks_nor_drops(files: Path) -> None:
    at, joined = round(AT * RATE), heard(files, "joined")
    steps = np.abs(np.diff(joined, axis=1)).max(axis=0)
    around = np.concatenate([steps[at - RATE : at - 100], steps[at + 1000 : at + RATE]])
    before, after = mix.loudness(joined[:, at - 2 * RATE : at]), mix.loudness(joined[:, at : at + 2 * RATE])

    assert steps[at - 100 : at + 1000].max() < around.max()
    assert 0.5 < after / before < 2


def test_a_join_knows_the_words_of_all_it_joins(files: Path) -> None:
    words = door.words(files, "joined")
    times = [float(word["start"]) for word in words]
    source = [word for word in door.words(files, SUNG) if float(word["end"]) < AT - 0.5]
    further = door.words(files, "extension")

    assert times == sorted(times)
    assert words[: len(source)] == source
    assert [word["word"] for word in words[-len(further) :]] == [word["word"] for word in further]
    assert times[-1] == pytest.approx(float(further[-1]["start"]) + AT, abs=0.01)


def test_a_recording_that_extends_nothing_is_its_own_join(files: Path) -> None:
    make(files, recording="alone", work=Work.JOIN, source=SUNG, chain=((SUNG, None),))

    assert (files / "alone.mp3").read_bytes() == (files / f"{SUNG}.mp3").read_bytes()
    assert score(files, "alone") == score(files, SUNG)


def test_an_upload_can_be_extended_and_joined(files: Path) -> None:
    make(files, recording="further", work=Work.EXTENSION, source=HUMMED, start_s=5.0, title="On")
    made = make(files, recording="whole", work=Work.JOIN, source="further", chain=((HUMMED, 5.0), ("further", None)))

    assert score(files, "further").key == 7
    assert made.duration == pytest.approx(5 + heard(files, "further").shape[1] / RATE, abs=0.01)
    assert likeness(heard(files, "whole")[:, : 5 * RATE], heard(files, HUMMED)) > 0.99


def test_a_remaster_has_the_same_notes_louder_and_brighter(files: Path) -> None:
    made = make(files, recording="remaster", work=Work.REMASTER, source=SUNG)
    before, after = heard(files, SUNG), heard(files, "remaster")

    def treble(sound: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(sound.mean(axis=0), 1 << 20)) ** 2
        return float(power[round(6000 / RATE * (1 << 20)) :].sum() / power.sum())

    assert score(files, "remaster") == score(files, SUNG)
    assert after.shape == before.shape
    assert likeness(before, after) > 0.9
    assert mix.loudness(after) > 1.2 * mix.loudness(before)
    assert treble(after) > 1.3 * treble(before)
    assert all(line in made.prompt for line in LINES)

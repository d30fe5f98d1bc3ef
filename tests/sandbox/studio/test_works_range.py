"""New music in a stretch of a recording, a voice over one, and the frames that are kept."""

from pathlib import Path

import numpy as np
import pytest

from sandbox.studio.music import door, mix, mp3, splice
from sandbox.studio.music.order import Work
from sandbox.studio.music.sampler import RATE
from sandbox.studio.music.soundfont import Samples
from tests.sandbox.studio.pieces import HUMMED, LINES, PLAYED, SUNG, file_pieces, heard, likeness, make, notes, score

FIRST, AFTER = 4.7, 11.2  # seconds
NEW_WORDS = "[Chorus]\nNothing is the same\nAll of it is new"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = file_pieces(tmp_path_factory.mktemp("range"))
    stretch = {"start_s": FIRST, "end_s": AFTER}
    make(folder, recording="infilled", work=Work.INFILL, source=SUNG, lyrics=NEW_WORDS, **stretch)
    make(folder, recording="again", work=Work.INFILL, source="infilled", start_s=9.0, end_s=13.0)
    make(folder, recording="upload", work=Work.INFILL, source=HUMMED, start_s=3.0, end_s=6.0)
    make(folder, recording="voice", work=Work.VOCALS, source=PLAYED, lyrics="Over the hill", **stretch)
    make(folder, recording="other voice", work=Work.VOCALS, source=SUNG, lyrics="Over the hill", **stretch)
    make(folder, recording="guest", work=Work.VOCALS, source=HUMMED, lyrics="Over the hill", start_s=2.0, end_s=7.0)
    return folder


def outside(sound: Samples, first: float, after: float) -> Samples:
    """All but a stretch and 0.1 s on both sides of it."""
    ends = (max(0, round((first - 0.1) * RATE)), round((after + 0.1) * RATE))
    return np.delete(sound, np.s_[ends[0] : ends[1]], axis=1)


def inside(sound: Samples, first: float, after: float) -> Samples:
    return sound[:, round(first * RATE) : round(after * RATE)]


@pytest.mark.parametrize(
    ("source", "made", "first", "after"),
    [
        (SUNG, "infilled", FIRST, AFTER),
        ("infilled", "again", 9.0, 13.0),
        (HUMMED, "upload", 3.0, 6.0),
        (PLAYED, "voice", FIRST, AFTER),
        (SUNG, "other voice", FIRST, AFTER),
        (HUMMED, "guest", 2.0, 7.0),
    ],
)
def test_outside_of_its_stretch_a_recording_stays_the_same(
    files: Path, source: str, made: str, first: float, after: float
) -> None:
    before, now = heard(files, source), heard(files, made)

    assert now.shape == before.shape
    assert np.array_equal(outside(now, first, after), outside(before, first, after))
    assert likeness(inside(now, first, after), inside(before, first, after)) < 0.97
    assert 0.5 < mix.loudness(inside(now, first, after)) / mix.loudness(inside(before, first, after)) < 2


def test_the_score_changes_in_the_stretch_alone(files: Path) -> None:
    before, now = score(files, SUNG), score(files, "infilled")
    first, after = before.beat_at(FIRST), before.beat_at(AFTER)

    assert notes(now, 0, first) == notes(before, 0, first)
    assert notes(now, after, 99) == notes(before, after, 99)
    assert notes(now, first, after) != notes(before, first, after)
    assert (now.sections, now.beats, now.key, now.bpm) == (before.sections, before.beats, before.key, before.bpm)


def test_the_band_of_the_stretch_is_the_one_that_plays_around_it(files: Path) -> None:
    before, now = score(files, SUNG), score(files, "infilled")

    assert {(part.name, part.program) for part in now.parts} <= {
        ("second voice", 73), ("lead", 73), *((part.name, part.program) for part in before.parts)
    }  # fmt: skip
    assert now.singer == before.singer


def test_new_words_are_sung_in_the_stretch_and_the_old_ones_around_it(files: Path) -> None:
    before, now = (door.words(files, name) for name in (SUNG, "infilled"))
    new = [word["word"] for word in now if FIRST - 0.2 < float(word["start"]) < AFTER]

    assert new[:4] == ["Nothing", "is", "the", "same"]
    assert [word for word in now if float(word["end"]) < FIRST - 0.5] == [
        word for word in before if float(word["end"]) < FIRST - 0.5
    ]
    assert [word["word"] for word in now if float(word["start"]) > AFTER] == [
        word["word"] for word in before if float(word["start"]) > AFTER
    ]


def test_without_new_words_those_of_the_stretch_are_sung_again(files: Path) -> None:
    first, after = 8.0, 12.0
    make(files, recording="retuned", work=Work.INFILL, source=SUNG, start_s=first, end_s=after)

    def line(recording: str) -> list[object]:
        return [word["word"] for word in door.words(files, recording) if first - 0.2 < float(word["start"]) < after]

    assert line("retuned") == line(SUNG)


def test_the_same_infill_gives_the_same_bytes(files: Path) -> None:
    stretch = {"start_s": FIRST, "end_s": AFTER}
    make(files, recording="twice", work=Work.INFILL, source=SUNG, lyrics=NEW_WORDS, **stretch)

    assert (files / "twice.mp3").read_bytes() == (files / "infilled.mp3").read_bytes()


@pytest.mark.parametrize(("first", "after"), [(5.0, 5.2), (60.0, 70.0), (9.0, 4.0)])
def test_a_stretch_needs_some_of_the_recording(files: Path, first: float, after: float) -> None:
    with pytest.raises(ValueError, match="The range must have"):
        make(files, recording="none", work=Work.INFILL, source=SUNG, start_s=first, end_s=after)


def test_a_voice_is_laid_over_the_band(files: Path) -> None:
    words = door.words(files, "voice")
    before, now = heard(files, PLAYED), heard(files, "voice")

    assert [word["word"] for word in words][:3] == ["Over", "the", "hill"]
    assert all(FIRST - 0.3 < float(word["start"]) < AFTER for word in words)
    added = now - before
    sung = inside(added, float(words[0]["start"]), float(words[-1]["end"])).std()
    assert likeness(inside(now, FIRST, AFTER), inside(before, FIRST, AFTER)) > 0.6
    assert sung > 0.4 * inside(before, FIRST, AFTER).std()
    assert sung > 8 * inside(added, FIRST, float(words[0]["start"]) - 0.1).std()


def test_a_new_voice_takes_the_place_of_the_one_that_sang_there(files: Path) -> None:
    words = [word for word in door.words(files, "other voice") if FIRST + 0.3 < float(word["start"]) < AFTER - 0.3]

    assert "hill" in {word["word"] for word in words}
    assert not {"Humming", "Sing"} & {word["word"] for word in words}


def test_a_voice_over_nothing_said_gets_words(files: Path) -> None:
    made = make(files, recording="worded", work=Work.VOCALS, source=PLAYED, start_s=0.0, end_s=9.0, title="Comets")

    assert "omets" in made.prompt
    assert not any(line in made.prompt for line in LINES)


def test_frames_are_kept_in_whatever_is_replaced(files: Path) -> None:
    chance = np.random.default_rng(1)
    noise = chance.uniform(-0.5, 0.5, (2, 4 * RATE)).astype(np.float32)  # needs all the bits there are
    audio = mp3.encoded(noise)
    for first, after in ((0, RATE), (RATE - 300, 2 * RATE + 17), (3 * RATE, 4 * RATE), (2 * RATE, 2 * RATE + 500)):
        before = mp3.decoded(audio)
        changed = before.copy()
        changed[:, first:after] = 0.3 * np.sin(np.arange(after - first) / 20)
        audio = splice.replaced(audio, changed, first, after)
        now = mp3.decoded(audio)

        assert now.shape == before.shape
        assert np.array_equal(now[:, : max(0, first - RATE // 16)], before[:, : max(0, first - RATE // 16)])
        assert np.array_equal(now[:, after + RATE // 16 :], before[:, after + RATE // 16 :])
        assert likeness(now[:, first:after], changed[:, first:after]) > 0.95

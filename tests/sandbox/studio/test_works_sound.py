"""Sound effects, once and as loops."""

from pathlib import Path

import numpy as np
import pytest

from sandbox.studio.music import mix
from sandbox.studio.music.order import Work
from sandbox.studio.music.sampler import RATE
from sandbox.studio.music.sound_effects import EFFECTS, key, made
from sandbox.studio.music.soundfont import Samples
from tests.sandbox.studio.pieces import heard, likeness, make, order


def sound(files: Path, description: str, **words: str | bool | int) -> Samples:
    return made(order(work=Work.SOUND, description=description, **words), files)


@pytest.mark.parametrize(
    ("description", "bpm"),
    [
        ("rain", 90),
        ("a ticking clock", 120),
        ("police siren", 97),
        ("techno drum loop", 128),
        ("心跳", 63),
        ("钢琴旋律", 101),
    ],
)
def test_a_loop_meets_its_own_start_after_whole_bars(tmp_path: Path, description: str, bpm: int) -> None:
    take = make(tmp_path, recording="loop", work=Work.SOUND, description=description, loop=True, bpm=bpm)
    loop = heard(tmp_path, "loop")
    beats = loop.shape[1] / RATE * bpm / 60
    steps = np.abs(np.diff(loop, axis=1)).max(axis=0)

    assert take.duration == pytest.approx(loop.shape[1] / RATE, abs=0.001)
    assert beats == pytest.approx(4 * round(beats / 4), abs=0.001)
    assert np.abs(loop[:, 0] - loop[:, -1]).max() <= max(np.quantile(steps, 0.999), 0.01)
    assert mix.loudness(loop) > 0.01


def test_what_rings_at_the_end_of_a_loop_sounds_at_its_beginning(tmp_path: Path) -> None:
    loop = sound(tmp_path, "ocean waves", loop=True, bpm=80)
    edge = RATE // 20

    assert 0.5 < loop[:, :edge].std() / loop[:, -edge:].std() < 2


@pytest.mark.parametrize(
    "description", ["explosion", "laser zap", "敲门声", "something nobody has a word for", "orchestra hit"]
)
def test_a_sound_made_once_begins_at_once_and_dies_away(tmp_path: Path, description: str) -> None:
    once = sound(tmp_path, description)

    assert 0.2 < once.shape[1] / RATE < 8
    assert np.abs(once[:, : RATE // 2]).max() > 0.1
    assert np.abs(once[:, -100:]).max() < 0.01
    assert np.abs(once).max() < 0.9


def test_every_effect_sounds_and_none_like_another(tmp_path: Path) -> None:
    names = [words.split("|")[-1].split("\\b")[-1] for words in EFFECTS]
    sounds = [sound(tmp_path, name) for name in names]

    assert all(one.std() > 0.001 for one in sounds)
    assert max(abs(likeness(one, other)) for place, one in enumerate(sounds) for other in sounds[:place]) < 0.9


def test_two_takes_differ_and_the_same_order_does_not(tmp_path: Path) -> None:
    first, second = (sound(tmp_path, "rain and thunder", take=take) for take in (0, 1))

    assert np.array_equal(first, sound(tmp_path, "rain and thunder"))
    assert likeness(first, second) < 0.9


@pytest.mark.parametrize(("name", "tone"), [("C", 0), ("F#", 6), ("Bb", 10)])
def test_a_tone_is_tuned_to_its_key(tmp_path: Path, name: str, tone: int) -> None:
    bell = sound(tmp_path, "bell", key=name)
    hertz = np.abs(np.fft.rfft(bell[0], 1 << 19)).argmax() * RATE / (1 << 19)
    pitch = 69 + 12 * np.log2(hertz / 440)

    assert round(pitch) % 12 == tone
    assert abs(pitch - round(pitch)) < 0.1


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("C", (0, "major")),
        ("Am", (9, "minor")),
        ("F# minor", (6, "minor")),
        ("Bbmaj", (10, "major")),
        ("", None),
        ("?", None),
    ],
)
def test_keys_are_read(name: str, meant: tuple[int, str] | None) -> None:
    assert key(name) == meant

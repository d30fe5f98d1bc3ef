"""Short recordings for works to start from, filed as the studio files them, and what is heard in a recording."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sandbox.studio.music import composer, door, form, mix, mp3
from sandbox.studio.music.arrangement import Arrangement, Part
from sandbox.studio.music.composer import Band
from sandbox.studio.music.order import RenderedTake, TakeOrder
from sandbox.studio.music.sampler import RATE
from sandbox.studio.music.soundfont import Samples
from sandbox.studio.music.styles import STYLES

BPM = 120
BAR = 4 * 60 / BPM  # seconds
LINES = ("Walking by the river", "Humming to the rain", "Sing it one more time", "Sing until the light")
SUNG, PLAYED, HUMMED = "sung", "played", "hummed"
HUM_BPM = 100
HUM = (
    (67, 1.0),
    (69, 1.0),
    (71, 2.0),
    (74, 1.0),
    (71, 1.0),
    (67, 2.0),
    (64, 1.0),
    (67, 1.0),
    (69, 2.0),
    (66, 1.0),
    (67, 3.0),
)


def order(**words: Any) -> TakeOrder:
    return TakeOrder(**{"recording": "made", "take": 0, **words})


def make(files: Path, **words: Any) -> RenderedTake:
    return door.make(files, order(**words))


def piece(files: Path, recording: str, words: tuple[str, ...]) -> Arrangement:
    """A verse and a chorus of four bars in G major, sung or played."""
    style = STYLES["pop"]
    band = Band(style, composer.tonality(order(), style, 7, "major"), BPM, 73, "alto", recording)
    verse, chorus = (form.section(kind, 4, (6, 5)) for kind in ("verse", "chorus"))
    if words:
        verse, chorus = replace(verse, words=words[:2]), replace(chorus, words=words[2:])
    made = composer.arranged(band, (verse, chorus))
    (files / f"{recording}.json").write_text(made.model_dump_json(), encoding="utf-8")
    (files / f"{recording}.mp3").write_bytes(mp3.encoded(mix.mixed(made, files)))
    return made


def hum(files: Path) -> None:
    """An upload: a hummed melody, one voice with a few overtones."""
    sound = np.zeros(0)
    for key, beats in HUM:
        time = np.arange(round(beats * 60 / HUM_BPM * RATE)) / RATE
        tone = sum(np.sin(2 * np.pi * part * 440 * 2 ** ((key - 69) / 12) * time) / part**2 for part in (1, 2, 3))
        sound = np.concatenate([sound, tone * np.minimum(1, np.minimum(time, time[::-1]) / 0.04)])
    path = files / "hum.wav"
    path.write_bytes(mp3.wav((0.3 * np.tile(sound, (2, 1))).astype(np.float32)))
    door.take_in(files, HUMMED, path, "Hummed")


def file_pieces(files: Path) -> Path:
    piece(files, SUNG, LINES)
    piece(files, PLAYED, ())
    hum(files)
    return files


def heard(files: Path, recording: str) -> Samples:
    return mp3.decoded(files / f"{recording}.mp3")


def score(files: Path, recording: str) -> Arrangement:
    return Arrangement.model_validate_json((files / f"{recording}.json").read_bytes())


def part(arrangement: Arrangement, name: str) -> Part:
    return next(part for part in arrangement.parts if part.name == name)


def tune(arrangement: Arrangement) -> list[tuple[float, int]]:
    notes = [note for part in arrangement.parts if part.singer or part.name == "lead" for note in part.notes]
    return sorted((note.start, note.pitch) for note in notes)


def notes(arrangement: Arrangement, first: float, after: float) -> set[tuple[str, float, int]]:
    """What is struck between two beats."""
    return {
        (part.name, round(note.start, 6), note.pitch)
        for part in arrangement.parts
        for note in part.notes
        if first <= note.start < after
    }


def likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """1 for the same sound, at whatever loudness."""
    length = min(one.shape[1], other.shape[1])
    return float(np.corrcoef(one[:, :length].ravel(), other[:, :length].ravel())[0, 1])

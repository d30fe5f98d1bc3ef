"""What is taken out of a finished recording again: its voices, notes, words, outline and samples."""

from pathlib import Path

import numpy as np

from sandbox.studio.music import mix, mp3, pitch, timeline
from sandbox.studio.music.arrangement import Arrangement
from sandbox.studio.music.sampler import RATE
from sandbox.studio.music.soundfont import Samples

OUTLINE_STEPS = 10  # a second


def score(files: Path, recording: str) -> Arrangement | None:
    """The arrangement of a recording; none for an upload."""
    path = files / f"{recording}.json"
    return Arrangement.model_validate_json(path.read_bytes()) if path.exists() else None


def vocals(files: Path, recording: str) -> Samples:
    """The voices alone, as long as the recording; of an upload all of it in which a pitch is heard."""
    audio = (files / f"{recording}.mp3").read_bytes()
    arrangement = score(files, recording)
    if arrangement is None:
        return pitch.gated(mp3.decoded(audio))
    sound = mix.vocals(arrangement, files, room=False)
    length = mp3.samples(audio)
    return np.pad(sound[:, :length], ((0, 0), (0, max(0, length - sound.shape[1]))))


def notes(arrangement: Arrangement) -> dict[str, list[dict[str, float]]]:
    """The notes of each instrument: seconds and MIDI numbers."""
    found: dict[str, list[dict[str, float]]] = {}
    for part in arrangement.parts:
        for note in part.notes:
            start, end = arrangement.seconds(note.start), arrangement.seconds(note.start + note.length)
            timed = {"pitch": note.pitch, "start": round(start, 3), "end": round(end, 3), "velocity": note.velocity}
            found.setdefault(part.name, []).append(timed)
    return found


def words(files: Path, recording: str) -> list[dict[str, str | float]]:
    """The sung words with their times in seconds; none in an instrumental or an upload."""
    arrangement = score(files, recording)
    spelled = timeline.words(arrangement) if arrangement else ()
    return [{"word": one.word, "start": round(one.start, 3), "end": round(one.end, 3)} for one in spelled]


def outline(sound: Samples) -> list[float]:
    """The peaks of the recording in even steps, the highest being 1."""
    steps = max(1, round(sound.shape[1] / RATE * OUTLINE_STEPS))
    peaks = [float(piece.max()) if piece.size else 0.0 for piece in np.array_split(np.abs(sound).max(axis=0), steps)]
    highest = max(peaks) or 1.0
    return [round(peak / highest, 4) for peak in peaks]

"""Who sings: a handful of voices, and which of them an order asks for or a recording has."""

import random
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sandbox.studio.music import mp3, pitch
from sandbox.studio.music.arrangement import Arrangement


@dataclass(frozen=True, slots=True)
class Voice:
    """A singer: the key in the middle of the range, how far the formants lie above an average man's, the share of
    breath, brightness in dB an octave, and the vibrato's depth in cents and rate in Hz."""

    name: str
    centre: int
    formants: float
    breath: float
    brightness: float
    vibrato: float
    vibrato_rate: float


VOICES = {
    voice.name: voice
    for voice in (
        Voice("soprano", 67, 1.22, 0.10, 0.0, 24, 5.9),
        Voice("mezzo", 64, 1.16, 0.04, 1.0, 18, 5.5),
        Voice("alto", 61, 1.11, 0.16, -1.0, 14, 5.2),
        Voice("tenor", 57, 1.03, 0.04, 1.0, 20, 5.6),
        Voice("baritone", 53, 0.98, 0.12, 0.0, 16, 5.2),
        Voice("low baritone", 49, 0.92, 0.04, -1.0, 18, 4.9),
    )
}
WORDS = {
    r"\b(?:female|wom[ae]n|girls?|lady|diva)\b|女": ("soprano", "mezzo", "alto"),
    r"\b(?:male|m[ae]n|boys?|guy)\b|男": ("tenor", "baritone", "low baritone"),
    **{rf"\b{name}\b": (name,) for name in VOICES},
}


def chosen(words: str, seed: str) -> str:
    """The name of a voice: of those the style words ask for first, or of all, the one the seed draws."""
    asked = [
        (found.start(), names) for words_of, names in WORDS.items() if (found := re.search(words_of, words.lower()))
    ]
    return random.Random(seed).choice(min(asked)[1] if asked else tuple(VOICES))


def of(files: Path, recording: str) -> str:
    """The name of a recording's voice: who sings in it; for an upload the one whose range is nearest."""
    score = files / f"{recording}.json"
    if score.exists():
        return Arrangement.model_validate_json(score.read_bytes()).singer or chosen("", recording)
    keys = pitch.keys(pitch.track(mp3.decoded(files / f"{recording}.mp3")))
    if not len(keys):
        return chosen("", recording)
    return min(VOICES.values(), key=lambda voice: abs(voice.centre - float(np.median(keys)))).name

"""The pitch of one voice or instrument alone, tracked by WORLD, and the notes that makes."""

from dataclasses import dataclass

import numpy as np
import pyworld
from numpy.typing import NDArray

from sandbox.studio.music.sampler import RATE
from sandbox.studio.music.soundfont import Samples

FRAME_SECONDS = 0.005
LOWEST, HIGHEST = 65.0, 1050.0  # Hz
THINNED = 4  # Of the samples one in so many is enough to hear a pitch.
QUIET_DB = 40.0
FARTHEST = 0.7  # Half steps a note may wander.
HOLD_SECONDS = 0.12  # A consonant has no pitch; so long around what has one still belongs to the voice.
FADE_SECONDS = 0.02
SHORTEST_REST = 0.04
SHORTEST = 0.09  # Seconds; what is shorter is a glide.


@dataclass(frozen=True, slots=True)
class Heard:
    """A note of a recording: from and until in seconds, the MIDI key, and how hard (1 to 127)."""

    start: float
    end: float
    pitch: int
    velocity: int


def track(sound: Samples) -> NDArray[np.float64]:
    """Hz in frames of FRAME_SECONDS of a (2, samples) recording; 0 where nothing with a pitch is heard."""
    mono = _thinned(sound)
    rough, times = pyworld.dio(
        mono, RATE // THINNED, f0_floor=LOWEST, f0_ceil=HIGHEST, frame_period=FRAME_SECONDS * 1000
    )
    found: NDArray[np.float64] = pyworld.stonemask(mono, rough, times, RATE // THINNED)
    loud = _loudness(mono, len(found))
    return np.where(loud > loud.max() * 10 ** (-QUIET_DB / 20), found, 0.0)


def keys(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """MIDI keys, with fractions, of the frames that have a pitch."""
    voiced = hertz[hertz > 0]
    return 69 + 12 * np.log2(voiced / 440)


def heard(sound: Samples) -> tuple[Heard, ...]:
    """The notes of a recording with one voice, by the tuning it keeps to."""
    hertz = track(sound)
    loud = _loudness(_thinned(sound), len(hertz))
    off = np.angle(np.exp(2j * np.pi * keys(hertz)).sum()) / (2 * np.pi)  # How far all of it is out of tune.
    notes: list[Heard] = []
    first = 0
    for place in range(1, len(hertz) + 1):
        run = hertz[first:place]
        if place < len(hertz) and _goes_on(run, hertz[place]):
            continue
        if run[0] and len(run) * FRAME_SECONDS >= SHORTEST:
            strength = np.sqrt(loud[first:place].mean() / loud.max())
            key, start = round(float(np.median(keys(run)) - off)), first * FRAME_SECONDS
            if notes and notes[-1].pitch == key and start - notes[-1].end < SHORTEST_REST:
                start = notes.pop().start
            notes.append(Heard(start, place * FRAME_SECONDS, key, round(30 + 90 * float(strength))))
        first = place
    return tuple(notes)


def gated(sound: Samples) -> Samples:
    """The recording, silent where no pitch is heard."""
    hold = np.ones(2 * round(HOLD_SECONDS / FRAME_SECONDS) + 1)
    fade = np.ones(round(FADE_SECONDS / FRAME_SECONDS))
    sounding = np.convolve(track(sound) > 0, hold, mode="same") > 0
    gate = np.convolve(sounding, fade / len(fade), mode="same")
    times = np.arange(sound.shape[1]) / RATE / FRAME_SECONDS
    return np.asarray(sound * np.interp(times, np.arange(len(gate)), gate), np.float32)


def _goes_on(run: NDArray[np.float64], hertz: float) -> bool:
    """Whether a frame belongs to the note, or the rest, of those before it."""
    if not run[0] or not hertz:
        return bool(run[0] == hertz)
    return bool(abs(12 * np.log2(hertz / np.median(run[-20:]))) < FARTHEST)


def _thinned(sound: Samples) -> NDArray[np.float64]:
    mono = sound.mean(axis=0, dtype=np.float64)
    thinned: NDArray[np.float64] = mono[: len(mono) // THINNED * THINNED].reshape(-1, THINNED).mean(axis=1)
    return thinned


def _loudness(mono: NDArray[np.float64], frames: int) -> NDArray[np.float64]:
    """RMS around each frame."""
    power = np.convolve(mono**2, np.ones(round(0.03 * RATE / THINNED)), mode="same")
    places = np.minimum((np.arange(frames) * FRAME_SECONDS * RATE / THINNED).astype(int), len(power) - 1)
    loudness: NDArray[np.float64] = np.sqrt(power[places])
    return loudness

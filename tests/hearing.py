"""Listening to delivered files: decoded by FFmpeg's decoders, measured with numpy."""

from __future__ import annotations

import io
from typing import TypeAlias

import av
import numpy as np
import numpy.typing as npt

RATE = 44_100
Sound: TypeAlias = npt.NDArray[np.float32]


def decoded(file: bytes) -> Sound:
    """Every frame as (2, samples) at 44.1 kHz; a broken file would fail here."""
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
    with av.open(io.BytesIO(file), mode="r") as container:
        frames = [out.to_ndarray() for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    sound: Sound = np.concatenate(frames, axis=1).astype(np.float32)
    return sound


def seconds(sound: Sound) -> float:
    return float(sound.shape[1] / RATE)


def part(sound: Sound, start_s: float, end_s: float) -> Sound:
    cut: Sound = sound[:, round(start_s * RATE) : round(end_s * RATE)]
    return cut


def loudness_db(sound: Sound) -> float:
    """RMS below full scale."""
    return float(10 * np.log10(np.mean(sound.astype(np.float64) ** 2) + 1e-12))


def snr_db(reference: Sound, other: Sound) -> float:
    """How far what differs lies below the reference."""
    noise = float(np.mean((reference - other).astype(np.float64) ** 2))
    return float(10 * np.log10(np.mean(reference.astype(np.float64) ** 2) / (noise + 1e-15)))


def transposition(one: Sound, other: Sound) -> int:
    """By how many semitones up (0 to 11) `one` is most like `other`: 0 where both are in one key."""
    first, second = _chroma(one), _chroma(other)
    fits = [float(np.corrcoef(np.roll(first, steps), second)[0, 1]) for steps in range(12)]
    return int(np.argmax(fits))


def _chroma(sound: Sound) -> npt.NDArray[np.float64]:
    """How much of each pitch class is heard."""
    size = 1 << 14
    mono = sound.mean(axis=0)
    blocks = mono[: len(mono) // size * size].reshape(-1, size) * np.hanning(size)
    power = (np.abs(np.fft.rfft(blocks)) ** 2).sum(axis=0)
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    heard = (hertz > 100) & (hertz < 2000)
    classes = np.round(12 * np.log2(hertz[heard] / 440) + 69).astype(int) % 12
    return np.sqrt(np.bincount(classes, power[heard], minlength=12))


def tempo(sound: Sound) -> float:
    """Beats a minute between 60 and 120: the octave is for the listener to choose."""
    hop = 512
    mono = sound.mean(axis=0)
    frames = np.lib.stride_tricks.sliding_window_view(mono, 2048)[::hop] * np.hanning(2048)
    spectrum = np.log1p(100 * np.abs(np.fft.rfft(frames)))
    flux = np.maximum(np.diff(spectrum, axis=0), 0).sum(axis=1)
    flux -= flux.mean()
    answer = np.correlate(flux, flux, mode="full")[len(flux) :]
    lags = np.arange(1, len(answer) + 1)
    bpm = 60 * RATE / (hop * lags)
    strength = np.zeros(600)
    for place in np.flatnonzero((bpm > 55) & (bpm < 250)):
        folded = float(bpm[place])
        while folded >= 120:
            folded /= 2
        strength[round(folded * 5)] += max(answer[place], 0)
    return float(np.argmax(np.convolve(strength, np.hanning(9), mode="same"))) / 5

"""From notes to a finished stereo recording: balance, room, loudness, fade."""

from pathlib import Path

import numpy as np

from sandbox.studio.music import mp3, pitch, singing
from sandbox.studio.music.arrangement import Arrangement, Part, Recorded
from sandbox.studio.music.sampler import RATE, Sampler
from sandbox.studio.music.soundfont import Samples, general_midi

TAIL_SECONDS = 3.0
AIR = 0.9
FADE_SECONDS = 2.5
ROOM_SECONDS = 1.8
LOUDNESS_DB = -15.6  # of the RMS; about -14 LUFS
VOCALS_LOUDNESS_DB = -18.5
GUEST_LEVEL, GUEST_ECHO = 3.0, 0.2
CEILING = 10 ** (-1.5 / 20)  # Encoding to MP3 adds up to half a dB.
LIMITER_BLOCK = 256
LIMITER_REACH = 40


def mixed(arrangement: Arrangement, files: Path) -> Samples:
    """The finished recording as (2, samples), between -1 and 1; `files` has the recordings that are heard in it."""
    sampler = Sampler(general_midi())
    length = round((arrangement.seconds(arrangement.beats) + TAIL_SECONDS) * RATE)
    dry, wet = _sung(arrangement, files, length)
    for part in arrangement.parts:
        if not part.singer:
            track = _levelled(_played(part, arrangement, sampler, length), part.level)
            dry += track
            wet += track * np.float32(part.echo)
    sound = _aired(dry + _room(wet))
    return faded(mastered(sound - sound.mean(axis=1, keepdims=True)))


def vocals(arrangement: Arrangement, files: Path, room: bool = True) -> Samples:
    """The voices alone, as loud as in a finished recording; without a room silent where nobody sings."""
    length = round((arrangement.seconds(arrangement.beats) + TAIL_SECONDS) * RATE)
    dry, wet = _sung(arrangement, files, length)
    sound = _aired(dry + _room(wet) if room else dry)
    return mastered(sound, VOCALS_LOUDNESS_DB) if sound.any() else sound


def mastered(sound: Samples, loudness_db: float = LOUDNESS_DB) -> Samples:
    """At its loudness (RMS), the peaks held below the ceiling."""
    return limited(sound * np.float32(10 ** (loudness_db / 20) / max(loudness(sound), 1e-6)))


def limited(sound: Samples) -> Samples:
    """The peaks held below the ceiling."""
    held: Samples = np.clip(sound * _limiter_gain(np.abs(sound).max(axis=0)), -CEILING, CEILING)
    return held


def faded(sound: Samples) -> Samples:
    """The recording with its last seconds dying away."""
    fade = round(FADE_SECONDS * RATE)
    sound = sound.copy()
    sound[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32)[-sound.shape[1] :] ** 2
    return sound


def loudness(sound: Samples) -> float:
    """The RMS of what is not silence: 0.4 s blocks, those 10 dB below the mean of the rest left out (as in BS.1770)."""
    block = min(round(0.4 * RATE), sound.shape[1])
    usable = sound.shape[1] // block * block
    blocks = sound[:, :usable].reshape(2, -1, block)
    power = np.einsum("sbt,sbt->b", blocks, blocks) / (2 * block)
    return float(np.sqrt(power[power > power.mean() / 10].mean())) if power.any() else 0.0


def _sung(arrangement: Arrangement, files: Path, length: int) -> tuple[Samples, Samples]:
    """All voices, dry and for the room."""
    dry, wet = np.zeros((2, length), np.float32), np.zeros((2, length), np.float32)
    voices = [
        (part.echo, _placed(part, singing.voice(arrangement, part, length)), part.level)
        for part in arrangement.parts
        if part.singer
    ]
    voices += [(GUEST_ECHO, _guest(guest, arrangement, files, length), GUEST_LEVEL) for guest in arrangement.recorded]
    for echo, sound, level in voices:
        track = _levelled(sound, level)
        dry += track
        wet += track * np.float32(echo)
    return dry, wet


def _placed(part: Part, sound: Samples) -> Samples:
    return np.outer(_sides(part.pan), sound).astype(np.float32)


def _guest(guest: Recorded, arrangement: Arrangement, files: Path, length: int) -> Samples:
    """The voice of an upload, where it is heard."""
    track = np.zeros((2, length), np.float32)
    sound = pitch.gated(mp3.decoded(files / f"{guest.recording}.mp3"))
    first = round(arrangement.seconds(guest.beat) * RATE)
    heard = sound[:, round(guest.start * RATE) : round(guest.end * RATE)][:, : max(0, length - first)]
    track[:, first : first + heard.shape[1]] = heard
    return track


def _played(part: Part, arrangement: Arrangement, sampler: Sampler, length: int) -> Samples:
    track = np.zeros((2, length), np.float32)
    for note in part.notes:
        start = arrangement.seconds(note.start)
        seconds = arrangement.seconds(note.start + note.length) - start
        first = max(0, round(start * RATE))
        for pan, sound in sampler.strike(part.program, part.drums, note.pitch, note.velocity, seconds):
            left, right = _sides(part.pan + pan * 1.2)
            stop = min(first + len(sound), length)
            track[0, first:stop] += sound[: stop - first] * np.float32(left)
            track[1, first:stop] += sound[: stop - first] * np.float32(right)
    return track


def _levelled(track: Samples, level: float) -> Samples:
    """Instruments of one SoundFont differ in loudness by 20 dB; a part's level counts from equal ones."""
    return track * np.float32(10 ** (level / 20) / max(loudness(track), 1e-6))


def _sides(pan: float) -> tuple[float, float]:
    """Gains of equal power for a place from -1 to 1."""
    angle = (max(-1.0, min(1.0, pan)) + 1) * np.pi / 4
    return float(np.cos(angle) * np.sqrt(2)), float(np.sin(angle) * np.sqrt(2))


def _room(wet: Samples) -> Samples:
    """A small hall: decaying noise, another for each side, without its rumble and hiss."""
    noise = np.random.default_rng(1).standard_normal((2, round(ROOM_SECONDS * RATE))).astype(np.float32)
    time = np.arange(noise.shape[1], dtype=np.float32) / RATE
    answer = noise * 10 ** (-3 * time / ROOM_SECONDS) * np.minimum(time / 0.02, 1)
    size = 1 << (wet.shape[1] + noise.shape[1]).bit_length()
    frequency = np.fft.rfftfreq(size, 1 / RATE)
    shape = (frequency / 250) ** 2 / (1 + (frequency / 250) ** 2) / (1 + (frequency / 4500) ** 2)
    room = np.empty_like(wet)
    for side in (0, 1):
        spectrum = np.fft.rfft(wet[side], size) * np.fft.rfft(answer[side], size) * shape
        room[side] = np.fft.irfft(spectrum, size)[: wet.shape[1]]
    return room * np.float32(1 / np.sqrt((answer**2).sum(axis=1).mean()) * 2)


def _aired(sound: Samples) -> Samples:
    """Treble for a SoundFont that has little: 3 dB more at 5 kHz, 6 dB at 10 kHz, nothing below 1 kHz."""
    bright: Samples = sound + np.float32(AIR) * np.diff(sound, axis=1, prepend=0).astype(np.float32)
    return bright


def _limiter_gain(peaks: Samples) -> Samples:
    """Gain per sample: the least its surroundings need, smoothed, so that it neither clicks nor clips."""
    blocks = np.pad(peaks, (0, -len(peaks) % LIMITER_BLOCK)).reshape(-1, LIMITER_BLOCK).max(axis=1)
    needed = np.minimum(1, CEILING / np.maximum(blocks, 1e-9))
    padded = np.pad(needed, LIMITER_REACH, mode="edge")
    least = np.lib.stride_tricks.sliding_window_view(padded, 2 * LIMITER_REACH + 1).min(axis=1)
    window = np.hanning(LIMITER_REACH + 3)[1:-1]
    smooth = np.convolve(np.pad(least, LIMITER_REACH // 2, mode="edge"), window / window.sum(), mode="same")
    smooth = smooth[LIMITER_REACH // 2 :][: len(least)]
    centres = (np.arange(len(least)) + 0.5) * LIMITER_BLOCK
    gain: Samples = np.interp(np.arange(len(peaks)), centres, smooth).astype(np.float32)
    return gain

"""The singing voice: eSpeak NG's lines taken apart by the WORLD vocoder, laid on the notes and put together again."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyworld
from numpy.typing import NDArray

from sandbox.studio.music import syllables, timeline
from sandbox.studio.music.arrangement import Arrangement, Part
from sandbox.studio.music.soundfont import Samples
from sandbox.studio.music.speech import RATE, TONE, spoken
from sandbox.studio.music.timeline import Sung
from sandbox.studio.music.voices import VOICES, Voice

Floats = NDArray[np.float64]

FRAME = 0.005  # seconds
MARGIN = 0.05
GLIDE = 0.05
GLIDE_LEAD = 0.012
SCOOP = 0.7  # half steps below the first note of a line
SCOOP_SECONDS = 0.09
VIBRATO_ON, VIBRATO_AFTER, VIBRATO_GROWS = 0.4, 0.2, 0.3
DRIFT = 5.0  # cents
EVENNESS = 0.8  # How much of the differences in loudness between vowels is levelled out.
LOUDNESS = 2.5  # Of a vowel in the units of WORLD's envelopes.
LOUDEST_GAIN = 10 ** (12 / 20)
FADE = np.array([0.15, 0.2, 0.3, 0.2, 0.15])  # Over frames, where sound begins and ends.
SILENCE = 1e-12
STRAYING = 0.15
# The share of noise in eSpeak's voice by frequency: what WORLD's D4C finds, which takes longer than all the rest.
NOISE_HERTZ = (0, 1000, 2200, 4300, 6500, 8600, 11_025)
NOISE = (0.0, 0.01, 0.07, 0.45, 0.66, 0.8, 0.98)


@dataclass(frozen=True, slots=True)
class Analysed:
    """A spoken line in frames: which are voiced, the logarithm of the spectral envelope, the share of noise."""

    voiced: NDArray[np.bool_]
    envelope: Floats
    noise: Floats


def voice(arrangement: Arrangement, part: Part, length: int) -> Samples:
    """A sung part alone, so many mono samples; silent where nobody sings."""
    track = np.zeros(length // 2 + 1)
    for line in timeline.lines(timeline.sung(arrangement, part)):
        first = max(0, round((line[0].onset - MARGIN) * RATE))
        sound = _line(line, first / RATE, VOICES[part.singer])[: len(track) - first]
        track[first : first + len(sound)] += sound
    return _at_twice_the_rate(track)[:length]


def _at_twice_the_rate(track: Floats) -> Samples:
    """From speech.RATE to the studio's."""
    size = 1 << len(track).bit_length()
    return (2 * np.fft.irfft(np.fft.rfft(track, size), 2 * size)[: 2 * len(track)]).astype(np.float32)


def _line(line: tuple[Sung, ...], starts: float, singer: Voice) -> Floats:
    """One line from a second of the song on."""
    times: Floats = starts + np.arange(round((line[-1].end + MARGIN - starts) / FRAME), dtype=np.float64) * FRAME
    analysed = _analysed(line[0].line, singer)
    places = np.clip(_places(line, times) / FRAME, 0, len(analysed.voiced) - 1.001)
    low, part = places.astype(int), (places % 1)[:, None]
    envelope = np.exp(analysed.envelope[low] * (1 - part) + analysed.envelope[low + 1] * part)
    noise = analysed.noise[low] * (1 - part) + analysed.noise[low + 1] * part
    gain = _gain(line, times, analysed)
    pitched = analysed.voiced[np.round(places).astype(int)] & (gain > 0)
    hertz = np.where(pitched, 440 * 2 ** ((_keys(line, times, singer) - 69) / 12), 0.0)
    envelope = np.ascontiguousarray(envelope * gain[:, None] ** 2 + SILENCE)
    sound: Floats = pyworld.synthesize(hertz, envelope, np.ascontiguousarray(noise), RATE, FRAME * 1000)
    return sound


def _places(line: tuple[Sung, ...], times: Floats) -> Floats:
    """For each time of the song the second of the speech that sounds then; only the heart of a vowel is stretched."""
    sung: list[float] = []
    said: list[float] = []
    for one in line:
        spoken_at = (one.spoken.onset, one.spoken.vowel, one.spoken.coda, one.spoken.end)
        onset, vowel, coda, end = (place / RATE for place in spoken_at)
        length = min(coda - vowel, one.coda - one.vowel)
        sung += [one.onset, one.vowel, one.vowel + length / 4, one.coda - length / 2, one.coda, one.end]
        said += [onset, vowel, vowel + (coda - vowel) / 4, vowel + (coda - vowel) / 2, coda, end]
    return np.interp(times, np.array(sung) + np.arange(len(sung)) * 1e-9, said)


def _keys(line: tuple[Sung, ...], times: Floats, singer: Voice) -> Floats:
    """The pitch in MIDI keys: the notes with a glide between, a scoop at the start, a vibrato on what is held."""
    steps = [(start, pitch, one.coda) for one in line for start, pitch in one.steps]
    starts, pitches, ends = (np.array(column, float) for column in zip(*steps, strict=True))
    notes = np.searchsorted(starts[1:] - GLIDE_LEAD, times, side="right")
    window = np.hanning(round(GLIDE / FRAME) + 2)[1:-1]
    reach = len(window) // 2
    keys = np.convolve(np.pad(pitches[notes], reach, mode="edge"), window / window.sum())[2 * reach :][: len(times)]
    keys = keys - SCOOP * np.clip(1 - (times - line[0].onset) / SCOOP_SECONDS, 0, 1)
    since = times - starts[notes]
    depth = np.clip((since - VIBRATO_AFTER) / VIBRATO_GROWS, 0, 1) * (ends - starts > VIBRATO_ON)[notes]
    vibrato = singer.vibrato * depth * np.sin(2 * np.pi * singer.vibrato_rate * since)
    drift = DRIFT * (np.sin(2 * np.pi * 0.9 * times) + np.sin(2 * np.pi * 2.3 * times + 1))
    return np.asarray(keys + (vibrato + drift) / 100)


def _gain(line: tuple[Sung, ...], times: Floats, analysed: Analysed) -> Floats:
    """How much louder than it was spoken, syllable by syllable; nothing outside of them."""
    power = np.exp(analysed.envelope).sum(axis=1)
    vowels = [(_frame(one.spoken.vowel), _frame(one.spoken.coda) + 1) for one in line]
    loud = np.sqrt(np.array([power[first:after].mean() for first, after in vowels]))
    even = np.clip((LOUDNESS / loud) ** EVENNESS, 1 / LOUDEST_GAIN, LOUDEST_GAIN)
    struck = even * np.array([one.velocity / 100 for one in line])
    gain = np.interp(times, [time for one in line for time in (one.vowel, one.coda)], np.repeat(struck, 2))
    sounding = np.zeros(len(times))
    for one in line:
        sounding[(times >= one.onset) & (times < one.end)] = 1
    return np.asarray(gain * np.convolve(sounding, FADE, mode="same"))


def _frame(sample: int) -> int:
    return round(sample / RATE / FRAME)


@lru_cache(64)
def _analysed(line: str, singer: Voice) -> Analysed:
    """The line spoken by this voice."""
    speech = spoken(line)
    hertz, times = pyworld.dio(speech.sound, RATE, f0_floor=60, f0_ceil=260, frame_period=FRAME * 1000, speed=4)
    in_tone = np.abs(hertz / TONE - 1) < STRAYING  # What is tracked elsewhere is noise.
    voiced = in_tone.copy()
    for spoken_syllable in syllables.line(line).syllables:
        first, after = _frame(spoken_syllable.vowel), _frame(spoken_syllable.coda)
        inside = np.flatnonzero(voiced[first:after])
        if len(inside):
            voiced[first + inside[0] : first + inside[-1]] = True
    hertz = np.where(in_tone, hertz, np.where(voiced, TONE, 0.0))
    envelope = np.log(pyworld.cheaptrick(speech.sound, hertz, times, RATE) + SILENCE)
    heights = np.linspace(0, RATE / 2, envelope.shape[1])
    breath = np.interp(heights, NOISE_HERTZ, NOISE) + singer.breath * np.clip(heights / 4000, 0, 1)
    return Analysed(voiced, _coloured(envelope, singer), np.where(voiced[:, None], np.minimum(breath, 1), 1.0))


def _coloured(envelope: Floats, singer: Voice) -> Floats:
    """Formants moved to the singer's, and his or her brightness."""
    last = envelope.shape[1] - 1
    places = np.minimum(np.arange(last + 1) / singer.formants, last - 0.001)
    low, part = places.astype(int), places % 1
    warped = envelope[:, low] * (1 - part) + envelope[:, low + 1] * part
    hertz = np.maximum(np.arange(last + 1) * RATE / 2 / last, 200)
    return np.asarray(warped + singer.brightness * np.log2(hertz / 1000) * np.log(10) / 10)

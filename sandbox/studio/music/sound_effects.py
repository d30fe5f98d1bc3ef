"""Sound effects: noises and tones after the words that describe them, or a few bars of a band; once, or as a loop.

A loop is made on a circle: what rings on at its end sounds at its beginning, so that it closes on itself.
"""

import math
import random
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sandbox.studio.music import composer, form, mix
from sandbox.studio.music.arrangement import Mode
from sandbox.studio.music.composer import Band
from sandbox.studio.music.order import TakeOrder
from sandbox.studio.music.sampler import RATE
from sandbox.studio.music.soundfont import Samples
from sandbox.studio.music.style_words import Wish
from sandbox.studio.music.styles import STYLES

Floats = NDArray[np.float64]

KEY = re.compile(r"\s*([A-Ga-g])\s*([#♯b♭]?)\s*(m(?!aj)|min)?", re.IGNORECASE)
NATURALS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
USUAL_BPM = 100
SHORTEST_LOOP = 4.0  # seconds
LONGEST_ONCE = 6.0
FADE_SECONDS = 0.3
PEAK = 0.8
RINGS = 5.0  # how many of its decay times a sound is followed
MUSIC = re.compile(
    r"\b(?:drums?|beats?|bass|bassline|guitar|piano|synth|pad|melody|riff|chords?|groove|arp|strings?|brass|organ|music)\b"
    "|鼓|节拍|贝斯|吉他|钢琴|合成器|旋律|和弦|律动|音乐|弦乐"
)
ALONE = {"drums": r"\b(?:drums?|beats?|percussion)\b|鼓|节拍", "bass": r"\b(?:bass|bassline)\b|贝斯"}


@dataclass(frozen=True, slots=True)
class Layer:
    """Noise between two frequencies, or a tone gliding from the first to the second (Hz).

    It swells for `attack` and dies away with `decay` (s); without a decay it lasts. It comes `times` a second at
    random, or, where that is 0, every so many `beats`; once where both are 0.
    """

    low: float
    high: float
    decay: float = 0.0
    attack: float = 0.002
    times: float = 0.0
    beats: float = 0.0
    tone: bool = False
    level: float = 1.0


def _tone(
    low: float, high: float, decay: float = 0.0, times: float = 0.0, beats: float = 0.0, level: float = 1.0
) -> Layer:
    return Layer(low, high, decay, times=times, beats=beats, tone=True, level=level)


EFFECTS = {
    r"\brain|雨": (Layer(900, 9000, level=0.5), Layer(2500, 8000, 0.01, times=40, level=0.6)),
    r"thunder|storm|雷|暴风": (Layer(20, 160, 1.2, 0.08), Layer(40, 900, 0.35, 0.01, level=0.7)),
    r"\bwind|breeze|风声|刮风": (Layer(150, 900), Layer(600, 2200, level=0.25)),
    r"ocean|waves?\b|\bsea\b|surf|海": (Layer(80, 900), Layer(500, 5000, 1.2, 0.9, beats=8, level=0.8)),
    r"\bfire|crackl|火": (Layer(60, 350, level=0.4), Layer(1500, 7000, 0.006, times=14)),
    r"explo|\bboom|blast|爆炸|轰": (Layer(20, 3000, 0.6), _tone(95, 28, 0.5)),
    r"gun|shot\b|枪": (Layer(200, 9000, 0.09), _tone(160, 50, 0.08)),
    r"laser|zap|激光": (_tone(2600, 180, 0.16),),
    r"whoosh|swoosh|swish|嗖|呼啸": (Layer(300, 5000, 0.2, 0.3),),
    r"knock|door|敲门|门": (_tone(190, 120, 0.05, beats=0.5), Layer(200, 1500, 0.02, beats=0.5, level=0.6)),
    r"footstep|walking|steps|脚步": (Layer(60, 800, 0.05, beats=1), Layer(1500, 4000, 0.02, beats=1, level=0.3)),
    r"\bbells?\b|chime|铃|钟声": (_tone(660, 660, 1.2), _tone(1821, 1821, 0.7, level=0.4)),
    r"bird|chirp|鸟": (_tone(2800, 4600, 0.05, times=5), _tone(3900, 3000, 0.07, times=2)),
    r"heart|心跳": (_tone(62, 44, 0.1, beats=1), Layer(20, 90, 0.08, beats=1, level=0.5)),
    r"clock|tick|时钟|滴答": (Layer(2500, 6000, 0.008, beats=0.5), _tone(1900, 1900, 0.01, beats=0.5, level=0.5)),
    r"siren|alarm|警": (_tone(660, 990), _tone(1320, 1980, level=0.2)),
    r"engine|\bcar\b|motor|引擎|汽车": (_tone(55, 58), _tone(110, 116, level=0.5), Layer(40, 500, level=0.6)),
    r"applau|clapping|crowd|掌声|人群": (Layer(900, 4500, 0.012, times=90), Layer(300, 2000, level=0.15)),
    r"click|button|\bui\b|beep|notif|按钮|点击|提示": (_tone(1500, 1200, 0.03), _tone(2250, 2250, 0.02, level=0.4)),
    r"coin|pickup|金币": (_tone(988, 988, 0.06), _tone(1319, 1319, 0.22)),
    r"water|drip|bubble|river|stream|水": (_tone(420, 1100, 0.04, times=9), Layer(400, 2500, level=0.15)),
    r"magic|spark|魔法|闪": (_tone(1760, 1800, 0.25, times=7), Layer(6000, 12000, level=0.1)),
    r"kick": (_tone(125, 42, 0.16),),
    r"snare": (Layer(300, 9000, 0.08), _tone(230, 170, 0.07)),
}  # fmt: skip


def made(order: TakeOrder, files: Path) -> Samples:
    """The sound that is described, (2, samples)."""
    description = order.description.lower()
    layers = [layer for words, found in EFFECTS.items() if re.search(words, description) for layer in found]
    wish = composer.wished(order)
    musical = MUSIC.search(description) or wish.style or wish.lead is not None
    if musical and (order.loop or not layers):
        sound = _band(order, wish, files)
    else:
        chance = random.Random(order.seed("sound", order.take))
        sound = _layered(order, layers or list(chance.choice(list(EFFECTS.values()))), chance)
    return (sound * (PEAK / max(float(np.abs(sound).max()), 1e-6))).astype(np.float32)


def key(name: str) -> tuple[int, Mode] | None:
    """The tonic and the mode of a key like "C", "Am" or "F# minor"; None where it is none."""
    found = KEY.match(name)
    if not found:
        return None
    bent = {"": 0, "#": 1, "♯": 1}.get(found[2], -1)
    return (NATURALS[found[1].lower()] + bent) % 12, "minor" if found[3] else "major"


def _beats(bpm: float) -> int:
    """How many beats a loop has: whole bars."""
    return 4 * math.ceil(SHORTEST_LOOP * bpm / 60 / 4)


def _layered(order: TakeOrder, layers: list[Layer], chance: random.Random) -> Floats:
    beat = 60 / (order.bpm or USUAL_BPM)
    seconds = _beats(60 / beat) * beat if order.loop else _seconds(layers, beat)
    sound = np.zeros((2, round(seconds * RATE)))
    tuning = _tuning(layers, order.key)
    for layer in layers:
        for start in _starts(layer, seconds, beat, chance):
            event = _event(layer, sound.shape[1], tuning, np.random.default_rng(chance.getrandbits(32)))
            pan, strength = (chance.uniform(0.3, 0.7), chance.uniform(0.3, 1)) if layer.times else (0.5, 1.0)
            places = round(start * RATE) + np.arange(event.shape[1])
            kept = slice(None) if order.loop else places < sound.shape[1]
            sound[:, places[kept] % sound.shape[1]] += (event * np.array([[1 - pan], [pan]]) * strength)[:, kept]
    if not order.loop:
        fade = min(sound.shape[1] // 3, round(FADE_SECONDS * RATE))
        sound[:, -fade:] *= np.linspace(1, 0, fade)
    return sound


def _seconds(layers: list[Layer], beat: float) -> float:
    """How long they sound once: those that come again and again as long as is sensible."""
    lengths = (
        LONGEST_ONCE if layer.times or not layer.decay else layer.attack + RINGS * layer.decay + 4 * layer.beats * beat
        for layer in layers
    )
    return min(LONGEST_ONCE, max(lengths))


def _starts(layer: Layer, seconds: float, beat: float, chance: random.Random) -> list[float]:
    if layer.times:
        return [chance.uniform(0, seconds) for _ in range(round(layer.times * seconds))]
    count = math.ceil(seconds / (layer.beats * beat) - 1e-6) if layer.beats else 1
    return [place * layer.beats * beat for place in range(count)]


def _tuning(layers: list[Layer], name: str) -> float:
    """The factor that brings the first tone to its nearest tonic."""
    tonic = key(name)
    tone = next((layer.low for layer in layers if layer.tone), None)
    if tonic is None or tone is None:
        return 1.0
    pitch = 69 + 12 * math.log2(tone / 440)
    return float(2 ** ((composer.nearest_key(tonic[0], round(pitch)) - pitch) / 12))


def _event(layer: Layer, length: int, tuning: float, chance: np.random.Generator) -> Floats:
    """A layer sounding once, (2, samples); one that lasts meets its own beginning."""
    if layer.decay:
        time = np.arange(min(length, round((layer.attack + RINGS * layer.decay) * RATE))) / RATE
        past = np.maximum(time - layer.attack, 0)
        swell = np.minimum(time / layer.attack, 1) * np.exp(-past / layer.decay)
        glide = 1 - np.exp(-past / layer.decay)
    else:
        turn = 2 * np.pi * np.arange(length) / length
        swell = 0.75 + 0.25 * np.sin(turn * chance.integers(1, 4))
        glide = 0.5 - 0.5 * np.cos(turn * round(length / RATE))
    if layer.tone:
        cycles = np.cumsum(layer.low * (layer.high / layer.low) ** glide * tuning) / RATE
        whole = 1.0 if layer.decay else round(cycles[-1]) / cycles[-1]
        sound = np.tile(np.sin(2 * np.pi * whole * cycles), (2, 1))
    else:
        hertz = np.fft.rfftfreq(len(swell), 1 / RATE)
        band = (hertz >= layer.low * 0.9) & (hertz <= max(layer.high, layer.low + 2 * RATE / len(swell)))
        spectrum = np.exp(2j * np.pi * chance.random((2, len(hertz)))) * band
        sound = np.fft.irfft(spectrum, len(swell))
        sound /= 3 * max(float(sound.std()), 1e-9)
    return np.asarray(sound * swell * layer.level)


def _band(order: TakeOrder, wish: Wish, files: Path) -> Floats:
    """A band after the words: a few bars that go round, or one chord."""
    style = wish.style or STYLES[composer.DEFAULT_STYLE]
    chance = random.Random(order.seed("loop", order.take))
    tonic, mode = key(order.key) or (chance.randrange(12), wish.mode or style.modes[0])
    bpm = order.bpm or wish.bpm or round(sum(style.bpm) / 2)
    lead = chance.choice(style.leads) if wish.lead is None else wish.lead
    band = Band(style, composer.tonality(order, style, tonic, mode), bpm, lead, "", order.seed("loop", order.take))
    bars = _beats(bpm) // 4 if order.loop else 1
    played = composer.arranged(band, (form.section("chorus", bars, (7,) * (bars // 2)),), ending=not order.loop)
    asked = [part for part in played.parts if part.name in ALONE and re.search(ALONE[part.name], order.description)]
    sound = mix.mixed(played.model_copy(update={"parts": tuple(asked)}) if asked else played, files).astype(np.float64)
    if not order.loop:
        return sound
    end = round(played.seconds(played.beats) * RATE)
    ring = sound[:, end:]
    sound[:, : ring.shape[1]] += ring
    return sound[:, :end]

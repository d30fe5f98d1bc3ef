"""Turns notes of one instrument into sound, by playing a SoundFont's samples at their keys."""

from functools import cache

import numpy as np

from sandbox.studio.music.soundfont import DRUM_BANK, Samples, SoundFont, Zone

RATE = 44_100
LONGEST_RELEASE = 1.2
SHORTEST_RELEASE = 0.03
SILENCE_DB = 100.0
SHORTEST_TONE = 1 << 15


class Sampler:
    """Plays programs of one SoundFont; tones are kept, since a song strikes the same key again and again."""

    def __init__(self, font: SoundFont) -> None:
        self._font = font
        self._tones: dict[tuple[int, int], Samples] = {}
        self._envelope = cache(_envelope)

    def strike(self, program: int, drums: bool, key: int, velocity: int, seconds: float) -> list[tuple[float, Samples]]:
        """The sounds of one note as (pan, mono samples); they ring on after `seconds`."""
        zones = self._font.zones(DRUM_BANK if drums else 0, program, key, velocity)
        loudness = np.float32((velocity / 127) ** 2)
        return [(zone.pan, self._voice(zone, key, seconds) * loudness) for zone in zones]

    def _voice(self, zone: Zone, key: int, seconds: float) -> Samples:
        held = round(seconds * RATE)
        release = max(SHORTEST_RELEASE, min(zone.release, LONGEST_RELEASE))
        tone = self._tone(zone, key, held + round(release * RATE))
        envelope = self._envelope(zone.attack, zone.hold, zone.decay, zone.sustain_db, held, release)
        length = min(len(tone), len(envelope))
        voice: Samples = tone[:length] * envelope[:length]
        return voice

    def _tone(self, zone: Zone, key: int, length: int) -> Samples:
        """The sample at this key without its envelope, at least `length` long unless it ends before."""
        known = self._tones.get((id(zone), key))
        if known is None or (zone.loop and len(known) < length):
            known = _resampled(zone, key, max(SHORTEST_TONE, 1 << length.bit_length()))
            self._tones[id(zone), key] = known
        return known


def _resampled(zone: Zone, key: int, length: int) -> Samples:
    ratio = 2 ** ((key - zone.root_key) * zone.key_step / 12) * zone.rate / RATE
    places = np.arange(length, dtype=np.float64) * ratio
    if zone.loop:
        start, end = zone.loop
        past = places >= end
        places[past] = start + (places[past] - start) % (end - start)
    else:
        places = places[places < len(zone.samples) - 2]
    whole = np.minimum(places.astype(np.int64), len(zone.samples) - 2)
    part = (places - whole).astype(np.float32)
    tone = zone.samples[whole] * (1 - part) + zone.samples[whole + 1] * part
    tone *= np.float32(zone.gain)
    return tone if zone.cutoff_hz > RATE / 2.5 else _darkened(tone, zone.cutoff_hz)


def _darkened(tone: Samples, cutoff_hz: float) -> Samples:
    """Second-order low-pass, as the SoundFont asks for, done on the spectrum."""
    size = 1 << (len(tone) - 1).bit_length()
    spectrum = np.fft.rfft(tone, size)
    above = np.fft.rfftfreq(size, 1 / RATE) / cutoff_hz
    spectrum /= np.sqrt(1 + above**4)
    return np.fft.irfft(spectrum, size)[: len(tone)].astype(np.float32)


def _envelope(attack: float, hold: float, decay: float, sustain_db: float, held: int, release: float) -> Samples:
    """Volume over time: linear attack, then hold, then decay and release at a steady rate in dB (9.1.5)."""
    ends = round(release * RATE)
    time = np.arange(held + ends, dtype=np.float32) / RATE
    fallen = np.clip((time - attack - hold) / decay * SILENCE_DB, 0, sustain_db)
    since_off = np.maximum(time - held / RATE, 0)
    level = 10 ** (-(fallen + since_off / release * SILENCE_DB) / 20)
    envelope: Samples = (level * np.minimum(time / attack, 1)).astype(np.float32)
    return envelope

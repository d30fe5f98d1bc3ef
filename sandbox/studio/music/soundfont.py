"""Reads a SoundFont 2 file: which piece of sampled sound answers a program and a key.

Read here because symusic 0.5.9 plays this SoundFont out of tune (piano C4 sounds at 830 Hz) and ignores velocity.
Layout: SoundFont Technical Specification 2.04.
"""

import struct
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DRUM_BANK = 128

Samples = NDArray[np.float32]
Generators = dict[int, int]


class Gen:
    """Generator numbers of the specification, section 8.1.2, as far as they are used here."""

    START, END, LOOP_START, LOOP_END, START_COARSE = 0, 1, 2, 3, 4
    FILTER_CUTOFF, FILTER_SWEEP, END_COARSE, PAN = 8, 11, 12, 17
    ATTACK, HOLD, DECAY, SUSTAIN, RELEASE = 34, 35, 36, 37, 38
    INSTRUMENT, KEY_RANGE, VELOCITY_RANGE, LOOP_START_COARSE = 41, 43, 44, 45
    ATTENUATION, LOOP_END_COARSE, COARSE_TUNE, FINE_TUNE, SAMPLE, LOOP_MODE, SCALE_TUNING, ROOT_KEY = (
        48, 50, 51, 52, 53, 54, 56, 58,
    )  # fmt: skip


# What a preset may not add to its instrument (8.5): sample addresses, and values only an instrument has.
INSTRUMENT_ONLY = {0, 1, 2, 3, 4, 12, 45, 50, 53, 54, 58}
# The filter stands still here: about where its sweep leaves it after the attack.
SWEEP_SHARE = 0.75
WIDEST_GAP = 6  # keys
DEFAULTS: Generators = {
    Gen.FILTER_CUTOFF: 13500,
    Gen.ATTACK: -12000,
    Gen.HOLD: -12000,
    Gen.DECAY: -12000,
    Gen.RELEASE: -12000,
    Gen.SCALE_TUNING: 100,
}


@dataclass(frozen=True, slots=True)
class SampleHeader:
    """One recorded sound: positions in the sample pool, its rate, its key and the cents it is off."""

    start: int
    end: int
    loop_start: int
    loop_end: int
    rate: int
    key: int
    cents: int


@dataclass(frozen=True)
class Zone:
    """A sound for a key range; times in seconds, levels as factors of 1, pan from -0.5 to 0.5."""

    samples: Samples
    loop: tuple[int, int] | None
    rate: int
    root_key: float
    key_step: float
    pan: float
    gain: float
    cutoff_hz: float
    attack: float
    hold: float
    decay: float
    sustain_db: float
    release: float


class SoundFont:
    """A SoundFont in memory."""

    def __init__(self, path: Path) -> None:
        chunks = _chunks(path.read_bytes())
        self._pool = np.frombuffer(chunks[b"smpl"], dtype="<i2")
        self._headers = [SampleHeader(*row[1:8]) for row in struct.iter_unpack("<20sIIIIIBbHH", chunks[b"shdr"])]
        self._instruments = _zone_lists(chunks, b"inst", "<20sH", b"ibag", b"igen", Gen.SAMPLE)
        presets = _zone_lists(chunks, b"phdr", "<20sHHHIII", b"pbag", b"pgen", Gen.INSTRUMENT)
        rows = list(struct.iter_unpack("<20sHHHIII", chunks[b"phdr"]))
        self._presets = {(row[2], row[1]): zones for row, zones in zip(rows, presets, strict=False)}
        self._made: dict[tuple[int, int], Zone] = {}
        self.zones = cache(self._zones)

    def _zones(self, bank: int, program: int, key: int, velocity: int) -> tuple[Zone, ...]:
        """What sounds together when this key is struck; an instrument with a gap there lends its nearest key."""
        nearest = sorted(range(key - WIDEST_GAP, key + WIDEST_GAP + 1), key=lambda other: abs(other - key))
        choices = (self._covering(bank, program, other, velocity) for other in nearest)
        return next((zones for zones in choices if zones), ())

    def _covering(self, bank: int, program: int, key: int, velocity: int) -> tuple[Zone, ...]:
        found = []
        for preset in self._presets.get((bank, program), []):
            if not _covers(preset, key, velocity):
                continue
            for inner in self._instruments[preset[Gen.INSTRUMENT]]:
                if _covers(inner, key, velocity):
                    found.append(self._zone(inner, preset))
        return tuple(found)

    def _zone(self, inner: Generators, preset: Generators) -> Zone:
        made = self._made.get((id(inner), id(preset)))
        if made is None:
            made = self._made[id(inner), id(preset)] = self._read_zone({**DEFAULTS, **inner}, preset)
        return made

    def _read_zone(self, inner: Generators, preset: Generators) -> Zone:
        added = {gen: value for gen, value in preset.items() if gen not in INSTRUMENT_ONLY}
        get = {gen: inner.get(gen, 0) + added.get(gen, 0) for gen in {*inner, *added}}.get
        header = self._headers[inner[Gen.SAMPLE]]
        start = header.start + get(Gen.START, 0) + 32768 * get(Gen.START_COARSE, 0)
        end = header.end + get(Gen.END, 0) + 32768 * get(Gen.END_COARSE, 0)
        loop_start = header.loop_start + get(Gen.LOOP_START, 0) + 32768 * get(Gen.LOOP_START_COARSE, 0)
        loop_end = header.loop_end + get(Gen.LOOP_END, 0) + 32768 * get(Gen.LOOP_END_COARSE, 0)
        looped = get(Gen.LOOP_MODE, 0) in (1, 3) and loop_end - loop_start > 1
        own_key = get(Gen.ROOT_KEY, -1)
        cutoff = get(Gen.FILTER_CUTOFF, 13500) + SWEEP_SHARE * get(Gen.FILTER_SWEEP, 0)
        cents = header.cents + get(Gen.FINE_TUNE, 0) + 100 * get(Gen.COARSE_TUNE, 0)
        return Zone(
            samples=self._pool[start : end + 1].astype(np.float32) / np.float32(32768),
            loop=(loop_start - start, loop_end - start) if looped else None,
            rate=header.rate,
            root_key=(own_key if own_key >= 0 else header.key) - cents / 100,
            key_step=get(Gen.SCALE_TUNING, 100) / 100,
            pan=max(-0.5, min(0.5, get(Gen.PAN, 0) / 1000)),
            gain=10 ** (-0.4 * get(Gen.ATTENUATION, 0) / 200),  # The EMU hardware's scale, kept by every player.
            cutoff_hz=8.176 * 2 ** (cutoff / 1200),
            attack=_seconds(get(Gen.ATTACK, -12000)),
            hold=_seconds(get(Gen.HOLD, -12000)),
            decay=_seconds(get(Gen.DECAY, -12000)),
            sustain_db=max(0.0, min(100.0, get(Gen.SUSTAIN, 0) / 10)),
            release=_seconds(get(Gen.RELEASE, -12000)),
        )


@cache
def general_midi() -> SoundFont:
    """The General MIDI SoundFont that comes with pretty_midi (which is only located, not imported)."""
    spec = find_spec("pretty_midi")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("The package pretty_midi, which carries the SoundFont, is not installed")
    return SoundFont(Path(spec.origin).with_name("TimGM6mb.sf2"))


def _chunks(data: bytes) -> dict[bytes, bytes]:
    """The leaf chunks of the RIFF tree by name."""
    found: dict[bytes, bytes] = {}
    place = 12
    while place + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, place)
        if name == b"LIST":
            place += 12
            continue
        found[name] = data[place + 8 : place + 8 + size]
        place += 8 + size + size % 2
    return found


def _zone_lists(
    chunks: dict[bytes, bytes], head: bytes, head_format: str, bag: bytes, gen: bytes, end_gen: int
) -> list[list[Generators]]:
    """For each preset or instrument its zones; a first zone without `end_gen` holds what the others start from."""
    bag_place = {b"inst": 1, b"phdr": 3}[head]
    first_bags = [row[bag_place] for row in struct.iter_unpack(head_format, chunks[head])]
    first_gens = [row[0] for row in struct.iter_unpack("<HH", chunks[bag])]
    gens = list(struct.iter_unpack("<Hh", chunks[gen]))
    lists = []
    for first, after in pairwise(first_bags):
        zones = [dict(gens[first_gens[i] : first_gens[i + 1]]) for i in range(first, after)]
        shared = zones.pop(0) if zones and end_gen not in zones[0] else {}
        lists.append([{**shared, **zone} for zone in zones if end_gen in zone])
    return lists


def _covers(zone: Generators, key: int, velocity: int) -> bool:
    return _in_range(zone.get(Gen.KEY_RANGE), key) and _in_range(zone.get(Gen.VELOCITY_RANGE), velocity)


def _in_range(packed: int | None, value: int) -> bool:
    if packed is None:
        return True
    return packed & 0xFF <= value <= (packed >> 8) & 0xFF


def _seconds(timecents: int) -> float:
    return float(2 ** (timecents / 1200))

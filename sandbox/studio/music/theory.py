"""Keys, scales and chords."""

from dataclasses import dataclass

from sandbox.studio.music.arrangement import Mode

SCALES: dict[Mode, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "pentatonic": (0, 2, 4, 5, 7, 9, 11),
}
# What a tune keeps to; the pentatonic leaves the half steps to the harmony.
TUNE_SCALES: dict[Mode, tuple[int, ...]] = {**SCALES, "pentatonic": (0, 2, 4, 7, 9)}
DOMINANT_SEVENTH = (0, 4, 7, 10)


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord on a degree of the scale (1 to 7); `tones` are pitch classes from the root up."""

    degree: int
    tones: tuple[int, ...]

    @property
    def root(self) -> int:
        """The pitch class it stands on."""
        return self.tones[0]


def chord(key: int, mode: Mode, degree: int, size: int = 3, dominant: bool = False) -> Chord:
    """The chord of stacked thirds; the fifth in minor gets its leading note, `dominant` makes a blues chord."""
    scale = SCALES[mode]
    root = (key + scale[degree - 1]) % 12
    if dominant or (mode == "minor" and degree == 5):
        return Chord(degree, tuple((root + step) % 12 for step in DOMINANT_SEVENTH[: 4 if dominant else size]))
    return Chord(degree, tuple((key + scale[(degree - 1 + 2 * i) % 7]) % 12 for i in range(size)))


def tune_tones(key: int, mode: Mode, over: Chord) -> frozenset[int]:
    """The pitch classes a tune may use over a chord: its scale, bent where the chord bends it."""
    scale = {(key + step) % 12 for step in TUNE_SCALES[mode]}
    for tone in over.tones:
        if tone not in {(key + step) % 12 for step in SCALES[mode]}:
            scale.discard((tone - 1) % 12)
            scale.add(tone)
    return frozenset(scale)


def pitches(tones: frozenset[int] | tuple[int, ...], low: int, high: int) -> list[int]:
    """Every key from low to high with one of these pitch classes."""
    return [pitch for pitch in range(low, high + 1) if pitch % 12 in tones]

"""The styles the studio plays: one table of tempo, harmony, instruments and rhythms.

Rhythms are strings of 16 steps, one bar of four beats: `.` rest, `-` hold, `x` a hit, `X` an accented one. A bass line
writes R, 3, 5, 8 for the chord's root, third, fifth and octave and `a` for a step into the next root.
"""

from dataclasses import dataclass

from sandbox.studio.music.arrangement import Mode
from sandbox.studio.music.cover import Palette

Progression = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Voice:
    """An accompanying instrument; `texture` says what a hit plays: chord, strum, arpeggio or power."""

    name: str
    program: int
    rhythm: str
    texture: str = "chord"
    pan: float = 0.0
    level: float = -7.0
    echo: float = 0.25
    from_energy: float = 0.0


@dataclass(frozen=True, slots=True)
class Style:
    """How a style sounds. Levels are dB against the lead; `swing` is how far off-beats lag, 1/6 being triplets."""

    name: str
    bpm: tuple[int, int]
    modes: tuple[Mode, ...]
    verse: tuple[Progression, ...]
    chorus: tuple[Progression, ...]
    leads: tuple[int, ...]
    voices: tuple[Voice, ...]
    bass: int
    bass_rhythm: str
    drums: dict[str, str]
    palette: Palette
    kit: int = 0
    drum_level: float = -2.0
    swing: float = 0.0
    swing_unit: float = 1.0
    chord_size: int = 3
    blues: bool = False


POP_VERSE = ((6, 4, 1, 5), (1, 5, 6, 4), (1, 6, 4, 5))
POP_CHORUS = ((1, 5, 6, 4), (4, 1, 5, 6), (4, 5, 3, 6))
MINOR_VERSE = ((1, 6, 3, 7), (1, 4, 6, 5), (1, 7, 6, 7))
MINOR_CHORUS = ((6, 7, 1, 1), (6, 3, 7, 1), (1, 6, 4, 5))

STYLES = {
    style.name: style
    for style in (
        Style(
            "pop", (100, 120), ("major",), POP_VERSE, POP_CHORUS, (73, 80, 11, 0),
            (Voice("piano", 0, "X-----x---x-x---", pan=-0.25, level=-5),
             Voice("guitar", 25, "x---x-x---x-x-x-", "strum", pan=0.4, level=-8, from_energy=0.6),
             Voice("strings", 48, "X---------------", level=-11, echo=0.4, from_energy=0.8)),
            33, "R-----R-R---5-a-",
            {"kick": "X.....x.X.......", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
            ((255, 111, 145), (255, 199, 95), (132, 94, 194)),
        ),
        Style(
            "rock", (118, 140), ("major", "mixolydian"), ((1, 4, 1, 5), (1, 5, 4, 4), (6, 4, 1, 5)), POP_CHORUS,
            (29, 30),
            (Voice("rhythm guitar", 29, "X-x-x-x-X-x-x-x-", "power", pan=-0.6, level=-7, echo=0.1),
             Voice("second guitar", 27, "X---x-x-x---x-x-", "strum", pan=0.6, level=-8, echo=0.1, from_energy=0.6),
             Voice("organ", 18, "X---------------", level=-13, from_energy=0.8)),
            34, "R-R-R-R-R-R-5-a-",
            {"kick": "X.....x.X.x.....", "snare": "....X.......X...", "hat": "X.x.X.x.X.x.X.x."},
            ((217, 48, 37), (40, 40, 48), (245, 176, 65)), drum_level=-1,
        ),
        Style(
            "metal", (150, 176), ("minor",), ((1, 1, 6, 7), (1, 6, 4, 5), (1, 2, 1, 7)), MINOR_CHORUS, (30,),
            (Voice("left guitar", 30, "X.xxX.xxX.xxX.x.", "power", pan=-0.8, level=-5, echo=0.05),
             Voice("right guitar", 30, "X.xxX.xxX.xxX.x.", "power", pan=0.8, level=-5, echo=0.05)),
            34, "R.RRR.RRR.RRR.R.",
            {"kick": "X.xxX.xxX.xxX.xx", "snare": "....X.......X...", "hat": "X...X...X...X..."},
            ((20, 20, 24), (139, 0, 0), (120, 120, 128)), drum_level=-1,
        ),
        Style(
            "jazz", (118, 152), ("major", "dorian"), ((2, 5, 1, 6), (1, 6, 2, 5)), ((4, 7, 3, 6, 2, 5, 1, 1),
            (2, 5, 1, 1)),
            (66, 65, 56, 71),
            (Voice("piano", 0, "X-....x-........", pan=-0.3, level=-6),
             Voice("guitar", 26, "x-..x-..x-..x-..", "strum", pan=0.4, level=-12, from_energy=0.6)),
            32, "R---3---5---a---",
            {"ride": "X...X.x.X...X.x.", "pedal hat": "....x.......x...", "kick": "x.......x.......",
             "brush": "......x.....x..."},
            ((30, 58, 95), (214, 162, 80), (92, 45, 66)), kit=32, drum_level=-7, swing=1 / 6, chord_size=4,
        ),
        Style(
            "lo-fi", (74, 86), ("dorian", "major"), ((2, 5, 1, 6), (4, 3, 2, 1)), ((4, 5, 3, 6), (2, 5, 1, 1)),
            (11, 4, 26),
            (Voice("electric piano", 4, "X-----x-----x---", pan=-0.2, level=-4, echo=0.35),
             Voice("warm pad", 89, "X---------------", level=-13, echo=0.4)),
            33, "R-----..R-..5-..",
            {"kick": "X......x..X.....", "rim": "....X.......X...", "hat": "x.x.x.x.x.x.x.xx"},
            ((94, 84, 142), (224, 177, 203), (35, 25, 66)), drum_level=-5, swing=1 / 8, swing_unit=0.5, chord_size=4,
        ),
        Style(
            "ambient", (62, 74), ("major", "dorian"), ((1, 4, 6, 4), (1, 3, 4, 4)), ((4, 1, 6, 5), (6, 4, 1, 1)),
            (88, 79, 73),
            (Voice("halo pad", 94, "X---------------", level=-4, echo=0.6),
             Voice("strings", 49, "X---------------", level=-8, echo=0.6, from_energy=0.55),
             Voice("harp", 46, "x-x-x-x-x-x-x-x-", "arpeggio", pan=0.35, level=-8, echo=0.6)),
            39, "R---------------", {},
            ((13, 59, 102), (136, 212, 204), (238, 240, 228)),
        ),
        Style(
            "folk", (92, 110), ("major", "mixolydian"), ((1, 4, 1, 5), (1, 6, 4, 5)), ((4, 1, 5, 6), (4, 1, 5, 1)),
            (110, 73, 22),
            (Voice("guitar", 25, "X-x-x-x-X-x-x-x-", "arpeggio", pan=-0.3, level=-3),
             Voice("strummed guitar", 24, "X---x-x---x-x-x-", "strum", pan=0.35, level=-8, from_energy=0.7)),
            32, "R-------5-------",
            {"kick": "X.......X.......", "shaker": "x.x.X.x.x.x.X.x.", "tambourine": "....x.......x..."},
            ((96, 125, 59), (222, 184, 135), (120, 72, 40)), drum_level=-9,
        ),
        Style(
            "country", (108, 126), ("major",), ((1, 1, 4, 5), (1, 4, 1, 5)), ((4, 1, 5, 1), (1, 4, 5, 1)),
            (110, 25, 22),
            (Voice("guitar", 25, "..X-..X-..X-..X-", "strum", pan=-0.3, level=-5),
             Voice("banjo", 105, "x-xxx-xxx-xxx-xx", "arpeggio", pan=0.45, level=-9, from_energy=0.6)),
            33, "R---..--5---..a-",
            {"kick": "X.......X.......", "snare": "....X.......X..x", "hat": "x.x.x.x.x.x.x.x."},
            ((194, 113, 38), (244, 211, 94), (64, 97, 130)), drum_level=-4, swing=0.05,
        ),
        Style(
            "electronic", (122, 130), ("minor", "dorian"), MINOR_VERSE, MINOR_CHORUS, (81, 80),
            (Voice("stabs", 90, "..x-..x-..x-..x-", pan=0.2, level=-5, echo=0.35),
             Voice("arpeggio", 81, "xxxxxxxxxxxxxxxx", "arpeggio", pan=-0.4, level=-11, echo=0.35, from_energy=0.55),
             Voice("pad", 95, "X---------------", level=-10, echo=0.4)),
            38, "..R-..R-..R-..8-",
            {"kick": "X...X...X...X...", "clap": "....X.......X...", "open hat": "..x...x...x...x.",
             "hat": "xxxxxxxxxxxxxxxx"},
            ((0, 229, 255), (123, 31, 162), (13, 13, 43)), drum_level=-1,
        ),
        Style(
            "classical", (76, 100), ("major", "minor"), ((1, 5, 6, 3, 4, 1, 4, 5), (1, 4, 5, 1)), ((6, 4, 1, 5),
            (4, 5, 1, 6)),
            (40, 73, 68, 71),
            (Voice("piano", 0, "x-x-x-x-x-x-x-x-", "arpeggio", pan=-0.15, level=-4, echo=0.35),
             Voice("strings", 48, "X-------x-------", level=-8, echo=0.45, from_energy=0.65)),
            42, "R-------5-------", {},
            ((112, 88, 66), (232, 220, 196), (58, 50, 66)),
        ),
        Style(
            "piano", (72, 92), ("major", "minor"), POP_VERSE, POP_CHORUS, (0,),
            (Voice("left hand", 0, "X-x-x-x-x-x-x-x-", "arpeggio", pan=-0.2, level=-4, echo=0.35),
             Voice("strings", 49, "X---------------", level=-12, echo=0.5, from_energy=0.8)),
            0, "R---------------", {},
            ((240, 240, 245), (70, 80, 110), (168, 180, 205)),
        ),
        Style(
            "ballad", (66, 78), ("major",), ((1, 5, 6, 3, 4, 1, 4, 5), (1, 6, 4, 5)), ((4, 5, 3, 6, 2, 5, 1, 1),
            (1, 5, 6, 4)),
            (65, 40, 73),
            (Voice("piano", 0, "X-x-x-x-X-x-x-x-", "arpeggio", pan=-0.2, level=-4, echo=0.35),
             Voice("strings", 48, "X---------------", level=-9, echo=0.45, from_energy=0.6)),
            35, "R-------R---5---",
            {"kick": "X.......x.......", "rim": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
            ((145, 109, 213), (255, 195, 160), (50, 50, 93)), drum_level=-7,
        ),
        Style(
            "reggae", (72, 84), ("major", "dorian"), ((1, 4, 1, 5), (1, 5, 6, 4)), ((4, 5, 1, 6), (1, 4, 5, 4)),
            (57, 22, 56),
            (Voice("skank guitar", 28, "....X.......X...", pan=-0.35, level=-6),
             Voice("organ", 16, "..x...x...x...x.", pan=0.35, level=-8, echo=0.35)),
            33, "R---..5-R-3---a-",
            {"kick": "........X.......", "rim": "........X.......", "hat": "x.x.X.x.x.x.X.x."},
            ((0, 135, 62), (252, 209, 22), (206, 17, 38)), drum_level=-4, swing=0.08,
        ),
        Style(
            "blues", (78, 104), ("mixolydian",), ((1, 4, 1, 1, 4, 4, 1, 1, 5, 4, 1, 5),),
            ((4, 4, 1, 1, 5, 4, 1, 1),), (22, 26, 66),
            (Voice("piano", 0, "X---x-x-X---x-x-", pan=-0.3, level=-7),
             Voice("guitar", 26, "x-..x-x-x-..x-x-", "power", pan=0.35, level=-8)),
            32, "R---3---5---a---",
            {"kick": "X.....x.X.......", "snare": "....X.......X...", "ride": "X.x.X.x.X.x.X.x."},
            ((27, 73, 131), (12, 23, 48), (188, 143, 95)), drum_level=-4, swing=1 / 6, blues=True, chord_size=4,
        ),
        Style(
            "hip hop", (84, 96), ("minor", "dorian"), ((1, 6, 4, 5), (1, 1, 6, 7)), ((1, 6, 3, 7), (6, 7, 1, 1)),
            (11, 75, 80),
            (Voice("electric piano", 4, "X---..x-....x---", pan=-0.25, level=-6),
             Voice("strings", 50, "X---------------", level=-10, echo=0.35, from_energy=0.6)),
            38, "R-----R---R-.-a-",
            {"kick": "X.....x...X..x..", "snare": "....X.......X...", "hat": "x.xxx.x.x.x.xxx."},
            ((33, 33, 33), (255, 193, 7), (96, 60, 140)), drum_level=0, swing=1 / 12, swing_unit=0.5,
        ),
        Style(
            "funk", (100, 114), ("dorian", "mixolydian"), ((1, 4, 1, 4), (1, 1, 4, 4)), ((4, 4, 1, 1),
            (6, 7, 1, 1)), (61, 65, 18),
            (Voice("clavinet", 7, "x..xx.x..xx.x..x", pan=-0.4, level=-7, echo=0.1),
             Voice("guitar", 28, "..xx..xx..xx..xx", pan=0.45, level=-9, echo=0.1),
             Voice("brass", 61, "X..x............", level=-8, from_energy=0.8)),
            36, "R..R..8.R.R.5-a.",
            {"kick": "X..x..x...x..x..", "snare": "....X..x.x..X...", "hat": "xxxxxxxxxxxxxxxx"},
            ((255, 87, 34), (255, 214, 0), (74, 20, 140)), drum_level=-1, chord_size=4,
        ),
        Style(
            "chinese", (72, 92), ("pentatonic",), ((1, 6, 4, 5), (6, 4, 5, 1)), ((1, 5, 6, 4), (4, 5, 6, 1)),
            (77, 110, 75),
            (Voice("guzheng", 107, "X-x-x-x-x-x-x-xx", "arpeggio", pan=-0.3, level=-4, echo=0.35),
             Voice("pipa", 105, "..x-..x-..x-x-x-", "arpeggio", pan=0.4, level=-11, echo=0.3, from_energy=0.65),
             Voice("strings", 48, "X---------------", level=-11, echo=0.45, from_energy=0.6)),
            32, "R-------5-------",
            {"low drum": "X.......x.....x.", "block": "....x.......x..."},
            ((178, 34, 34), (230, 196, 120), (32, 64, 58)), drum_level=-8,
        ),
    )
}  # fmt: skip

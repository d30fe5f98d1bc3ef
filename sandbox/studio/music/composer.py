"""Composes a song: from an order to an arrangement. The same order gives the same notes."""

import random
from dataclasses import dataclass, replace

from sandbox.studio.music import form, harmony, lyrics, melody, rhythm, style_words, voices
from sandbox.studio.music.arrangement import Arrangement, Mode, Note, Part, Section, TempoMark
from sandbox.studio.music.form import BEATS_PER_BAR, EXTENSION, SONG, Plan
from sandbox.studio.music.harmony import Tonality
from sandbox.studio.music.order import TakeOrder
from sandbox.studio.music.style_words import Wish
from sandbox.studio.music.styles import STYLES, Style
from sandbox.studio.music.theory import Chord

DEFAULT_STYLE = "pop"
KEY_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
LEAD_CENTRE = {42: 57, 57: 58, 66: 62, 65: 66, 29: 65, 30: 65, 26: 66, 25: 67, 4: 68, 11: 70, 71: 68, 107: 69, 0: 71}
USUAL_LEAD_CENTRE = 72
BASS_LEVEL = -3.0
SECOND_VOICE_LEVEL = -9.0
VOICE_PROGRAM = 53
VOICE_LEVEL = 3.0
ENERGY_OF_A_SECOND_VOICE = 0.92
ENERGY_OF_A_QUIET_START = 0.5


@dataclass(frozen=True, slots=True)
class Composition:
    """A written song, the style it is in, and the style words that describe it."""

    arrangement: Arrangement
    style: Style
    tags: str


@dataclass(frozen=True, slots=True)
class Band:
    """Who plays: the decisions a song shares through all its sections, both takes alike but for seed and lead."""

    style: Style
    tonal: Tonality
    bpm: float
    lead: int
    singer: str
    seed: str


def composed(order: TakeOrder, singer: str = "") -> Composition:
    """A new song, for a singer of `voices.VOICES` or one that fits."""
    wish = wished(order)
    style = wish.style or STYLES[DEFAULT_STYLE]
    chance = random.Random(order.seed("song"))
    mode = _mode(style, wish, chance)
    bpm = wish.bpm or round(chance.randint(*style.bpm) * wish.pace)
    key = chance.choice((0, 2, 3, 5, 7, 9, 10))
    first_lead = chance.randrange(len(style.leads))
    lead = style.leads[(first_lead + order.take) % len(style.leads)] if wish.lead is None else wish.lead
    tonal = tonality(order, style, key, mode)
    band = Band(style, tonal, bpm, lead, singer or fitting_singer(order), order.seed(order.take))
    plans = form.short(order.bars) if order.bars else form.planned(_sheet(order), _bar_seconds(bpm), SONG)
    return Composition(arranged(band, plans), style, tags(band, wish))


def continued(source: Arrangement, order: TakeOrder, singer: str = "") -> Composition:
    """What follows a song, from a bar line on: in its key, tempo and style unless told else."""
    wish = wished(order)
    band = same_band(source, order, singer)
    if wish.bpm or wish.pace != 1 or band.style.name != source.style:
        chance = random.Random(order.seed("song"))
        usual = source.bpm if band.style.name == source.style else chance.randint(*band.style.bpm)
        band = replace(band, bpm=wish.bpm or round(usual * wish.pace))
    plans = form.planned(_sheet(order), _bar_seconds(band.bpm), EXTENSION)
    return Composition(arranged(band, plans), band.style, tags(band, wish))


def same_band(source: Arrangement, order: TakeOrder, singer: str = "") -> Band:
    """Those who play a song, or others in its key and tempo where the order asks for another style, mode or lead."""
    wish = wished(order)
    style = wish.style or STYLES[source.style]
    lead = next((part.program for part in source.parts if part.name == "lead"), style.leads[0])
    if style.name != source.style or wish.lead is not None:
        lead = random.Random(order.seed("lead")).choice(style.leads) if wish.lead is None else wish.lead
    return Band(
        style,
        tonality(order, style, source.key, wish.mode or source.mode),
        source.bpm,
        lead,
        singer or source.singer or fitting_singer(order),
        order.seed(order.take, source.key),
    )


def arranged(band: Band, plans: tuple[Plan, ...], *, ending: bool = True) -> Arrangement:
    """What the band plays through these sections; without an ending the last one leads on."""
    parts = _Writing(band, plans, ending).parts()
    sections, bar = [], 0
    for plan in plans:
        sections.append(Section(name=plan.kind, start_bar=bar, bars=plan.bars))
        bar += plan.bars
    return Arrangement(
        style=band.style.name,
        key=band.tonal.key,
        mode=band.tonal.mode,
        beats_per_bar=BEATS_PER_BAR,
        tempo=(TempoMark(beat=0, bpm=band.bpm),),
        sections=tuple(sections),
        parts=parts,
    )


def tags(band: Band, wish: Wish) -> str:
    """Style words that describe what the band plays."""
    words = wish.words or (band.style.name,)
    mood = "minor" if band.tonal.mode in ("minor", "dorian") else "major"
    return " ".join((*words, f"{band.bpm:g} bpm", KEY_NAMES[band.tonal.key], mood))


def wished(order: TakeOrder) -> Wish:
    """What the order's words ask for; a sheet's words ask for nothing."""
    sheet = lyrics.stanzas(order.lyrics)
    return style_words.understood(" ".join((order.tags, order.description, "" if sheet else order.lyrics)))


def fitting_singer(order: TakeOrder) -> str:
    """A voice as the style words ask for."""
    return voices.chosen(f"{order.tags} {order.description}", order.seed("voice"))


def tonality(order: TakeOrder, style: Style, key: int, mode: Mode) -> Tonality:
    """The key and the progressions this order goes through in it."""
    return harmony.tonality(style, key, mode, random.Random(order.seed("harmony")))


def _sheet(order: TakeOrder) -> tuple[lyrics.Stanza, ...]:
    return () if order.instrumental else lyrics.stanzas(order.lyrics)


def _bar_seconds(bpm: float) -> float:
    return BEATS_PER_BAR * 60 / bpm


def _mode(style: Style, wish: Wish, chance: random.Random) -> Mode:
    if wish.mode and not style.blues and style.modes != ("pentatonic",):
        return wish.mode
    return chance.choice(style.modes)


class _Writing:
    """Writes the parts of one song, section by section."""

    def __init__(self, band: Band, plans: tuple[Plan, ...], ending: bool) -> None:
        self._band = band
        self._plans = plans
        self._last = len(plans) - 1 if ending else len(plans)
        self._chords = [
            plan.chords or harmony.progression(band.style, band.tonal, plan, last=place == self._last)
            for place, plan in enumerate(plans)
        ]
        self._chance = random.Random(band.seed)
        self._notes: dict[str, list[Note]] = {}

    def parts(self) -> tuple[Part, ...]:
        """Every instrument with something to play."""
        laid = harmony.voiced(tuple(each for chords in self._chords for each in chords))
        bar = 0
        for place, plan in enumerate(self._plans):
            self._write_section(place, plan, laid[bar : bar + plan.bars], bar * BEATS_PER_BAR)
            bar += plan.bars
        if self._last < len(self._plans):
            self._come_home(laid[-1], bar)
        return tuple(part for part in self._seated() if part.notes)

    def _write_section(self, place: int, plan: Plan, laid: tuple[tuple[int, ...], ...], offset: int) -> None:
        style, tonal, chords = self._band.style, self._band.tonal, self._chords[place]
        last = place == self._last
        lead_centre = LEAD_CENTRE.get(self._band.lead, USUAL_LEAD_CENTRE)
        centre = voices.VOICES[self._band.singer].centre if plan.words else lead_centre
        tune = plan.tune or melody.tune(plan, chords, tonal, melody.Singer(centre, self._band.seed), last)
        if not plan.tune:  # A given tune is swung as it is.
            tune = tuple(note.model_copy(update={"start": self._swung(note.start)}) for note in tune)
        self._place("voice", [note for note in tune if note.syllable], offset)
        self._place("lead", [note for note in tune if not note.syllable], offset)
        if plan.kind == "chorus" and plan.energy > ENERGY_OF_A_SECOND_VOICE:
            self._place("second voice", melody.second_voice(tune, chords, tonal), offset)
        playing = self._until_the_end(chords, last)
        for voice in style.voices:
            if plan.energy >= voice.from_energy:
                self._add(voice.name, rhythm.comped(voice, plan, playing, laid[: len(playing)], self._chance), offset)
        after = self._chords[place + 1][0] if place + 1 < len(self._plans) else None
        if place or last or plan.energy > ENERGY_OF_A_QUIET_START:
            self._add("bass", rhythm.bass_line(style.bass_rhythm, plan, playing, after, self._chance), offset)
        if style.drums:
            played = replace(plan, bars=len(playing))
            self._add("drums", rhythm.drummed(style.drums, played, not last, self._chance), offset)

    def _until_the_end(self, chords: tuple[Chord, ...], last: bool) -> tuple[Chord, ...]:
        """The last bar of a song is its final chord, so the patterns stop before it."""
        return chords[:-1] if last else chords

    def _come_home(self, keys: tuple[int, ...], bars: int) -> None:
        """Everyone on the tonic, held through the last bar."""
        start, tonic = (bars - 1) * BEATS_PER_BAR, self._band.tonal.key
        root = rhythm.BASS_LOW + (tonic - rhythm.BASS_LOW) % 12
        for voice in self._band.style.voices[:2]:
            spread = 0.06 if voice.texture in ("arpeggio", "strum") else 0.0
            chord = (root + 12, root + 19, root + 24) if voice.texture == "power" else keys
            held = [_held(start + i * spread, key, 72) for i, key in enumerate(chord)]
            self._add(voice.name, held, 0)
        self._add("bass", [_held(start, root, 84)], 0)
        if self._notes.get("lead") and not self._plans[-1].tune:
            centre = LEAD_CENTRE.get(self._band.lead, USUAL_LEAD_CENTRE)
            self._add("lead", [_held(start, nearest_key(tonic, centre), 78)], 0)
        if self._band.style.drums:
            self._add("drums", [_held(start, 36, 80), _held(start, rhythm.DRUM_KEYS["crash"], 66)], 0)

    def _add(self, name: str, notes: list[Note] | tuple[Note, ...], offset: float) -> None:
        self._place(name, [note.model_copy(update={"start": self._swung(note.start)}) for note in notes], offset)

    def _place(self, name: str, notes: list[Note] | tuple[Note, ...], offset: float) -> None:
        moved = (note.model_copy(update={"start": note.start + offset}) for note in notes)
        self._notes.setdefault(name, []).extend(moved)

    def _swung(self, start: float) -> float:
        """Push what falls between the swinging units late."""
        unit, lag = self._band.style.swing_unit, self._band.style.swing
        whole, part = divmod(start, unit)
        half = 0.5 + lag
        part /= unit
        warped = part * half / 0.5 if part < 0.5 else half + (part - 0.5) * (1 - half) / 0.5
        return (whole + warped) * unit

    def _seated(self) -> list[Part]:
        style, lead = self._band.style, self._band.lead
        seats = [
            Part(name="voice", program=VOICE_PROGRAM, singer=self._band.singer, level=VOICE_LEVEL, echo=0.3),
            Part(name="lead", program=lead, level=0.0, echo=0.35, pan=0.05),
            Part(name="second voice", program=lead, level=SECOND_VOICE_LEVEL, echo=0.4, pan=-0.35),
            Part(name="bass", program=style.bass, level=BASS_LEVEL, echo=0.03),
            Part(name="drums", program=style.kit, drums=True, level=style.drum_level, echo=0.1),
        ]
        seats += [
            Part(name=voice.name, program=voice.program, pan=voice.pan, level=voice.level, echo=voice.echo)
            for voice in style.voices
        ]
        return [
            seat.model_copy(update={"notes": tuple(sorted(self._notes.get(seat.name, ()), key=_order))})
            for seat in seats
        ]


def nearest_key(tone: int, centre: int) -> int:
    """The key of a pitch class that is closest to a centre."""
    return centre + (tone - centre + 6) % 12 - 6


def _held(start: float, key: int, velocity: int) -> Note:
    return Note(start=start, length=BEATS_PER_BAR - 0.1, pitch=key, velocity=velocity)


def _order(note: Note) -> tuple[float, int]:
    return note.start, note.pitch

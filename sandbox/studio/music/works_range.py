"""Works on a stretch of a recording: new music in it, or a voice over it; what is outside stays as it is."""

import math
from dataclasses import dataclass, replace
from itertools import cycle, groupby, islice
from pathlib import Path

import numpy as np

from sandbox.studio.music import composer, drafts, form, harmony, lyrics, mix, mp3, splice, uploaded, voices
from sandbox.studio.music.arrangement import Arrangement, Note, Part, Section
from sandbox.studio.music.composer import Band
from sandbox.studio.music.form import BEATS_PER_BAR, Plan
from sandbox.studio.music.order import TakeOrder
from sandbox.studio.music.sampler import RATE
from sandbox.studio.music.soundfont import Samples
from sandbox.studio.music.written import Written

RUN_UP = 8  # beats of the source that are played before new music and not kept, for what rings on into it
FADE = round(0.015 * RATE)
SHORTEST = 0.5  # seconds
NOTES_A_LINE = (7, 6, 8, 5)
SOFTEST, STRONGEST = 0.5, 2.0  # How far new sound is brought to the loudness of what was there.
NEAR = 1e-6


@dataclass(frozen=True, slots=True)
class Stretch:
    """A recording, its score, and the samples and beats between which something is to change."""

    audio: bytes
    sound: Samples
    score: Arrangement
    first: int
    after: int

    @property
    def first_beat(self) -> float:
        """Where it begins."""
        return self.score.beat_at(self.first / RATE)

    @property
    def last_beat(self) -> float:
        """Where it ends."""
        return self.score.beat_at(self.after / RATE)

    @property
    def bar(self) -> float:
        """Its first bar line; its own beginning where it is too short to have a whole bar."""
        line = bar_line_after(self.score, self.first_beat)
        return line if self.last_beat - line >= BEATS_PER_BAR - NEAR else self.first_beat

    @property
    def whole_bars(self) -> int:
        """How many bars there are from there on, at least one."""
        return max(1, math.floor((self.last_beat - self.bar) / BEATS_PER_BAR + NEAR))

    def has(self, note: Note) -> bool:
        """Whether a note is struck in it."""
        return self.first_beat - NEAR <= note.start < self.last_beat - NEAR


def infilled(files: Path, order: TakeOrder) -> Written:
    """New music in a stretch, in the key, the tempo and over the chords of what it replaces; sung if that was."""
    stretch = _stretch(files, order)
    score, first, last = stretch.score, stretch.first_beat, stretch.last_beat
    band = _band(files, order, stretch)
    new = _new(band, stretch, () if order.instrumental else _words(order, stretch))
    result = score.until(first).then(new).then(score.since(last)).model_copy(update={"sections": score.sections})
    played = _excerpt(mix.mixed(_context(result, stretch), files), stretch)
    audio = _laid_in(stretch, played * _levelling(played, stretch))
    tags = composer.tags(band, composer.wished(order))
    return Written("", band.style, tags, arrangement=result, audio=audio)


def sung_over(files: Path, order: TakeOrder) -> Written:
    """A new sung line over a stretch; what was sung in it before makes room."""
    stretch = _stretch(files, order)
    band = _band(files, order, stretch)
    new = _new(band, stretch, _asked_words(order, stretch))
    offset = stretch.first_beat
    voice = tuple(
        part.model_copy(
            update={"notes": tuple(note.model_copy(update={"start": note.start + offset}) for note in part.notes)}
        )
        for part in new.parts
        if part.singer
    )
    score = stretch.score
    if any(stretch.has(note) for part in score.parts if part.singer for note in part.notes):
        quiet = tuple(_silenced(part, stretch) if part.singer else part for part in score.parts)
        result = score.model_copy(update={"parts": (*quiet, *voice)})
        played = _excerpt(mix.mixed(_context(result, stretch), files), stretch)
        audio = _laid_in(stretch, played * _levelling(played, stretch))
    else:
        result = score.model_copy(update={"parts": (*score.parts, *voice)})
        alone = score.model_copy(update={"parts": voice, "recorded": ()})
        sung = _excerpt(mix.vocals(_context(alone, stretch), files), stretch)
        before = stretch.sound[:, stretch.first : stretch.after]
        loudness = mix.loudness(before) or 10 ** (mix.LOUDNESS_DB / 20)
        together = before + sung * np.float32(loudness / 10 ** (mix.LOUDNESS_DB / 20))
        audio = _laid_in(stretch, mix.limited(together))
    tags = composer.tags(band, composer.wished(order))
    return Written("", band.style, tags, arrangement=result, audio=audio)


def bar_line_after(score: Arrangement, beat: float) -> float:
    """The beat of the bar line here or behind; beyond the last one there are none, and any beat will do."""
    bar = beat / BEATS_PER_BAR
    for section in score.sections:
        end = section.start_bar + section.bars
        if bar <= end - NEAR:
            return min(section.start_bar + math.ceil(bar - section.start_bar - NEAR), end) * BEATS_PER_BAR
    return beat


def lasting(score: Arrangement, beat: float) -> Arrangement:
    """The song up to a beat, with a rest behind it where it ends before."""
    kept = score.until(beat)
    bars = kept.bars if kept.sections else 0.0
    rest = Section(name="rest", start_bar=bars, bars=beat / BEATS_PER_BAR - bars)
    return kept.model_copy(update={"sections": (*kept.sections, rest)}) if rest.bars > NEAR else kept


def _stretch(files: Path, order: TakeOrder) -> Stretch:
    audio = (files / f"{order.source}.mp3").read_bytes()
    sound, score = mp3.decoded(audio), uploaded.score(files, order.source)
    length = sound.shape[1]
    first = min(length, round((order.start_s or 0) * RATE))
    after = length if order.end_s is None else min(length, round(order.end_s * RATE))
    if after - first < SHORTEST * RATE:
        raise ValueError(f"The range must have at least {SHORTEST:g} s of the recording in it")
    end = score.beat_at(after / RATE)
    return Stretch(audio, sound, lasting(score, end) if end > score.beats else score, first, after)


def _band(files: Path, order: TakeOrder, stretch: Stretch) -> Band:
    """Those who play it, at the tempo it has there; an uploaded voice is the pattern of who sings."""
    score = stretch.score.until(stretch.last_beat)
    pattern = order.voice_of or (order.source if score.recorded and not score.singer else "")
    return composer.same_band(score, order, voices.of(files, pattern) if pattern else "")


def _new(band: Band, stretch: Stretch, words: tuple[str, ...]) -> Arrangement:
    """As many beats as the stretch has: a tune in its whole bars, the band alone in what is left of others."""
    bars, ahead = stretch.whole_bars, int(stretch.bar > stretch.first_beat + NEAR)
    begins = stretch.bar - ahead * BEATS_PER_BAR
    behind = math.ceil((stretch.last_beat - stretch.bar) / BEATS_PER_BAR - bars - NEAR)
    count = ahead + bars + behind
    chords = harmony.fitted(stretch.score.parts, begins, count, band.style, band.tonal)
    kind = next(
        (
            section.name
            for section in reversed(stretch.score.sections)
            if section.start_bar <= stretch.bar / BEATS_PER_BAR and section.name in form.ENERGY
        ),
        "verse",
    )
    plans = [form.section(kind, 1)] * ahead + [_tune(kind, bars, words)] + [form.section(kind, 1)] * behind
    harmonized, bar = [], 0
    for plan in plans:
        harmonized.append(replace(plan, chords=chords[bar : bar + plan.bars]))
        bar += plan.bars
    first, last = stretch.first_beat, stretch.last_beat
    new = composer.arranged(band, tuple(harmonized), ending=False).until(last - begins).since(first - begins)
    return new.model_copy(update={"tempo": stretch.score.until(last).since(first).tempo})


def _tune(kind: str, bars: int, words: tuple[str, ...]) -> Plan:
    bars_per_line = 1 if bars < 2 or 2 * len(words) > bars else 2
    count = bars // bars_per_line
    if not words:
        return form.section(kind, bars, tuple(islice(cycle(NOTES_A_LINE), count)), bars_per_line)
    sung = tuple(islice(cycle(words), count))
    return replace(form.section(kind, bars, tuple(map(lyrics.syllables, sung)), bars_per_line), words=sung)


def _words(order: TakeOrder, stretch: Stretch) -> tuple[str, ...]:
    """The lines to sing: those asked for, else those that begin in the stretch."""
    asked = _sheet(order)
    if asked:
        return asked
    notes = (note for part in stretch.score.parts if part.singer for note in part.notes if stretch.has(note))
    sung = sorted(notes, key=lambda note: note.start)
    if sung and order.lyrics and not composer.wished(order).words:
        return (order.lyrics,)
    begun = (note.syllable.line for note in sung if note.syllable and note.syllable.place == 0)
    return tuple(line for line, _ in groupby(begun))


def _asked_words(order: TakeOrder, stretch: Stretch) -> tuple[str, ...]:
    asked = _sheet(order)
    if asked:
        return asked
    draft = drafts.draft(order.description or order.title, "", "", "", order.tags)
    sheet = lyrics.stanzas(draft.text)
    return tuple(line for stanza in sheet for line in stanza.lines)[: max(2, stretch.whole_bars // 2)]


def _sheet(order: TakeOrder) -> tuple[str, ...]:
    return tuple(line for stanza in lyrics.stanzas(order.lyrics) for line in stanza.lines)


def _silenced(part: Part, stretch: Stretch) -> Part:
    """The part without what it does in the stretch."""
    first = stretch.first_beat
    notes = (
        note.model_copy(update={"length": first - note.start})
        if note.start < first < note.start + note.length
        else note
        for note in part.notes
        if not stretch.has(note)
    )
    return part.model_copy(update={"notes": tuple(notes)})


def _context(result: Arrangement, stretch: Stretch) -> Arrangement:
    """The stretch of the result, and a run-up of what is before it."""
    return result.until(stretch.last_beat).since(max(0.0, stretch.first_beat - RUN_UP))


def _excerpt(played: Samples, stretch: Stretch) -> Samples:
    """The stretch alone out of its played context."""
    score, first = stretch.score, stretch.first_beat
    lead = round((score.seconds(first) - score.seconds(max(0.0, first - RUN_UP))) * RATE)
    return played[:, lead : lead + stretch.after - stretch.first]


def _levelling(played: Samples, stretch: Stretch) -> np.float32:
    """The gain that makes new sound as loud as what was there."""
    before, now = mix.loudness(stretch.sound[:, stretch.first : stretch.after]), mix.loudness(played)
    return np.float32(np.clip(before / now, SOFTEST, STRONGEST) if before and now else 1.0)


def _laid_in(stretch: Stretch, new: Samples) -> bytes:
    """The recording with the new sound in the stretch, faded over at both ends of it."""
    fade = min(FADE, new.shape[1] // 2)
    share = np.ones(new.shape[1], np.float32)
    share[:fade] = np.linspace(0, 1, fade)
    share[-fade:] = np.linspace(1, 0, fade)
    changed = stretch.sound.copy()
    changed[:, stretch.first : stretch.after] *= 1 - share
    changed[:, stretch.first : stretch.after] += new * share
    return splice.replaced(stretch.audio, changed, stretch.first, stretch.after)

"""Works that keep a melody: a cover of a song, a band for an uploaded voice, a song out of what was hummed."""

import math
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, pairwise
from pathlib import Path

from sandbox.studio.music import composer, form, harmony, lyrics, syllables, uploaded, voices
from sandbox.studio.music.arrangement import Arrangement, Note, Part, Recorded, Section, Syllable
from sandbox.studio.music.composer import Band
from sandbox.studio.music.form import BEATS_PER_BAR, Plan
from sandbox.studio.music.lyrics import Stanza
from sandbox.studio.music.order import TakeOrder
from sandbox.studio.music.styles import STYLES
from sandbox.studio.music.theory import Chord, chord
from sandbox.studio.music.works_range import bar_line_after
from sandbox.studio.music.written import Written

SLOWEST, FASTEST = 0.75, 1.3  # a cover against its source
STYLES_FOR_UPLOADS = ("pop", "folk", "rock", "ballad", "lo-fi", "country", "piano")
FINEST = 0.25  # beats; what is hummed is put on these
MOST_BARS = 24
BARS_A_SECTION = 8
CHORUS_NOTES = (9, 8, 9, 6)
PHRASE_REST = 0.75  # beats
NEAR = 1e-6


def covered(files: Path, order: TakeOrder) -> Written:
    """The tune of a song, and its words unless there are new ones, with another band."""
    source = uploaded.score(files, order.source)
    band = _cover_band(files, order, source)
    score, ahead = _from_a_bar_line(source)
    tune = _melody(score)
    sheet = lyrics.stanzas(order.lyrics)
    if order.instrumental:
        tune = _wordless(tune)
    elif tune and (sheet or source.singer not in ("", band.singer)):
        tune = _in_range(tune, voices.VOICES[band.singer].centre)
        tune = _reworded(tune, score, sheet) if sheet else tune
    made = composer.arranged(band, _sections(score, tune, band)).since(ahead)
    if not tune:  # The tune is a recorded voice.
        made = made.model_copy(update={"recorded": source.recorded, "tempo": source.tempo})
    return _written(order, band, made)


def backed(files: Path, order: TakeOrder) -> Written:
    """A recorded voice with a band in its key and tempo; it sounds from the first moment on."""
    source = _range(files, order)
    band = _band_for_upload(order, source)
    score, ahead = _from_a_bar_line(source)
    guest = Recorded(recording=order.source, beat=0, start=order.start_s or 0, end=_end(order, source))
    bars = math.ceil((ahead + (guest.end - guest.start) * source.bpm / 60) / BEATS_PER_BAR) + 1
    chords = _chords(score, bars, band)
    plans, kinds = [], cycle(("verse", "chorus"))
    for bar in range(0, bars, BARS_A_SECTION):
        piece = chords[bar : bar + BARS_A_SECTION]
        plans.append(replace(form.section(next(kinds), len(piece)), chords=piece))
    made = composer.arranged(band, form.grown(plans)).since(ahead)
    return _written(order, band, made.model_copy(update={"recorded": (guest,)}))


def hummed(files: Path, order: TakeOrder) -> Written:
    """A song whose verses are the melody that was hummed; a song of its own where no note is heard."""
    source = _range(files, order)
    band = _band_for_upload(order, source)
    score, _ = _from_a_bar_line(source)
    heard = _on_the_grid(_wordless(_melody(score)))
    if not heard:
        made = composer.composed(order)
        return Written(title="", style=made.style, tags=made.tags, arrangement=made.arrangement)
    centre = composer.LEAD_CENTRE.get(band.lead, composer.USUAL_LEAD_CENTRE)
    tune = _in_range([note for note in heard if note.start < MOST_BARS * BEATS_PER_BAR], centre)
    bars = math.ceil(max(note.start + note.length for note in tune) / BEATS_PER_BAR - NEAR)
    bars += bars % 2
    lead = Part(name="lead", program=band.lead, notes=tune)
    chords = harmony.fitted((lead,), 0, bars, band.style, band.tonal)
    verse = replace(form.section("verse", bars), tune=tune, chords=chords)
    bar_seconds = BEATS_PER_BAR * 60 / band.bpm
    edge = form.section("intro", 4 if bar_seconds < form.SLOW_BAR else 2)
    plans, more = [edge], cycle((verse, form.section("chorus", 8, CHORUS_NOTES)))
    while len(plans) < 3 or (sum(plan.bars for plan in plans) + edge.bars) * bar_seconds < form.SONG.shortest:
        plans.append(next(more))
    plans.append(form.section("outro", edge.bars))
    return _written(order, band, composer.arranged(band, form.grown(plans)))


def _written(order: TakeOrder, band: Band, made: Arrangement) -> Written:
    return Written("", band.style, composer.tags(band, composer.wished(order)), arrangement=made)


def _cover_band(files: Path, order: TakeOrder, source: Arrangement) -> Band:
    """Another style as it is asked for, else other instruments; the swing stays the tune's."""
    asked = any(re.search(words, order.tags.lower()) for words in voices.WORDS)
    singer = composer.fitting_singer(order) if asked else ""
    band = composer.same_band(source, order, voices.of(files, order.voice_of) if order.voice_of else singer)
    wish, known = composer.wished(order), STYLES[source.style]
    if band.style is known:
        leads = band.style.leads
        place = leads.index(band.lead) if band.lead in leads else 0
        lead = leads[(place + 1 + order.take) % len(leads)] if wish.lead is None else wish.lead
        band, bpm = replace(band, lead=lead), band.bpm
    else:
        bpm = max(band.style.bpm[0], min(band.style.bpm[1], band.bpm))
    bpm = wish.bpm or max(SLOWEST * band.bpm, min(FASTEST * band.bpm, bpm)) * wish.pace
    style = replace(band.style, swing=known.swing, swing_unit=known.swing_unit)
    return replace(band, style=style, bpm=round(bpm, 1))


def _band_for_upload(order: TakeOrder, source: Arrangement) -> Band:
    """One of the style that is asked for, else of one whose tempo is near."""
    chance = random.Random(order.seed("style", order.take))
    near = sorted(
        chance.sample(STYLES_FOR_UPLOADS, len(STYLES_FOR_UPLOADS)),
        key=lambda name: max(0.0, STYLES[name].bpm[0] - source.bpm, source.bpm - STYLES[name].bpm[1]),
    )
    band = composer.same_band(source.model_copy(update={"style": near[0]}), order)
    lead = band.lead if composer.wished(order).lead is not None else chance.choice(band.style.leads)
    return replace(band, style=replace(band.style, swing=0.0), lead=lead)


def _range(files: Path, order: TakeOrder) -> Arrangement:
    """The score of the source from second to second of the order."""
    score = uploaded.score(files, order.source)
    first = score.beat_at(order.start_s or 0)
    if order.end_s is not None:
        score = score.until(bar_line_after(score, score.beat_at(order.end_s)))
    return score.since(first)


def _end(order: TakeOrder, source: Arrangement) -> float:
    return (order.start_s or 0) + source.seconds(source.beats) if order.end_s is None else order.end_s


def _from_a_bar_line(score: Arrangement) -> tuple[Arrangement, float]:
    """The song with a rest before its first broken bar that makes it a whole one, and how many beats that is."""
    breaks = [-section.bars % 1 for section in score.sections[:2]]
    broken = [NEAR < bars < 1 - NEAR for bars in breaks]
    if broken != [True] and broken != [True, False]:  # Two broken ones make a whole together.
        return score, 0.0
    bars = breaks[0]
    rest = Section(name="rest", start_bar=0, bars=bars)
    silent = score.model_copy(update={"parts": (), "recorded": (), "sections": (rest,), "tempo": score.tempo[:1]})
    return silent.then(score), bars * BEATS_PER_BAR


def _melody(score: Arrangement) -> tuple[Note, ...]:
    """What is sung or leads."""
    leading = (part for part in score.parts if part.singer or part.name in ("lead", uploaded.MELODY))
    return tuple(sorted((note for part in leading for note in part.notes), key=lambda note: note.start))


def _wordless(tune: tuple[Note, ...]) -> tuple[Note, ...]:
    return tuple(note.model_copy(update={"syllable": None}) for note in tune)


def _sections(score: Arrangement, tune: tuple[Note, ...], band: Band) -> tuple[Plan, ...]:
    """The form of a song in whole bars, each section with its share of the tune."""
    edges = [(one.name, round(one.start_bar), round(one.start_bar + one.bars)) for one in score.sections]
    chords = _chords(score, edges[-1][2], band)
    plans = []
    for name, first, after in edges:
        if after > first:
            begins, ends = first * BEATS_PER_BAR, after * BEATS_PER_BAR
            share = tuple(
                note.model_copy(update={"start": note.start - begins}) for note in tune if begins <= note.start < ends
            )
            plan = form.section(name if name in form.ENERGY else "verse", after - first)
            plans.append(replace(plan, tune=share, chords=chords[first:after]))
    return form.grown(plans)


def _chords(score: Arrangement, bars: int, band: Band) -> tuple[Chord, ...]:
    """What goes with the notes of a song, and home at its end."""
    fitted = harmony.fitted(score.parts, 0, bars, band.style, band.tonal)
    home = chord(band.tonal.key, band.tonal.mode, 1, band.style.chord_size, band.style.blues)
    return (*fitted[:-1], home)


def _on_the_grid(tune: tuple[Note, ...]) -> list[Note]:
    """On the nearest sixteenths, from the bar of the first note on, one after the other."""
    found: dict[float, Note] = {}
    for note in tune:
        start = round(note.start / FINEST) * FINEST
        found[start] = note.model_copy(update={"start": start})
    if not found:
        return []
    first = min(found) // BEATS_PER_BAR * BEATS_PER_BAR
    placed = []
    for start, after in pairwise((*sorted(found), math.inf)):
        length = max(FINEST, round(found[start].length / FINEST) * FINEST)
        placed.append(found[start].model_copy(update={"start": start - first, "length": min(length, after - start)}))
    return placed


def _in_range(tune: Sequence[Note], centre: int) -> tuple[Note, ...]:
    """In the octave whose middle is nearest to the centre."""
    middle = sum(note.pitch for note in tune) / len(tune)
    octaves = 12 * round((centre - middle) / 12)
    return tuple(note.model_copy(update={"pitch": note.pitch + octaves}) for note in tune)


def _reworded(tune: tuple[Note, ...], score: Arrangement, sheet: tuple[Stanza, ...]) -> tuple[Note, ...]:
    """The tune on new words, a line to each phrase: those of a chorus on a chorus, where the sheet has one."""
    every = [line for stanza in sheet for line in stanza.lines]
    kinds = {stanza.kind: [line for one in sheet if one.kind == stanza.kind for line in one.lines] for stanza in sheet}
    lines, others = {kind: cycle(own or every) for kind, own in kinds.items()}, cycle(every)
    was_sung = any(note.syllable for note in tune)
    sung: list[Note] = []
    for phrase in _phrases(tune):
        if not every or (was_sung and not phrase[0].syllable):
            sung += phrase
            continue
        bar = phrase[0].start / BEATS_PER_BAR
        kind = next(section.name for section in reversed(score.sections) if section.start_bar <= bar + NEAR)
        sung += _on_words(phrase, next(lines.get(kind, others)))
    return tuple(sung)


def _phrases(tune: tuple[Note, ...]) -> list[list[Note]]:
    phrases = [[tune[0]]]
    for before, note in pairwise(tune):
        if before.syllable and note.syllable:
            new = before.syllable.line != note.syllable.line or note.syllable.place < before.syllable.place
        else:
            new = note.start - before.start - before.length >= PHRASE_REST or before.syllable != note.syllable
        if new or len(phrases[-1]) >= lyrics.LONGEST_LINE:
            phrases.append([])
        phrases[-1].append(note)
    return phrases


def _on_words(phrase: list[Note], line: str) -> list[Note]:
    """A syllable a note: long notes are struck twice for more, the last syllable is held for fewer."""
    count, notes = len(syllables.line(line).syllables), list(phrase)
    while len(notes) < count:
        longest = max(range(len(notes)), key=lambda place: notes[place].length)
        half = notes[longest].length / 2
        first = notes[longest].model_copy(update={"length": half})
        notes[longest : longest + 1] = [first, first.model_copy(update={"start": first.start + half})]
    places = [min(place, count - 1) for place in range(len(notes))]
    return [
        note.model_copy(update={"syllable": Syllable(line=line, place=place) if count else None})
        for note, place in zip(notes, places, strict=True)
    ]

"""Every work of the studio: what an order becomes before it is filed."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from pathlib import Path

import numpy as np

from sandbox.studio.music import (
    composer,
    drafts,
    lyrics,
    mix,
    mp3,
    sound_effects,
    stems,
    timeline,
    titles,
    uploaded,
    voices,
    works_melody,
    works_range,
)
from sandbox.studio.music.arrangement import Arrangement
from sandbox.studio.music.order import TakeOrder, Work
from sandbox.studio.music.sampler import RATE
from sandbox.studio.music.soundfont import Samples
from sandbox.studio.music.styles import STYLES
from sandbox.studio.music.works_range import RUN_UP, bar_line_after, lasting
from sandbox.studio.music.written import Written

NO_VOICE = re.compile(r"\binstrumental\b|\b(?:no|without) vocals?\b|纯音乐|无人声|伴奏", re.IGNORECASE)
LEAST_REST = 0.2  # beats; less of a bar is left out
SEAM = round(0.02 * RATE)
REMASTERED_DB = -13.0
WIDER = 1.2
DRIVE = np.float32(1.5)
# What a remaster adds, in dB, at these frequencies.
EQUALIZED = ((20, 1.5), (90, 1.5), (300, -2.0), (1000, 0.0), (4000, 1.0), (9000, 3.0), (20_000, 3.0))
MARKS = (
    {"verse": "Verse", "chorus": "Chorus", "bridge": "Bridge", "intro": "Intro", "outro": "Outro"},
    {"verse": "主歌", "chorus": "副歌", "bridge": "桥段", "intro": "前奏", "outro": "尾奏"},
)


def written(files: Path, order: TakeOrder) -> Written:
    """What is ordered; ValueError where a range has too little of its recording in it."""
    made = WORKS[order.work](files, order)
    title = order.title or made.title or titles.title(order, made.style)
    return replace(made, title=title, tags=order.tags or made.tags, prompt=made.prompt or _sheet(made.arrangement))


def _song(files: Path, order: TakeOrder) -> Written:
    worded = _worded(order)
    made = composer.composed(worded, _persona(files, order))
    prompt = worded.lyrics if made.arrangement.singer else ""
    return Written(worded.title, made.style, made.tags, prompt, made.arrangement)


def _extension(files: Path, order: TakeOrder) -> Written:
    """What is left of the bar in which it sets in, then new music."""
    source = uploaded.score(files, order.source).model_copy(update={"recorded": ()})
    ends = mp3.seconds((files / f"{order.source}.mp3").read_bytes())
    beat = source.beat_at(ends if order.start_s is None else min(order.start_s, ends))
    worded = _worded(order) if source.singer else order
    made = composer.continued(source.until(beat), worded, _persona(files, order))
    line = bar_line_after(source, beat)
    rest = source.until(line).since(beat)
    arrangement = rest.then(made.arrangement) if line - beat > LEAST_REST else made.arrangement
    run_up = lasting(source, beat).since(max(0.0, beat - RUN_UP))
    lead = round(run_up.seconds(min(beat, RUN_UP)) * RATE)
    sound = mix.mixed(run_up.then(arrangement) if lead else arrangement, files)[:, lead:]
    sound[:, :SEAM] *= np.linspace(0, 1, SEAM, dtype=np.float32)
    prompt = worded.lyrics if made.arrangement.singer else ""
    return Written(order.title, made.style, made.tags, prompt, arrangement, sound)


def _cover(files: Path, order: TakeOrder) -> Written:
    made = works_melody.covered(files, _as_sheet(order))
    return replace(made, prompt="" if order.instrumental else order.lyrics)


def _vocals(files: Path, order: TakeOrder) -> Written:
    return works_range.sung_over(files, _as_sheet(order))


def _remaster(files: Path, order: TakeOrder) -> Written:
    """The same notes, brighter, wider, denser and louder."""
    sound = mp3.decoded(files / f"{order.source}.mp3")
    middle, side = sound.mean(axis=0), (sound[0] - sound[1]) / 2 * np.float32(WIDER)
    dense = np.tanh(DRIVE * np.stack([_equalized(middle + side), _equalized(middle - side)]))
    return _as_it_was(order, stems.score(files, order.source), sound=mix.mastered(dense, REMASTERED_DB))


def _equalized(sound: Samples) -> Samples:
    size = 1 << len(sound).bit_length()
    places, gains = zip(*EQUALIZED, strict=True)
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    gain = 10 ** (np.interp(np.log(np.maximum(hertz, 1)), np.log(places), gains) / 20)
    shaped: Samples = np.fft.irfft(np.fft.rfft(sound, size) * gain, size)[: len(sound)].astype(np.float32)
    return shaped


def _join(files: Path, order: TakeOrder) -> Written:
    """The recordings one behind the other, each until the next sets in."""
    if len(order.chain) == 1 and order.chain[0][1] is None:
        audio = (files / f"{order.source}.mp3").read_bytes()
        return _as_it_was(order, stems.score(files, order.source), audio=audio)
    sounds, scores = [], []
    for recording, until in order.chain:
        sound, score = mp3.decoded(files / f"{recording}.mp3"), uploaded.score(files, recording)
        after = sound.shape[1] if until is None else min(sound.shape[1], round(until * RATE))
        sounds.append((sound, after))
        scores.append(lasting(score, score.beat_at(after / RATE)))
    return _as_it_was(order, reduce(Arrangement.then, scores), sound=_blended(sounds))


def _blended(sounds: list[tuple[Samples, int]]) -> Samples:
    """Each sound up to its end, from which on it fades while the next sets in."""
    joined = np.zeros((2, sum(after for _, after in sounds)), np.float32)
    first = 0
    for sound, after in sounds:
        share = np.ones(min(sound.shape[1], after + SEAM), np.float32)
        share[after:] = np.linspace(1, 0, SEAM, dtype=np.float32)[: len(share) - after]
        piece = (sound[:, : len(share)] * share)[:, : joined.shape[1] - first]
        joined[:, first : first + piece.shape[1]] += piece
        first += after
    return joined


def _sound(files: Path, order: TakeOrder) -> Written:
    return Written(order.title, STYLES["ambient"], order.description, sound=sound_effects.made(order, files))


def _persona(files: Path, order: TakeOrder) -> str:
    return voices.of(files, order.voice_of) if order.voice_of else ""


def _as_it_was(
    order: TakeOrder, score: Arrangement | None, sound: Samples | None = None, audio: bytes | None = None
) -> Written:
    style = STYLES[score.style if score else uploaded.STYLE]
    return Written(order.title, style, style.name if score else "", "", score, sound, audio)


def _as_sheet(order: TakeOrder) -> TakeOrder:
    """With lyrics that are a single line read as such, not as a description."""
    lines = order.lyrics.strip()
    return replace(order, lyrics=f"[Verse]\n{lines}") if lines and not lyrics.stanzas(lines) else order


def _worded(order: TakeOrder) -> TakeOrder:
    """With a sheet to sing from, unless nobody is to sing: its own, or a draft on what is said of it."""
    if order.instrumental or order.bars or lyrics.stanzas(order.lyrics):
        return order
    said = f"{order.description} {order.lyrics}".strip()
    if NO_VOICE.search(f"{said} {order.tags}"):
        return replace(order, instrumental=True)
    draft = drafts.draft(said or order.title, "", "", "", order.tags)
    return replace(order, lyrics=draft.text, description=said, title=order.title or draft.title)


def _sheet(arrangement: Arrangement | None) -> str:
    """The words as they are sung, section by section."""
    if arrangement is None:
        return ""
    sung = [
        (arrangement.beat_at(line[0].vowel), line[0].line)
        for part in arrangement.parts
        if part.singer
        for line in timeline.lines(timeline.sung(arrangement, part))
    ]
    marks = MARKS[any(lyrics.CJK.search(line) for _, line in sung)]
    stanzas = []
    for section in arrangement.sections:
        first, after = (
            bar * arrangement.beats_per_bar for bar in (section.start_bar, section.start_bar + section.bars)
        )
        lines = [line for beat, line in sorted(sung) if first <= beat < after]
        if lines:
            stanzas.append("\n".join((f"[{marks.get(section.name, marks['verse'])}]", *lines)))
    return "\n\n".join(stanzas)


WORKS: dict[Work, Callable[[Path, TakeOrder], Written]] = {
    Work.SONG: _song,
    Work.EXTENSION: _extension,
    Work.COVER: _cover,
    Work.REMASTER: _remaster,
    Work.SOUND: _sound,
    Work.VOCALS: _vocals,
    Work.BACKING: works_melody.backed,
    Work.HUM: works_melody.hummed,
    Work.INFILL: works_range.infilled,
    Work.JOIN: _join,
}

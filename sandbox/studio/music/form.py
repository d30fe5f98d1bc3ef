"""The plan of a song: which sections, how long, how loud, and what is sung in them."""

import math
from dataclasses import dataclass, replace

from sandbox.studio.music.arrangement import Note
from sandbox.studio.music.lyrics import Stanza, syllables
from sandbox.studio.music.theory import Chord

BEATS_PER_BAR = 4
SLOW_BAR = 2.6  # seconds; with such bars intro and outro are half as long
CLEAR = 5.5  # syllables a second that are still understood
ENERGY = {"intro": 0.45, "verse": 0.6, "chorus": 0.9, "bridge": 0.55, "solo": 0.75, "outro": 0.45}
INSTRUMENTAL_FORMS = {
    1: "chorus",
    2: "verse chorus",
    3: "verse chorus verse",
    4: "verse chorus verse chorus",
    5: "verse chorus verse bridge chorus",
    6: "verse chorus verse chorus bridge chorus",
    7: "verse verse chorus verse chorus bridge chorus",
}


@dataclass(frozen=True, slots=True)
class Span:
    """How many seconds of music to plan, and whether they begin a song."""

    shortest: float
    wanted: float
    longest: float
    begins: bool


SONG = Span(62, 74, 112, begins=True)
EXTENSION = Span(28, 38, 70, begins=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """A section to write: each line is its number of notes, `bars_per_line` bars long; bars left over have no tune.

    `words` are what is sung on each line; empty where an instrument plays. A `tune` (in beats from the section's start)
    or `chords` (one a bar) that are there already are taken as they are.
    """

    kind: str
    bars: int
    lines: tuple[int, ...] = ()
    bars_per_line: int = 2
    energy: float = 0.6
    words: tuple[str, ...] = ()
    tune: tuple[Note, ...] = ()
    chords: tuple[Chord, ...] = ()


def planned(sheet: tuple[Stanza, ...], bar_seconds: float, span: Span) -> tuple[Plan, ...]:
    """The sections of a song, or of what extends one; an intro only where it begins."""
    edge = 4 if bar_seconds < SLOW_BAR else 2
    edges = edge * (2 if span.begins else 1) * bar_seconds
    inner = replace(span, shortest=span.shortest - edges, wanted=span.wanted - edges, longest=span.longest - edges)
    sung = any(stanza.lines for stanza in sheet)
    plans = _sung(sheet, bar_seconds, inner) if sung else _instrumental(bar_seconds, inner)
    intro = [section("intro", edge)] if span.begins else []
    farewell = section("outro", edge, (5,) if edge > 2 else ())
    return grown([*intro, *plans, farewell])


def short(bars: int) -> tuple[Plan, ...]:
    """A few bars of tune and nothing else."""
    return (section("chorus", bars, tuple(7 for _ in range(bars // 2))),)


def section(kind: str, bars: int, lines: tuple[int, ...] = (), bars_per_line: int = 2) -> Plan:
    """A section of one of the kinds of ENERGY."""
    return Plan(kind, bars, lines, bars_per_line, ENERGY[kind])


def _instrumental(bar_seconds: float, span: Span) -> list[Plan]:
    fitting = round(span.wanted / bar_seconds / 8)
    kinds = INSTRUMENTAL_FORMS[max(2 if span.begins else 1, min(7, fitting))].split()
    notes = {"verse": (7, 6, 8, 5), "chorus": (9, 8, 9, 6), "bridge": (4, 5, 4, 3)}
    return [section(kind, 8, notes[kind]) for kind in kinds]


def _sung(sheet: tuple[Stanza, ...], bar_seconds: float, span: Span) -> list[Plan]:
    """Two bars a line; where the sheet is too long for that one bar, at first only for lines that stay clear in it;
    what is still too long is left out."""
    stanzas = [stanza for stanza in sheet if stanza.lines or stanza.kind not in ("intro", "outro")]
    for densest in (0, round(CLEAR * bar_seconds), math.inf):
        plans = [_stanza_plan(stanza, densest) for stanza in stanzas]
        if _seconds(plans, bar_seconds) <= span.longest:
            return _lengthened(plans, bar_seconds, span)
    while _seconds(plans, bar_seconds) > span.longest and len(plans) > 1:
        plans.pop()
    return [_shortened(plan, bar_seconds, span) for plan in plans]


def _stanza_plan(stanza: Stanza, densest: float) -> Plan:
    """One bar a line where none has more syllables than the densest, else two."""
    if not stanza.lines:
        return section("solo", 4, (7, 6))
    counts = tuple(syllables(line) for line in stanza.lines)
    bars_per_line = 1 if max(counts) <= densest else 2
    bars = len(counts) * bars_per_line
    return replace(section(stanza.kind, max(4, bars + bars % 2), counts, bars_per_line), words=stanza.lines)


def _lengthened(plans: list[Plan], bar_seconds: float, span: Span) -> list[Plan]:
    """A song too short gets a solo and its last chorus (or whatever it ends with) again."""
    longer = list(plans)
    again = next((plan for plan in reversed(plans) if plan.kind == "chorus"), plans[-1])
    while _seconds(longer, bar_seconds) < span.shortest:
        longer += [again] if longer[-1].kind == "solo" else [section("solo", 8, (7, 6, 8, 5))]
    if longer[-1].kind == "solo" and longer[-1] not in plans:
        longer.append(again)
    return longer


def _shortened(plan: Plan, bar_seconds: float, span: Span) -> Plan:
    bars = min(plan.bars, int(span.longest / bar_seconds) // 2 * 2)
    kept = bars // plan.bars_per_line
    return replace(plan, bars=bars, lines=plan.lines[:kept], words=plan.words[:kept])


def _seconds(plans: list[Plan], bar_seconds: float) -> float:
    return sum(plan.bars for plan in plans) * bar_seconds


def grown(plans: list[Plan]) -> tuple[Plan, ...]:
    """Each return of a chorus is a little fuller, the last one fullest."""
    fuller, heard = [], 0
    for plan in plans:
        heard += plan.kind == "chorus"
        lift = 0.05 * max(0, heard - 1) if plan.kind in ("chorus", "verse") else 0.0
        fuller.append(replace(plan, energy=min(1.0, plan.energy + lift)))
    return tuple(fuller)

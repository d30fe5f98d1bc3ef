"""What MusicMint has brought for a request, before any of it is stored."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from bot.musicmint.models import PersonaItem, ResultItem, TaskReport
from bot.requests import Lyrics, Request

LEVELS: TypeAdapter[tuple[float, ...]] = TypeAdapter(tuple[float, ...])
LINK: TypeAdapter[str] = TypeAdapter(str)


@dataclass(frozen=True, slots=True)
class Takes:
    """Clips, `a` first."""

    items: tuple[ResultItem, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A lyric, in the words of a result item."""

    item: ResultItem


@dataclass(frozen=True, slots=True)
class Voice:
    """A singer."""

    persona: PersonaItem


@dataclass(frozen=True, slots=True)
class Export:
    """What a file will be made from: JSON of the answer."""

    result: str
    blank: bool = False
    """There is nothing in it."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A clip that is here already, with links of today."""

    item: ResultItem


@dataclass(frozen=True, slots=True)
class Followed:
    """Not the end: the same task now asks for this."""

    request: Request


Brought = Takes | Draft | Voice | Export | Fresh | Followed


def of_report(request: Request, report: TaskReport) -> Takes | Draft | None:
    """What a completed task brought; None where it lacks what was asked for."""
    if isinstance(request, Lyrics):
        words = next((item for item in report.results if item.prompt.strip()), None)
        return Draft(words) if words else None
    items = tuple({item.id: item for item in report.results if item.id}.values())
    return Takes(items) if items else None

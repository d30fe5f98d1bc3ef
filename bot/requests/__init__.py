"""What members ask for, validated and immutable. Every rule of the API stands here, before any row or call.

discord.py does not check option ranges again after Discord, so nothing here trusts them.
"""

from __future__ import annotations

from typing import Final

from bot.requests.base import (
    DEFAULT_RETENTION_DAYS,
    MAX_IDEA,
    MAX_LINE,
    MAX_LYRICS,
    MAX_NAME,
    MAX_RETENTION_DAYS,
    Lane,
    Request,
    Sheet,
)
from bot.requests.reading import Lyrics, Midi, Persona, Recover, Show, Stem, Timeline, Wav, Waveform
from bot.requests.songs import (
    BPM,
    AddInstrumental,
    AddVocals,
    Concat,
    Cover,
    Generate,
    Infill,
    Remaster,
    Sample,
    SoundEffect,
    SoundType,
    Upload,
)

KINDS: Final[dict[str, type[Request]]] = {
    one.kind: one
    for one in (
        Generate,
        Cover,
        Remaster,
        SoundEffect,
        AddVocals,
        AddInstrumental,
        Sample,
        Infill,
        Lyrics,
        Upload,
        Concat,
        Persona,
        Stem,
        Midi,
        Timeline,
        Waveform,
        Wav,
        Show,
        Recover,
    )
}


def kinds_of(*lanes: Lane) -> frozenset[str]:
    """The kinds that go along these lanes."""
    return frozenset(kind for kind, one in KINDS.items() if one.lane in lanes)


def parse(kind: str, text: str) -> Request:
    """The request of a stored row."""
    return KINDS[kind].from_json(text)


__all__ = [
    "BPM",
    "DEFAULT_RETENTION_DAYS",
    "KINDS",
    "MAX_IDEA",
    "MAX_LINE",
    "MAX_LYRICS",
    "MAX_NAME",
    "MAX_RETENTION_DAYS",
    "AddInstrumental",
    "AddVocals",
    "Concat",
    "Cover",
    "Generate",
    "Infill",
    "Lane",
    "Lyrics",
    "Midi",
    "Persona",
    "Recover",
    "Remaster",
    "Request",
    "Sample",
    "Sheet",
    "Show",
    "SoundEffect",
    "SoundType",
    "Stem",
    "Timeline",
    "Upload",
    "Wav",
    "Waveform",
    "kinds_of",
    "parse",
]

"""What `python -m bot check` found out about one thing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """`LOOK`: it works, or may be meant so, and is worth a look."""

    OK = "ok"
    LOOK = "look"
    MEND = "MEND"


YOU: Final = "you"
MUSICMINT: Final = "MusicMint"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `whose`: who can mend it; empty where there is nothing to mend."""

    verdict: Verdict
    line: str
    whose: str = ""

    @property
    def ok(self) -> bool:
        """Whether the bot can run as it is."""
        return self.verdict is not Verdict.MEND

    def __str__(self) -> str:
        told = f"{self.verdict:<6}{self.line}"
        return f"{told} [{self.whose}]" if self.whose else told


def well(line: str) -> Finding:
    """Nothing to do."""
    return Finding(Verdict.OK, line)


def look(line: str, whose: str = YOU) -> Finding:
    """Worth a look."""
    return Finding(Verdict.LOOK, line, whose)


def mend(line: str, whose: str = YOU) -> Finding:
    """It keeps the bot, or a part of it, from working."""
    return Finding(Verdict.MEND, line, whose)

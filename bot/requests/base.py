"""What every request shares: its rules, its lane, its form in the row."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import ClassVar, Final, Self

from bot.errors import InvalidRequest

DEFAULT_RETENTION_DAYS: Final = 30
"""MusicMint keeps 7 days unless asked; the longest it offers leaves most time to recover from an outage."""

MAX_RETENTION_DAYS: Final = 30
"""Stated for generate alone; nothing says that the other endpoints take more."""
MAX_LYRICS: Final = 4000
"""Characters: what a paragraph field of a Discord modal holds. MusicMint states no limit of its own."""
MAX_LINE: Final = 200
"""Characters of style words or a title."""
MAX_IDEA: Final = 1000
MAX_NAME: Final = 40
"""Characters of a singer's name."""
MAX_ID: Final = 200


class Lane(StrEnum):
    """How a request reaches MusicMint, and what an answer that never came means."""

    SUBMIT = "submit"
    """Answered at once with a task id; polled for its results. One at a time."""
    BLOCK = "block"
    """Answered with the result itself, after up to 5 minutes. It may be charged, so it is never repeated by itself."""
    READ = "read"
    """Answered with what is there already: repeating it costs nothing."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The member's words of a request, as a card shows them."""

    lyrics: str = ""
    style: str = ""
    idea: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One kind of request; `title` names the song. Raises `InvalidRequest` when a rule of the endpoint is broken."""

    kind: ClassVar[str]
    lane: ClassVar[Lane] = Lane.SUBMIT
    makes_takes: ClassVar[bool] = True
    """Whether it brings clips, and so is a version of its song."""

    title: str = ""
    retention_days: int = DEFAULT_RETENTION_DAYS

    def __post_init__(self) -> None:
        check_length("title", self.title, MAX_LINE)
        days = self.retention_days
        if not is_int(days) or not 1 <= days <= MAX_RETENTION_DAYS:
            raise InvalidRequest("error-retention", option="retention", max=MAX_RETENTION_DAYS)
        self._check()

    def _check(self) -> None:
        """The rules of this kind."""

    @property
    def sheet(self) -> Sheet:
        """What the member wrote."""
        return Sheet()

    @property
    def singer(self) -> str:
        """The name of the singer that was chosen; empty where none was."""
        return ""

    def to_json(self) -> str:
        """The form stored in the task's row."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The inverse of `to_json`; checks every rule again."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class OfAClip(Request):
    """A request that names a clip and nothing else."""

    clip_id: str

    def _check(self) -> None:
        check_clip(self.clip_id)


def is_int(value: object) -> bool:
    """Whether it is a whole number; JSON's true is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def check_length(option: str, text: str, limit: int) -> None:
    """Raises `InvalidRequest` past `limit` characters."""
    if len(text) > limit:
        raise InvalidRequest("error-too-long", option=option, max=limit, length=len(text))


def check_words(lyrics: str, style: str) -> None:
    """Lyrics and style words within their lengths."""
    check_length("lyrics", lyrics, MAX_LYRICS)
    check_length("style", style, MAX_LINE)


def check_clip(clip_id: str) -> None:
    """There must be a clip."""
    if not clip_id.strip():
        raise InvalidRequest("error-no-such-take", option="take")


def check_range(start_s: float, end_s: float | None) -> None:
    """Seconds, finite and in order; without an end it reaches to the clip's own."""
    if not math.isfinite(start_s) or start_s < 0:
        raise InvalidRequest("error-at-negative", option="from")
    if end_s is not None and (not math.isfinite(end_s) or end_s <= start_s):
        raise InvalidRequest("error-range", option="to")

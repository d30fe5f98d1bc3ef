"""What members ask for, validated and immutable. Every rule of the API stands here, before any row or call.

discord.py does not check option ranges again after Discord, so nothing here trusts them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import ClassVar, Self

from bot.errors import InvalidRequest

DEFAULT_RETENTION_DAYS = 30
"""MusicMint keeps 7 days unless asked; the longest it offers leaves most time to recover from an outage."""

MAX_RETENTION_DAYS = 30
MAX_LYRICS = 4000
"""Characters: what a paragraph field of a Discord modal holds. MusicMint states no limit of its own."""
MAX_LINE = 200
"""Characters of style words or a title."""
MAX_IDEA = 1000


@dataclass(frozen=True, slots=True)
class Generate:
    """`POST /api/v1/music/generate`: the API's fields, under the API's names where members do not see them.

    Raises `InvalidRequest` when a rule of the endpoint is broken.
    """

    kind: ClassVar[str] = "generate"

    prompt: str = ""
    tags: str = ""
    description: str = ""
    title: str = ""
    instrumental: bool = False
    continue_clip_id: str | None = None
    continue_at: int | None = None
    retention_days: int = DEFAULT_RETENTION_DAYS

    def __post_init__(self) -> None:
        self._check_words()
        self._check_extension()
        days = self.retention_days
        if not _is_int(days) or not 1 <= days <= MAX_RETENTION_DAYS:
            raise InvalidRequest("error-retention", option="retention", max=MAX_RETENTION_DAYS)

    def _check_words(self) -> None:
        # The options of `/instrumental` are called `style` and `description`, whichever field they end in.
        words, idea = ("description", "description") if self.instrumental else ("lyrics", "idea")
        _check_length(words, self.prompt, MAX_LYRICS)
        _check_length("style", self.tags, MAX_LINE)
        _check_length(idea, self.description, MAX_IDEA)
        _check_length("title", self.title, MAX_LINE)
        if self.description.strip() and (self.prompt.strip() or self.tags.strip()):
            raise InvalidRequest("error-idea-alone", option=idea)
        if not (self.prompt.strip() or self.tags.strip() or self.description.strip()):
            blank = idea if self.description else "lyrics"
            raise InvalidRequest("error-no-words", option="style" if self.instrumental else blank)

    def _check_extension(self) -> None:
        if self.continue_at is None:
            return
        if not (self.continue_clip_id or "").strip():
            raise InvalidRequest("error-at-without-take", option="at")
        if not _is_int(self.continue_at) or self.continue_at < 0:
            raise InvalidRequest("error-at-negative", option="at")

    def to_json(self) -> str:
        """The form stored in the task's row."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The inverse of `to_json`; checks every rule again."""
        return cls(**json.loads(text))


Request = Generate
"""Every kind of request; a union as soon as there are more."""

KINDS: dict[str, type[Request]] = {Generate.kind: Generate}


def parse(kind: str, text: str) -> Request:
    """The request of a stored row."""
    return KINDS[kind].from_json(text)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_length(option: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise InvalidRequest("error-too-long", option=option, max=limit, length=len(text))

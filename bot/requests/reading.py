"""The requests that bring words, singers and exports, and those that only read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final

from bot.errors import InvalidRequest
from bot.requests.base import (
    MAX_ID,
    MAX_IDEA,
    MAX_LINE,
    MAX_NAME,
    Lane,
    OfAClip,
    Request,
    Sheet,
    check_clip,
    check_length,
)

TASK_ID: Final = re.compile(rf"[!-~]{{1,{MAX_ID}}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lyrics(Request):
    """`POST /api/v1/lyrics/generate`: words alone."""

    kind: ClassVar[str] = "lyrics"
    makes_takes: ClassVar[bool] = False

    prompt: str = ""
    topics: str = ""
    keyword: str = ""
    moods: str = ""
    style: str = ""

    def _check(self) -> None:
        check_length("about", self.prompt, MAX_IDEA)
        for option, text in (
            ("topics", self.topics),
            ("keywords", self.keyword),
            ("mood", self.moods),
            ("style", self.style),
        ):
            check_length(option, text, MAX_LINE)
        if not (self.prompt.strip() or self.topics.strip() or self.keyword.strip()):
            raise InvalidRequest("error-no-words", option="about")

    @property
    def sheet(self) -> Sheet:
        """What the lyric should be about, and how it should feel."""
        about = (self.prompt, self.topics, self.keyword)
        return Sheet(
            idea=" · ".join(text.strip() for text in about if text.strip()),
            style=" · ".join(text.strip() for text in (self.style, self.moods) if text.strip()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona(OfAClip):
    """`POST /api/v1/music/persona`: a singer from a clip."""

    kind: ClassVar[str] = "persona"
    lane: ClassVar[Lane] = Lane.BLOCK
    makes_takes: ClassVar[bool] = False

    name: str

    def _check(self) -> None:
        check_clip(self.clip_id)
        check_length("name", self.name, MAX_NAME)
        if not self.name.strip():
            raise InvalidRequest("error-no-words", option="name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stem(OfAClip):
    """`POST /api/v1/music/stem`: the vocals alone."""

    kind: ClassVar[str] = "stem"
    lane: ClassVar[Lane] = Lane.BLOCK
    makes_takes: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Midi(OfAClip):
    """`POST /api/v1/music/midi`: the notes. `stem_id`, an earlier stem's job id, lets it hear better."""

    kind: ClassVar[str] = "midi"
    lane: ClassVar[Lane] = Lane.BLOCK
    makes_takes: ClassVar[bool] = False

    stem_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline(OfAClip):
    """`GET /api/v1/music/timeline`: when each word is sung."""

    kind: ClassVar[str] = "timeline"
    lane: ClassVar[Lane] = Lane.READ
    makes_takes: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Waveform(OfAClip):
    """`GET /api/v1/music/waveform`: the envelope."""

    kind: ClassVar[str] = "waveform"
    lane: ClassVar[Lane] = Lane.READ
    makes_takes: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wav(OfAClip):
    """`GET /api/v1/music/wav`: the same audio without compression."""

    kind: ClassVar[str] = "wav"
    lane: ClassVar[Lane] = Lane.READ
    makes_takes: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Show(OfAClip):
    """`POST /api/v1/music/{id}`: a take once more, with a fresh link."""

    kind: ClassVar[str] = "show"
    lane: ClassVar[Lane] = Lane.READ
    makes_takes: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recover(Request):
    """`POST /api/v1/task/{id}`: a task this database does not know (any more)."""

    kind: ClassVar[str] = "recover"
    lane: ClassVar[Lane] = Lane.READ

    task_id: str

    def _check(self) -> None:
        if not TASK_ID.fullmatch(self.task_id) or not self.task_id.strip("."):
            raise InvalidRequest("error-task-id", option="task_id")

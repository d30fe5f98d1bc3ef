"""The requests that make takes from words or from a take."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

from bot.errors import InvalidRequest
from bot.requests.base import (
    MAX_IDEA,
    MAX_LINE,
    MAX_LYRICS,
    Lane,
    OfAClip,
    Request,
    Sheet,
    check_clip,
    check_length,
    check_range,
    check_words,
    is_int,
)

BPM: Final = range(30, 301)
SOUND_KEY: Final = re.compile(r"[A-G][#b]?m?")


class SoundType(StrEnum):
    """What `/sfx` makes, in the API's words."""

    ONE_SHOT = "one-shot"
    LOOP = "loop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generate(Request):
    """`POST /api/v1/music/generate`: a new song, or what follows a clip."""

    kind: ClassVar[str] = "generate"

    prompt: str = ""
    tags: str = ""
    description: str = ""
    instrumental: bool = False
    persona_id: str = ""
    persona_name: str = ""
    continue_clip_id: str | None = None
    continue_at: int | None = None
    """Whole seconds here alone; every other time of the API is a float."""

    def _check(self) -> None:
        # The options of `/instrumental` are called `style` and `description`, whichever field they end in.
        words, idea = ("description", "description") if self.instrumental else ("lyrics", "idea")
        check_length(words, self.prompt, MAX_LYRICS)
        check_length("style", self.tags, MAX_LINE)
        check_length(idea, self.description, MAX_IDEA)
        if self.description.strip() and (self.prompt.strip() or self.tags.strip()):
            raise InvalidRequest("error-idea-alone", option=idea)
        if not (self.prompt.strip() or self.tags.strip() or self.description.strip()):
            blank = idea if self.description else "lyrics"
            raise InvalidRequest("error-no-words", option="style" if self.instrumental else blank)
        self._check_extension()

    def _check_extension(self) -> None:
        if self.continue_at is None:
            return
        if not (self.continue_clip_id or "").strip():
            raise InvalidRequest("error-at-without-take", option="at")
        if not is_int(self.continue_at) or self.continue_at < 0:
            raise InvalidRequest("error-at-negative", option="at")

    @property
    def sheet(self) -> Sheet:
        """An instrumental has no lyrics: what stands in their field describes it."""
        if self.instrumental:
            return Sheet(style=self.tags, idea=self.description or self.prompt)
        return Sheet(lyrics=self.prompt, style=self.tags, idea=self.description)

    @property
    def singer(self) -> str:
        """The persona by its name here."""
        return self.persona_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover(Request):
    """`POST /api/v1/music/cover`: what is left empty stays as it is in the clip."""

    kind: ClassVar[str] = "cover"

    clip_id: str
    prompt: str = ""
    tags: str = ""

    def _check(self) -> None:
        check_clip(self.clip_id)
        check_words(self.prompt, self.tags)

    @property
    def sheet(self) -> Sheet:
        """New words and style."""
        return Sheet(lyrics=self.prompt, style=self.tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaster(Request):
    """`POST /api/v1/music/remaster`."""

    kind: ClassVar[str] = "remaster"

    clip_id: str

    def _check(self) -> None:
        check_clip(self.clip_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundEffect(Request):
    """`POST /api/v1/music/soundfx`; `key` such as `C` or `F#m`."""

    kind: ClassVar[str] = "soundfx"

    description: str
    sound_type: SoundType = SoundType.ONE_SHOT
    bpm: int | None = None
    key: str = ""

    def _check(self) -> None:
        check_length("text", self.description, MAX_IDEA)
        if not self.description.strip():
            raise InvalidRequest("error-no-words", option="text")
        if self.sound_type not in list(SoundType):
            raise InvalidRequest("error-sound-type", option="kind")
        if self.bpm is not None and (not is_int(self.bpm) or self.bpm not in BPM):
            raise InvalidRequest("error-bpm", option="bpm", min=BPM.start, max=BPM.stop - 1)
        if self.key and not SOUND_KEY.fullmatch(self.key):
            raise InvalidRequest("error-key", option="key")

    @property
    def sheet(self) -> Sheet:
        """The described sound."""
        return Sheet(idea=self.description)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddVocals(Request):
    """`POST /api/v1/music/add-vocals`; no `end_s` means the end of the clip.

    The docs name the clip "the vocal sample" and no other target, so the take sung over is that clip.
    """

    kind: ClassVar[str] = "add_vocals"

    clip_id: str
    start_s: float = 0.0
    end_s: float | None = None
    prompt: str = ""
    tags: str = ""

    def _check(self) -> None:
        check_clip(self.clip_id)
        check_range(self.start_s, self.end_s)
        check_words(self.prompt, self.tags)

    @property
    def sheet(self) -> Sheet:
        """The new words."""
        return Sheet(lyrics=self.prompt, style=self.tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddInstrumental(Request):
    """`POST /api/v1/music/add-instrumental`; an `end_s` of 0 means the whole clip, here and in `Sample` alone."""

    kind: ClassVar[str] = "add_instrumental"

    clip_id: str
    start_s: float = 0.0
    end_s: float = 0.0

    def _check(self) -> None:
        check_clip(self.clip_id)
        check_range(self.start_s, self.end_s or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample(Request):
    """`POST /api/v1/music/sample`: a song from a hummed melody; the clip is an upload's."""

    kind: ClassVar[str] = "sample"

    clip_id: str
    start_s: float = 0.0
    end_s: float = 0.0

    def _check(self) -> None:
        check_clip(self.clip_id)
        check_range(self.start_s, self.end_s or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Infill(Request):
    """`POST /api/v1/music/infill`: replaces one range of a clip."""

    kind: ClassVar[str] = "infill"

    clip_id: str
    start_s: float
    end_s: float
    prompt: str = ""
    tags: str = ""

    def _check(self) -> None:
        check_clip(self.clip_id)
        check_range(self.start_s, self.end_s)
        check_words(self.prompt, self.tags)

    @property
    def sheet(self) -> Sheet:
        """The words of the section."""
        return Sheet(lyrics=self.prompt, style=self.tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload(Request):
    """`POST /api/v1/music/upload`: brings a member's own audio in. With `hummed`, a song is made from it afterwards."""

    kind: ClassVar[str] = "upload"
    lane: ClassVar[Lane] = Lane.BLOCK

    audio_url: str
    file_name: str = ""
    hummed: bool = False

    def _check(self) -> None:
        if not self.audio_url.startswith(("https://", "http://")):
            raise InvalidRequest("error-no-file", option="file")

    def sample(self, clip_id: str) -> Sample:
        """What follows once the hummed melody is there."""
        return Sample(clip_id=clip_id, title=self.title, retention_days=self.retention_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Concat(OfAClip):
    """`POST /api/v1/music/concat`: the full-length song a clip belongs to."""

    kind: ClassVar[str] = "concat"
    lane: ClassVar[Lane] = Lane.BLOCK

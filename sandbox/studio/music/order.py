"""What the studio orders from its musicians, and what it gets back."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Work(StrEnum):
    """What is to be made; all but the first and SOUND start from something recorded."""

    SONG = "song"
    EXTENSION = "extension"
    COVER = "cover"
    REMASTER = "remaster"
    SOUND = "sound"
    VOCALS = "vocals"
    BACKING = "backing"
    HUM = "hum"
    INFILL = "infill"
    JOIN = "join"


@dataclass(frozen=True, slots=True)
class TakeOrder:
    """One take. `recording` is the stem of the files to write, `source` the recording it starts from.

    `start_s` and `end_s` bound the range of INFILL, VOCALS, BACKING and HUM (None: from its start, to its end);
    EXTENSION goes on from `start_s` (None: from the end). `chain` is for JOIN: recordings from the first on, each with
    the second at which the next one sets in (None: its end). `voice_of` is a recording whose singer sings; `loop`,
    `bpm` and `key` ("C", "Am") are for SOUND; `bars` asks for a short instrumental of that length.
    """

    recording: str
    take: int
    work: Work = Work.SONG
    source: str = ""
    chain: tuple[tuple[str, float | None], ...] = ()
    start_s: float | None = None
    end_s: float | None = None
    lyrics: str = ""
    tags: str = ""
    description: str = ""
    title: str = ""
    instrumental: bool = False
    voice_of: str = ""
    loop: bool = False
    bpm: int | None = None
    key: str = ""
    bars: int | None = None

    def seed(self, *scope: object) -> str:
        """What makes the same words sound the same; `scope` tells apart what is drawn from it."""
        words = (self.work, self.lyrics, self.tags, self.description, self.instrumental, self.voice_of)
        return hashlib.sha256("\x1f".join(map(str, (*words, *scope))).encode()).hexdigest()


class RenderedTake(BaseModel):
    """A take whose files are written; `duration` in seconds of its MP3, `prompt` the words that are sung in it."""

    model_config = ConfigDict(frozen=True)

    recording: str
    title: str
    duration: float
    tags: str
    prompt: str = ""

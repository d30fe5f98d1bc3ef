"""What the studio orders from its composer, and what it gets back."""

import hashlib
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict


@dataclass(frozen=True, slots=True)
class TakeOrder:
    """One take of a song. `continues` is the recording it extends, from `continue_at` seconds (None: its end) on;
    `bars` asks for a short instrumental of that length."""

    recording: str
    take: int
    lyrics: str = ""
    tags: str = ""
    description: str = ""
    title: str = ""
    instrumental: bool = False
    persona: str = ""
    continues: str = ""
    continue_at: int | None = None
    bars: int | None = None

    def seed(self, *scope: object) -> str:
        """What makes the same words sound the same; `scope` tells apart what is drawn from it."""
        words = (self.lyrics, self.tags, self.description, self.instrumental, self.persona, *scope)
        return hashlib.sha256("\x1f".join(map(str, words)).encode()).hexdigest()


class RenderedTake(BaseModel):
    """A take whose files are written; `duration` in seconds of its MP3."""

    model_config = ConfigDict(frozen=True)

    recording: str
    title: str
    duration: float
    tags: str

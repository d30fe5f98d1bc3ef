"""The borders of the bot as Protocols: what the stages need of MusicMint, of files, of Discord, of time and of chance.

The store needs none: SQLite is its own fake.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.musicmint.models import ResultItem, SubmittedTask, TaskPage, TaskReport, TaskStatus
from bot.phrasebook import Sentence
from bot.picture import CardPicture, TakePicture
from bot.requests import Generate


class Clock(Protocol):
    """Wall time in Unix milliseconds, and waiting. Tests advance it by hand."""

    def now_ms(self) -> int:
        """Unix milliseconds, UTC."""
        ...

    async def wait(self, event: asyncio.Event, timeout_s: float | None) -> None:
        """Return when `event` is set or `timeout_s` seconds went by (None: only the event)."""
        ...


class Chance(Protocol):
    """Randomness that is passed in."""

    def token(self) -> str:
        """A fresh secret, unguessable, for a lease."""
        ...

    def spread(self, seconds: float) -> float:
        """`seconds` with up to 20 % added or taken away, so that retries do not march in step."""
        ...


class MusicMint(Protocol):
    """The music API. Every method raises only `bot.errors.ServiceError`."""

    async def generate(self, request: Generate) -> SubmittedTask:
        """Submit once, on a fresh connection. Never repeated inside."""
        ...

    async def get_task(self, task_id: str) -> TaskReport:
        """One task; a read, so repeating it is harmless."""
        ...

    async def list_tasks(self, *, page: int, status: TaskStatus | None = None) -> TaskPage:
        """A page of up to 100 tasks of this key, newest first; pages count from 1."""
        ...

    async def get_music(self, clip_id: str) -> ResultItem:
        """One result with a fresh link; raises `ResultExpired` once it is gone."""
        ...


@dataclass(frozen=True, slots=True)
class Tags:
    """What is written into the MP3 so that the file is finished when it lands."""

    title: str
    artist: str
    album: str
    lyrics: str
    style: str
    prompt: str
    task_id: str


@dataclass(frozen=True, slots=True)
class TakeFile:
    """A take on disk, ready to post; whoever asked for it deletes the folder it lies in."""

    audio: Path
    cover: Path | None
    size: int
    """Bytes of the audio."""
    duration_s: float
    """Seconds, measured from the file itself."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A take's file, or why its message goes without one."""

    file: TakeFile | None
    lack: Sentence | None = None


class Media(Protocol):
    """Fetches files of takes and finishes them. Raises only `bot.errors.MediaError`."""

    async def fetch_take(self, clip: ResultItem, tags: Tags, folder: Path, name: str) -> TakeFile:
        """Download audio and, where there is one, cover into `folder` as `name` with its type's ending; tag an MP3."""
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """Where a message stands."""

    channel_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Post:
    """How a message is sent: under which nonce, and as a reply to which message of the same channel."""

    nonce: str
    reply_to: int | None


class Messenger(Protocol):
    """Everything the bot posts outside an interaction. Raises only `bot.errors.MessengerError`."""

    async def start_thread(self, *, channel_id: int, card_message_id: int, name: str) -> int:
        """Grow a thread from the card; its id. Starting twice is harmless. Raises `NoThreadHere`, `PlaceGone`."""
        ...

    async def post_take(self, channel_id: int, take: TakePicture, parcel: Parcel, post: Post) -> int:
        """Post one take (without a file: with a link to it); the message's id."""
        ...

    async def find_take(self, channel_id: int, take: TakePicture, since_ms: int) -> int | None:
        """The message since then by which we posted this take. Raises `HistoryClosed` where we may not look."""
        ...

    async def redraw_card(self, channel_id: int, message_id: int, card: CardPicture) -> None:
        """Draw a card anew."""
        ...

    async def answered_with(self, interaction_token: str) -> Message | None:
        """The message an interaction was answered with; None where there is none or the token is too old."""
        ...

    async def direct_channel(self, user_id: int) -> int:
        """The channel of private messages with a member. Raises `PlaceGone` where they take none."""
        ...

    def place_name(self, guild_id: int | None) -> str | None:
        """The server's name, where we know it."""
        ...

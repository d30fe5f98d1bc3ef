"""The borders of the bot as Protocols: what the stages need of MusicMint, of files, of Discord, of time and of chance.

The store needs none: SQLite is its own fake.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from bot.links import Links
from bot.musicmint.models import (
    FullSong,
    MidiNote,
    PersonaBatch,
    ResultItem,
    SubmittedTask,
    TaskPage,
    TaskReport,
    TaskStatus,
    Timing,
    Transcription,
    UploadedClip,
    VocalStem,
    Word,
)
from bot.phrasebook import Sentence
from bot.picture import CardPicture, Piece
from bot.requests import (
    AddInstrumental,
    AddVocals,
    Concat,
    Cover,
    Generate,
    Infill,
    Lyrics,
    Midi,
    Persona,
    Remaster,
    Sample,
    SoundEffect,
    Stem,
    Upload,
)


class Clock(Protocol):
    """Wall time in Unix milliseconds, and waiting. Tests advance it by hand."""

    def now_ms(self) -> int:
        """Unix milliseconds, UTC."""
        ...

    def age_ms(self, since_ms: int) -> int:
        """How long ago that was, as far as this process saw the time go by evenly.

        The wall clock may jump by days, and who was not there cannot say that nothing came in the meantime.
        """
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
    """The music API. Every method raises only `bot.errors.ServiceError`, calls once, and repeats nothing inside.

    Those that answer a `SubmittedTask` take the address MusicMint may call once the task has ended (None: none).
    """

    async def generate(self, request: Generate, callback_url: str | None) -> SubmittedTask:
        """A new song, or what follows a clip."""
        ...

    async def cover(self, request: Cover, callback_url: str | None) -> SubmittedTask:
        """A clip's song in another style or with other words."""
        ...

    async def remaster(self, request: Remaster, callback_url: str | None) -> SubmittedTask:
        """A clip in better sound."""
        ...

    async def sound_effect(self, request: SoundEffect, callback_url: str | None) -> SubmittedTask:
        """A sound, once or as a loop."""
        ...

    async def add_vocals(self, request: AddVocals, callback_url: str | None) -> SubmittedTask:
        """New vocals over a range of a clip."""
        ...

    async def add_instrumental(self, request: AddInstrumental, callback_url: str | None) -> SubmittedTask:
        """A band for an uploaded voice."""
        ...

    async def sample(self, request: Sample, callback_url: str | None) -> SubmittedTask:
        """A song from a hummed melody."""
        ...

    async def infill(self, request: Infill, callback_url: str | None) -> SubmittedTask:
        """A clip with one range replaced."""
        ...

    async def lyrics(self, request: Lyrics, callback_url: str | None) -> SubmittedTask:
        """Words alone."""
        ...

    async def upload(self, request: Upload) -> UploadedClip:
        """Let the API fetch a member's audio; may block for minutes."""
        ...

    async def concat(self, request: Concat) -> FullSong:
        """The full-length song; blocks up to 5 minutes."""
        ...

    async def persona(self, request: Persona) -> PersonaBatch:
        """A singer from a clip."""
        ...

    async def stem(self, request: Stem) -> VocalStem:
        """The vocals alone; blocks up to 5 minutes."""
        ...

    async def midi(self, request: Midi) -> Transcription:
        """The notes."""
        ...

    async def timeline(self, clip_id: str) -> Timing:
        """When each word is sung; a read."""
        ...

    async def waveform(self, clip_id: str) -> tuple[float, ...]:
        """The envelope, 0 to 1, evenly spaced over the clip; a read."""
        ...

    async def wav(self, clip_id: str) -> str:
        """The address of the clip as WAV; a read."""
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

    def skew_ms(self) -> int:
        """How far MusicMint's clock is ahead of ours, by the `Date` of its last answer; 0 before the first."""
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
class Finish:
    """What makes a take's file finished beside its tags: true times of its words, its envelope. Empty = unknown."""

    words: tuple[Word, ...] = ()
    levels: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class TakeFile:
    """A take on disk, ready to post; whoever asked for it deletes the folder it lies in."""

    audio: Path
    """Of an export: its one file, whatever it is."""
    cover: Path | None
    size: int
    """Bytes of the audio."""
    duration_s: float
    """Seconds, measured from the file itself; 0 for what has no length."""
    waveform: Path | None = None
    """A picture of the envelope."""
    tags: Tags | None = None
    words: tuple[Word, ...] = ()
    """What an MP3 of it says of itself; kept, because one that is made smaller says it again."""
    kbit_per_s: int | None = None
    """Of a file that was made smaller. None: it sounds as MusicMint made it."""

    @property
    def largest(self) -> int:
        """Bytes of the largest of its files: each by itself is held against a place's limit."""
        return max([self.size, *(picture.stat().st_size for picture in (self.cover, self.waveform) if picture)])

    def without_pictures_above(self, max_bytes: int) -> TakeFile:
        """Leaves out what a place does not take and a take can do without."""
        cover, waveform = (
            picture if picture is not None and picture.stat().st_size <= max_bytes else None
            for picture in (self.cover, self.waveform)
        )
        return replace(self, cover=cover, waveform=waveform)


@dataclass(frozen=True, slots=True)
class Parcel:
    """The file of a take or an export, or why its message goes without one. `link`: where the original can be heard."""

    file: TakeFile | None
    lack: Sentence | None = None
    link: str = ""


class Media(Protocol):
    """Fetches and makes files, in `folder` as `name` with their type's ending.

    Raises only `bot.errors.MediaError`, and where it has `Links` to follow what reading fresh ones raises.
    """

    async def fetch_take(
        self, links: Links[ResultItem], tags: Tags, folder: Path, name: str, finish: Awaitable[Finish]
    ) -> TakeFile:
        """Download audio and, where there is one, cover; then await `finish`; tag an MP3; draw the envelope."""
        ...

    async def fetch_audio(self, links: Links[str], folder: Path, name: str, tags: Tags | None) -> TakeFile:
        """Download an export; an MP3 gets the tags."""
        ...

    async def fit(self, file: TakeFile, max_bytes: int) -> TakeFile:
        """All of it as an MP3 of at most so many bytes. Raises `MediaRefused` where that is too little."""
        ...

    async def write_midi(
        self, notes: Mapping[str, tuple[MidiNote, ...]], title: str, folder: Path, name: str
    ) -> TakeFile:
        """A Standard MIDI File of the notes by instrument."""
        ...

    async def write_karaoke(
        self, words: tuple[Word, ...], lyrics: str, title: str, artist: str, folder: Path, name: str
    ) -> TakeFile:
        """An LRC file: each line of the lyrics with its time."""
        ...

    async def draw_waveform(self, levels: tuple[float, ...], folder: Path, name: str) -> TakeFile:
        """The envelope as a picture."""
        ...

    async def check_upload(self, url: str) -> float:
        """The seconds of a member's audio. Raises `MediaRefused` for what is no audio, too large, too long or short."""
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

    async def post(self, channel_id: int, piece: Piece, parcel: Parcel, post: Post) -> int:
        """Post a take or an export (without a file: with a link to it), or a card anew; the message's id."""
        ...

    async def find(self, channel_id: int, piece: Piece, since_ms: int) -> int | None:
        """The message since then by which we posted this piece. Raises `HistoryClosed` where we may not look."""
        ...

    async def find_card(self, channel_id: int, task_id: int, since_ms: int) -> Message | None:
        """The card of a task among what we posted since then. Raises `HistoryClosed` where we may not look."""
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

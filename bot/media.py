"""Finish what members get: takes with tags, cover and picture, and exports. Check what they bring."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Final

import mutagen
import mutagen.apev2
import structlog
from mutagen.id3 import APIC, COMM, ID3, SYLT, TALB, TCON, TIT2, TPE1, TXXX, USLT, Encoding, Frame, PictureType

from bot import karaoke, midi, waveform
from bot.audio import AUDIO, PICTURE, Fetcher, Rule
from bot.encoder import Encoder
from bot.errors import MediaError, MediaRefused, MediaUnclear, ServiceError
from bot.length import seconds_of
from bot.links import Links
from bot.musicmint.models import MidiNote, ResultItem, Word
from bot.ports import Finish, Tags, TakeFile

NOTE = "AI-generated with MusicMint"
"""Says to every player and platform what the file is."""

MAX_EMBEDDED_COVER = 1024 * 1024
"""Bytes; a larger cover would eat into the place's upload limit."""

MIN_UPLOAD_S: Final = 2
MAX_UPLOAD_S: Final = 480
MAX_UPLOAD_BYTES: Final = 25 * 1024 * 1024
UPLOAD: Final = Rule(types=AUDIO.types, max_bytes=MAX_UPLOAD_BYTES, total_s=60.0)

MIME = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}

SYLT_MS: Final = 2
SYLT_LYRICS: Final = 1

_log = structlog.get_logger()


class TakeMedia:
    """Implements `bot.ports.Media`. `uploads` reaches the hosts members' files come from, and no other."""

    def __init__(self, fetcher: Fetcher, uploads: Fetcher) -> None:
        self._fetcher = fetcher
        self._uploads = uploads
        self._encoder = Encoder()

    async def fetch_take(
        self, links: Links[ResultItem], tags: Tags, folder: Path, name: str, finish: Awaitable[Finish]
    ) -> TakeFile:
        """Audio that is no MP3 keeps its own ending and goes without tags. A picture that fails is left out."""
        audio = await links.follow(lambda clip: self._fetcher.fetch(clip.audio_url, folder / name, AUDIO))
        cover = await self._cover(links, folder / f"{name}-cover")
        return await asyncio.to_thread(_finish, audio, cover, tags, await finish)

    async def fetch_audio(self, links: Links[str], folder: Path, name: str, tags: Tags | None) -> TakeFile:
        """An export. An MP3 gets the tags; a WAV, which must be PCM or float, stays as it is."""
        audio = await links.follow(lambda url: self._fetcher.fetch(url, folder / name, AUDIO))
        return await asyncio.to_thread(_finish, audio, None, tags, Finish())

    async def fit(self, file: TakeFile, max_bytes: int) -> TakeFile:
        """Encoded anew from `file`, at the best bit rate with which all of it fits, its tags and cover written again.

        It lies in a folder of its own beside `file`, whose name it keeps. Refuses by the rule `size`.
        """
        target = file.audio.parent / f"fit-{max_bytes}" / f"{file.audio.stem}.mp3"
        room = max_bytes - await asyncio.to_thread(_room_for_tags, file, target)
        rate = await self._encoder.run(file.audio, target, room)
        return await asyncio.to_thread(_fitted, replace(file, audio=target, kbit_per_s=rate), max_bytes)

    async def write_midi(
        self, notes: Mapping[str, tuple[MidiNote, ...]], title: str, folder: Path, name: str
    ) -> TakeFile:
        """A `.mid`. Refuses by the rule `empty` where there is no note."""
        end_s = max((note.end for note in chain.from_iterable(notes.values())), default=None)
        return await asyncio.to_thread(_store, folder / f"{name}.mid", end_s, lambda: midi.standard_file(notes, title))

    async def write_karaoke(
        self, words: tuple[Word, ...], lyrics: str, title: str, artist: str, folder: Path, name: str
    ) -> TakeFile:
        """An `.lrc`. Refuses by the rule `empty` where no word is timed."""
        end_s = max((word.end for word in words), default=None)

        def text() -> bytes:
            return karaoke.lrc(karaoke.timed_lines(words, lyrics), title, artist).encode(errors="replace")

        return await asyncio.to_thread(_store, folder / f"{name}.lrc", end_s, text)

    async def draw_waveform(self, levels: tuple[float, ...], folder: Path, name: str) -> TakeFile:
        """A `.png`, whose length is 0. Refuses by the rule `empty` where there is no level."""
        length_s = 0.0 if levels else None
        return await asyncio.to_thread(
            _store, folder / f"{name}.png", length_s, lambda: waveform.png(levels, waveform.EXPORT)
        )

    async def check_upload(self, url: str) -> float:
        """The length in seconds of what a member brings. Refuses by the rules `address`, `type`, `size`, `length`."""
        try:
            with tempfile.TemporaryDirectory(prefix="minstrel-") as folder:
                audio = await self._uploads.fetch(url, Path(folder) / "upload", UPLOAD)
                length_s = await asyncio.to_thread(seconds_of, audio)
        except OSError as error:
            raise MediaUnclear(cause=type(error).__name__) from None
        if not MIN_UPLOAD_S <= length_s <= MAX_UPLOAD_S:
            raise MediaRefused(rule="length")
        return length_s

    async def _cover(self, links: Links[ResultItem], stem: Path) -> Path | None:
        if not links.named.image_url:
            return None
        try:
            return await links.follow(lambda clip: self._fetcher.fetch(clip.image_url, stem, PICTURE))
        except (MediaError, ServiceError) as error:
            _log.warning("cover_left_out", clip_id=links.named.id, error=str(error))
            return None


# What follows blocks: it runs in a thread


def _finish(audio: Path, cover: Path | None, tags: Tags | None, finish: Finish) -> TakeFile:
    try:
        length_s = seconds_of(audio)
        if tags is not None and audio.suffix == ".mp3":
            _write_tags(audio, cover, tags, finish.words)
        picture = _picture(finish.levels, audio.with_name(f"{audio.stem}-waveform.png"))
        size = audio.stat().st_size
        return TakeFile(audio, cover, size, length_s, waveform=picture, tags=tags, words=finish.words)
    except (OSError, mutagen.MutagenError) as error:
        raise MediaUnclear(cause=type(error).__name__) from None


def _room_for_tags(file: TakeFile, target: Path) -> int:
    """Bytes they take in front of the sound. Makes the target's folder."""
    try:
        target.parent.mkdir(exist_ok=True)
        if file.tags is None:
            return 0
        alone = target.with_suffix(".tags")
        _write_tags(alone, file.cover, file.tags, file.words)
        return alone.stat().st_size
    except (OSError, mutagen.MutagenError) as error:
        raise MediaUnclear(cause=type(error).__name__) from None


def _fitted(file: TakeFile, max_bytes: int) -> TakeFile:
    try:
        if file.tags is not None:
            _write_tags(file.audio, file.cover, file.tags, file.words)
        size = file.audio.stat().st_size
    except (OSError, mutagen.MutagenError) as error:
        raise MediaUnclear(cause=type(error).__name__) from None
    if size > max_bytes:
        raise MediaRefused(rule="size")
    return replace(file, size=size)


def _store(path: Path, length_s: float | None, content: Callable[[], bytes]) -> TakeFile:
    if length_s is None:
        raise MediaRefused(rule="empty")
    try:
        size = path.write_bytes(content())
    except OSError as error:
        raise MediaUnclear(cause=type(error).__name__) from None
    return TakeFile(path, None, size, length_s)


def _picture(levels: tuple[float, ...], path: Path) -> Path | None:
    if not levels:
        return None
    try:
        path.write_bytes(waveform.png(levels, waveform.EMBED))
    except (OSError, ValueError) as error:
        _log.warning("waveform_left_out", name=path.name, error=type(error).__name__)
        return None
    return path


def _write_tags(audio: Path, cover: Path | None, tags: Tags, words: tuple[Word, ...]) -> None:
    """ID3v2.3 in UTF-16, which the oldest players read; whatever tags there were are gone."""
    if audio.exists():
        mutagen.id3.delete(audio)
        mutagen.apev2.delete(audio)
    id3 = ID3()
    for frame in [*_frames(tags), *_timed_lyrics(words, tags.lyrics)]:
        id3.add(frame)
    if cover is not None and cover.stat().st_size <= MAX_EMBEDDED_COVER:
        id3.add(APIC(mime=MIME[cover.suffix], type=PictureType.COVER_FRONT, data=cover.read_bytes()))
    id3.save(audio, v1=0, v2_version=3, padding=lambda _: 0)  # nobody edits them, and every byte may count


def _frames(tags: Tags) -> list[Frame]:
    def words(text: str) -> dict[str, object]:
        return {"encoding": Encoding.UTF16, "text": _storable(text)}

    frames = [
        TIT2(**words(tags.title)),
        TPE1(**words(tags.artist)),
        TALB(**words(tags.album)),
        TCON(**words(tags.style)),
        USLT(lang="und", desc="", **words(tags.lyrics)),
        TXXX(desc="prompt", **words(tags.prompt)),
        TXXX(desc="MusicMint task id", **words(tags.task_id)),
        COMM(lang="eng", desc="", **words(NOTE)),
    ]
    return [frame for frame in frames if str(frame)]


def _timed_lyrics(words: tuple[Word, ...], lyrics: str) -> list[Frame]:
    pieces = karaoke.timed_words(words, lyrics) if words else ()
    text = [(_storable(piece.text), round(piece.start_s * 1000)) for piece in pieces]
    return [SYLT(encoding=Encoding.UTF16, lang="und", format=SYLT_MS, type=SYLT_LYRICS, text=text)] if text else []


def _storable(text: str) -> str:
    """NUL would split a value in two, and a lone surrogate cannot be encoded."""
    return text.replace("\0", "").encode(errors="replace").decode()

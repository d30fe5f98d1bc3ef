"""Finish a take: fetch its audio and cover, write its tags, measure its length."""

from __future__ import annotations

import asyncio
from pathlib import Path

import mutagen
import mutagen.apev2
import structlog
from mutagen.id3 import APIC, COMM, ID3, TALB, TCON, TIT2, TPE1, TXXX, USLT, Encoding, Frame, PictureType

from bot.audio import AUDIO, PICTURE, Fetcher
from bot.errors import MediaError, MediaRefused
from bot.musicmint.models import ResultItem
from bot.ports import Tags, TakeFile

NOTE = "AI-generated with MusicMint"
"""Says to every player and platform what the file is."""

MAX_EMBEDDED_COVER = 1024 * 1024
"""Bytes; a larger cover would eat into the place's upload limit."""

MIME = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}

_log = structlog.get_logger()


class TakeMedia:
    """Implements `bot.ports.Media`."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    async def fetch_take(self, clip: ResultItem, tags: Tags, folder: Path, name: str) -> TakeFile:
        """Audio that is no MP3 keeps its own ending and goes without tags. A cover that fails is left out."""
        audio = await self._fetcher.fetch(clip.audio_url, folder / name, AUDIO)
        cover = await self._cover(clip, folder / f"{name}-cover")
        return await asyncio.to_thread(_finish, audio, cover, tags)

    async def _cover(self, clip: ResultItem, stem: Path) -> Path | None:
        if not clip.image_url:
            return None
        try:
            return await self._fetcher.fetch(clip.image_url, stem, PICTURE)
        except MediaError as error:
            _log.warning("cover_left_out", clip_id=clip.id, error=str(error))
            return None


def _finish(audio: Path, cover: Path | None, tags: Tags) -> TakeFile:
    """Blocking: runs in a thread."""
    try:
        sound = mutagen.File(audio)
        if sound is None:
            raise MediaRefused(rule="type")
        if audio.suffix == ".mp3":
            _write_tags(audio, cover, tags)
    except mutagen.MutagenError:
        raise MediaRefused(rule="type") from None
    return TakeFile(audio=audio, cover=cover, size=audio.stat().st_size, duration_s=sound.info.length)


def _write_tags(audio: Path, cover: Path | None, tags: Tags) -> None:
    """ID3v2.3 in UTF-16, which the oldest players read; whatever tags there were are gone."""
    mutagen.id3.delete(audio)
    mutagen.apev2.delete(audio)
    id3 = ID3()
    for frame in _frames(tags):
        id3.add(frame)
    if cover is not None and cover.stat().st_size <= MAX_EMBEDDED_COVER:
        id3.add(APIC(mime=MIME[cover.suffix], type=PictureType.COVER_FRONT, data=cover.read_bytes()))
    id3.save(audio, v1=0, v2_version=3)


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


def _storable(text: str) -> str:
    """NUL would split a value in two, and a lone surrogate cannot be encoded."""
    return text.replace("\0", "").encode(errors="replace").decode()

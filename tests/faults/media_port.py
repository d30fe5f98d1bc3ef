"""Files as a port: small ones, written where the real ones would lie."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from bot.errors import MediaError, MediaGone, MediaRefused, MediaUnclear
from bot.links import Links
from bot.musicmint.models import MidiNote, ResultItem, Word
from bot.ports import Finish, Tags, TakeFile
from tests.faults.wire import Life, Wire, raising

KIND: Final = "media"
DOWNLOAD_S: Final = (0.2, 40.0)
"""Up to a large file over a slow line."""
MAKE_S: Final = (0.01, 0.5)
INSTEAD: Final[tuple[Callable[[], MediaError], ...]] = (MediaUnclear, MediaGone, lambda: MediaRefused(rule="size"))


class CountedMedia:
    """Implements `bot.ports.Media`."""

    def __init__(self, wire: Wire, life: Life) -> None:
        self._wire = wire
        self._life = life

    async def fetch_take(
        self, links: Links[ResultItem], tags: Tags, folder: Path, name: str, finish: Awaitable[Finish]
    ) -> TakeFile:
        path, length_s = folder / f"{name}.mp3", links.named.duration

        async def fetch(_item: ResultItem) -> Path:
            return (await self._written("fetch_take", path, length_s, DOWNLOAD_S)).audio

        await links.follow(fetch)
        await finish
        return TakeFile(audio=path, cover=None, size=3, duration_s=length_s)

    async def fetch_audio(self, links: Links[str], folder: Path, name: str, tags: Tags | None) -> TakeFile:
        path = folder / f"{name}.{links.named.rpartition('.')[2]}"

        async def fetch(_link: str) -> Path:
            return (await self._written("fetch_audio", path, 30.0, DOWNLOAD_S)).audio

        await links.follow(fetch)
        return TakeFile(audio=path, cover=None, size=3, duration_s=30.0)

    async def fit(self, file: TakeFile, max_bytes: int) -> TakeFile:
        return await self._written("fit", file.audio, file.duration_s, MAKE_S)

    async def write_midi(
        self, notes: Mapping[str, tuple[MidiNote, ...]], title: str, folder: Path, name: str
    ) -> TakeFile:
        return await self._written("write_midi", folder / f"{name}.mid", 30.0, MAKE_S)

    async def write_karaoke(
        self, words: tuple[Word, ...], lyrics: str, title: str, artist: str, folder: Path, name: str
    ) -> TakeFile:
        return await self._written("write_karaoke", folder / f"{name}.lrc", 30.0, MAKE_S)

    async def draw_waveform(self, levels: tuple[float, ...], folder: Path, name: str) -> TakeFile:
        return await self._written("draw_waveform", folder / f"{name}.png", 0.0, MAKE_S)

    async def check_upload(self, url: str) -> float:
        async def length_s() -> float:
            return 30.0

        lost = [raising(MediaUnclear)]
        instead = [raising(error) for error in INSTEAD]
        return await self._wire.call(
            self._life, KIND, "check_upload", length_s, instead=instead, lost=lost, takes_s=DOWNLOAD_S
        )

    async def _written(self, call: str, path: Path, duration_s: float, takes_s: tuple[float, float]) -> TakeFile:
        async def write() -> TakeFile:
            if path.parent.exists():  # it is gone where the process died meanwhile
                path.write_bytes(b"ID3")
            return TakeFile(audio=path, cover=None, size=3, duration_s=duration_s)

        lost = [raising(MediaUnclear)]
        instead = [raising(error) for error in INSTEAD]
        return await self._wire.call(self._life, KIND, call, write, instead=instead, lost=lost, takes_s=takes_s)

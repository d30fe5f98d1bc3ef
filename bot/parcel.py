"""Gets what a delivery posts ready: its file, fetched or made, tagged and named; or the reason why there is none."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import structlog

from bot import exports, lineage
from bot.errors import (
    KeyRejected,
    MediaError,
    MediaGone,
    MediaUnclear,
    MinstrelError,
    RateLimited,
    RequestRejected,
    ResultExpired,
    ServiceError,
    Unclear,
    Unreachable,
)
from bot.musicmint.models import ResultItem, Word
from bot.phrasebook import Sentence
from bot.picture import ExportPicture, Piece, TakePicture
from bot.ports import Finish, Media, MusicMint, Parcel, Tags, TakeFile
from bot.requests import Generate
from db.tasks import Task

log = structlog.get_logger()

MAY_HELP_LATER: Final = (MediaUnclear, KeyRejected, RateLimited, Unreachable, Unclear)
LAST_TRANSFER: Final = 5
"""After so many broken transfers a take is posted with a link instead of its file."""
FINISH_WITHIN_S: Final = 10.0
"""A picture and word times are welcome; the song does not wait for them."""


class Packer:
    """Fetches the files of takes and makes those of exports."""

    def __init__(self, musicmint: MusicMint, media: Media) -> None:
        self._musicmint = musicmint
        self._media = media

    async def pack(
        self, piece: Piece, task: Task, api_task_id: str, place: str | None, folder: Path, *, attempt: int
    ) -> Parcel:
        """Into `folder`. Raises `MediaUnclear` or `ServiceError` where trying again later may help."""
        link = piece.item.audio_url if isinstance(piece, TakePicture) else exports.link(piece)
        try:
            return Parcel(await self._file(piece, api_task_id, place, folder), link=link)
        except (MediaError, ServiceError) as error:
            if isinstance(error, MAY_HELP_LATER) and attempt < LAST_TRANSFER:
                raise
            log.warning("goes without its file", task=task.id, error=str(error))
            return Parcel(None, Sentence.of(_told(error)), link)

    async def _file(self, piece: Piece, api_task_id: str, place: str | None, folder: Path) -> TakeFile:
        if isinstance(piece, ExportPicture):
            return await exports.make(piece, self._media, self._musicmint, place, folder)
        return await self._fetch(piece, tags_of(piece, api_task_id, place), folder, await self._finish(piece))

    async def _fetch(self, take: TakePicture, tags: Tags, folder: Path, finish: Finish) -> TakeFile:
        try:
            return await self._media.fetch_take(take.item, tags, folder, take.file_stem, finish)
        except MediaGone as gone:
            try:
                fresh = await self._musicmint.get_music(take.item.id)
            except RequestRejected:
                raise gone from None
            return await self._media.fetch_take(fresh, tags, folder, take.file_stem, finish)

    async def _finish(self, take: TakePicture) -> Finish:
        levels, words = await asyncio.gather(self._levels(take.item), self._words(take))
        return Finish(words=words, levels=levels)

    async def _levels(self, item: ResultItem) -> tuple[float, ...]:
        try:
            async with asyncio.timeout(FINISH_WITHIN_S):
                return await self._musicmint.waveform(item.id)
        except (ServiceError, TimeoutError) as error:
            log.info("no picture of the envelope", clip=item.id, error=str(error))
            return ()

    async def _words(self, take: TakePicture) -> tuple[Word, ...]:
        if not lineage.lyrics_of(take.take).strip():
            return ()
        try:
            async with asyncio.timeout(FINISH_WITHIN_S):
                return (await self._musicmint.timeline(take.item.id)).aligned
        except (ServiceError, TimeoutError) as error:
            log.info("no times of the words", clip=take.item.id, error=str(error))
            return ()


def tags_of(take: TakePicture, api_task_id: str, place: str | None) -> Tags:
    """What the file says of itself. `place` is the server's name."""
    request = lineage.request_of(take.take)
    prompt = (request.description or request.prompt) if isinstance(request, Generate) else request.sheet.lyrics
    return Tags(
        title=take.item.title or take.take.song_title,
        artist=request.singer or place or "Minstrel",
        album=place or "Minstrel",
        lyrics=lineage.lyrics_of(take.take),
        style=lineage.style_of(take.take),
        prompt=prompt,
        task_id=api_task_id,
    )


def _told(error: MinstrelError) -> MinstrelError:
    return error if isinstance(error, MediaError | ResultExpired) else MediaError()

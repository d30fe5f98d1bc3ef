"""Gets a take ready to be posted: its file, fetched, tagged and named; or the reason why there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import structlog

from bot import filename, lineage
from bot.errors import (
    KeyRejected,
    MediaError,
    MediaGone,
    MediaUnclear,
    RateLimited,
    RequestRejected,
    ResultExpired,
    ServiceError,
    Unclear,
    Unreachable,
)
from bot.musicmint.models import ResultItem
from bot.phrasebook import Sentence
from bot.picture import TakePicture
from bot.ports import Media, MusicMint, Parcel, Tags, TakeFile
from bot.requests import parse
from db.tasks import Task

log = structlog.get_logger()

MAY_HELP_LATER: Final = (MediaUnclear, KeyRejected, RateLimited, Unreachable, Unclear)
LAST_TRANSFER: Final = 5
"""After so many broken transfers a take is posted with a link instead of its file."""


class Packer:
    """Fetches the files of takes."""

    def __init__(self, musicmint: MusicMint, media: Media) -> None:
        self._musicmint = musicmint
        self._media = media

    async def pack(
        self, take: TakePicture, task: Task, api_task_id: str, place: str | None, folder: Path, *, attempt: int
    ) -> Parcel:
        """Fetch into `folder`. Raises `MediaUnclear` or `ServiceError` where trying again later may help."""
        name = filename.stem(take.item.title or take.take.song_title, take.take.label, take.item.id)
        tags = tags_of(take, task, api_task_id, place)
        try:
            return Parcel(await self._fetch(take.item, tags, folder, name))
        except (MediaError, ServiceError) as error:
            if isinstance(error, MAY_HELP_LATER) and attempt < LAST_TRANSFER:
                raise
            log.warning("take goes without its file", task=task.id, clip=take.item.id, error=str(error))
            told = error if isinstance(error, MediaError | ResultExpired) else MediaError()
            return Parcel(None, Sentence.of(told))

    async def _fetch(self, item: ResultItem, tags: Tags, folder: Path, name: str) -> TakeFile:
        try:
            return await self._media.fetch_take(item, tags, folder, name)
        except MediaGone as gone:
            try:
                fresh = await self._musicmint.get_music(item.id)
            except RequestRejected:
                raise gone from None
            return await self._media.fetch_take(fresh, tags, folder, name)


def tags_of(take: TakePicture, task: Task, api_task_id: str, place: str | None) -> Tags:
    """What the file says of itself. `place` is the server's name."""
    request = parse(task.kind, task.request)
    return Tags(
        title=take.item.title or take.take.song_title,
        artist=place or "Minstrel",
        album=place or "Minstrel",
        lyrics=lineage.lyrics_of(take.take),
        style=lineage.style_of(take.take),
        prompt=request.description or request.prompt,
        task_id=api_task_id,
    )

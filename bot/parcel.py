"""Gets what a delivery posts ready: its file, fetched or made, tagged and named; or the reason why there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
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
    ResultExpired,
    ServiceError,
    TooLarge,
    Unclear,
    Unreachable,
)
from bot.links import Links
from bot.musicmint.models import ResultItem, Word
from bot.phrasebook import Sentence
from bot.picture import CardPicture, ExportPicture, Piece, TakePicture
from bot.ports import Finish, Media, MusicMint, Parcel, Tags, TakeFile
from bot.requests import Generate
from bot.retry import backoff
from db.deliveries import Delivery
from db.tasks import Task

log = structlog.get_logger()

MAY_HELP_LATER: Final = (MediaUnclear, KeyRejected, RateLimited, Unreachable, Unclear)
PATIENCE_MS: Final = 30 * 60_000
"""A file that did not come for so long is waited for no more: its message is posted with a link instead."""
FAIR_TRIES: Final = 9
"""So many a delivery gets however old its task is, some eight minutes: it may have been kept until now, or have waited
for an earlier part or for the bot's return."""
SMALLER: Final = ".mp3"
"""The ending of an export that may be made smaller; of a WAV members expect every bit."""
FINISH_WITHIN_S: Final = 10.0
"""A picture and word times are welcome; the song does not wait for them."""


def may_wait(delivery: Delivery, task: Task, piece: Piece, now: int) -> bool:
    """Whether a file that does not come is tried again later.

    A send that began had its file, so what Discord did not take is no failure of the file's host.
    """
    expires_at = piece.take.clip.expire_at if isinstance(piece, TakePicture) else 0
    if 0 < expires_at <= now + 2000 * backoff(delivery.attempts):  # twice: a link is to live on when it is posted
        return False
    without_since = max(task.ended_at or 0, delivery.last_try_at or 0)
    return delivery.attempts < FAIR_TRIES or now - without_since < PATIENCE_MS


class Packer:
    """Fetches the files of takes and makes those of exports."""

    def __init__(self, musicmint: MusicMint, media: Media) -> None:
        self._musicmint = musicmint
        self._media = media

    async def pack(
        self, piece: Piece, task: Task, api_task_id: str, place: str | None, folder: Path, *, patient: bool
    ) -> Parcel:
        """Into `folder`. Raises `MediaUnclear` or `ServiceError` where trying again later may help, if we may wait."""
        if isinstance(piece, CardPicture):
            return Parcel(None)
        if isinstance(piece, ExportPicture):
            found = exports.links(piece, self._musicmint)
            making = exports.make(piece, found, self._media, place, folder)
            return await _packed(making, lambda: found.named, task, patient=patient)
        links = Links(piece.item, partial(self._musicmint.get_music, piece.item.id))
        fetching = self._fetch(piece, links, tags_of(piece, api_task_id, place), folder)
        return await _packed(fetching, lambda: links.named.audio_url, task, patient=patient)

    async def fit(self, piece: Piece, parcel: Parcel, max_bytes: int, *, patient: bool) -> Parcel:
        """For a place that takes files of so many bytes: smaller, or with a link. Raises `MediaUnclear` as `pack`."""
        if parcel.file is None or parcel.file.largest <= max_bytes:
            return parcel
        file = parcel.file.without_pictures_above(max_bytes)
        if file.size <= max_bytes:
            return replace(parcel, file=file)
        if isinstance(piece, ExportPicture) and file.audio.suffix != SMALLER:
            return Parcel(None, Sentence.of(TooLarge()), parcel.link)
        try:
            return replace(parcel, file=await self._media.fit(file, max_bytes))
        except MediaError as error:
            if isinstance(error, MediaUnclear) and patient:
                raise
            log.warning("cannot be made smaller", name=file.audio.name, max_bytes=max_bytes, error=str(error))
            return Parcel(None, Sentence.of(TooLarge()), parcel.link)

    async def _fetch(self, take: TakePicture, links: Links[ResultItem], tags: Tags, folder: Path) -> TakeFile:
        finish = asyncio.create_task(self._finish(take))  # asked for while the audio comes
        try:
            return await self._media.fetch_take(links, tags, folder, take.file_stem, finish)
        finally:
            finish.cancel()

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


async def _packed(making: Awaitable[TakeFile], link: Callable[[], str], task: Task, *, patient: bool) -> Parcel:
    """`link` is asked afterwards: by then it may have been read afresh. A dead one is not handed on."""
    try:
        return Parcel(await making, link=link())
    except (MediaError, ServiceError) as error:
        if isinstance(error, MAY_HELP_LATER) and patient:
            raise
        log.warning("goes without its file", task=task.id, error=str(error))
        dead = isinstance(error, MediaGone | ResultExpired)
        return Parcel(None, Sentence.of(_told(error)), "" if dead else link())


def _told(error: MinstrelError) -> MinstrelError:
    return error if isinstance(error, MediaError | ResultExpired) else MediaError()

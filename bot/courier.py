"""Carries one delivery to its place: finds the place, looks whether it is there already, sends, records."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import picture, snowflake
from bot.errors import (
    AlreadyDeleted,
    HistoryClosed,
    HistoryTooLong,
    MediaUnclear,
    NoThreadHere,
    NotPosted,
    PlaceGone,
    TooLarge,
)
from bot.nonce import nonce
from bot.parcel import Packer, may_wait
from bot.phrasebook import Sentence
from bot.picture import CardPicture, Piece
from bot.ports import Clock, Messenger, Parcel, Post, TakeFile
from bot.requests import Show
from db import deliveries, limits, songs, submissions, tasks
from db.deliveries import Delivery
from db.engine import Database
from db.songs import Song
from db.states import Rung
from db.tasks import Task

log = structlog.get_logger()

LEASE_MS: Final = 10 * 60_000
"""From the claim to the first send, and from each send to what is recorded of it."""
SAME_NONCE_MS: Final = 60_000
"""Where history cannot be read, a resend is safe only while Discord surely still knows the nonce."""

MOST_AHEAD_MS: Final = 24 * 3600_000
"""A clock that seems further ahead of Discord's is believed to have been wrong for a moment."""

UNKNOWN_CHANNEL: Final = 10003
"""Discord's code of a place that is no more, with all that stood in it."""
LOWER: Final = {Rung.THREAD: Rung.CHANNEL, Rung.CHANNEL: Rung.DIRECT}
UNTITLED: Final = "Song"


class _LeaseLostError(Exception):
    """Somebody else has the delivery: nothing of it is ours to send or to write any more."""


@dataclass(frozen=True, slots=True)
class _Load:
    """A delivery with its place and what belongs to it. `limit`: bytes its file may have there, as far as we know."""

    delivery: Delivery
    task: Task
    piece: Piece
    api_task_id: str
    channel_id: int
    nonce: str
    limit: int | None

    @property
    def server(self) -> int:
        """Whose upload limit counts."""
        return _server(self.delivery.rung, self.task)


class Courier:
    """Posts takes, exports, and cards whose first message is out of reach.

    Raises `MessengerUnclear`, `MediaUnclear`, `ServiceError` where a later try may help.
    """

    def __init__(self, database: Database, messenger: Messenger, packer: Packer, clock: Clock) -> None:
        self._database = database
        self._messenger = messenger
        self._packer = packer
        self._clock = clock
        self._growing: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def carry(self, delivery: Delivery) -> None:
        """Bring it to Discord, on the first rung that takes it; kept where none does."""
        current: Delivery | None = delivery
        while current is not None:
            try:
                load = await self._load(current)
                current = load.delivery
                await self._deliver(load)
                return
            except (PlaceGone, NoThreadHere) as error:
                log.info("place is gone", delivery=current.id, rung=current.rung, error=str(error))
                current = await self._step_down(current)
            except _LeaseLostError:
                log.info("somebody else has it", delivery=delivery.id)
                return
            except HistoryClosed:
                log.warning("it may stand there already, and we may not look", delivery=current.id)
                # A take is offered by its card. A card that may be heard in two places does less harm than in none.
                current = await self._step_down(current) if current.kind == deliveries.CARD else None
        await self.keep(delivery)

    async def keep(self, delivery: Delivery) -> None:
        """It stays with its task."""
        async with self._database.write() as conn:
            if mine := await deliveries.kept(conn, delivery):
                await self._tell_the_card(conn, delivery)
        if mine:
            log.error("kept, not posted", delivery=delivery.id, task=delivery.task_id, kind=delivery.kind)

    async def park(self, delivery: Delivery) -> None:
        """It failed or died too often: it stays with its task too, and the operator is told."""
        counts = {"faults": delivery.faults, "deaths": delivery.deaths}
        log.error("delivery parked", delivery=delivery.id, task=delivery.task_id, **counts)
        async with self._database.write() as conn:
            if await deliveries.parked(conn, delivery):
                await self._tell_the_card(conn, delivery)

    @staticmethod
    async def _tell_the_card(conn: AsyncConnection, delivery: Delivery) -> None:
        if delivery.kind != deliveries.CARD:  # that one is itself what no place would take
            await deliveries.card_of_the_last(conn, delivery.task_id)

    async def _load(self, delivery: Delivery) -> _Load:
        """Everything needed to send it."""
        async with self._database.read() as conn:
            task = await tasks.get(conn, delivery.task_id)
            if task is None:
                raise LookupError(f"delivery {delivery.id} lost its task")
            rung = delivery.rung if task.card_message_id is not None else Rung.DIRECT
            song = await songs.get(conn, task.song_id)
            now = self._clock.now_ms()
            piece = await picture.piece(conn, delivery, task, now)
            api_task_id = await submissions.api_task_id(conn, task.id)
            limit = await limits.of_server(conn, _server(rung, task), now)
        channel_id, key = delivery.channel_id, delivery.nonce
        if channel_id is None or key is None:
            stays = task.kind == Show.kind or delivery.kind == deliveries.CARD
            channel_id = await self._find_place(rung, task, song, stays=stays)
            key = nonce(delivery.task_id, delivery.part, delivery.kind, channel_id)
            delivery = replace(delivery, rung=rung, channel_id=channel_id, nonce=key)
        return _Load(delivery, task, piece, api_task_id or "", channel_id, key, limit)

    async def _find_place(self, rung: Rung, task: Task, song: Song, *, stays: bool) -> int:
        """`stays`: it is shown where it was asked for, wherever its song lives."""
        if rung is Rung.DIRECT or task.card_channel_id is None or task.card_message_id is None:
            return await self._messenger.direct_channel(task.requester_id)
        if rung is Rung.THREAD and stays:
            return task.channel_id
        if rung is Rung.CHANNEL:
            # Not by where the card is: it may have moved to private messages, and takes are still the channel's.
            return song.channel_id if task.channel_id == song.thread_id else task.channel_id
        return song.thread_id or await self._grow_thread(song.id, task.card_channel_id, task.card_message_id)

    async def _grow_thread(self, song_id: int, channel_id: int, card_message_id: int) -> int:
        # Two versions of one song must not each grow a thread; other songs need not wait for Discord's answer.
        async with self._growing.setdefault(song_id, asyncio.Lock()):
            async with self._database.read() as conn:
                song = await songs.get(conn, song_id)
            if song.thread_id is not None:
                return song.thread_id
            thread_id = await self._messenger.start_thread(
                channel_id=channel_id, card_message_id=card_message_id, name=song.title or UNTITLED
            )
            async with self._database.write() as conn:
                await songs.set_thread(conn, song.id, thread_id)
            return thread_id

    async def _step_down(self, delivery: Delivery) -> Delivery | None:
        """To the next rung; None where there is none, or the lease was lost."""
        lower = LOWER.get(delivery.rung)
        if lower is None:
            return None
        async with self._database.write() as conn:
            mine = await deliveries.step_down(conn, delivery, lower)
        placeless = replace(delivery, rung=lower, channel_id=None, nonce=None, first_try_at=None, last_try_at=None)
        return placeless if mine else None

    async def _deliver(self, load: _Load) -> None:
        tried_at, unseen = load.delivery.first_try_at, False
        if tried_at is not None:
            try:
                found = await self._look(load, tried_at)
            except HistoryClosed:
                found, unseen = None, True
                self._check_nonce_holds(tried_at)
            if found is not None:
                await self._record(load, found)
                return
        with tempfile.TemporaryDirectory(prefix="minstrel-") as folder:
            whole = await self._pack(load, Path(folder))
            fitted = await self._fit(load, whole)
            if unseen and tried_at is not None:
                self._check_nonce_holds(tried_at)  # a large file over a slow line takes longer than the nonce lives
            try:
                await self._send(load, whole, fitted)
            except PlaceGone:
                if unseen:  # it may stand here from an earlier try: on another rung it would stand twice
                    raise HistoryClosed from None
                raise

    def _check_nonce_holds(self, first_try_at: int) -> None:
        """Raises `HistoryClosed` where Discord may not know the nonce any more: a resend would be a risk."""
        if not 0 <= self._clock.now_ms() - first_try_at <= SAME_NONCE_MS:  # a clock that went back proves nothing
            raise HistoryClosed

    async def _look(self, load: _Load, first_try_at: int) -> int | None:
        """Our message from an earlier try, if it stands there. Raises `PlaceGone` where it went with its place."""
        try:
            return await self._find(load, first_try_at)
        except PlaceGone as error:
            if error.arguments.get("code") == UNKNOWN_CHANNEL:
                raise
            raise HistoryClosed from None

    def _may_wait(self, load: _Load) -> bool:
        return may_wait(load.delivery, load.task, load.piece, self._clock.now_ms())

    async def _find(self, load: _Load, first_try_at: int) -> int | None:
        # Our clock may have been ahead of Discord's at the first try. By Discord's own nothing of a command is older
        # than the command's id; the card's would be too young where the card was posted anew.
        asked_at = snowflake.given_at(load.task.interaction_id)
        try:
            return await self._messenger.find(load.channel_id, load.piece, min(first_try_at, asked_at))
        except HistoryTooLong:
            ahead = min(max(load.task.created_at - asked_at, 0), MOST_AHEAD_MS)
            return await self._messenger.find(load.channel_id, load.piece, first_try_at - ahead)

    async def _pack(self, load: _Load, folder: Path) -> Parcel:
        place = self._messenger.place_name(load.task.guild_id)
        return await self._packer.pack(
            load.piece, load.task, load.api_task_id, place, folder, patient=self._may_wait(load)
        )

    async def _fit(self, load: _Load, whole: Parcel) -> Parcel:
        """As the place takes it, by what it had taught when this began."""
        if load.limit is None:
            return whole
        return await self._packer.fit(load.piece, whole, load.limit, patient=self._may_wait(load))

    async def _send(self, load: _Load, whole: Parcel, fitted: Parcel) -> None:
        # In the thread that grew from the card there is nothing to reply to: a thread's starter cannot be referred to.
        # Nor has a card that is posted anew: what it would reply to is gone.
        replies = load.channel_id == load.task.card_channel_id and not isinstance(load.piece, CardPicture)
        post = Post(load.nonce, load.task.card_message_id if replies else None)
        try:
            message_id: int | None = await self._post(load, whole, fitted, post)
        except AlreadyDeleted:
            message_id = None
        except NotPosted:
            # Else a rate limit would count as a doubtful try, and where history is closed those are given up.
            async with self._database.write() as conn:
                await deliveries.untried(conn, load.delivery)
            raise
        await self._record(load, message_id)

    async def _post(self, load: _Load, whole: Parcel, fitted: Parcel, post: Post) -> int:
        """What is refused for its size was not posted: smaller, it goes once more under the same nonce, then later."""
        await self._trying(load)
        try:
            return await self._messenger.post(load.channel_id, load.piece, fitted, post)
        except TooLarge as error:
            again = await self._smaller(load, whole, fitted, error)
        await self._trying(load)  # to make it smaller may have taken longer than the lease
        try:
            return await self._messenger.post(load.channel_id, load.piece, again, post)
        except TooLarge:
            if again.file is None:
                raise
            await self._learn(load, again.file)
            raise MediaUnclear(cause="too large once more") from None

    async def _trying(self, load: _Load) -> None:
        """Raises `_LeaseLostError` where it is no longer ours to send."""
        now = self._clock.now_ms()
        async with self._database.write() as conn:
            if not await deliveries.trying(conn, load.delivery, now, until=now + LEASE_MS):
                raise _LeaseLostError

    async def _smaller(self, load: _Load, whole: Parcel, refused: Parcel, error: TooLarge) -> Parcel:
        """Made from the whole again, for sound that is encoded twice suffers twice."""
        if refused.file is None:
            raise error
        limit = await self._learn(load, refused.file)
        if limit is None:
            return Parcel(None, Sentence.of(error), whole.link)
        return await self._packer.fit(load.piece, whole, limit, patient=self._may_wait(load))

    async def _learn(self, load: _Load, refused: TakeFile) -> int | None:
        async with self._database.write() as conn:
            limit = await limits.learn(conn, load.server, refused.largest, self._clock.now_ms())
        log.info("too large there", server=load.server, size=refused.largest, limit=limit)
        return limit

    async def _record(self, load: _Load, message_id: int | None) -> None:
        task, piece = load.task, load.piece
        async with self._database.write() as conn:
            mine = await deliveries.delivered(conn, load.delivery, message_id)
            if not isinstance(piece, CardPicture):
                await deliveries.card_of_the_last(conn, task.id)
            elif mine and message_id is not None:
                # What an earlier try has drawn, whose message this may be, nobody knows.
                drawn = piece.task.card_wanted if load.delivery.first_try_at is None else None
                await tasks.card_moved(conn, task.id, load.channel_id, message_id, drawn=drawn)
        log.info("delivered", task=task.id, piece=piece.marker, channel=load.channel_id)


def _server(rung: Rung, task: Task) -> int:
    return limits.PRIVATE if rung is Rung.DIRECT else task.guild_id or limits.PRIVATE

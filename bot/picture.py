"""What is on a card and on a take's message, read from the rows; `bot/cards` draws it for Discord."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.musicmint.models import ResultItem
from bot.phrasebook import Sentence
from bot.requests import Request, parse
from db import clips, deliveries, songs, tasks
from db.clips import Take
from db.songs import Song
from db.states import DeliveryState, TaskState
from db.tasks import Task

PROGRESS_AT_S: Final = (6, 25, 60)
"""Seconds after its start at which a running card is drawn again: edits are rationed, and the clock ticks by itself."""

CANCELLABLE: Final = frozenset({TaskState.ACCEPTED, TaskState.QUEUED, TaskState.SUBMITTING, TaskState.RUNNING})


@dataclass(frozen=True, slots=True)
class PostedTake:
    """A take on a card: what became of it, and where it stands. Without a state nobody has promised to post it."""

    label: str
    state: DeliveryState | None
    channel_id: int | None = None
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class CardPicture:
    """The card of a task as its row stands now. Times in Unix ms."""

    task: Task
    request: Request
    title: str
    """Empty until somebody or MusicMint named the song."""
    thread_id: int | None
    parent: Take | None
    place_in_queue: int
    steps: int
    """How many of `PROGRESS_AT_S` have gone by."""
    takes: tuple[PostedTake, ...]

    @property
    def error(self) -> Sentence | None:
        """What went wrong, where something did."""
        return Sentence.from_json(self.task.error) if self.task.error else None

    @property
    def can_cancel(self) -> bool:
        """Whether the card offers Cancel."""
        return self.task.state in CANCELLABLE and self.task.cancel_requested_at is None

    @property
    def can_show(self) -> bool:
        """Whether takes were kept: by a cancel that came too late, or because no place would have them."""
        kept = any(take.state is DeliveryState.KEPT for take in self.takes)
        return self.task.state is TaskState.FINISHED and (kept or self.task.cancel_requested_at is not None)


@dataclass(frozen=True, slots=True)
class TakePicture:
    """One take's message."""

    take: Take
    item: ResultItem
    locale: str
    parent: Take | None


async def card(conn: AsyncConnection, task: Task, now: int, song: Song | None = None) -> CardPicture:
    """Read everything a card shows; `song` where it was read already. Commands wait for this: it asks for little."""
    song = song or await songs.get(conn, task.song_id)
    queued = task.state in (TaskState.ACCEPTED, TaskState.QUEUED)
    elapsed_s = (now - (task.started_at or now)) / 1000
    return CardPicture(
        task=task,
        request=parse(task.kind, task.request),
        title=song.title,
        thread_id=song.thread_id,
        parent=await clips.take(conn, task.parent_clip_id) if task.parent_clip_id else None,
        place_in_queue=await tasks.place_in_queue(conn, task) if queued else 0,
        steps=sum(elapsed_s >= second for second in PROGRESS_AT_S),
        takes=await _posted(conn, task) if task.state is TaskState.FINISHED else (),
    )


async def _posted(conn: AsyncConnection, task: Task) -> tuple[PostedTake, ...]:
    sent = {row.clip_id: row for row in await deliveries.of_task(conn, task.id)}
    return tuple(
        PostedTake(take.label, row.state, row.channel_id, row.message_id)
        if (row := sent.get(take.clip.id))
        else PostedTake(take.label, None)
        for take in await clips.of_task(conn, task.id)
    )


async def take(conn: AsyncConnection, clip_row_id: int, locale: str) -> TakePicture:
    """Read everything a take's message shows. The clip is one of ours, so it exists."""
    found = await clips.take(conn, clip_row_id)
    if found is None:
        raise LookupError(f"clip row {clip_row_id}")
    parent = await clips.take(conn, found.clip.parent_clip_id) if found.clip.parent_clip_id else None
    return TakePicture(found, ResultItem.model_validate_json(found.clip.item), locale, parent)

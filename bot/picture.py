"""What is on a card and on a take's message, read from the rows; `bot/cards` draws it for Discord."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import filename
from bot.musicmint.models import PersonaItem, ResultItem
from bot.phrasebook import Sentence
from bot.requests import KINDS, Lane, Lyrics, Midi, Persona, Request, Stem, Timeline, Wav, Waveform, kinds_of, parse
from db import clips, deliveries, songs, submissions, tasks
from db.clips import Take
from db.deliveries import Delivery
from db.songs import Song
from db.states import DeliveryState, Outcome, TaskState
from db.tasks import Task

PROGRESS_AT_S: Final = (6, 25, 60)
"""Seconds after its start at which a running card is drawn again: edits are rationed, and the clock ticks by itself."""

EXPORT_NAMES: Final = {
    Stem.kind: "vocals",
    Midi.kind: "midi",
    Wav.kind: "wav",
    Timeline.kind: "karaoke",
    Waveform.kind: "waveform",
}
"""What an export is called in its file's name; frozen like the rest of it."""

TELLS_OF_SENDING: Final = frozenset(
    {TaskState.QUEUED, TaskState.ASKING, TaskState.REFUSED, TaskState.CANCELLED, TaskState.CLOSED}
)
CANCELLABLE: Final = frozenset({TaskState.ACCEPTED, TaskState.QUEUED, TaskState.SUBMITTING, TaskState.RUNNING})

LEFT: Final = frozenset({"error-asking-left", "error-asking-cancelled", "error-asking-dropped"})
"""Why a task was closed whose member wanted no second submission."""
ENDS_ON_THE_CARD: Final = frozenset({TaskState.FAILED, TaskState.EXPIRED, TaskState.REFUSED, TaskState.ASKING})


@dataclass(frozen=True, slots=True)
class PostedTake:
    """A take on a card: what became of it, and where it stands. Without a state nobody has promised to post it."""

    label: str
    """Empty for an export: its card says what it is."""
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
    answers: frozenset[Outcome] = frozenset()
    """How what was sent of it was answered; read only where the card says whether anything was sent."""

    @property
    def was_sent(self) -> bool:
        """Whether MusicMint made something of it, or may have."""
        return not self.answers.isdisjoint({Outcome.CREATED, Outcome.UNKNOWN})

    @property
    def error(self) -> Sentence | None:
        """What went wrong, where something did."""
        return Sentence.from_json(self.task.error) if self.task.error else None

    @property
    def can_cancel(self) -> bool:
        """Whether the card offers Cancel."""
        return self.task.state in CANCELLABLE and self.task.cancel_requested_at is None

    @property
    def draft(self) -> ResultItem | None:
        """The lyric a task of words brought: text in `prompt`, and perhaps a title and style."""
        if not isinstance(self.request, Lyrics) or self.task.result is None:
            return None
        return ResultItem.model_validate_json(self.task.result)

    @property
    def singer(self) -> PersonaItem | None:
        """The singer that was made."""
        if not isinstance(self.request, Persona) or self.task.result is None:
            return None
        return PersonaItem.model_validate_json(self.task.result)

    @property
    def can_show(self) -> bool:
        """Whether takes were kept: by a cancel that came too late, or because no place would have them."""
        kept = any(take.state is DeliveryState.KEPT for take in self.takes)
        held = self.task.cancel_requested_at is not None and not isinstance(self.request, Persona)
        return self.task.state is TaskState.FINISHED and (kept or held)

    @property
    def must_be_heard(self) -> bool:
        """Whether it says or asks what its member hears nowhere else; takes speak for themselves."""
        if self.task.state is TaskState.CLOSED:
            return self.error is None or self.error.id not in LEFT
        brought = self.draft is not None or self.singer is not None
        return self.task.state in ENDS_ON_THE_CARD or brought or self.can_show

    @property
    def marker(self) -> str:
        """What tells the card that was posted anew from the first one, and from every other message."""
        return filename.marker("card", f"card:{self.task.id}")


@dataclass(frozen=True, slots=True)
class TakePicture:
    """One take's message."""

    take: Take
    item: ResultItem
    locale: str
    parent: Take | None

    @property
    def marker(self) -> str:
        """The part of its file's name that no other message's has."""
        return filename.marker(self.take.label, self.item.id)

    @property
    def file_stem(self) -> str:
        """Its file's name without the ending."""
        return filename.stem(self.item.title or self.take.song_title, self.marker)


@dataclass(frozen=True, slots=True)
class ExportPicture:
    """One message with something made from a take: its vocals, its notes. `result` as MusicMint answered it."""

    task_id: int
    request: Request
    take: Take
    result: str
    locale: str

    @property
    def format(self) -> str:
        """The kind of its request: `stem`, `midi`, `wav`, `timeline`, `waveform`."""
        return self.request.kind

    @property
    def marker(self) -> str:
        """The part of its file's name that no other message's has."""
        return filename.marker(f"{self.take.label}-{EXPORT_NAMES[self.format]}", f"task:{self.task_id}")

    @property
    def file_stem(self) -> str:
        """Its file's name without the ending."""
        return filename.stem(self.take.clip.title or self.take.song_title, self.marker)


Piece = TakePicture | ExportPicture | CardPicture
"""What one delivery posts."""


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
        place_in_queue=await tasks.place_in_queue(conn, task, _line_of(task)) if queued else 0,
        steps=sum(elapsed_s >= second for second in PROGRESS_AT_S),
        takes=await _posted(conn, task) if task.state is TaskState.FINISHED else (),
        answers=frozenset(await submissions.outcomes(conn, task.id)) if task.state in TELLS_OF_SENDING else frozenset(),
    )


def _line_of(task: Task) -> frozenset[str]:
    """The kinds that wait in one line with this task."""
    one_by_one = KINDS[task.kind].lane is Lane.SUBMIT
    return kinds_of(Lane.SUBMIT) if one_by_one else kinds_of(Lane.BLOCK, Lane.READ)


async def _posted(conn: AsyncConnection, task: Task) -> tuple[PostedTake, ...]:
    """What was promised, in order, then takes that were not. A shown take was made by another task."""
    sent = await deliveries.of_task(conn, task.id)
    made = {take.clip.id: take for take in await clips.of_task(conn, task.id)}
    posted = []
    for row in sent:
        found = None if row.clip_id is None else made.pop(row.clip_id, None) or await clips.take(conn, row.clip_id)
        posted.append(PostedTake(found.label if found else "", row.state, row.channel_id, row.message_id))
    return (*posted, *(PostedTake(take.label, None) for take in made.values()))


async def piece(conn: AsyncConnection, delivery: Delivery, task: Task, now: int) -> Piece:
    """Read everything the message of a delivery shows. Raises `LookupError` where its rows are gone."""
    if delivery.kind == deliveries.CARD:
        return await card(conn, task, now)
    if delivery.kind == deliveries.EXPORT:
        source = await clips.take(conn, task.parent_clip_id) if task.parent_clip_id else None
        if source is None or task.result is None:
            raise LookupError(f"export of task {task.id} has nothing to be made from")
        return ExportPicture(task.id, parse(task.kind, task.request), source, task.result, task.locale)
    found = await clips.take(conn, delivery.clip_id) if delivery.clip_id is not None else None
    if found is None:
        raise LookupError(f"delivery {delivery.id} lost its clip")
    parent = await clips.take(conn, found.clip.parent_clip_id) if found.clip.parent_clip_id else None
    return TakePicture(found, ResultItem.model_validate_json(found.clip.item), task.locale, parent)

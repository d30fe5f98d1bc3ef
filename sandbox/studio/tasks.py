"""Tasks and what else an account holds: clips, stems and singers, as the studio keeps them. Times are in ms."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, JsonValue, RootModel

from sandbox.studio.envelope import Rule
from sandbox.studio.music.order import TakeOrder

QUEUING_SHARE = 0.2


class TaskStatus(StrEnum):
    """MusicMint's words for where a task stands, in the order of its numeric filter."""

    QUEUING = "queuing"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


STATUS_FILTER = dict(enumerate(TaskStatus))


class Item(BaseModel):
    """Something with an id that an account got; `recording` is the stem of its files, which canned clips share."""

    model_config = ConfigDict(frozen=True)

    id: str
    owner: str
    recording: str
    expire_at: int = 0

    def expired(self, now: int) -> bool:
        """Whether it is past its time; an `expire_at` of 0 never is."""
        return 0 < self.expire_at <= now

    def url(self, base_url: str, kind: str) -> str:
        """Where its file of this kind ("mp3", "jpg", "wav") is; "" when it has no files, as lyrics."""
        return f"{base_url}/files/{self.id}.{kind}" if self.recording else ""


class Clip(Item):
    """One result of a task, an upload, or a joined song; `duration` in seconds."""

    title: str
    duration: float
    tags: str
    prompt: str

    def span(self, start: float, end: float | None = None) -> tuple[float, float]:
        """This range of it in seconds, its end cut at the clip's (None: there); refused where nothing of it is left."""
        last = self.duration if end is None else min(end, self.duration)
        if start >= last:
            raise Rule.WRONG_FIELD.broken(f"{start:g} to {last:g} s is no part of a clip of {self.duration} s")
        return start, last

    def as_result(self, base_url: str) -> dict[str, JsonValue]:
        """The result item MusicMint answers with."""
        return {
            "id": self.id,
            "audio_url": self.url(base_url, "mp3"),
            "image_url": self.url(base_url, "jpg"),
            **self.model_dump(include={"title", "duration", "tags", "prompt", "expire_at"}),
        }


class Stem(Item):
    """The vocals of a clip; they go when it does."""

    clip_id: str


class Persona(Item):
    """A singer: the one of `recording`, who outlives the clip she was found in."""

    name: str


class Holding(RootModel[Clip | Stem | Persona]):
    """What an account got from a call that makes no task."""


@dataclass(frozen=True, slots=True)
class DraftOrder:
    """Lyrics that are wanted; words alone, no music."""

    prompt: str
    topics: str
    keyword: str
    moods: str
    style: str


class Task(BaseModel):
    """One accepted request, the `number`th. It ends at `ready_at`, or later when its takes take longer.

    Its `order` is that of every take, but for the recording and the number. `continues` is the clip it extends;
    `called_back` is set before the one call to `callback_url`.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    number: int
    owner: str
    order: TakeOrder | DraftOrder
    continues: str | None = None
    callback_url: str | None = None
    called_back: bool = False
    created_at: int
    ready_at: int
    expire_at: int
    clip_ids: tuple[str, ...]
    clips: tuple[Clip, ...] = ()
    error: str | None = None

    @property
    def needs_rendering(self) -> bool:
        """Whether its results are still to be made."""
        return not self.clips and self.error is None

    def status(self, now: int) -> TaskStatus:
        """Where it stands at this time."""
        if now >= self.ready_at and not self.needs_rendering:
            return TaskStatus.FAILED if self.error else TaskStatus.COMPLETED
        queuing_until = self.created_at + QUEUING_SHARE * (self.ready_at - self.created_at)
        return TaskStatus.QUEUING if now < queuing_until else TaskStatus.PROCESSING

    def ended(self, now: int) -> bool:
        """Whether it has completed or failed."""
        return self.status(now) in (TaskStatus.COMPLETED, TaskStatus.FAILED)

    @property
    def starts_at(self) -> float | None:
        """For an extension, the second of its source at which it sets in; None is the end."""
        return self.order.start_s if isinstance(self.order, TakeOrder) else None

    def as_detail(self, now: int, base_url: str) -> dict[str, JsonValue]:
        """What Get Task answers with."""
        return {"id": self.id, "created_at": self.created_at, **self._ending(now, base_url)}

    def as_callback(self, now: int, base_url: str) -> dict[str, JsonValue]:
        """The body of its callback."""
        return {"task_id": self.id, **self._ending(now, base_url)}

    def as_item(self, now: int) -> dict[str, JsonValue]:
        """What List Tasks shows of it."""
        return {name: value for name, value in self.as_detail(now, "").items() if name != "results"}

    def _ending(self, now: int, base_url: str) -> dict[str, JsonValue]:
        status = self.status(now)
        ending: dict[str, JsonValue] = {"status": status.value}
        if status is TaskStatus.COMPLETED:
            ending["results"] = [clip.as_result(base_url) for clip in self.clips]
        if status is TaskStatus.FAILED:
            ending["error"] = self.error
        return ending

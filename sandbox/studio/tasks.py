"""A task and its clips, as the studio keeps them."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, JsonValue

from sandbox.studio.requests import GenerateRequest

DAY_MS = 24 * 60 * 60 * 1000
DEFAULT_RETENTION_DAYS = 7
QUEUING_SHARE = 0.2


class TaskStatus(StrEnum):
    """MusicMint's words for where a task stands, in the order of its numeric filter."""

    QUEUING = "queuing"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


STATUS_FILTER = dict(enumerate(TaskStatus))


class Clip(BaseModel):
    """One result of a task; `recording` is the stem of its files, which canned clips share."""

    model_config = ConfigDict(frozen=True)

    id: str
    recording: str
    title: str
    duration: float
    tags: str
    prompt: str
    expire_at: int

    def expired(self, now: int) -> bool:
        """Whether it is past its time; an `expire_at` of 0 never is."""
        return 0 < self.expire_at <= now

    def as_result(self, base_url: str) -> dict[str, JsonValue]:
        """The result item MusicMint answers with."""
        return {
            "id": self.id,
            "audio_url": f"{base_url}/files/{self.id}.mp3",
            "image_url": f"{base_url}/files/{self.id}.jpg",
            "title": self.title,
            "duration": self.duration,
            "tags": self.tags,
            "prompt": self.prompt,
            "expire_at": self.expire_at,
        }


class Task(BaseModel):
    """One accepted request, the `number`th; times in ms. It ends at `ready_at`, or later when its takes take longer."""

    model_config = ConfigDict(frozen=True)

    id: str
    number: int
    owner: str
    request: GenerateRequest
    created_at: int
    ready_at: int
    clip_ids: tuple[str, ...]
    clips: tuple[Clip, ...] = ()
    error: str | None = None

    @property
    def expire_at(self) -> int:
        """When its files go, counted from its creation."""
        days = DEFAULT_RETENTION_DAYS if self.request.retention_days is None else self.request.retention_days
        return self.created_at + days * DAY_MS

    @property
    def needs_rendering(self) -> bool:
        """Whether its music is still to be made."""
        return not self.clips and self.error is None

    def status(self, now: int) -> TaskStatus:
        """Where it stands at this time."""
        if now >= self.ready_at and not self.needs_rendering:
            return TaskStatus.FAILED if self.error else TaskStatus.COMPLETED
        queuing_until = self.created_at + QUEUING_SHARE * (self.ready_at - self.created_at)
        return TaskStatus.QUEUING if now < queuing_until else TaskStatus.PROCESSING

    def as_detail(self, now: int, base_url: str) -> dict[str, JsonValue]:
        """What Get Task answers with."""
        detail = self.as_item(now)
        if self.status(now) is TaskStatus.COMPLETED:
            detail["results"] = [clip.as_result(base_url) for clip in self.clips]
        return detail

    def as_item(self, now: int) -> dict[str, JsonValue]:
        """What List Tasks shows of it."""
        status = self.status(now)
        item: dict[str, JsonValue] = {"id": self.id, "status": status.value, "created_at": self.created_at}
        if status is TaskStatus.FAILED:
            item["error"] = self.error
        return item

"""What one AppKey may reach: its own tasks, clips, stems and singers, and nobody else's."""

from dataclasses import fields
from typing import TypeVar

from sandbox.studio.envelope import Rule
from sandbox.studio.music.order import TakeOrder, Work
from sandbox.studio.requests import LyricsRequest, TaskRequest
from sandbox.studio.studio import Studio
from sandbox.studio.tasks import STATUS_FILTER, Clip, DraftOrder, Persona, Stem, Task

ItemT = TypeVar("ItemT", Clip, Stem, Persona)
STEM_PREFIX = "stem-"


class Account:
    """A studio as one owner sees it; what is not theirs is unknown, what is expired is refused."""

    def __init__(self, studio: Studio, owner: str) -> None:
        self._studio = studio
        self.owner = owner

    def submit(self, request: TaskRequest) -> Task:
        """Accept a request; what it starts from must reach as far as it says."""
        return self._studio.accept(self.owner, request, self._order(request))

    def task(self, task_id: str) -> Task:
        """A task."""
        task = self._studio.task(task_id)
        if task.owner != self.owner:
            raise Rule.UNKNOWN.broken(f"task {task_id}")
        return task

    def tasks(self, status: int) -> list[Task]:
        """The tasks of this numeric status (-1: all), newest first."""
        now = self._studio.now()
        wanted = STATUS_FILTER.get(status)
        mine = [task for task in self._studio.tasks() if task.owner == self.owner]
        return [task for task in mine if wanted is None or task.status(now) is wanted]

    def item(self, kind: type[ItemT], item_id: str) -> ItemT:
        """A clip (of a completed task, an upload, a joined song), a stem or a singer."""
        item = self._studio.item(item_id)
        if not isinstance(item, kind) or item.owner != self.owner:
            raise Rule.UNKNOWN.broken(f"{kind.__name__.lower()} {item_id}")
        if item.expired(self._studio.now()):
            raise Rule.EXPIRED.broken()
        return item

    def sounding(self, clip_id: str) -> Clip:
        """A clip with audio."""
        clip = self.item(Clip, clip_id)
        if not clip.recording:
            raise Rule.NO_AUDIO.broken(f"{clip_id} holds words alone")
        return clip

    def sample(self, clip: str) -> Clip:
        """A clip with audio by its id, or by the id or address of its stem, which MusicMint's docs allow here too."""
        name = clip.rpartition("/")[2].removesuffix(".mp3")
        return self.sounding(self.item(Stem, name).clip_id if name.startswith(STEM_PREFIX) else clip)

    def lineage(self, clip: Clip) -> tuple[tuple[str, float | None], ...]:
        """The recordings of this clip and of those it continues, the first one first, and where the next sets in."""
        line: list[tuple[str, float | None]] = [(clip.recording, None)]
        while (task := self._studio.task_of(clip.id)) and task.continues:
            clip = self.sounding(task.continues)
            line.insert(0, (clip.recording, task.starts_at))
        return tuple(line)

    def _order(self, request: TaskRequest) -> TakeOrder | DraftOrder:
        """What is to be made, but for the recording and number of a take."""
        kind = DraftOrder if isinstance(request, LyricsRequest) else TakeOrder
        names = {field.name for field in fields(kind)}
        asked = request.model_dump(include=names, exclude_none=True)
        if isinstance(request, LyricsRequest):
            return DraftOrder(**asked)
        work = request.work
        if "source" in asked:
            find = self.sample if work is Work.VOCALS else self.sounding
            clip = find(asked["source"])
            asked |= {"source": clip.recording, "title": asked.get("title") or clip.title}
            work = Work.EXTENSION if work is Work.SONG else work
            if "start_s" in asked:
                start, end = clip.span(asked["start_s"], asked.get("end_s") or None)
                asked |= {"start_s": start} if work is Work.EXTENSION else {"start_s": start, "end_s": end}
        if "voice_of" in asked:
            asked["voice_of"] = self.item(Persona, asked["voice_of"]).recording
        return TakeOrder("", 0, work, **asked)

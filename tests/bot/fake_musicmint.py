"""A MusicMint in memory, scripted by a test; it keeps every request it heard."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Awaitable, Callable

from bot.errors import RequestRejected, Unclear
from bot.musicmint.models import (
    FullSong,
    MidiNote,
    PersonaBatch,
    PersonaItem,
    ResultItem,
    SubmittedTask,
    TaskListItem,
    TaskPage,
    TaskReport,
    TaskStatus,
    Timing,
    Transcription,
    UploadedClip,
    VocalStem,
    Word,
)
from bot.requests import (
    AddInstrumental,
    AddVocals,
    Concat,
    Cover,
    Generate,
    Infill,
    Lyrics,
    Midi,
    Persona,
    Remaster,
    Request,
    Sample,
    SoundEffect,
    Stem,
    Upload,
)

Failures = dict[str, deque[Exception]]


def clip_item(clip_id: str, *, title: str = "Night Bus", duration: float = 84.2, tags: str = "folk") -> ResultItem:
    return ResultItem(
        id=clip_id, audio_url=f"https://cdn.test/{clip_id}.mp3", title=title, duration=duration, tags=tags, prompt="la"
    )


class FakeMusicMint:
    """Keeps every task it created, and every request it heard."""

    def __init__(self, now_ms: Callable[[], int] = lambda: 0) -> None:
        self._now_ms = now_ms
        self.skew = 0
        """How far its clock is ahead of `now_ms`, in ms."""
        self.created: dict[str, int] = {}
        """When each task was created, by its own clock."""
        self.unlisted: set[str] = set()
        """Tasks its list does not show."""
        self.lost_answers = 0
        """How many of the next submits take effect though their answer does not come."""
        self.reports: dict[str, TaskReport] = {}
        self.submitted: list[Request] = []
        """What was asked for that may be charged, in order."""
        self.callback_urls: list[str | None] = []
        self.read: list[str] = []
        self.looked_at: list[tuple[str, str]] = []
        """The free reads of a clip: what, and of which."""
        self.listed: list[tuple[int, TaskStatus | None]] = []
        self.refreshed: list[str] = []
        self.fresh: dict[str, ResultItem] = {}
        self.words: tuple[Word, ...] = (Word(word="la", start=0.5, end=0.9),)
        self.levels: tuple[float, ...] = (0.1, 0.9, 0.4)
        self.notes: dict[str, tuple[MidiNote, ...]] = {"piano": (MidiNote(pitch=60, start=0, end=1, velocity=80),)}
        self.failures: Failures = defaultdict(deque)
        """What the next calls of a method raise instead of answering; nothing is created then."""
        self.broken: dict[str, Exception] = {}
        """What reading this task raises, every time."""
        self.during_call: Callable[[], Awaitable[None]] | None = None
        """Happens while a paid call is under way."""

    @property
    def generated(self) -> list[Generate]:
        return [request for request in self.submitted if isinstance(request, Generate)]

    @property
    def requests(self) -> int:
        return len(self.submitted) + len(self.read) + len(self.listed) + len(self.refreshed)

    def fail(self, method: str, *errors: Exception) -> None:
        self.failures[method].extend(errors)

    def _fail(self, method: str) -> None:
        if self.failures[method]:
            raise self.failures[method].popleft()

    async def _paid(self, method: str, request: Request) -> None:
        self.submitted.append(request)
        if self.during_call is not None:
            await self.during_call()
        self._fail(method)

    async def _task(self, method: str, request: Request, callback_url: str | None) -> SubmittedTask:
        self.callback_urls.append(callback_url)
        await self._paid(method, request)
        task_id = self.make()
        if self.lost_answers:
            self.lost_answers -= 1
            raise Unclear(cause="ServerDisconnectedError")
        return SubmittedTask(task_id=task_id)

    def make(self) -> str:
        """A task, whoever asked for it."""
        task_id = f"mm-{len(self.reports) + 1}"
        self.created[task_id] = self._now_ms() + self.skew
        self.report(task_id, TaskStatus.QUEUING)
        return task_id

    async def generate(self, request: Generate, callback_url: str | None) -> SubmittedTask:
        return await self._task("generate", request, callback_url)

    async def cover(self, request: Cover, callback_url: str | None) -> SubmittedTask:
        return await self._task("cover", request, callback_url)

    async def remaster(self, request: Remaster, callback_url: str | None) -> SubmittedTask:
        return await self._task("remaster", request, callback_url)

    async def sound_effect(self, request: SoundEffect, callback_url: str | None) -> SubmittedTask:
        return await self._task("sound_effect", request, callback_url)

    async def add_vocals(self, request: AddVocals, callback_url: str | None) -> SubmittedTask:
        return await self._task("add_vocals", request, callback_url)

    async def add_instrumental(self, request: AddInstrumental, callback_url: str | None) -> SubmittedTask:
        return await self._task("add_instrumental", request, callback_url)

    async def sample(self, request: Sample, callback_url: str | None) -> SubmittedTask:
        return await self._task("sample", request, callback_url)

    async def infill(self, request: Infill, callback_url: str | None) -> SubmittedTask:
        return await self._task("infill", request, callback_url)

    async def lyrics(self, request: Lyrics, callback_url: str | None) -> SubmittedTask:
        return await self._task("lyrics", request, callback_url)

    async def upload(self, request: Upload) -> UploadedClip:
        await self._paid("upload", request)
        number = len(self.submitted)
        return UploadedClip(clip_id=f"up-{number}", audio_url=f"https://cdn.test/up-{number}.mp3", duration=30)

    async def concat(self, request: Concat) -> FullSong:
        await self._paid("concat", request)
        return FullSong(id=f"full-{request.clip_id}", audio_url="https://cdn.test/full.mp3", duration=180)

    async def persona(self, request: Persona) -> PersonaBatch:
        await self._paid("persona", request)
        return PersonaBatch(items=(PersonaItem(id=f"persona-{len(self.submitted)}", status="complete"),))

    async def stem(self, request: Stem) -> VocalStem:
        await self._paid("stem", request)
        return VocalStem(id=f"stem-{request.clip_id}", vocal_audio_url="https://cdn.test/stem.mp3")

    async def midi(self, request: Midi) -> Transcription:
        await self._paid("midi", request)
        return Transcription(instruments=self.notes)

    async def timeline(self, clip_id: str) -> Timing:
        self.looked_at.append(("timeline", clip_id))
        self._fail("timeline")
        return Timing(aligned=self.words)

    async def waveform(self, clip_id: str) -> tuple[float, ...]:
        self.looked_at.append(("waveform", clip_id))
        self._fail("waveform")
        return self.levels

    async def wav(self, clip_id: str) -> str:
        self.looked_at.append(("wav", clip_id))
        self._fail("wav")
        return f"https://cdn.test/{clip_id}.wav"

    def complete(self, task_id: str, *clips: ResultItem) -> None:
        items = clips or (clip_item(f"{task_id}-a"), clip_item(f"{task_id}-b"))
        created = self.created.get(task_id, 0)
        self.reports[task_id] = TaskReport(id=task_id, status=TaskStatus.COMPLETED, created_at=created, results=items)

    def report(self, task_id: str, status: TaskStatus | str, error: str | None = None) -> None:
        created = self.created.get(task_id, 0)
        self.reports[task_id] = TaskReport(id=task_id, status=status, created_at=created, error=error)

    async def get_task(self, task_id: str) -> TaskReport:
        self.read.append(task_id)
        self._fail("get_task")
        if task_id in self.broken:
            raise self.broken[task_id]
        if task_id not in self.reports:
            raise RequestRejected(reason="no such task")
        return self.reports[task_id]

    async def list_tasks(self, *, page: int, status: TaskStatus | None = None) -> TaskPage:
        self.listed.append((page, status))
        self._fail("list_tasks")
        every = sorted(self.reports.values(), key=lambda report: -report.created_at)
        found = [report for report in every if status in (None, report.status) and report.id not in self.unlisted]
        shown = found[(page - 1) * 100 : page * 100]
        items = tuple(
            TaskListItem(id=report.id, status=report.status, created_at=report.created_at) for report in shown
        )
        return TaskPage(items=items, total=len(found), page=page)

    def skew_ms(self) -> int:
        return self.skew

    async def get_music(self, clip_id: str) -> ResultItem:
        self.refreshed.append(clip_id)
        self._fail("get_music")
        return self.fresh.get(clip_id, clip_item(clip_id))

"""Stand-ins for everything beyond the borders of `bot/ports.py`, scripted by a test; each keeps a ledger."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot import filename
from bot.errors import AlreadyDeleted, HistoryClosed, MessengerUnclear, NoThreadHere, PlaceGone, RequestRejected
from bot.musicmint.models import ResultItem, SubmittedTask, TaskListItem, TaskPage, TaskReport, TaskStatus
from bot.picture import CardPicture, TakePicture
from bot.ports import Message, Parcel, Post, Tags, TakeFile
from bot.requests import Generate

START_MS = 1_800_000_000_000
NONCE_WINDOW_MS = 90_000
"""How long the fake Discord knows a nonce; its real length is not published."""


class FakeClock:
    """Stands still until it is advanced."""

    def __init__(self) -> None:
        self.now = START_MS
        self.naps: list[float | None] = []
        self._moved = asyncio.Condition()

    def now_ms(self) -> int:
        return self.now

    async def advance(self, seconds: float) -> None:
        """Move on, and let whoever slept so long wake and work."""
        self.now += round(seconds * 1000)
        async with self._moved:
            self._moved.notify_all()

    async def wait(self, event: asyncio.Event, timeout_s: float | None) -> None:
        self.naps.append(timeout_s)
        deadline = None if timeout_s is None else self.now + timeout_s * 1000
        waiting = asyncio.create_task(event.wait())
        slept = asyncio.create_task(self._sleep_until(deadline))
        try:
            await asyncio.wait({waiting, slept}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            slept.cancel()

    async def _sleep_until(self, deadline: float | None) -> None:
        async with self._moved:
            await self._moved.wait_for(lambda: deadline is not None and self.now >= deadline)


class HastyClock(FakeClock):
    """Every wait is over at once, and the time has gone by."""

    async def wait(self, event: asyncio.Event, timeout_s: float | None) -> None:
        self.naps.append(timeout_s)
        self.now += round((timeout_s or 0) * 1000)


class FakeChance:
    """Tokens that count, and no spread."""

    def __init__(self) -> None:
        self._given = 0

    def token(self) -> str:
        self._given += 1
        return f"token-{self._given}"

    def spread(self, seconds: float) -> float:
        return seconds


def clip_item(clip_id: str, *, title: str = "Night Bus", duration: float = 84.2, tags: str = "folk") -> ResultItem:
    return ResultItem(
        id=clip_id, audio_url=f"https://cdn.test/{clip_id}.mp3", title=title, duration=duration, tags=tags, prompt="la"
    )


Failures = dict[str, deque[Exception]]


class FakeMusicMint:
    """Keeps every task it created, and every request it heard."""

    def __init__(self) -> None:
        self.reports: dict[str, TaskReport] = {}
        self.generated: list[Generate] = []
        self.read: list[str] = []
        self.listed: list[tuple[int, TaskStatus | None]] = []
        self.refreshed: list[str] = []
        self.fresh: dict[str, ResultItem] = {}
        self.failures: Failures = defaultdict(deque)
        """What the next calls of a method raise; `generate` then creates nothing."""
        self.broken: dict[str, Exception] = {}
        """What reading this task raises, every time."""
        self.during_generate: Callable[[], Awaitable[None]] | None = None

    @property
    def requests(self) -> int:
        return len(self.generated) + len(self.read) + len(self.listed) + len(self.refreshed)

    def fail(self, method: str, *errors: Exception) -> None:
        self.failures[method].extend(errors)

    def _fail(self, method: str) -> None:
        if self.failures[method]:
            raise self.failures[method].popleft()

    async def generate(self, request: Generate) -> SubmittedTask:
        self.generated.append(request)
        if self.during_generate is not None:
            await self.during_generate()
        self._fail("generate")
        task_id = f"mm-{len(self.reports) + 1}"
        self.reports[task_id] = TaskReport(id=task_id, status=TaskStatus.QUEUING)
        return SubmittedTask(task_id=task_id)

    def complete(self, task_id: str, *clips: ResultItem) -> None:
        items = clips or (clip_item(f"{task_id}-a"), clip_item(f"{task_id}-b"))
        self.reports[task_id] = TaskReport(id=task_id, status=TaskStatus.COMPLETED, results=items)

    def report(self, task_id: str, status: TaskStatus | str, error: str | None = None) -> None:
        self.reports[task_id] = TaskReport(id=task_id, status=status, error=error)

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
        found = [report for report in self.reports.values() if status in (None, report.status)]
        shown = found[(page - 1) * 100 : page * 100]
        items = tuple(TaskListItem(id=report.id, status=report.status) for report in shown)
        return TaskPage(items=items, total=len(found), page=page)

    async def get_music(self, clip_id: str) -> ResultItem:
        self.refreshed.append(clip_id)
        self._fail("get_music")
        return self.fresh.get(clip_id, clip_item(clip_id))


@dataclass
class Posted:
    """A take that stands on the fake Discord."""

    message_id: int
    channel_id: int
    label: str
    file_name: str | None
    lack: str | None
    post: Post
    at_ms: int


class FakeMessenger:
    """A Discord with one nonce window, threads made from cards, and faults on demand."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.posted: list[Posted] = []
        self.deleted: set[int] = set()
        self.cards: list[CardPicture] = []
        self.threads: dict[int, str] = {}
        self.thread_calls = 0
        self.searched: list[tuple[int, str, int]] = []
        self.gone: set[int] = set()
        self.closed_history: set[int] = set()
        self.no_threads = False
        self.thread_takes_s = 0.0
        """Real seconds."""
        self.no_direct = False
        self.answers: dict[str, Message] = {}
        self.asked_tokens: list[str] = []
        self.failures: Failures = defaultdict(deque)
        """What the next calls of a method raise instead of acting."""
        self.lost_answers = 0
        """How many of the next posts arrive though their answer does not."""
        self.after_post: Callable[[], Awaitable[None]] | None = None
        self.before_post: Callable[[], Awaitable[None]] | None = None
        self.sending = 0
        self.most_sending = 0

    def fail(self, method: str, *errors: Exception) -> None:
        self.failures[method].extend(errors)

    def _fail(self, method: str) -> None:
        if self.failures[method]:
            raise self.failures[method].popleft()

    def in_channel(self, channel_id: int) -> list[str]:
        return [message.label for message in self.posted if message.channel_id == channel_id]

    async def start_thread(self, *, channel_id: int, card_message_id: int, name: str) -> int:
        self.thread_calls += 1
        self._fail("start_thread")
        await asyncio.sleep(self.thread_takes_s)
        if channel_id in self.gone:
            raise PlaceGone(code=10003)
        if self.no_threads:
            raise NoThreadHere
        self.threads.setdefault(card_message_id, name)
        return card_message_id

    async def post_take(self, channel_id: int, take: TakePicture, parcel: Parcel, post: Post) -> int:
        self.sending += 1
        self.most_sending = max(self.most_sending, self.sending)
        try:
            return await self._post(channel_id, take, parcel, post)
        finally:
            self.sending -= 1

    async def _post(self, channel_id: int, take: TakePicture, parcel: Parcel, post: Post) -> int:
        if self.before_post is not None:
            await self.before_post()
        self._fail("post_take")
        if channel_id in self.gone:
            raise PlaceGone(code=10003)
        message_id = self._by_nonce(post.nonce) or self._add(channel_id, take, parcel, post)
        if self.after_post is not None:
            await self.after_post()
        if self.lost_answers:
            self.lost_answers -= 1
            raise MessengerUnclear
        return message_id

    def _by_nonce(self, nonce: str) -> int | None:
        for message in self.posted:
            if message.post.nonce == nonce and self._clock.now - message.at_ms < NONCE_WINDOW_MS:
                if message.message_id in self.deleted:
                    raise AlreadyDeleted
                return message.message_id
        return None

    def _add(self, channel_id: int, take: TakePicture, parcel: Parcel, post: Post) -> int:
        message_id = 9_000 + len(self.posted)
        name = parcel.file.audio.name if parcel.file else None
        lack = parcel.lack.id if parcel.lack else None
        self.posted.append(Posted(message_id, channel_id, take.take.label, name, lack, post, self._clock.now))
        return message_id

    async def find_take(self, channel_id: int, take: TakePicture, since_ms: int) -> int | None:
        marker = filename.marker(take.take.label, take.item.id)
        self.searched.append((channel_id, marker, since_ms))
        self._fail("find_take")
        if channel_id in self.closed_history:
            raise HistoryClosed
        for message in self.posted:
            here = message.channel_id == channel_id and message.at_ms >= since_ms
            shows = marker in message.file_name if message.file_name else message.label == take.take.label
            if here and message.message_id not in self.deleted and shows:
                return message.message_id
        return None

    async def redraw_card(self, channel_id: int, message_id: int, card: CardPicture) -> None:
        self._fail("redraw_card")
        self.cards.append(card)

    async def answered_with(self, interaction_token: str) -> Message | None:
        self.asked_tokens.append(interaction_token)
        self._fail("answered_with")
        return self.answers.get(interaction_token)

    async def direct_channel(self, user_id: int) -> int:
        self._fail("direct_channel")
        if self.no_direct:
            raise PlaceGone(code=50007)
        return 700_000 + user_id

    def place_name(self, guild_id: int | None) -> str | None:
        return None if guild_id is None else "The Tavern"


@dataclass
class FakeMedia:
    """Writes a small file where the real one would lie."""

    failures: deque[Exception] = field(default_factory=deque)
    links: list[str] = field(default_factory=list)
    tags: list[Tags] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)

    def fail(self, *errors: Exception) -> None:
        self.failures.extend(errors)

    async def fetch_take(self, clip: ResultItem, tags: Tags, folder: Path, name: str) -> TakeFile:
        self.links.append(clip.audio_url)
        self.tags.append(tags)
        self.folders.append(folder)
        audio = folder / f"{name}.mp3"
        audio.write_bytes(b"ID3")
        if self.failures:
            raise self.failures.popleft()
        return TakeFile(audio=audio, cover=None, size=3, duration_s=clip.duration)


def labels(posted: Sequence[Posted]) -> list[str]:
    return [message.label for message in posted]

"""Stand-ins for everything beyond the borders of `bot/ports.py`, scripted by a test; each keeps a ledger."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.errors import AlreadyDeleted, HistoryClosed, MessengerUnclear, NoThreadHere, PlaceGone, TooLarge
from bot.links import Links
from bot.musicmint.models import MidiNote, ResultItem, Word
from bot.picture import CardPicture, Piece
from bot.ports import Finish, Message, Parcel, Post, Tags, TakeFile
from tests.bot.fake_musicmint import Failures

START_MS = 1_800_000_000_000
NONCE_WINDOW_MS = 90_000
"""How long the fake Discord knows a nonce; its real length is not published."""


class FakeClock:
    """Stands still until it is advanced."""

    def __init__(self) -> None:
        self.now = START_MS
        self.even_since = START_MS
        self.naps: list[float | None] = []
        self._moved = asyncio.Condition()

    def now_ms(self) -> int:
        return self.now

    def age_ms(self, since_ms: int) -> int:
        return max(self.now - max(since_ms, self.even_since), 0)

    def leap(self, seconds: float) -> None:
        """The wall clock is set; no time goes by."""
        self.now += round(seconds * 1000)
        self.even_since = self.now

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
    size: int | None = None
    link: str = ""
    card: CardPicture | None = None


class FakeMessenger:
    """A Discord with one nonce window, threads made from cards, and faults on demand."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.behind_ms = 0
        """How far Discord's clock is behind the bot's."""
        self.posted: list[Posted] = []
        self.deleted: set[int] = set()
        self.cards: list[CardPicture] = []
        self.standing_cards: dict[int, Message] = {}
        """Where the card of a task stands, for whoever looks through the channel."""
        self.drawn_at: list[tuple[int, int]] = []
        """Channel and message of each of `cards`."""
        self.threads: dict[int, str] = {}
        self.thread_calls = 0
        self.searched: list[tuple[int, str, int]] = []
        self.card_searched_since: list[int] = []
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
        self.upload_limit: int | None = None
        """Bytes a file may have, everywhere."""
        self.refused: list[tuple[str, int]] = []
        """Nonce and size of each post that held a larger one."""
        self.sending = 0
        self.most_sending = 0

    def fail(self, method: str, *errors: Exception) -> None:
        self.failures[method].extend(errors)

    def _fail(self, method: str) -> None:
        if self.failures[method]:
            raise self.failures[method].popleft()

    def now_ms(self) -> int:
        """The time on Discord's clock."""
        return self._clock.now - self.behind_ms

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

    async def post(self, channel_id: int, piece: Piece, parcel: Parcel, post: Post) -> int:
        self.sending += 1
        self.most_sending = max(self.most_sending, self.sending)
        try:
            return await self._post(channel_id, piece, parcel, post)
        finally:
            self.sending -= 1

    async def _post(self, channel_id: int, piece: Piece, parcel: Parcel, post: Post) -> int:
        if self.before_post is not None:
            await self.before_post()
        self._fail("post")
        if channel_id in self.gone:
            raise PlaceGone(code=10003)
        if parcel.file is not None and self.upload_limit is not None and parcel.file.largest > self.upload_limit:
            self.refused.append((post.nonce, parcel.file.largest))
            raise TooLarge
        message_id = self._by_nonce(post.nonce) or self._add(channel_id, piece, parcel, post)
        if self.after_post is not None:
            await self.after_post()
        if self.lost_answers:
            self.lost_answers -= 1
            raise MessengerUnclear
        return message_id

    def _by_nonce(self, nonce: str) -> int | None:
        for message in self.posted:
            if message.post.nonce == nonce and self.now_ms() - message.at_ms < NONCE_WINDOW_MS:
                if message.message_id in self.deleted:
                    raise AlreadyDeleted
                return message.message_id
        return None

    def _add(self, channel_id: int, piece: Piece, parcel: Parcel, post: Post) -> int:
        message_id = 9_000 + len(self.posted)
        name = parcel.file.audio.name if parcel.file else None
        lack = parcel.lack.id if parcel.lack else None
        size = parcel.file.size if parcel.file else None
        now = self.now_ms()
        label, card = (piece.marker, piece) if isinstance(piece, CardPicture) else (piece.take.label, None)
        self.posted.append(Posted(message_id, channel_id, label, name, lack, post, now, size, parcel.link, card))
        return message_id

    async def find(self, channel_id: int, piece: Piece, since_ms: int) -> int | None:
        marker = piece.marker
        self.searched.append((channel_id, marker, since_ms))
        self._fail("find")
        if channel_id in self.closed_history:
            raise HistoryClosed
        for message in self.posted:
            here = message.channel_id == channel_id and message.at_ms >= since_ms
            label = marker if isinstance(piece, CardPicture) else piece.take.label
            shows = marker in message.file_name if message.file_name else message.label == label
            if here and message.message_id not in self.deleted and shows:
                return message.message_id
        return None

    async def find_card(self, channel_id: int, task_id: int, since_ms: int) -> Message | None:
        self.card_searched_since.append(since_ms)
        self._fail("find_card")
        if channel_id in self.closed_history:
            raise HistoryClosed
        return self.standing_cards.get(task_id)

    async def redraw_card(self, channel_id: int, message_id: int, card: CardPicture) -> None:
        self._fail("redraw_card")
        if message_id in self.deleted:
            raise PlaceGone(code=10008)
        self.cards.append(card)
        self.drawn_at.append((channel_id, message_id))

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
    upload_failures: deque[Exception] = field(default_factory=deque)
    links: list[str] = field(default_factory=list)
    tags: list[Tags] = field(default_factory=list)
    finishes: list[Finish] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    size: int = 3
    """Bytes a fetched file says it has."""
    fitted: list[tuple[Path, int]] = field(default_factory=list)
    """What was made smaller, and how small."""
    fit_failures: deque[Exception] = field(default_factory=deque)
    during_fetch: Callable[[], Awaitable[None]] | None = None
    """Happens while a take's file is under way."""

    def fail(self, *errors: Exception) -> None:
        self.failures.extend(errors)

    async def fetch_take(
        self, links: Links[ResultItem], tags: Tags, folder: Path, name: str, finish: Awaitable[Finish]
    ) -> TakeFile:
        if self.during_fetch is not None:
            await self.during_fetch()
        audio = await links.follow(lambda clip: self._fetch(clip.audio_url, folder / f"{name}.mp3"))
        self.tags.append(tags)
        self.finishes.append(await finish)
        return TakeFile(audio=audio, cover=None, size=self.size, duration_s=links.named.duration)

    async def fetch_audio(self, links: Links[str], folder: Path, name: str, tags: Tags | None) -> TakeFile:
        audio = await links.follow(lambda url: self._fetch(url, folder / f"{name}.{url.rpartition('.')[2]}"))
        if tags is not None:
            self.tags.append(tags)
        return TakeFile(audio=audio, cover=None, size=self.size, duration_s=30.0)

    async def fit(self, file: TakeFile, max_bytes: int) -> TakeFile:
        self.fitted.append((file.audio, max_bytes))
        if self.fit_failures:
            raise self.fit_failures.popleft()
        smaller = file.audio.parent / f"fit-{max_bytes}" / file.audio.name
        return replace(file, audio=smaller, size=max_bytes, kbit_per_s=128)

    async def write_midi(
        self, notes: Mapping[str, tuple[MidiNote, ...]], title: str, folder: Path, name: str
    ) -> TakeFile:
        return self._written(folder, f"{name}.mid")

    async def write_karaoke(
        self, words: tuple[Word, ...], lyrics: str, title: str, artist: str, folder: Path, name: str
    ) -> TakeFile:
        return self._written(folder, f"{name}.lrc")

    async def draw_waveform(self, levels: tuple[float, ...], folder: Path, name: str) -> TakeFile:
        return self._written(folder, f"{name}.png")

    async def check_upload(self, url: str) -> float:
        self.checked.append(url)
        if self.upload_failures:
            raise self.upload_failures.popleft()
        return 30.0

    async def _fetch(self, url: str, file: Path) -> Path:
        self.links.append(url)
        return self._written(file.parent, file.name).audio

    def _written(self, folder: Path, name: str, duration_s: float = 0.0) -> TakeFile:
        self.folders.append(folder)
        file = folder / name
        file.write_bytes(b"ID3")
        if self.failures:
            raise self.failures.popleft()
        return TakeFile(audio=file, cover=None, size=3, duration_s=duration_s)


def labels(posted: Sequence[Posted]) -> list[str]:
    return [message.label for message in posted]

"""A studio's worth of songs at once: 3,000 outstanding tasks, and 12.5 of them end each second with two takes each.

Minstrel, then the bare bot with a coroutine a task that polls every 5 s, meet the same scene one after the other: each
has a studio, a Discord without rate limits and the songs of `outstanding.py`. A few songs end first, so that nothing is
done for the first time while it is measured; the stream of ends begins when the outbox has come to rest. Each bot runs
under `watched.py`, which notes how late its loop is.
"""

from __future__ import annotations

import asyncio
import json
import math
import shutil
import statistics
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import aiohttp

from bot.delivery import IN_FLIGHT
from sandbox.studio.booth import CANNED
from sandbox.studio.music import door
from sandbox.studio.music.order import RenderedTake
from tests.benchmarks import outstanding
from tests.benchmarks.member import SONG
from tests.benchmarks.outstanding import Song
from tests.benchmarks.process import Process, Services, bare_bot, database_url, minstrel, running, stand_in
from tests.benchmarks.recording import record
from tests.benchmarks.row import Pair, Row
from tests.benchmarks.watched import watch

OUTSTANDING = 3000
"""What is left when the stream ends; there are more before."""
ENDS_PER_S = 12.5
TAKES = 2
STREAM_S = 36.0
RAMP_S = 6.0
"""The first sweep after the stream begins, and what it brings in: no part of what is measured."""
WARM = 25
"""Songs that end together before the stream."""
START_S = 20.0
"""What studio and bot are expected to take until the stream; only the age of the songs' rows depends on it."""
AHEAD_S = 3600.0
"""So far ahead of time the studio's tasks end, until its clock is moved: then the stream begins soon."""
SETTLE_S = 4.0
WARM_BEFORE_S = 13.0
"""The warm songs end so long before the stream: two sweeps, and their takes."""
DRAIN_S = 12.0
"""After the stream, for the last takes."""
LOOK_S = 0.25
POLL_S = 5
MIB = 1024 * 1024
LISTS, READS = "POST /api/v1/tasks", "POST /api/v1/task/{id}"

Bot = Callable[[Path, Services, Sequence[Song]], Process]


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a bot at one moment: MB, seconds of processor time, and calls to its studio by route."""

    at: float
    resident_mb: float
    cpu_s: float
    calls: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one bot. Times in s, lags and waits in ms."""

    rest_mb: float
    """The highest resident memory after the warm songs, with nothing in flight: one sweep long."""
    memory: Sequence[tuple[float, float]]
    first: Look
    last: Look
    lags: Sequence[float]
    idle_lags: Sequence[float]
    """Of the benchmark's own loop meanwhile: what the machine alone adds."""
    waits: Sequence[float]
    """From the end of each song that ended in the window to each of its takes on Discord."""
    posted_per_s: float
    """Of the songs that ended in the window: the slope of the count of their takes over the moments. Takes come in a
    burst after each sweep, so that a count within two moments would say where in a burst those fell."""
    posted: int
    promised: int

    def per_s(self, route: str) -> float:
        """Calls of this route a second."""
        return (self.last.calls.get(route, 0) - self.first.calls.get(route, 0)) / (self.last.at - self.first.at)

    @property
    def cpu(self) -> float:
        """Percent of one core."""
        return (self.last.cpu_s - self.first.cpu_s) / (self.last.at - self.first.at) * 100

    @property
    def cpu_ms_per_take(self) -> float:
        """Processor time, with that for the tasks that go on."""
        return self.cpu * 10 / self.posted_per_s if self.posted_per_s else math.nan

    @property
    def growth_mib(self) -> float:
        """The highest memory of the stream above that at rest, per delivery in flight."""
        peak = max(megabytes for _, megabytes in self.memory)
        return (peak - self.rest_mb) * 1e6 / MIB / IN_FLIGHT

    @property
    def slope_mb(self) -> float:
        """MB a minute by which memory rises, from the median of the window's first third to that of its last."""
        window = [(at, megabytes) for at, megabytes in self.memory if self.first.at <= at <= self.last.at]
        third = len(window) // 3
        (early, low), (late, high) = _middle(window[:third]), _middle(window[-third:])
        return (high - low) / (late - early) * 60


async def measure(folder: Path) -> list[Row]:
    """Every row of this file."""
    canned = folder / "canned"
    take = await asyncio.to_thread(record, canned)
    reads = await asyncio.to_thread(_free_reads, canned / "files")
    seen: dict[str, Seen] = {}
    for name, bot in (("ours", _minstrel), ("bare", _bare_bot)):
        scene = folder / name
        scene.mkdir()
        shutil.copytree(canned, scene / "studio")
        seen[name] = await _scene(scene, take, reads, bot)
        shutil.rmtree(scene)  # nearly 2 GB of takes
    return _rows(seen["ours"], seen["bare"])


def _rows(ours: Seen, bare: Seen) -> list[Row]:
    mean = OUTSTANDING + ENDS_PER_S * (STREAM_S - RAMP_S) / 2
    scene = f"{mean:.0f} outstanding"
    lags = Pair(ours.lags, bare.lags)
    waits = Pair(ours.waits, bare.waits)
    wanted = ENDS_PER_S * TAKES
    return [
        Row(f"{scene}: takes posted a second", ours.posted_per_s, "/s", bare.posted_per_s, at_least=0.98 * wanted),
        Row(f"takes posted in the end, of {ours.promised}", ours.posted, "", bare.posted, at_least=ours.promised),
        lags.percentile("loop lag", "ms", 50),
        lags.percentile("loop lag", "ms", 99, at_most=20.0),
        lags.worst("loop lag", "ms"),
        Pair(ours.idle_lags, bare.idle_lags).percentile("loop lag of an idle process meanwhile", "ms", 99),
        Row("list requests a second", ours.per_s(LISTS), "/s", bare.per_s(LISTS), at_most=mean / 500 + 1),
        Row("reads of single tasks a second", ours.per_s(READS), "/s", bare.per_s(READS)),
        Row("memory above rest, per delivery in flight", ours.growth_mib, "MiB", bare.growth_mib, at_most=1.0),
        Row("rise of memory in the stream", ours.slope_mb, "MB/mi", bare.slope_mb),
        Row("resident memory at rest", ours.rest_mb, "MB", bare.rest_mb),
        Row("processor", ours.cpu, "%", bare.cpu),
        Row("processor time per take", ours.cpu_ms_per_take, "ms", bare.cpu_ms_per_take),
        waits.percentile("song ended to take posted", "ms", 50),
        waits.percentile("song ended to take posted", "ms", 95),
    ]


async def _scene(folder: Path, take: RenderedTake, reads: Mapping[str, str], make: Bot) -> Seen:
    async with (
        stand_in("discord", folder / "discord") as discord,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        stream = int(ENDS_PER_S * STREAM_S)
        cards = await outstanding.post_cards(session, discord, WARM + stream + OUTSTANDING)
        planned = time.time() + START_S
        owner = await _owner(session, discord)
        await asyncio.to_thread(outstanding.tell_studio, folder / "studio", _timed(cards, planned + AHEAD_S), take)
        await outstanding.tell_minstrel(database_url(folder), _timed(cards, planned), owner)
        async with _studio(session, folder / "studio", reads) as studio:
            bot = make(folder, Services(discord, discord, studio), cards)
            async with running(bot):
                begins = await _begin(session, studio, planned + AHEAD_S)
                with (folder / "idle-lags").open("w", encoding="utf-8") as file:
                    idling = asyncio.create_task(watch(file))
                    looks = await _watch(session, bot, studio, begins)
                    idling.cancel()
        songs = _timed(cards, begins)[: WARM + stream]
        posted = await _posted(session, discord, owner, songs)
    return _seen(looks, posted, songs, folder)


async def _begin(session: aiohttp.ClientSession, studio: str, planned: float) -> float:
    """Move the studio's clock so that the stream, planned for then by its clock, begins soon; when that is by ours."""
    begins = time.time() + SETTLE_S + WARM_BEFORE_S
    body = {"advance_ms": int((planned - begins) * 1000)}
    async with session.post(f"{studio}/sandbox/v1/time", json=body) as answer:
        answer.raise_for_status()
    return begins


def _timed(cards: Sequence[Song], begins: float) -> Sequence[Song]:
    return outstanding.timed(cards, _ends(begins, len(cards)), int(OUTSTANDING / ENDS_PER_S * 1000))


def _ends(begins: float, count: int) -> Sequence[int]:
    """The warm songs end together, the others one by one."""
    stream = [begins + number / ENDS_PER_S for number in range(count - WARM)]
    return [int(end * 1000) for end in [begins - WARM_BEFORE_S] * WARM + stream]


def _minstrel(folder: Path, services: Services, songs: Sequence[Song]) -> Process:
    return minstrel(folder, services, poll_s=POLL_S, lags=folder / "lags")


def _bare_bot(folder: Path, services: Services, songs: Sequence[Song]) -> Process:
    outstanding.tell_bare_bot(folder / "songs.json", songs)
    return bare_bot(folder, services, poll_s=POLL_S, songs=folder / "songs.json", lags=folder / "lags")


def _free_reads(files: Path) -> Mapping[str, str]:
    """What the studio answers of each take, by path. It would decode the recording anew for each."""
    words = SONG["lyrics"].split()
    sung = [{"word": word, "start": float(at), "end": at + 0.5} for at, word in enumerate(words)]
    found = {"waveform": door.envelope(files, CANNED), "timeline": {"aligned": sung}}
    return {f"/music/{path}": json.dumps({"code": 0, "data": data}) for path, data in found.items()}


@asynccontextmanager
async def _studio(session: aiohttp.ClientSession, data: Path, reads: Mapping[str, str]) -> AsyncIterator[str]:
    async with stand_in("studio", data, "--canned") as studio:
        for path, body in reads.items():
            fault = {"path": path, "times": 1_000_000, "status": 200, "body": body, "content_type": "application/json"}
            async with session.post(f"{studio}/sandbox/v1/faults", json=fault) as answer:
                answer.raise_for_status()
        yield studio


async def _owner(session: aiohttp.ClientSession, discord: str) -> int:
    async with session.get(f"{discord}/sandbox/v1/world") as answer:
        return int((await answer.json())["me"]["id"])


@dataclass(frozen=True, slots=True)
class _Looks:
    rest_mb: float
    memory: Sequence[tuple[float, float]]
    first: Look
    last: Look


async def _watch(session: aiohttp.ClientSession, bot: Process, studio: str, begins: float) -> _Looks:
    """Look at the bot until the stream has ended and the rest was posted."""
    memory: list[tuple[float, float]] = []

    async def until(end: float) -> None:
        while time.time() < end:
            await asyncio.sleep(LOOK_S)
            memory.append((time.monotonic(), bot.resident_mb()))

    await asyncio.sleep(begins - POLL_S - time.time())
    await until(begins)
    rest_mb = max(megabytes for _, megabytes in memory)
    memory.clear()
    await until(begins + RAMP_S)
    first = await _look(session, bot, studio)
    await until(begins + STREAM_S)
    last = await _look(session, bot, studio)
    await asyncio.sleep(DRAIN_S)
    return _Looks(rest_mb, memory, first, last)


async def _look(session: aiohttp.ClientSession, bot: Process, studio: str) -> Look:
    async with session.get(f"{studio}/sandbox/v1/ledger") as answer:
        calls = (await answer.json())["calls"]
    return Look(time.monotonic(), bot.resident_mb(), bot.cpu_s(), calls)


async def _posted(
    session: aiohttp.ClientSession, discord: str, member: int, songs: Sequence[Song]
) -> Mapping[str, Sequence[int]]:
    """When each take of each song came to stand in its thread, Unix ms by Discord's clock."""
    room = asyncio.Semaphore(outstanding.IN_FLIGHT)

    async def one(song: Song) -> tuple[str, Sequence[int]]:
        url = f"{discord}/sandbox/v1/channels/{song.card_id}/messages?as={member}"
        async with room, session.get(url) as answer:
            messages = (await answer.json())["messages"] if answer.ok else []  # without takes there is no thread
        return song.task_id, [_moment(message) for message in messages if message["attachments"]]

    return dict(await asyncio.gather(*map(one, songs)))


def _moment(message: Mapping[str, str]) -> int:
    return int(datetime.fromisoformat(message["timestamp"]).timestamp() * 1000)


def _seen(looks: _Looks, posted: Mapping[str, Sequence[int]], songs: Sequence[Song], folder: Path) -> Seen:
    offset = time.time() - time.monotonic()
    start, end = looks.first.at, looks.last.at
    in_window = [song for song in songs if start <= song.ready_at / 1000 - offset <= end]
    moments = sorted(moment / 1000 for song in in_window for moment in posted[song.task_id])
    return Seen(
        rest_mb=looks.rest_mb,
        memory=looks.memory,
        first=looks.first,
        last=looks.last,
        lags=_lags(folder / "lags", start, end),
        idle_lags=_lags(folder / "idle-lags", start, end),
        waits=[moment - song.ready_at for song in in_window for moment in posted[song.task_id]],
        posted_per_s=statistics.linear_regression(moments, range(len(moments))).slope if len(moments) > 1 else 0.0,
        posted=sum(map(len, posted.values())),
        promised=len(songs) * TAKES,
    )


def _lags(file: Path, start: float, end: float) -> Sequence[float]:
    lines = [line.split() for line in file.read_text(encoding="utf-8").splitlines()]
    return [float(lag) for due, lag in lines if start <= float(due) <= end]


def _middle(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return sorted(points, key=lambda point: point[1])[len(points) // 2]

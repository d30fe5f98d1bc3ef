"""From a task's end to its takes posted: Minstrel and a bare loop, a song each in turn, timed by relays."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import aiohttp

from sandbox.studio.state import Settings
from sandbox.studio.wire import OpenStudio, open_studio
from tests.benchmarks.member import Member
from tests.benchmarks.process import PATIENCE_S, Process, Services, bare_bot, minstrel, running, stand_in
from tests.benchmarks.recording import record
from tests.benchmarks.relay import Call, Relay, open_relay
from tests.benchmarks.row import Pair, Row

T = TypeVar("T")
SONGS = 20
TAKES = 2
SETTLE_S = 0.4
"""For the last edit of a card."""


@dataclass(frozen=True, slots=True)
class Timing:
    """One take, in ms: all of it, and the part that was spent neither on downloads nor in Discord's hands."""

    whole: float
    own: float


@dataclass(frozen=True, slots=True)
class Place:
    """A bot, the relay between it and its Discord, and a member there."""

    bot: Process
    relay: Relay
    member: Member


async def measure(folder: Path) -> list[Row]:
    """Every row of this file."""
    async with AsyncExitStack() as stack:
        for name in ("ours", "bare"):
            (folder / name).mkdir()
        to_studio = await stack.enter_async_context(open_relay())
        studio = await stack.enter_async_context(_open_studio(folder / "studio", to_studio))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        ours = await stack.enter_async_context(
            _open_place(folder / "ours", session, to_studio, partial(minstrel, poll_s=1))
        )
        bare = await stack.enter_async_context(_open_place(folder / "bare", session, to_studio, bare_bot))
        our_takes: list[Timing] = []
        bare_takes: list[Timing] = []
        for number in range(SONGS + 1):
            for place, takes in ((ours, our_takes), (bare, bare_takes)):
                timings = await _one_song(place, to_studio, studio)
                takes += timings if number else ()  # the first song is a warm-up
        return [
            *_rows(our_takes, bare_takes),
            Row(f"resident memory after {SONGS + 1} songs", ours.bot.resident_mb(), "MB", bare.bot.resident_mb()),
        ]


def _rows(ours: Sequence[Timing], bare: Sequence[Timing]) -> Sequence[Row]:
    """`whole`: from the answer to the poll that says completed (for a later take: from the answer to the POST of the
    one before) to Discord's answer to the take's POST. `own`: the same up to that POST's first byte, without the times
    in which a file was being downloaded, the waveform or the words' times were read, or the thread was being made. So
    neither the wait for the poll nor the upload is in `own`; the database, the tags, the drawing and discord.py are.
    """
    whole = Pair([take.whole for take in ours], [take.whole for take in bare])
    own = Pair([take.own for take in ours], [take.own for take in bare])
    return (
        whole.percentile("task ended to take posted", "ms", 50),
        whole.percentile("task ended to take posted", "ms", 95),
        own.percentile("of it our own time", "ms", 50),
        own.percentile("of it our own time", "ms", 95),
    )


@asynccontextmanager
async def _open_studio(data: Path, relay: Relay) -> AsyncIterator[OpenStudio]:
    """A studio behind the relay, in this process: with one song at a time it has nothing to share."""
    await asyncio.to_thread(record, data)
    settings = Settings(canned=True, generation_ms=3_600_000)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    relay.target = f"http://127.0.0.1:{port}"
    async with open_studio(data, port=port, settings=settings, public_url=relay.url) as studio:
        yield studio


@asynccontextmanager
async def _open_place(
    folder: Path, session: aiohttp.ClientSession, to_studio: Relay, make: Callable[[Path, Services], Process]
) -> AsyncIterator[Place]:
    async with (
        stand_in("discord", folder / "discord") as discord,
        open_relay(discord) as relay,
        running(make(folder, Services(discord, relay.url, to_studio.url))) as bot,
    ):
        yield Place(bot, relay, await Member.of(session, discord))


async def _one_song(place: Place, to_studio: Relay, studio: OpenStudio) -> Sequence[Timing]:
    place.relay.calls.clear()
    to_studio.calls.clear()
    ledger = studio.model.ledger
    ledger.lines.clear()
    await place.member.song()
    task_id = await _soon(lambda: next((line.task_id for line in ledger.lines), None))
    studio.model.finish(task_id)
    posts = await _soon(lambda: _posts(place.relay.calls))
    await asyncio.sleep(SETTLE_S)
    return _timings(posts, [*to_studio.calls, *place.relay.calls], f"/api/v1/task/{task_id}")


async def _soon(look: Callable[[], T | None]) -> T:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if (found := look()) is not None:
                return found
            await asyncio.sleep(0.01)


def _posts(calls: Sequence[Call]) -> Sequence[Call] | None:
    """The answered posts of all takes; None while one lacks."""
    posts = [call for call in calls if call.request.startswith("POST") and call.request.endswith("/messages")]
    return posts if len(posts) == TAKES and all(call.ended for call in posts) else None


def _timings(posts: Sequence[Call], calls: Sequence[Call], poll: str) -> Sequence[Timing]:
    others = [call for call in calls if _is_elsewhere(call.request)]
    first = min(call.began for call in others)
    begun = max(call.ended for call in calls if call.request.endswith(poll) and call.ended <= first)
    timings = []
    for post in posts:
        elsewhere = _together(call for call in others if begun <= call.began < post.began)
        timings.append(Timing((post.ended - begun) * 1000, (post.began - begun - elsewhere) * 1000))
        begun = post.ended
    return timings


def _is_elsewhere(request: str) -> bool:
    """A file, a free read of what a take's picture and word times are made from, or the thread."""
    return "/files/" in request or request.startswith("GET /api/v1/music/") or request.endswith("/threads")


def _together(calls: Iterable[Call]) -> float:
    """The time in which at least one of them was under way, in seconds."""
    total = until = 0.0
    for call in sorted(calls, key=lambda call: call.began):
        total += max(0.0, call.ended - max(call.began, until))
        until = max(until, call.ended)
    return total

"""Start-up, idle memory, and the time from command to card: Minstrel and the bare bot, each in a Discord of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.benchmarks.member import Answered, Member
from tests.benchmarks.process import Process, Services, bare_bot, minstrel, running, stand_in
from tests.benchmarks.row import Pair, Row

STARTS = 5
IDLE_S = 3.0
CALM = 30
"""Commands at 1/s: too few for a p99, so their worst is told."""
BLOCKS, BLOCK = 6, 100
"""Commands at 50/s come in blocks of 2 s, ours and the bare bot's in turn, so that noise meets both."""
SUBMIT_MS = 1000
SETTLE_S = 4.0
"""Until what a block left behind is done: submits and card edits of ours must not meet the bare bot's block."""


@dataclass(frozen=True, slots=True)
class Place:
    """A bot and a member of its Discord."""

    bot: Process
    member: Member


@dataclass(frozen=True, slots=True)
class Places:
    """Minstrel's and the bare bot's."""

    ours: Place
    bare: Place


async def measure(folder: Path) -> list[Row]:
    """Every row of this file."""
    async with _open_places(folder) as places:
        rows = [await _start_up(places)]
        async with running(places.ours.bot), running(places.bare.bot):
            rows.append(await _idle_memory(places))
            rows += await _calm(places)
            rows += await _busy(places)
            rows.append(_memory(f"resident memory after {CALM + BLOCKS * BLOCK} commands", places))
        return rows


@asynccontextmanager
async def _open_places(folder: Path) -> AsyncIterator[Places]:
    """Songs take an hour, so that none ends meanwhile: every command stays an outstanding task.

    A submit takes a second, one at a time, as MusicMint's do, so that the queue is worked off as it would be.
    """
    ours, bare = folder / "ours", folder / "bare"
    ours.mkdir()
    bare.mkdir()
    async with (
        stand_in("studio", folder / "studio", "--canned", "--generation-ms", "3600000") as studio,
        stand_in("discord", folder / "discord-ours") as our_discord,
        stand_in("discord", folder / "discord-bare") as bare_discord,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        slow = {"path": "/music/generate", "times": 100_000, "delay_ms": SUBMIT_MS}
        async with session.post(f"{studio}/sandbox/v1/faults", json=slow) as answer:
            answer.raise_for_status()
        yield Places(
            Place(minstrel(ours, Services(our_discord, our_discord, studio)), await Member.of(session, our_discord)),
            Place(bare_bot(bare, Services(bare_discord, bare_discord)), await Member.of(session, bare_discord)),
        )


async def _start_up(places: Places) -> Row:
    """From the start of the process to the card of the first `/song`; database and commands are there already.

    It is seen from outside, because the ready of discord.py comes 2 s after commands are answered.
    """
    for place in (places.ours, places.bare):
        async with running(place.bot):
            pass
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(STARTS):
        ours.append(await _one_start(places.ours))
        bare.append(await _one_start(places.bare))
    return Pair(ours, bare).median(f"start to first card, {STARTS} starts", "ms")


async def _one_start(place: Place) -> float:
    begun = time.perf_counter()
    await place.bot.start()
    try:
        await place.member.first_answer()
        return (time.perf_counter() - begun) * 1000
    finally:
        await place.bot.stop()


async def _idle_memory(places: Places) -> Row:
    """VmRSS some seconds after both are up, before any command."""
    await asyncio.sleep(IDLE_S)
    return _memory("resident memory, idle", places)


def _memory(name: str, places: Places) -> Row:
    return Row(name, places.ours.bot.resident_mb(), "MB", places.bare.bot.resident_mb())


async def _calm(places: Places) -> Sequence[Row]:
    """From `POST /interactions/command` to its answer, at 1/s; the bare bot's half a second after ours."""
    ours, bare = await asyncio.gather(
        places.ours.member.songs(per_s=1, count=CALM), places.bare.member.songs(per_s=1, count=CALM, after_s=0.5)
    )
    pair = _latencies(ours, bare)
    name = "command to card at 1/s"
    return pair.median(name, "ms"), pair.worst(name, "ms")


async def _busy(places: Places) -> Sequence[Row]:
    """The same at 50/s, counted from the scheduled moment; what Minstrel does after the card goes on meanwhile."""
    ours: list[Answered] = []
    bare: list[Answered] = []
    for _ in range(BLOCKS):
        for place, samples in ((places.ours, ours), (places.bare, bare)):
            samples += await place.member.songs(per_s=50, count=BLOCK)
            await asyncio.sleep(SETTLE_S if place is places.ours else 0)
    pair = _latencies(ours, bare)
    name = f"command to card at 50/s (n={len(ours)})"
    refused = sum(not answer.card for answer in ours)
    return (
        pair.median(name, "ms"),
        pair.percentile(name, "ms", 99),
        Row("of these refused as too busy, against all", refused, "", len(ours)),
    )


def _latencies(ours: Sequence[Answered], bare: Sequence[Answered]) -> Pair:
    return Pair([answer.after_ms for answer in ours], [answer.after_ms for answer in bare])

"""The processes of a run: the stand-ins, Minstrel and the bare bot, each on its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil

PATIENCE_S = 45.0
DISCORD_TOKEN = "benchmark-token"
KEY = "sk-mm-benchmark"
ROOT = Path(__file__).parents[2]
BARE_BOT = Path(__file__).with_name("bare_bot.py")
WATCHED = Path(__file__).with_name("watched.py")


@dataclass(frozen=True, slots=True)
class Services:
    """Where a bot finds its services: `rest` is the way to this Discord's REST, `studio` empty for no songs."""

    discord: str
    rest: str
    studio: str = ""


class Process:
    """A Python process that says on a line that it is there."""

    def __init__(
        self, arguments: Sequence[str], says: str, folder: Path, settings: Mapping[str, str] | None = None
    ) -> None:
        self._arguments = arguments
        self._says = says
        self._folder = folder
        self._settings = settings or {}
        self._running: asyncio.subprocess.Process | None = None
        self._lines: list[str] = []
        self._there = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin, without waiting for the line."""
        self._there.clear()
        self._running = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._arguments,
            cwd=self._folder,
            env=os.environ | self._settings,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self._reader = asyncio.create_task(self._read(self._running))

    async def said(self) -> str:
        """Wait for the line; the line."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._there.wait()
            return next(line for line in self._lines if self._says in line)
        except (TimeoutError, StopIteration):
            raise RuntimeError(f"{self._arguments} did not start:\n" + "\n".join(self._lines[-30:])) from None

    async def stop(self) -> None:
        """Ctrl-C, which all of them take as a request to close their connections, and wait for the end."""
        if self._running is None or self._reader is None:
            return
        if self._running.returncode is None:
            self._running.send_signal(signal.SIGINT)
        await self._running.wait()
        await self._reader
        self._running = None
        self._lines.clear()

    def resident_mb(self) -> float:
        """Memory in use, in MB of 1,000,000 bytes."""
        resident: int = self._seen().memory_info().rss
        return resident / 1e6

    def cpu_s(self) -> float:
        """Seconds of processor time so far."""
        times = self._seen().cpu_times()
        return float(times.user + times.system)

    def _seen(self) -> psutil.Process:
        assert self._running is not None
        return psutil.Process(self._running.pid)

    async def _read(self, running: asyncio.subprocess.Process) -> None:
        assert running.stdout is not None
        async for line in running.stdout:
            self._lines.append(line.decode().rstrip())
            if self._says in self._lines[-1]:
                self._there.set()
        self._there.set()


@asynccontextmanager
async def running(process: Process) -> AsyncIterator[Process]:
    """Started and there; ended with the block."""
    try:
        await process.start()
        await process.said()
        yield process
    finally:
        await process.stop()


@asynccontextmanager
async def stand_in(name: str, data: Path, *more: str) -> AsyncIterator[str]:
    """`discord` or `studio`; its address."""
    arguments = ["-m", f"sandbox.{name}", "--port", "0", "--data", str(data), *more]
    async with running(Process(arguments, "listening on ", ROOT)) as process:
        url = (await process.said()).split()[-1]
        if name == "discord":
            await _lift_limits(url)
        yield url


async def _lift_limits(discord: str) -> None:
    """Rate limits would be what is measured; how the bot lives with them is for the tests."""
    limits = ("message_limit", "webhook_limit", "route_limit", "global_limit", "max_concurrency")
    async with (
        aiohttp.ClientSession() as session,
        session.patch(f"{discord}/sandbox/v1/settings", json=dict.fromkeys(limits, 0)) as answer,
    ):
        answer.raise_for_status()


def database_url(folder: Path) -> str:
    """Where Minstrel's rows are."""
    return f"sqlite:///{folder / 'minstrel.db'}"


def minstrel(folder: Path, services: Services, *, poll_s: int = 5, lags: Path | None = None) -> Process:
    """Minstrel with its database in `folder`; `lags` is where its loop's lags are noted."""
    settings = _settings(services) | {
        "MUSICMINT_API_KEY": KEY,
        "MUSICMINT_BASE_URL": services.studio,
        "MEDIA_ORIGINS": services.studio,
        "DATABASE_URL": database_url(folder),
        "POLL_SECONDS": str(poll_s),
        "DISCORD_CALLS_PER_SECOND": "1000",  # as the bare bot, which counts none
        "WEB_PORT": "0",
    }
    arguments = ["-m", "bot", "run"] if lags is None else [str(WATCHED), str(lags), "bot", "run"]
    return Process(arguments, "minstrel is up", folder, settings)


def bare_bot(
    folder: Path, services: Services, *, poll_s: float = 0.5, songs: Path | None = None, lags: Path | None = None
) -> Process:
    """The bare bot; with a studio it also makes the songs, and goes on with those of `songs`."""
    settings = _settings(services) | {
        "MUSICMINT_API_KEY": KEY,
        "MUSICMINT_BASE_URL": services.studio,
        "POLL_S": str(poll_s),
        "SONGS": str(songs or ""),
    }
    watched = [] if lags is None else [str(WATCHED), str(lags)]
    return Process([*watched, str(BARE_BOT)], "bare bot is ready", folder, settings)


def _settings(services: Services) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": DISCORD_TOKEN,
        "DISCORD_API_URL": f"{services.rest}/api/v10",
        "DISCORD_GATEWAY_URL": f"{services.discord.replace('http', 'ws', 1)}/gateway",
    }

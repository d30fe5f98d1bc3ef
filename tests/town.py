"""A small town for end-to-end tests: both stand-ins on real sockets, the bot as a process, and members who act."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from sandbox.discord.wire import open_discord
from sandbox.discord.wire.server import Discord
from sandbox.studio.booth import CANNED_ORDER
from sandbox.studio.state import Settings
from sandbox.studio.wire import OpenStudio, open_studio
from tests.benchmarks.recording import record

PATIENCE_S = 120.0
"""What a busy machine may need to make real music; a quiet one uses little of it."""
KEY = "sk-mm-end-to-end"
TOKEN = "end-to-end-token"
Json = dict[str, Any]
T = TypeVar("T")


class BotProcess:
    """`python -m bot run`, started where no source lies, so that the installed package runs."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self._folder = folder
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self.lines: list[str] = []
        self.up = asyncio.Event()

    async def start(self) -> None:
        """Returns when it says it is up."""
        self.up.clear()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "run",
            cwd=self._folder,
            env={"PATH": os.environ["PATH"], "POLL_SECONDS": "1", "WEB_PORT": "0"} | self._settings,
            stderr=asyncio.subprocess.PIPE,
        )
        self._reader = asyncio.create_task(self._read(self._process))
        async with asyncio.timeout(PATIENCE_S):
            await self.up.wait()
        assert any("minstrel is up" in line for line in self.lines[-3:]), "\n".join(self.lines)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self.lines.append(line.decode().rstrip())
            if "minstrel is up" in self.lines[-1]:
                self.up.set()
        self.up.set()

    async def kill(self) -> None:
        """SIGKILL: nothing is told, nothing is closed."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM; the exit code. Fails when it takes longer than the 8 s that are promised."""
        return await self._end(signal.SIGTERM)

    async def wait(self, timeout_s: float) -> int:
        """The exit code of a process that ends by itself."""
        assert self._process is not None
        assert self._reader is not None
        async with asyncio.timeout(timeout_s):
            code = await self._process.wait()
            await self._reader
        return code

    async def _end(self, number: signal.Signals) -> int:
        if self._process is None or self._reader is None:
            return 0
        process, self._process = self._process, None
        if process.returncode is None:
            process.send_signal(number)
        try:
            async with asyncio.timeout(8):
                code = await process.wait()
        except TimeoutError:
            process.kill()
            raise
        await self._reader
        return code


@dataclass
class Member:
    """Somebody of the server, acting through the local Discord's JSON API."""

    id: str
    town: Town

    async def run(self, name: str, channel: str = "songs", /, **options: Any) -> Json:
        """Run a slash command as Discord's client would; values of None are left out."""
        return await self._interact("command", channel=self.town.channel(channel), name=name, options=options)

    async def run_unchecked(self, name: str, channel: str = "songs", /, **options: Any) -> Json:
        """Run it as a hostile client could, past the ranges Discord's client checks."""
        where = self.town.channel(channel)
        return await self._interact("command", channel=where, name=name, options=options, unchecked=True)

    async def choices(self, name: str, focused: str, channel: str, typed: str = "") -> list[Json]:
        """What autocomplete offers for an option."""
        where = self.town.channel(channel)
        answer = await self._interact(
            "autocomplete", channel=where, name=name, options={focused: typed}, focused=focused
        )
        offered: list[Json] = answer["choices"]
        return offered

    async def menu(self, name: str, message: Json) -> Json:
        """Pick an entry of a message's menu."""
        return await self._interact("command", channel=message["channel_id"], name=name, type=3, target=message["id"])

    async def press(self, message: Json, label: str) -> Json:
        """Press the button with this label."""
        found = [item for row in message["components"] for item in row["components"] if item["label"] == label]
        assert found, f"no button {label} on {message['components']}"
        return await self._interact(
            "component", channel=message["channel_id"], message=message["id"], custom_id=found[0]["custom_id"]
        )

    async def send_form(self, opened: Json, **fields: str) -> Json:
        """Fill in and send the form an interaction opened."""
        assert opened["state"] == "modal", opened
        return await self._interact("modal", interaction=opened["id"], fields=fields)

    async def read(self, channel: str) -> list[Json]:
        """The messages this member sees there, oldest first."""
        path = f"/channels/{self.town.channel(channel)}/messages"
        messages: list[Json] = (await self.town.call("GET", path, params={"as": self.id}))["messages"]
        return messages

    async def _interact(self, kind: str, **body: Any) -> Json:
        return await self.town.call("POST", f"/interactions/{kind}", json={"as": self.id, **body})


class Town:
    """Everything that runs."""

    def __init__(
        self,
        discord: Discord,
        studio: OpenStudio,
        session: aiohttp.ClientSession,
        bot: BotProcess,
        database: Path,
        recording: Path,
    ) -> None:
        self.discord = discord
        self.studio = studio
        self.session = session
        self.bot = bot
        self.database = database
        self.recording = recording
        self.world = discord.model.core.world

    def member(self, username: str) -> Member:
        """Ada runs the server, Ben and Chiyo are members, Gus may only look."""
        return Member(next(user.id for user in self.world.users.values() if user.username == username), self)

    def channel(self, name_or_id: str) -> str:
        """The id of a channel by name; an id stays itself."""
        return next((channel.id for channel in self.world.channels.values() if channel.name == name_or_id), name_or_id)

    async def call(self, method: str, path: str, **kwargs: Any) -> Json:
        """A call of the local Discord's JSON API."""
        async with self.session.request(method, f"{self.discord.url}/sandbox/v1{path}", **kwargs) as response:
            answer: Json = await response.json()
            assert response.ok, answer
            return answer

    async def tell_studio(self, method: str, path: str, body: Json | None = None) -> Json:
        """A call of the studio's JSON API."""
        async with self.session.request(method, f"{self.studio.url}/sandbox/v1/{path}", json=body) as response:
            answer: Json = await response.json()
            assert response.ok, answer
            return answer

    async def submits(self) -> list[Json]:
        """Every generate POST the studio saw."""
        seen: list[Json] = (await self.tell_studio("GET", "ledger"))["generate"]
        return seen

    async def card(self, answer: Json) -> Json:
        """The card an interaction was answered with, as it stands now."""
        card = answer["message"]
        messages = await self.member("ada").read(card["channel_id"])
        return next(message for message in messages if message["id"] == card["id"])

    async def card_says(self, answer: Json, *words: str) -> Json:
        """Wait until the card holds all of these words."""

        async def found() -> Json | None:
            card = await self.card(answer)
            return card if all(word in json.dumps(card["embeds"], ensure_ascii=False) for word in words) else None

        return await self.eventually(found, lambda: f"no card said {words}")

    async def takes(self, channel: str, count: int) -> list[Json]:
        """Wait for so many messages with a file in a thread or channel."""

        async def found() -> list[Json] | None:
            if self.channel(channel) not in self.world.channels:
                return None  # its thread has not grown yet
            messages = [message for message in await self.member("ada").read(channel) if message["attachments"]]
            return messages if len(messages) >= count else None

        return await self.eventually(found, lambda: f"fewer than {count} takes in {channel}")

    async def labelled(self, channel: str, *labels: str) -> list[Json]:
        """Wait for the messages with a file whose headings end in these labels, such as `v2a`; in that order."""

        async def found() -> list[Json] | None:
            if self.channel(channel) not in self.world.channels:
                return None
            files = [message for message in await self.member("ada").read(channel) if message["attachments"]]
            by_label = {message["embeds"][0]["title"].rpartition(" ")[2]: message for message in files}
            return [by_label[label] for label in labels] if by_label.keys() >= set(labels) else None

        return await self.eventually(found, lambda: f"no {labels} in {channel}")

    async def file_named(self, channel: str, part: str) -> tuple[str, bytes]:
        """Wait for a message whose file's name holds `part`; that name and its bytes."""

        async def found() -> tuple[str, bytes] | None:
            for message in await self.member("ada").read(channel):
                for attachment in message["attachments"]:
                    if part in attachment["filename"]:
                        return attachment["filename"], await self.fetch(attachment["url"])
            return None

        return await self.eventually(found, lambda: f"no file named {part} in {channel}")

    async def paid(self, endpoint: str) -> list[Json]:
        """The lines of the studio's ledger for one endpoint, such as `music/cover`."""
        seen: list[Json] = (await self.tell_studio("GET", "ledger"))["paid"]
        return [line for line in seen if line["endpoint"].endswith(endpoint)]

    async def eventually(self, look: Callable[[], Awaitable[T | None]], complaint: Callable[[], str]) -> T:
        """Look again and again until there is something, for as long as a slow machine may need."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while (found := await look()) is None:
                    await asyncio.sleep(0.1)
                return found
        except TimeoutError:
            raise AssertionError(f"{complaint()}\n" + "\n".join(self.bot.lines[-30:])) from None

    async def fetch(self, url: str) -> bytes:
        """A file from the local Discord's CDN."""
        async with self.session.get(url) as response:
            assert response.ok
            return await response.read()

    def rows(self, query: str) -> list[Json]:
        """What the database holds."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query)]


@asynccontextmanager
async def open_town(
    folder: Path, *, generation_ms: int = 500, canned: bool = False, **settings: str
) -> AsyncIterator[Town]:
    """Both stand-ins and a bot that is up; `settings` of the bot beside those it cannot do without."""
    recording = recording_file(folder)
    if canned:
        await asyncio.to_thread(lambda: shutil.copytree(_canned().name, folder / "studio"))
    async with (
        open_discord(folder / "discord", record=recording) as discord,
        open_studio(folder / "studio", settings=Settings(generation_ms=generation_ms, canned=canned)) as studio,
        aiohttp.ClientSession() as session,
    ):
        database = folder / "minstrel.db"
        bot = BotProcess(folder, settings_for(discord, studio, database) | settings)
        town = Town(discord, studio, session, bot, database, recording)
        try:
            # The tests start the bot more often than Discord's one IDENTIFY in 5 s would let them.
            await town.call("PATCH", "/settings", json={"max_concurrency": 0})
            await bot.start()
            yield town
        finally:
            await bot.stop()


@cache
def _canned() -> tempfile.TemporaryDirectory[str]:
    """The data folder of a studio that has its canned recording: made once for all towns, for it takes seconds."""
    folder = tempfile.TemporaryDirectory(prefix="minstrel-canned-")
    record(Path(folder.name), CANNED_ORDER)
    return folder


def recording_file(folder: Path) -> Path:
    """Where the bot's requests are written: for `make recording`, one file of the whole run."""
    return Path(os.environ.get("RECORDING") or folder / "recording.jsonl")


def settings_for(discord: Discord, studio: OpenStudio, database: Path) -> dict[str, str]:
    """What an operator would set."""
    return {
        "DISCORD_TOKEN": TOKEN,
        "DISCORD_API_URL": discord.api_url,
        "DISCORD_GATEWAY_URL": discord.gateway_url,
        "MUSICMINT_API_KEY": KEY,
        "MUSICMINT_BASE_URL": studio.url,
        "MEDIA_ORIGINS": studio.url,
        "DISCORD_CDN_ORIGINS": discord.url,
        "DATABASE_URL": f"sqlite:///{database}",
    }

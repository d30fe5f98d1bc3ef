"""`python -m bot check`: tries each setting against the real thing and says, line by line, what to mend, and who."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from bot import web
from bot.config import ENV_FILE, Settings
from bot.contradictions import contradictions
from bot.errors import (
    KeyRejected,
    Offline,
    RateLimited,
    RequestRejected,
    ServiceError,
    SettingsError,
    Unreachable,
)
from bot.finding import MUSICMINT, Finding, look, mend, well
from bot.http_date import unix_ms
from bot.ports import Clock, MusicMint
from bot.survey import ServerSeen, Survey
from db import migrate
from db.engine import DatabaseError, ProcessLock, file_of

DISCORD: Final = "https://discord.com/api/v10"

MIB: Final = 1024 * 1024
NO_ROOM: Final = 100 * MIB
LITTLE_ROOM: Final = 1024 * MIB
"""A song takes about 2 kB of the database for ever, and 10 MB of the temporary folder while it is posted."""

SKEW_LOOK_S: Final = 30
SKEW_MEND_S: Final = 300
"""Past it messages are searched for at the wrong time, and a fresh card counts as too old."""

MOST_CHANNELS: Final = 5
"""Lines a server may fill."""
FEW_STARTS: Final = 10
ANSWER_WITHIN: Final = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Check:
    """What is tried, and with what. `survey` logs in at Discord; raises `SettingsError`, `Offline`."""

    settings: Settings
    musicmint: MusicMint
    session: aiohttp.ClientSession
    clock: Clock
    survey: Callable[[str], Awaitable[Survey]]

    async def findings(self) -> AsyncIterator[Finding]:
        """Everything, one after the other; nothing is written but an empty database file."""
        for found in (*contradictions(self.settings), *_env_file(), *_database(self.settings.database_url)):
            yield found
        for found in await self._discord():
            yield found
        yield await self._musicmint()
        discord_url = (self.settings.discord_api_url or DISCORD) + "/gateway"
        for service, url in (("Discord", discord_url), ("MusicMint", self.settings.musicmint_base_url)):
            if (skew := await self._skew(service, url)) is not None:
                yield skew
        yield await self._callback()

    async def _discord(self) -> list[Finding]:
        try:
            seen = await self.survey(self.settings.discord_token.get_secret_value())
        except SettingsError as error:
            return [mend(str(error))]
        except Offline as error:
            ours = "DISCORD_API_URL, at " if self.settings.discord_api_url else ""
            return [mend(f"{error}: look at {ours}this machine's network, or at its status page")]
        return [*_application(seen), *(found for server in seen.servers for found in _server(server))]

    async def _musicmint(self) -> Finding:
        try:
            page = await self.musicmint.list_tasks(page=1)
        except KeyRejected:
            return mend("MUSICMINT_API_KEY is not accepted by MusicMint; look at its dashboard")
        except RequestRejected as error:
            said = plain(str(error.arguments.get("reason")))
            return mend(f"MUSICMINT_API_KEY: MusicMint refuses to list its tasks: {said}", MUSICMINT)
        except RateLimited:
            return look("MUSICMINT_API_KEY: MusicMint takes no more calls just now; other software may use the key too")
        except Unreachable as error:
            return mend(f"MUSICMINT_BASE_URL: nobody answers there ({error.arguments.get('cause')})")
        except ServiceError as error:
            cause = error.arguments.get("cause", type(error).__name__)
            return mend(f"MUSICMINT_BASE_URL does not answer as MusicMint does ({cause})", f"you, or {MUSICMINT}")
        return well(f"MUSICMINT_API_KEY: accepted; {page.total} tasks so far")

    async def _skew(self, service: str, url: str) -> Finding | None:
        """None where nobody answers, which is told elsewhere, or tells no time."""
        try:
            async with self.session.get(url, timeout=ANSWER_WITHIN, allow_redirects=False) as answer:
                theirs_ms = unix_ms(answer.headers.get("Date"))
        except (aiohttp.ClientError, OSError, ValueError):
            return None
        if theirs_ms is None:
            return None
        apart_s = abs(self.clock.now_ms() - theirs_ms) / 1000
        said = f"This machine's clock is {apart_s:.0f} s away from {service}'s"
        if apart_s > SKEW_MEND_S:
            return mend(f"{said}; let it follow a time server")
        if apart_s > SKEW_LOOK_S:
            return look(f"{said}; let it follow a time server")
        return well(f"This machine's clock agrees with {service}'s")

    async def _callback(self) -> Finding:
        settings = self.settings
        if settings.callback_url is None:
            every = f"{settings.poll_seconds:g} s"
            return well(f"CALLBACK_URL is not set: MusicMint is asked every {every} what has ended")
        asked: list[bool] = []

        def health() -> web.Health:
            asked.append(True)
            return web.Health(stages=True, discord=False)

        try:
            async with web.serve(settings.web_host, settings.web_port, health):
                found = await self._through(settings.callback_url)
                if found.ok and not asked:
                    return mend("CALLBACK_URL leads to another Minstrel than this one")
                return found
        except SettingsError as error:
            if not _bot_runs(settings.database_url):
                return mend(f"{error}, though no Minstrel runs on this database: another program has the port")
        found = await self._through(settings.callback_url)
        return Finding(found.verdict, f"{found.line} (the Minstrel that runs here was asked)", found.whose)

    async def _through(self, callback_url: str) -> Finding:
        """The way a callback comes: by the public address, and whatever stands before this machine."""
        try:
            async with self.session.get(
                f"{callback_url}/healthz", timeout=ANSWER_WITHIN, allow_redirects=False
            ) as answer:
                status, body = answer.status, await answer.content.read(1024)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return mend(f"CALLBACK_URL cannot be reached from here ({type(error).__name__})")
        if status not in (200, 503) or b'"stages"' not in body:
            return mend(f"CALLBACK_URL answers with HTTP {status}, not as Minstrel does; it must lead to WEB_PORT")
        return well("CALLBACK_URL leads to this bot")


def _env_file() -> Iterator[Finding]:
    if (file := Path(ENV_FILE)).is_file():
        yield from _private(file, "secrets are")


def _database(url: str) -> Iterator[Finding]:
    try:
        current = migrate.is_current(url)
        path = file_of(url)
        for file in (path, *path.parent.glob(f"{path.name}-*")):
            yield from _private(file, "members' words are")
        with tempfile.TemporaryFile(dir=path.parent):
            """The folder takes new files: beside the database lie its log and its lock."""
        free = shutil.disk_usage(path.parent).free
    except DatabaseError as error:
        yield mend(str(error))
        return
    except OSError as error:
        yield mend(f"DATABASE_URL: {path.parent} cannot be written: {error.strerror}")
        return
    yield _room(f"DATABASE_URL: {path.parent}", free)
    temporary = Path(tempfile.gettempdir())
    yield _room(f"The temporary folder {temporary}, through which takes go,", shutil.disk_usage(temporary).free)
    yield well("DATABASE_URL: can be used" if current else "DATABASE_URL: its tables come with the first run")


def _private(file: Path, contents: str) -> Iterator[Finding]:
    mode = file.stat().st_mode & 0o777
    if os.name == "posix" and mode & 0o077:
        yield mend(f"{file} can be read by others (mode {mode:04o}), and {contents} in it: chmod 600 {file}")


def _room(where: str, free: int) -> Finding:
    said = f"{where} has {free // MIB} MiB left"
    if free < NO_ROOM:
        return mend(f"{said}: make room")
    return look(f"{said}: not much") if free < LITTLE_ROOM else well(said)


def _bot_runs(url: str) -> bool:
    lock = ProcessLock(url)
    try:
        lock.acquire()
    except DatabaseError:
        return True
    lock.release()
    return False


def _application(seen: Survey) -> Iterator[Finding]:
    yield well(f"DISCORD_TOKEN: logged in as {plain(seen.bot_name)}")
    if seen.starts_left < FEW_STARTS:
        said = f"DISCORD_TOKEN: Discord lets it connect {seen.starts_left} more times today"
        yield look(said) if seen.starts_left else mend(f"{said}; does something restart it?")
    if seen.privileged:
        listed = ", ".join(seen.privileged)
        yield look(f"Privileged intents are on and not needed: {listed}; see the developer portal")
    if not seen.servers and not seen.unread:
        yield look("The bot is in no server yet; the README has the link that invites it")
    for name in seen.unread:
        yield look(f'Server "{plain(name)}" could not be looked at')
    if seen.more:
        yield look("There are more servers than were looked at")


def _server(server: ServerSeen) -> Iterator[Finding]:
    name = f'Server "{plain(server.name)}"'
    admin = f"an admin of {plain(server.name)}"
    if server.lacks:
        yield mend(f"{name}: the bot lacks {', '.join(server.lacks)}", admin)
    lacking = [channel for channel in server.channels if channel.lacks]
    for channel in lacking[:MOST_CHANNELS]:
        yield look(f"{name}, #{plain(channel.name)}: the bot lacks {', '.join(channel.lacks)} there", admin)
    if len(lacking) > MOST_CHANNELS:
        yield look(f"{name}: the same in {len(lacking) - MOST_CHANNELS} more channels", admin)
    if not server.lacks and not lacking:
        yield well(f"{name}: the bot may do all it needs in the {len(server.channels)} channels it sees")


def plain(text: str) -> str:
    """A name from outside, for a terminal: no line ends, no colours, nothing that turns the text around."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:100])

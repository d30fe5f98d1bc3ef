"""`python -m bot check`: tries each setting against the real thing and says, line by line, what to mend."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from bot.client import try_token
from bot.errors import KeyRejected, Offline, RequestRejected, ServiceError, SettingsError
from bot.ports import MusicMint
from db import migrate
from db.engine import DatabaseError


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    ok: bool
    line: str


async def findings(database_url: str, token: str, musicmint: MusicMint) -> AsyncIterator[Finding]:
    """Every check, one after the other; none writes anything but an empty database file."""
    yield _database(database_url)
    yield await _discord(token)
    yield await _musicmint(musicmint)


def _database(url: str) -> Finding:
    try:
        current = migrate.is_current(url)
    except DatabaseError as error:
        return Finding(False, str(error))
    return Finding(True, "DATABASE_URL: can be used" if current else "DATABASE_URL: its tables come with the first run")


async def _discord(token: str) -> Finding:
    try:
        return Finding(True, f"DISCORD_TOKEN: logged in as {await try_token(token)}")
    except (SettingsError, Offline) as error:
        return Finding(False, str(error))


async def _musicmint(musicmint: MusicMint) -> Finding:
    try:
        page = await musicmint.list_tasks(page=1)
    except KeyRejected:
        return Finding(False, "MUSICMINT_API_KEY is not accepted by MusicMint; look at its dashboard")
    except RequestRejected as error:
        return Finding(
            False, f"MUSICMINT_API_KEY: MusicMint refuses to list its tasks: {error.arguments.get('reason')}"
        )
    except ServiceError as error:
        return Finding(False, f"MUSICMINT_BASE_URL does not answer as MusicMint's API ({type(error).__name__})")
    return Finding(True, f"MUSICMINT_API_KEY: accepted; {page.total} tasks so far")

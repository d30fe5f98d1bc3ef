"""`python -m bot run | check | migrate`. Every start-up error is one readable line and an exit code."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from typing import Final

from bot import check, logs
from bot.config import Settings, load_settings
from bot.errors import Offline, SettingsError
from db import migrate
from db.engine import DatabaseError, process_lock

OK: Final = 0
FAILED: Final = 1
MEND_SETTINGS: Final = 2
"""A restart cannot help: the operator must change something first."""

COMMANDS: Final = {
    "run": "run the bot",
    "check": "try every setting and say what to mend",
    "migrate": "bring the database to this version and stop",
}


def main(arguments: list[str] | None = None) -> int:
    """The program; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m bot", description="Minstrel, a Discord bot that writes songs.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words in COMMANDS.items():
        commands.add_parser(name, help=words, description=words)
    command = parser.parse_args(arguments).command
    try:
        settings = load_settings()
        logs.set_up(settings.log_level)
        return {"run": _run, "check": _check, "migrate": _migrate}[command](settings)
    except (SettingsError, DatabaseError) as error:
        print(f"minstrel: {error}", file=sys.stderr)
        return MEND_SETTINGS
    except Offline as error:
        print(f"minstrel: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return OK


def _run(settings: Settings) -> int:
    if not migrate.is_current(settings.database_url):
        # In a process of its own, because Alembic would stay in memory for as long as the bot runs.
        done = subprocess.run([sys.executable, "-m", "bot", "migrate"], check=False)
        if done.returncode != OK:
            return done.returncode
    # Here, not above: `migrate` must not pay for it.
    from bot import app

    asyncio.run(app.run(settings))
    return OK


def _check(settings: Settings) -> int:
    return asyncio.run(_report(settings))


async def _report(settings: Settings) -> int:
    from bot import app
    from bot.client import point_at

    point_at(settings.discord_api_url, settings.discord_gateway_url)
    well = True
    async with app.open_musicmint(settings) as musicmint:
        token = settings.discord_token.get_secret_value()
        async for finding in check.findings(settings.database_url, token, musicmint):
            print(("ok    " if finding.ok else "MEND  ") + finding.line)
            well = well and finding.ok
    return OK if well else MEND_SETTINGS


def _migrate(settings: Settings) -> int:
    with process_lock(settings.database_url):  # never under a bot that runs
        migrate.upgrade(settings.database_url)
    return OK


if __name__ == "__main__":
    sys.exit(main())

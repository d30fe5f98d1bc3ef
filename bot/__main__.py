"""`python -m bot run | check | migrate`. Every start-up error is one readable line and an exit code."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, NoReturn, TypeVar

import structlog

from bot import logs
from bot.config import Settings, load_settings
from bot.errors import Offline, SettingsError, StageEnded
from bot.redaction import Redaction
from db import migrate
from db.engine import DatabaseError, process_lock

log = structlog.get_logger()

T = TypeVar("T")

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
    redaction = Redaction()
    try:
        settings = load_settings()
        redaction = Redaction(settings.secrets)
        logs.set_up(settings.log_level, redaction)
        return {"run": _run, "check": _check, "migrate": _migrate}[command](settings)
    except (SettingsError, DatabaseError) as error:
        return _say(redaction, error, MEND_SETTINGS)
    except Offline as error:
        return _say(redaction, error, FAILED)
    except StageEnded as error:
        log.debug("ended by itself", exc_info=error)  # the way through the code is for those who asked for it
        return _say(redaction, error, FAILED)
    except KeyboardInterrupt:
        return OK
    except Exception as error:  # Python's own way to print it would not be redacted
        log.debug("ended by a fault", exc_info=True)
        return _say(redaction, f"ended by {type(error).__name__}; LOG_LEVEL=debug shows where", FAILED)


def _say(redaction: Redaction, error: Exception | str, code: int) -> int:
    """One line for whoever started it."""
    print(redaction(f"minstrel: {error}"), file=sys.stderr)
    return code


def _run(settings: Settings) -> int:
    if not migrate.is_current(settings.database_url):
        # In a process of its own, because Alembic would stay in memory for as long as the bot runs.
        done = subprocess.run([sys.executable, "-m", "bot", "migrate"], check=False)
        if done.returncode != OK:
            return done.returncode
    # Here, not above: `migrate` must not pay for it.
    from bot import app

    asyncio.run(_leaving_threads(app.run(settings)))
    return OK


def _check(settings: Settings) -> int:
    return asyncio.run(_leaving_threads(_report(settings)))


async def _leaving_threads(work: Coroutine[Any, Any, T]) -> T:
    """Python waits for the threads of the loop's executor; one that asks a dead name server takes half a minute."""
    try:
        return await work
    finally:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))  # it waits for this one's instead


async def _report(settings: Settings) -> int:
    from bot import app

    redaction = Redaction(settings.secrets)
    well = True
    async with app.open_check(settings) as check:
        async for finding in check.findings():
            print(redaction(str(finding)))
            well = well and finding.ok
    return OK if well else MEND_SETTINGS


def _migrate(settings: Settings) -> int:
    with process_lock(settings.database_url):  # never under a bot that runs
        migrate.upgrade(settings.database_url)
    return OK


def program() -> NoReturn:
    """`main`, and the end of the process: all is closed and written, and no thread is waited for."""
    code = main()
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    program()

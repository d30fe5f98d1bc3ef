"""Runs `bot.reencode`, one at a time, and ends it when nobody waits any more."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

from bot import reencode
from bot.errors import MediaRefused, MediaUnclear

WITHIN_S: Final = 180.0
SEES: Final = ("PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""What Python needs of the environment to start. What decodes strangers' files sees no token and no key."""


class Encoder:
    """Makes audio smaller."""

    def __init__(self, within_s: float = WITHIN_S) -> None:
        self._within_s = within_s
        self._turn = asyncio.Lock()

    async def run(self, source: Path, target: Path, max_bytes: int) -> int:
        """Write `target`; the kbit/s. Raises `MediaRefused` by the rule `size` where none is low enough."""
        async with self._turn:  # each takes a processor and its own memory
            try:
                code, said = await self._run(str(source), str(target), str(max_bytes))
            except (OSError, TimeoutError) as error:
                raise MediaUnclear(cause=f"encoder: {type(error).__name__}") from None
        if code == reencode.NO_ROOM:
            raise MediaRefused(rule="size")
        if code != 0:
            raise MediaUnclear(cause=f"encoder ended with {code}")
        return int(said)

    async def _run(self, *arguments: str) -> tuple[int | None, bytes]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", reencode.__name__, *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={name: os.environ[name] for name in SEES if name in os.environ},
        )
        try:
            async with asyncio.timeout(self._within_s):
                said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return process.returncode, said

"""Keeps the bot's process: starts it as an operator would, and ends it softly or, when the page asks for it, hard."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import Final, Literal

STOP_WITHIN_S: Final = 10.0
"""Longer than the bot promises to take; past it the process is killed."""


class Keeper:
    """One bot. Ending it through here is meant; `gone` tells when it ended by itself."""

    def __init__(self) -> None:
        self.settings: Mapping[str, str] = {}
        """The bot's whole environment; set before the first start."""
        self.gone = asyncio.Event()
        self.exit_code = 0
        """What it ended with by itself: bad settings, or a fault."""
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it; returns before it is up."""
        # In a group of its own, so that Ctrl-C reaches it once, through us.
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", env=self.settings, start_new_session=sys.platform != "win32"
        )
        self._watching = asyncio.create_task(self._watch(self._process))

    async def stop(self) -> None:
        """End it as an operator would; harmless when it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_WITHIN_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def restart(self) -> None:
        """End it as an operator would, if it runs, and start it."""
        await self.stop()
        await self.start()

    async def kill(self) -> None:
        """End it without warning, so that nothing is saved or closed."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            await process.wait()

    async def status(self) -> Literal["running", "stopped"]:
        """Whether the process runs now."""
        return "stopped" if self._process is None else "running"

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        code = await process.wait()
        if process is self._process:
            self._process = None
            self.exit_code = code
            self.gone.set()

"""The machine the bot runs on: starts a process, starts another when it has died, and hands it what happens outside."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from tests.faults.process import Process, Surroundings
from tests.faults.wire import Killed

MOST_STARTS: Final = 60
LEAST_DELAY_S: Final = 1.0
"""After an end by itself, as a service manager waits."""

Work = Callable[[Process], Awaitable[object]]


class StartsForEverError(Exception):
    """The process dies again and again without a kill of ours."""


class Host:
    """Restarts after `delays_s`, one after the other and then round again."""

    def __init__(self, around: Surroundings, delays_s: Sequence[float]) -> None:
        self._around = around
        self._delays_s = delays_s
        self._handling: set[asyncio.Task[None]] = set()
        self.process: Process | None = None
        """The one that is up: None while it is down or starting."""
        self.starts = 0
        self.started_s = 0.0
        """When the last one did, by the virtual clock."""
        self.problems: list[str] = []

    async def serve(self) -> None:
        """Until cancelled. Raises `StartsForEverError`."""
        while self.starts < MOST_STARTS:
            self.starts += 1
            self.started_s = asyncio.get_running_loop().time()
            process = Process(self._around)
            try:
                await self._live(process)
            finally:
                self.process = None
                process.life.dead = True
                await self._clear(self._handling)
                await process.database.close()
            killed = process.life.killed.is_set()
            delay_s = self._delays_s[(self.starts - 1) % len(self._delays_s)]
            await asyncio.sleep(delay_s if killed else max(LEAST_DELAY_S, delay_s))
        raise StartsForEverError

    async def _live(self, process: Process) -> None:
        """Set up and run until something ends it."""
        running: set[asyncio.Task[None]] = set()
        killed = asyncio.create_task(process.life.killed.wait())
        try:
            set_up = asyncio.create_task(process.set_up())
            await asyncio.wait({set_up, killed}, return_when=asyncio.FIRST_COMPLETED)
            if process.life.dead or set_up.exception() is not None:
                await self._clear({set_up})
                return
            running = {asyncio.create_task(stage.run()) for stage in process.stages}
            self.process = process
            await asyncio.wait({killed, *running}, return_when=asyncio.FIRST_COMPLETED)
            if not process.life.dead:
                await process.wind_down(running)
        finally:
            process.life.dead = True
            await self._clear({killed, *running})

    @staticmethod
    async def _clear(tasks: set[Any]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def handle(self, work: Work) -> asyncio.Task[None] | None:
        """Something happens outside; None where nobody is up to hear of it."""
        process = self.process
        if process is None:
            return None
        handling = asyncio.create_task(self._handled(work(process)))
        self._handling.add(handling)
        handling.add_done_callback(self._handling.discard)
        return handling

    async def _handled(self, work: Awaitable[object]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - the member is told so; the process lives on
            self.problems.append(type(error).__name__)
        except Killed:
            return

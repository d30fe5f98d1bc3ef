"""The booth where music is made: one worker process; tasks wait in line, blocking calls only for the take under way."""

import asyncio
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sandbox.studio.archive import read
from sandbox.studio.music import door
from sandbox.studio.music.drafts import draft
from sandbox.studio.music.order import RenderedTake, TakeOrder
from sandbox.studio.state import Settings
from sandbox.studio.studio import Studio
from sandbox.studio.tasks import Clip, DraftOrder, Task

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

CANNED = "canned"
CANNED_ORDER = TakeOrder(recording=CANNED, take=0, title="Sound Check", tags="pop", bars=4)


def worker_process() -> Executor:
    """A process of its own; numpy and its like load there alone."""
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=_enter_worker)


@asynccontextmanager
async def under_way(work: Awaitable[None]) -> AsyncIterator[None]:
    """Do this until the block ends."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Booth:
    """Takes tasks in, makes them in order and tells the studio. Lyrics need no worker, so they wait for no song."""

    def __init__(self, files: Path, staff: Callable[[], Executor] = worker_process) -> None:
        self.files = files
        self._songs: asyncio.Queue[Task] = asyncio.Queue()
        self._drafts: asyncio.Queue[Task] = asyncio.Queue()
        self._one_done = asyncio.Condition()
        self._staff = staff
        self._pool: Executor | None = None
        self._canned: RenderedTake | None = None

    def put(self, task: Task) -> None:
        """Add a task behind those that wait."""
        (self._drafts if isinstance(task.order, DraftOrder) else self._songs).put_nowait(task)

    async def prepare(self, settings: Settings) -> None:
        """Have the canned recording before the first task needs it; it is made once for a data folder."""
        if not settings.canned or self._canned:
            return
        note = self.files / f"{CANNED}.take.json"
        self._canned = read(note, RenderedTake)
        if not self._canned:
            self._canned = await self.run(door.make, CANNED_ORDER)
            note.write_text(self._canned.model_dump_json(), encoding="utf-8")

    @asynccontextmanager
    async def working_for(self, studio: Studio) -> AsyncIterator[None]:
        """Make what the studio has and gets, until the block ends; a take under way is finished first."""
        for task in studio.unrendered():
            self.put(task)
        try:
            await self.prepare(studio.settings)
            async with under_way(self._work(studio, self._songs)), under_way(self._work(studio, self._drafts)):
                yield
        finally:
            if self._pool:
                await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)

    async def until_rendered(self, studio: Studio, task_id: str) -> None:
        """Return once this task needs no rendering any more."""
        async with self._one_done:
            await self._one_done.wait_for(lambda: not studio.task(task_id).needs_rendering)

    async def run(self, work: Callable[Concatenate[Path, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Have the worker do this in the folder of recordings, before the next take that waits."""
        if self._pool is None:
            self._pool = self._staff()
        try:
            job = partial(work, self.files, *args, **kwargs)
            return await asyncio.get_running_loop().run_in_executor(self._pool, job)
        except BrokenProcessPool:
            self._pool = None
            raise

    async def _work(self, studio: Studio, line: asyncio.Queue[Task]) -> None:
        while True:
            task = await line.get()
            try:
                clips = [await self._clip(studio, task, place) for place in range(len(task.clip_ids))]
                studio.rendered(task.id, tuple(clips))
            except Exception as error:  # One song that cannot be made must not stop those behind it.
                log.exception("task %s could not be rendered", task.id)
                why = error if type(error) is ValueError else type(error).__name__
                studio.failed(task.id, f"Generation failed: {why}")
            async with self._one_done:
                self._one_done.notify_all()

    async def _clip(self, studio: Studio, task: Task, place: int) -> Clip:
        clip_id, order = task.clip_ids[place], task.order
        if isinstance(order, DraftOrder):
            sheet = draft(**asdict(order))
            take = RenderedTake(recording="", title=sheet.title, duration=0, tags=sheet.tags, prompt=sheet.text)
        elif self._canned and studio.settings.canned:
            take = _as_ordered(self._canned, order)
        else:
            take = _as_ordered(await self.run(door.make, replace(order, recording=clip_id, take=place)), order)
        return Clip(id=clip_id, owner=task.owner, expire_at=task.expire_at, **take.model_dump())


def _as_ordered(take: RenderedTake, order: TakeOrder) -> RenderedTake:
    """A take by the title and style it was given; an instrumental shows what was asked for in the place of words."""
    words = take.prompt or order.lyrics or order.description
    return take.model_copy(
        update={"title": order.title or take.title, "tags": order.tags or take.tags, "prompt": words}
    )


def _enter_worker() -> None:
    """Leave Ctrl-C to the studio, and die with it even when it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_the_studio, daemon=True).start()


def _leave_with_the_studio() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)

"""The booth where takes are made: one worker process, one task at a time."""

import asyncio
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from sandbox.studio.music.order import RenderedTake, TakeOrder
from sandbox.studio.state import Settings
from sandbox.studio.studio import Studio
from sandbox.studio.tasks import Clip, Task

log = logging.getLogger(__name__)

CANNED = "canned"
CANNED_ORDER = TakeOrder(recording=CANNED, take=0, title="Sound Check", tags="pop", bars=4)


class Booth:
    """Takes tasks in, renders them in order and tells the studio; numpy and its like load in the worker alone."""

    def __init__(self, files: Path) -> None:
        self.files = files
        self._waiting: asyncio.Queue[Task] = asyncio.Queue()
        self._one_done = asyncio.Condition()
        self._pool: ProcessPoolExecutor | None = None
        self._canned: RenderedTake | None = None

    def put(self, task: Task) -> None:
        """Add a task behind those that wait."""
        self._waiting.put_nowait(task)

    async def prepare(self, settings: Settings) -> None:
        """Have the canned recording before the first task needs it; it is made once for a data folder."""
        if not settings.canned or self._canned:
            return
        note = self.files / f"{CANNED}.take.json"
        if not note.exists():
            take = await self._render(CANNED_ORDER)
            note.write_text(take.model_dump_json(), encoding="utf-8")
        self._canned = RenderedTake.model_validate_json(note.read_bytes())

    @asynccontextmanager
    async def working_for(self, studio: Studio) -> AsyncIterator[None]:
        """Render what the studio has and gets, until the block ends; a take under way is finished first."""
        for task in studio.unrendered():
            self.put(task)
        try:
            await self.prepare(studio.settings)
            loop = asyncio.create_task(self._work(studio))
            try:
                yield
            finally:
                loop.cancel()
                with suppress(asyncio.CancelledError):
                    await loop
        finally:
            if self._pool:
                await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)

    async def until_rendered(self, studio: Studio, task_id: str) -> None:
        """Return once this task needs no rendering any more."""
        async with self._one_done:
            await self._one_done.wait_for(lambda: all(task.id != task_id for task in studio.unrendered()))

    async def _work(self, studio: Studio) -> None:
        while True:
            task = await self._waiting.get()
            try:
                studio.rendered(task.id, await self._clips(studio, task))
            except Exception as error:  # One song that cannot be made must not stop those behind it.
                log.exception("task %s could not be rendered", task.id)
                studio.failed(task.id, f"Generation failed: {type(error).__name__}")
            async with self._one_done:
                self._one_done.notify_all()

    async def _clips(self, studio: Studio, task: Task) -> tuple[Clip, ...]:
        if self._canned and studio.settings.canned:
            takes = [self._canned for _ in task.clip_ids]
        else:
            takes = [await self._render(self._order(studio, task, take)) for take in range(len(task.clip_ids))]
        return tuple(
            Clip(
                id=clip_id,
                recording=take.recording,
                title=task.request.title or take.title,
                duration=take.duration,
                tags=task.request.tags or take.tags,
                prompt=task.request.prompt or task.request.gpt_description_prompt or "",
                expire_at=task.expire_at,
            )
            for clip_id, take in zip(task.clip_ids, takes, strict=True)
        )

    async def _render(self, order: TakeOrder) -> RenderedTake:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=_enter_worker)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, _render_take, self.files, order)
        except BrokenProcessPool:
            self._pool = None
            raise

    def _order(self, studio: Studio, task: Task, take: int) -> TakeOrder:
        request = task.request
        source = studio.source_of(task)
        return TakeOrder(
            recording=task.clip_ids[take],
            take=take,
            lyrics=request.prompt or "",
            tags=request.tags or "",
            description=request.gpt_description_prompt or "",
            title=request.title or "",
            instrumental=bool(request.make_instrumental),
            persona=request.persona_id or "",
            continues=source.recording if source else "",
            continue_at=request.continue_at,
        )


def _render_take(files: Path, order: TakeOrder) -> RenderedTake:
    from sandbox.studio.music.take import render_take  # The worker alone pays for loading numpy.

    return render_take(files, order)


def _enter_worker() -> None:
    """Leave Ctrl-C to the studio, and die with it even when it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_the_studio, daemon=True).start()


def _leave_with_the_studio() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)

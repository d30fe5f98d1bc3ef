"""Stage 1: row -> API, at most once per submission.

The row that says "about to submit" is committed before the call. Whatever ends the call without a clear answer leaves
the task `unknown`: it may be charged already, so it is never sent again by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import cached_property, partial
from typing import ClassVar, Final

import structlog
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import crew, harvest
from bot.adoption import APART_MS
from bot.bell import Bell, Work
from bot.brought import Brought
from bot.calls import call
from bot.crew import Crew
from bot.errors import (
    InvalidRequest,
    KeyRejected,
    MediaGone,
    MediaRefused,
    MediaUnclear,
    MinstrelError,
    ServiceError,
)
from bot.musicmint.models import SubmittedTask
from bot.pause import KeyPause
from bot.phrasebook import Sentence
from bot.ports import Chance, Clock, Media, MusicMint
from bot.requests import KINDS, Lane, Request, Upload, kinds_of, parse
from bot.retry import Again, after_no_creation, classify
from bot.stage import Stage
from bot.unanswered import SUBMITTING, called_off, give_up, waited_s
from db import submissions, tasks
from db.engine import Database
from db.states import ADOPTABLE, Outcome, TaskState
from db.tasks import Changes, Task

log = structlog.get_logger()

LEASE_MS: Final = 7 * 60_000
"""Longer than any one call may take."""
BEHIND_MS: Final = 1000
RECORD_WAITS_S: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""What a call came to is tried to be written so often where the database does not take it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A task that is ours to submit, once."""

    task: Task
    submission_id: int
    token: str


class Submitter(Stage):
    """One submit in flight, so that at most one outcome is unknown at a time."""

    name: ClassVar[str] = "submit"
    lanes: ClassVar[tuple[Lane, ...]] = (Lane.SUBMIT,)

    def __init__(
        self,
        database: Database,
        musicmint: MusicMint,
        media: Media,
        clock: Clock,
        chance: Chance,
        *,
        poll_after_s: float,
        callback_url: Callable[[int], str] | None,
        bell: Bell,
    ) -> None:
        super().__init__(clock)
        self._database = database
        self._musicmint = musicmint
        self._media = media
        self._chance = chance
        self._kinds: Collection[str] = kinds_of(*self.lanes)
        self._poll_after_ms = int(poll_after_s * 1000)
        self._callback_url = callback_url
        self._bell = bell
        self._pause = KeyPause(clock, chance)

    async def step(self) -> int | None:
        """Submit what is due, oldest first."""
        await self._release_overslept()
        while not self._stopping and (claim := await self._claim()):
            await self._submit(claim)
            self._bell.ring(Work.DELIVER)
        return await self._next_due()

    async def _release_overslept(self) -> None:
        """What a claim that outlived its lease was doing, nobody knows."""
        now = self._clock.now_ms()
        async with self._database.read() as conn:
            overslept = await tasks.cut_off(conn, kinds=self._kinds, overslept_at=now)
        for task in overslept:
            async with self._database.write() as conn:
                await give_up(conn, task, self._clock, lease_token=task.lease_token)

    async def _next_due(self) -> int | None:
        async with self._database.read() as conn:
            due = await tasks.next_due(conn, {TaskState.QUEUED}, self._kinds)
            if due is None:
                return None
            return max(due, self._pause.until_ms(), await self._quiet_until(conn))

    async def _quiet_until(self, conn: AsyncConnection) -> int:
        """After a submit without an answer the next one waits, so that its task cannot be taken for the lost one."""
        last = await submissions.last_unknown(conn, self._kinds)
        return 0 if last is None else min(last, self._clock.now_ms()) + APART_MS

    async def _claim(self) -> Claim | None:
        now = self._clock.now_ms()
        token = self._chance.token()
        # Looked at first: a claim takes the writer's turn, which a member's command may be waiting for.
        due = await self._next_due()
        if due is None or due > now:
            return None
        async with self._database.write() as conn:
            task = await tasks.claim_queued(conn, kinds=self._kinds, now=now, token=token, until=now + LEASE_MS)
            if task is None:
                return None
            return Claim(task, await submissions.begin(conn, task.id, now), token)

    async def _submit(self, claim: Claim) -> None:
        try:
            request = parse(claim.task.kind, claim.task.request)
        except Exception as error:  # a row stored under other rules than today's, or damaged: nothing was sent
            log.exception("a stored request cannot be read", task=claim.task.id)
            told = error if isinstance(error, MinstrelError) else MinstrelError("error-request-unreadable")
            await self._record(claim, Outcome.REFUSED, TaskState.REFUSED, self._ended(told))
            return
        try:
            await self._try(claim, request)
        except asyncio.CancelledError:
            # The stop's time is up, and the request may be out: that is known now, not only at the next start.
            async with self._database.write(patient=False) as conn:
                await give_up(conn, claim.task, self._clock, lease_token=claim.token)
            raise

    async def _try(self, claim: Claim, request: Request) -> None:
        if isinstance(request, Upload) and not await self._is_song(request, claim):
            return
        try:
            answer = await call(self._musicmint, request, self._calls_back(claim))
            self._pause.answered()
            await self._answered(claim, answer)
        except ServiceError as error:
            log.warning("submit failed", task=claim.task.id, error=str(error), request_id=error.request_id)
            await self._failed(claim, error)
        except OperationalError:  # it was tried for minutes; the next start finds the claim
            raise
        except Exception:  # whatever it was, the request may be out: it must never go out again by itself
            log.exception("submit failed unforeseen", task=claim.task.id)
            await self._unheard(claim)

    def _calls_back(self, claim: Claim) -> str | None:
        return self._callback_url(claim.submission_id) if self._callback_url else None

    async def _is_song(self, request: Upload, claim: Claim) -> bool:
        """Looked at before MusicMint is given the link; whatever ends that, nothing was sent."""
        try:
            await self._media.check_upload(request.audio_url)
        except MediaRefused as error:
            rule = error.arguments.get("rule")
            told = InvalidRequest(f"error-upload-{rule if rule in ('size', 'length') else 'type'}", option="file")
        except MediaGone:
            told = InvalidRequest("error-no-file", option="file")
        except MediaUnclear:
            await self._not_created(claim, MediaUnclear("error-upload-unclear"))
            return False
        except Exception:  # a file that breaks what reads it will break it again
            log.exception("an upload cannot be read", task=claim.task.id)
            told = InvalidRequest("error-upload-type", option="file")
        else:
            return True
        log.info("refused before the call", task=claim.task.id, error=str(told))
        await self._record(claim, Outcome.REFUSED, TaskState.REFUSED, self._ended(told))
        return False

    async def _answered(self, claim: Claim, answer: SubmittedTask | Brought) -> None:
        try:
            if isinstance(answer, SubmittedTask):
                await self._created(claim, answer.task_id)
            else:
                await self._brought(claim, answer)
        except IntegrityError:
            if KINDS[claim.task.kind].lane is Lane.READ:  # a song asked back twice at once: the other one has it
                here = self._ended(MinstrelError("error-recover-known"))
                await self._record(claim, Outcome.REFUSED, TaskState.REFUSED, here)
            else:  # MusicMint gave out an id twice: whose song it is, nobody can tell
                await self._unheard(claim)

    async def _created(self, claim: Claim, api_task_id: str) -> None:
        # Logged first: should the row not be written, this line is all that knows what was paid for.
        log.info("submitted", task=claim.task.id, api_task=api_task_id)
        now = self._clock.now_ms()
        running = Changes(due_at=now + self._poll_after_ms, started_at=now)
        await self._record(claim, Outcome.CREATED, TaskState.RUNNING, running, api_task_id=api_task_id)
        self._bell.ring(Work.POLL)

    async def _brought(self, claim: Claim, brought: Brought) -> None:
        log.info("answered", task=claim.task.id, kind=claim.task.kind)
        now = self._clock.now_ms()

        async def write(conn: AsyncConnection) -> None:
            await submissions.answer(conn, claim.submission_id, Outcome.CREATED, now)
            if not await harvest.bring_in(conn, claim.task, brought, now, leaving=SUBMITTING, lease_token=claim.token):
                # Given up meanwhile, because its lease was over; but here is what it brought.
                await harvest.bring_in(conn, claim.task, brought, now, leaving=ADOPTABLE)

        await self._surely(write)
        self._bell.ring(Work.SUBMIT)  # it may ask for the next thing

    async def _failed(self, claim: Claim, error: ServiceError) -> None:
        outcome = classify(error, free=KINDS[claim.task.kind].lane is Lane.READ)
        match outcome:
            case Outcome.UNKNOWN:
                await self._unheard(claim)
            case Outcome.REFUSED:
                await self._record(claim, outcome, TaskState.REFUSED, self._ended(error))
            case _:
                await self._not_created(claim, error)

    async def _not_created(self, claim: Claim, error: MinstrelError) -> None:
        now, age_s = self._clock.now_ms(), waited_s(claim.task, self._clock)
        decision = after_no_creation(error, attempts=claim.task.attempts, age_s=age_s)
        if isinstance(decision, Again):
            self._pause.refused(claim.task.id, error, decision)
            wait_s = decision.wait_s if decision.named else self._chance.spread(decision.wait_s)
            due_at, told = now + int(wait_s * 1000), Sentence.of(error).to_json()
            paused_until = self._pause.until_ms()
            if paused_until and isinstance(error, KeyRejected):
                due_at = max(due_at, paused_until + BEHIND_MS)  # the key may be refused this task alone
            await self._record(claim, Outcome.NOT_CREATED, TaskState.QUEUED, Changes(due_at=due_at, error=told))
            if paused_until:
                await self._surely(partial(tasks.say_why_queued, kinds=self._kinds, error=told))
        else:
            gave_up = Changes(ended_at=now, error=Sentence("error-gave-up").to_json())
            await self._record(claim, Outcome.NOT_CREATED, TaskState.REFUSED, gave_up)
        if isinstance(error, KeyRejected):
            log.error("MusicMint does not accept the key in MUSICMINT_API_KEY", error=str(error))

    def _ended(self, error: MinstrelError) -> Changes:
        return Changes(ended_at=self._clock.now_ms(), error=Sentence.of(error).to_json())

    async def _record(
        self, claim: Claim, outcome: Outcome, to: TaskState, changes: Changes, *, api_task_id: str | None = None
    ) -> None:
        now = self._clock.now_ms()

        async def write(conn: AsyncConnection) -> None:
            state, change = to, changes
            await submissions.answer(conn, claim.submission_id, outcome, now, api_task_id)
            if to is TaskState.QUEUED and await self._cancelled_meanwhile(conn, claim):
                state, change = await called_off(conn, claim.task, now)
            moved = await tasks.move(conn, claim.task.id, SUBMITTING, state, change, lease_token=claim.token)
            if not moved and api_task_id is not None:
                # Given up meanwhile, because its lease was over; but here is its task.
                await tasks.move(conn, claim.task.id, ADOPTABLE, state, change)

        await self._surely(write)

    async def _unheard(self, claim: Claim) -> None:
        async def write(conn: AsyncConnection) -> None:
            await give_up(conn, claim.task, self._clock, lease_token=claim.token)

        await self._surely(write)
        self._bell.ring(Work.RESOLVE)

    async def _surely(self, write: Callable[[AsyncConnection], Awaitable[None]]) -> None:
        """It may have cost money, so it must reach the rows; written twice it says the same.

        Raises `OperationalError` once the database has not taken it for minutes: the next start finds the claim.
        """
        try:
            await self._patiently(write)
        except asyncio.CancelledError:  # the stop's time is up; but what came is known, and only that is written
            async with self._database.write(patient=False) as conn:
                await write(conn)
            raise

    async def _patiently(self, write: Callable[[AsyncConnection], Awaitable[None]]) -> None:
        for wait_s in RECORD_WAITS_S:
            try:
                async with self._database.write() as conn:
                    await write(conn)
            except OperationalError as error:
                log.error("what a submit came to is not stored yet", error=str(error.orig), again_s=wait_s)
                await self._clock.wait(asyncio.Event(), wait_s)
            else:
                return
        async with self._database.write() as conn:
            await write(conn)

    @staticmethod
    async def _cancelled_meanwhile(conn: AsyncConnection, claim: Claim) -> bool:
        task = await tasks.get(conn, claim.task.id)
        return task is not None and task.cancel_requested_at is not None


class Caller(Submitter):
    """The calls that answer with the result itself, a few side by side: each may hold its connection for minutes."""

    name: ClassVar[str] = "call"
    lanes: ClassVar[tuple[Lane, ...]] = (Lane.BLOCK, Lane.READ)
    width: ClassVar[int] = 4

    @cached_property
    def _calling(self) -> Crew:
        return Crew(self.wake)

    async def step(self) -> int | None:
        """Start whatever is due and has room; what it starts wakes the stage when it ends."""
        self._calling.raise_fault()
        await self._release_overslept()
        while not self._stopping and len(self._calling) < self.width and (claim := await self._claim()):
            self._calling.start(self._call_out(claim))
        return None if len(self._calling) == self.width else await self._next_due()

    async def finish(self) -> None:
        """A call that a stop cuts off is told as unheard: nobody will know what it made."""
        await crew.finish(self._calling)

    async def _quiet_until(self, conn: AsyncConnection) -> int:
        return 0  # what these make stands in no list, so none can be taken for another

    async def _call_out(self, claim: Claim) -> None:
        await self._submit(claim)
        self._bell.ring(Work.DELIVER)

"""Stage 1: row -> API, at most once per submission.

The row that says "about to submit" is committed before the call. Whatever ends the call without a clear answer leaves
the task `unknown`: it may be charged already, so it is never sent again by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Final

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import harvest
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
    Unclear,
)
from bot.musicmint.models import SubmittedTask
from bot.phrasebook import Sentence
from bot.ports import Chance, Clock, Media, MusicMint
from bot.requests import KINDS, Lane, Request, Upload, kinds_of, parse
from bot.retry import Again, after_no_creation, classify
from bot.stage import Stage
from db import submissions, tasks
from db.engine import Database
from db.states import Outcome, TaskState
from db.tasks import Changes, Task

log = structlog.get_logger()

SUBMITTING: Final = frozenset({TaskState.SUBMITTING})
LEASE_MS: Final = 7 * 60_000
"""Longer than any one call may take."""


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
        wake_poll: Callable[[], None],
        wake_submit: Callable[[], None],
        wake_deliver: Callable[[], None],
    ) -> None:
        super().__init__(clock)
        self._database = database
        self._musicmint = musicmint
        self._media = media
        self._chance = chance
        self._kinds: Collection[str] = kinds_of(*self.lanes)
        self._poll_after_ms = int(poll_after_s * 1000)
        self._callback_url = callback_url
        self._wake_poll = wake_poll
        self._wake_submit = wake_submit
        self._wake_deliver = wake_deliver

    async def step(self) -> int | None:
        """Submit what is due, oldest first."""
        while not self._stopping and (claim := await self._claim()):
            await self._submit(claim)
            self._wake_deliver()
        return await self._next_due()

    async def _next_due(self) -> int | None:
        async with self._database.read() as conn:
            return await tasks.next_due(conn, {TaskState.QUEUED}, self._kinds)

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
            answer = await self._call(request, claim)
        except ServiceError as error:
            log.warning("submit failed", task=claim.task.id, error=str(error), request_id=error.request_id)
            await self._failed(claim, error)
        except MediaUnclear:
            await self._not_created(claim, MediaUnclear("error-upload-unclear"))
        except MinstrelError as error:  # an upload that is no song, or a row stored under other rules than today's
            log.info("refused before the call", task=claim.task.id, error=str(error))
            await self._record(claim, Outcome.REFUSED, TaskState.REFUSED, self._ended(error))
        except Exception as error:  # whatever it was, the request may be out: it must never go out again by itself
            log.exception("submit failed unforeseen", task=claim.task.id)
            await self._failed(claim, Unclear(cause=type(error).__name__))
        else:
            await self._answered(claim, answer)

    async def _call(self, request: Request, claim: Claim) -> SubmittedTask | Brought:
        if isinstance(request, Upload):
            await self._check_upload(request)
        callback_url = self._callback_url(claim.submission_id) if self._callback_url else None
        return await call(self._musicmint, request, callback_url)

    async def _check_upload(self, request: Upload) -> None:
        """Before MusicMint is given the link. Raises `MediaUnclear`, or `InvalidRequest` saying what to change."""
        try:
            await self._media.check_upload(request.audio_url)
        except MediaRefused as error:
            rule = error.arguments.get("rule")
            told = rule if rule in ("size", "length") else "type"
            raise InvalidRequest(f"error-upload-{told}", option="file") from None
        except MediaGone:
            raise InvalidRequest("error-no-file", option="file") from None

    async def _answered(self, claim: Claim, answer: SubmittedTask | Brought) -> None:
        try:
            if isinstance(answer, SubmittedTask):
                await self._created(claim, answer.task_id)
            else:
                await self._brought(claim, answer)
        except IntegrityError:  # MusicMint gave out an id twice: whose song it is, nobody can tell
            await self._failed(claim, Unclear(cause="id known already"))

    async def _created(self, claim: Claim, api_task_id: str) -> None:
        # Logged first: should the row not be written, this line is all that knows what was paid for.
        log.info("submitted", task=claim.task.id, api_task=api_task_id)
        now = self._clock.now_ms()
        running = Changes(due_at=now + self._poll_after_ms, started_at=now)
        await self._record(claim, Outcome.CREATED, TaskState.RUNNING, running, api_task_id=api_task_id)
        self._wake_poll()

    async def _brought(self, claim: Claim, brought: Brought) -> None:
        log.info("answered", task=claim.task.id, kind=claim.task.kind)
        now = self._clock.now_ms()
        async with self._database.write() as conn:
            await submissions.answer(conn, claim.submission_id, Outcome.CREATED, now)
            await harvest.bring_in(conn, claim.task, brought, now, leaving=SUBMITTING, lease_token=claim.token)
        self._wake_submit()  # it may ask for the next thing

    async def _failed(self, claim: Claim, error: ServiceError) -> None:
        outcome = classify(error, free=KINDS[claim.task.kind].lane is Lane.READ)
        match outcome:
            case Outcome.UNKNOWN:
                await self._record(claim, outcome, TaskState.UNKNOWN, Changes(error=Sentence.of(error).to_json()))
            case Outcome.REFUSED:
                await self._record(claim, outcome, TaskState.REFUSED, self._ended(error))
            case _:
                await self._not_created(claim, error)

    async def _not_created(self, claim: Claim, error: MinstrelError) -> None:
        now = self._clock.now_ms()
        age_s = (now - claim.task.created_at) / 1000
        decision = after_no_creation(error, attempts=claim.task.attempts, age_s=age_s)
        if isinstance(decision, Again):
            wait_s = decision.wait_s if decision.named else self._chance.spread(decision.wait_s)
            due_at = now + int(wait_s * 1000)
            changes = Changes(due_at=due_at, error=Sentence.of(error).to_json())
            await self._record(claim, Outcome.NOT_CREATED, TaskState.QUEUED, changes)
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
        async with self._database.write() as conn:
            await submissions.answer(conn, claim.submission_id, outcome, now, api_task_id)
            if to is TaskState.QUEUED and await self._cancelled_meanwhile(conn, claim):
                to, changes = TaskState.CANCELLED, Changes(ended_at=now)
            await tasks.move(conn, claim.task.id, SUBMITTING, to, changes, lease_token=claim.token)

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
        while not self._stopping and len(self._calling) < self.width and (claim := await self._claim()):
            self._calling.start(self._call_out(claim))
        return None if len(self._calling) == self.width else await self._next_due()

    async def finish(self) -> None:
        """A call that a stop cuts off is found `submitting` at the next start, and told as unknown."""
        await self._calling.join()

    async def _call_out(self, claim: Claim) -> None:
        await self._submit(claim)
        self._wake_deliver()

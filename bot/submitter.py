"""Stage 1: row -> API, at most once per submission.

The row that says "about to submit" is committed before the call. Whatever ends the call without a clear answer leaves
the task `unknown`: it may be charged already, so it is never sent again by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import InvalidRequest, KeyRejected, MinstrelError, ServiceError, Unclear
from bot.phrasebook import Sentence
from bot.ports import Chance, Clock, MusicMint
from bot.requests import parse
from bot.retry import Again, after_no_creation, classify
from bot.stage import Stage
from db import submissions, tasks
from db.engine import Database
from db.states import Outcome, TaskState
from db.tasks import Changes, Task

log = structlog.get_logger()

LEASE_MS: Final = 120_000
"""Longer than the one call may take (60 s)."""


@dataclass(frozen=True, slots=True)
class _Claim:
    task: Task
    submission_id: int
    token: str


class Submitter(Stage):
    """One submit in flight, so that at most one outcome is unknown at a time."""

    name: ClassVar[str] = "submit"

    def __init__(
        self,
        database: Database,
        musicmint: MusicMint,
        clock: Clock,
        chance: Chance,
        *,
        poll_after_s: float,
        wake_poll: Callable[[], None],
        wake_deliver: Callable[[], None],
    ) -> None:
        super().__init__(clock)
        self._database = database
        self._musicmint = musicmint
        self._chance = chance
        self._poll_after_ms = int(poll_after_s * 1000)
        self._wake_poll = wake_poll
        self._wake_deliver = wake_deliver

    async def step(self) -> int | None:
        """Submit what is due, oldest first."""
        while not self._stopping and (claim := await self._claim()):
            await self._submit(claim)
            self._wake_deliver()
        async with self._database.read() as conn:
            return await tasks.next_due(conn, {TaskState.QUEUED})

    async def _claim(self) -> _Claim | None:
        now = self._clock.now_ms()
        token = self._chance.token()
        # Looked at first: a claim takes the writer's turn, which a member's command may be waiting for.
        async with self._database.read() as conn:
            due = await tasks.next_due(conn, {TaskState.QUEUED})
        if due is None or due > now:
            return None
        async with self._database.write() as conn:
            task = await tasks.claim_queued(conn, now=now, token=token, until=now + LEASE_MS)
            if task is None:
                return None
            return _Claim(task, await submissions.begin(conn, task.id, now), token)

    async def _submit(self, claim: _Claim) -> None:
        try:
            request = parse(claim.task.kind, claim.task.request)
            created = await self._musicmint.generate(request)
        except ServiceError as error:
            log.warning("submit failed", task=claim.task.id, error=str(error), request_id=error.request_id)
            await self._failed(claim, error)
            return
        except InvalidRequest as error:  # stored under other rules than today's
            await self._record(claim, Outcome.REFUSED, TaskState.REFUSED, self._ended(error))
            return
        except Exception as error:  # whatever it was, the request may be out: it must never go out again by itself
            log.exception("submit failed unforeseen", task=claim.task.id)
            await self._failed(claim, Unclear(cause=type(error).__name__))
            return
        # Logged first: should the row not be written, this line is all that knows what was paid for.
        log.info("submitted", task=claim.task.id, api_task=created.task_id)
        now = self._clock.now_ms()
        running = Changes(due_at=now + self._poll_after_ms, started_at=now)
        try:
            await self._record(claim, Outcome.CREATED, TaskState.RUNNING, running, api_task_id=created.task_id)
        except IntegrityError:  # MusicMint gave out an id twice: whose song it is, nobody can tell
            await self._failed(claim, Unclear(cause="task id known already"))
        self._wake_poll()

    async def _failed(self, claim: _Claim, error: ServiceError) -> None:
        outcome = classify(error)
        match outcome:
            case Outcome.UNKNOWN:
                await self._record(claim, outcome, TaskState.UNKNOWN, Changes(error=Sentence.of(error).to_json()))
            case Outcome.REFUSED:
                await self._record(claim, outcome, TaskState.REFUSED, self._ended(error))
            case _:
                await self._not_created(claim, error)

    async def _not_created(self, claim: _Claim, error: ServiceError) -> None:
        now = self._clock.now_ms()
        age_s = (now - claim.task.created_at) / 1000
        decision = after_no_creation(error, attempts=claim.task.attempts, age_s=age_s)
        if isinstance(decision, Again):
            due_at = now + int(self._chance.spread(decision.wait_s) * 1000)
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
        self, claim: _Claim, outcome: Outcome, to: TaskState, changes: Changes, *, api_task_id: str | None = None
    ) -> None:
        now = self._clock.now_ms()
        async with self._database.write() as conn:
            await submissions.answer(conn, claim.submission_id, outcome, now, api_task_id)
            if to is TaskState.QUEUED and await self._cancelled_meanwhile(conn, claim):
                to, changes = TaskState.CANCELLED, Changes(ended_at=now)
            await tasks.move(conn, claim.task.id, {TaskState.SUBMITTING}, to, changes, lease_token=claim.token)

    @staticmethod
    async def _cancelled_meanwhile(conn: AsyncConnection, claim: _Claim) -> bool:
        task = await tasks.get(conn, claim.task.id)
        return task is not None and task.cancel_requested_at is not None

"""What becomes of a task whose submission never heard its answer: the call broke, or the process died or stopped."""

from __future__ import annotations

from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import Unclear
from bot.phrasebook import Sentence
from bot.ports import Clock
from bot.requests import KINDS, Lane
from bot.retry import Again, after_no_creation
from db import submissions, tasks
from db.states import Outcome, TaskState
from db.tasks import Changes, Task

log = structlog.get_logger()

SUBMITTING: Final = frozenset({TaskState.SUBMITTING})
FIRST_LOOK_MS: Final = 2_000
"""MusicMint's list may show a task a moment late."""


async def give_up(conn: AsyncConnection, task: Task, clock: Clock, *, lease_token: str | None = None) -> bool:
    """Record that nobody knows what was made; False where it is no longer ours to move (`lease_token`: if it ever was).

    A read made nothing and waits again, for a while. A task that would stand in MusicMint's list is looked for there.
    What a blocking call makes stands in no list: its member is asked at once.
    """
    now, lane = clock.now_ms(), KINDS[task.kind].lane
    outcome = Outcome.NOT_CREATED if lane is Lane.READ else Outcome.UNKNOWN
    match lane:
        case Lane.READ:
            to, changes = _read_again(task, clock)
        case Lane.BLOCK:
            to, changes = TaskState.ASKING, Changes(error=Sentence("error-asking-lost").to_json())
        case Lane.SUBMIT:
            to = TaskState.UNKNOWN
            changes = Changes(due_at=now + FIRST_LOOK_MS, error=Sentence.of(Unclear()).to_json())
    await submissions.close(conn, task.id, outcome, now)
    log.warning("a submission's answer was never heard", task=task.id, state=str(to))
    return await tasks.move(conn, task.id, SUBMITTING, to, changes, lease_token=lease_token)


def _read_again(task: Task, clock: Clock) -> tuple[TaskState, Changes]:
    """Later each time: what broke the last try may break every one."""
    decision = after_no_creation(Unclear(), attempts=task.attempts, age_s=waited_s(task, clock))
    if isinstance(decision, Again):
        return TaskState.QUEUED, Changes(due_at=clock.now_ms() + int(decision.wait_s * 1000), card=False)
    return TaskState.REFUSED, Changes(ended_at=clock.now_ms(), error=Sentence("error-gave-up").to_json())


def waited_s(task: Task, clock: Clock) -> float:
    """For how long nothing came of it; a second submission was agreed to later than the first."""
    return clock.age_ms(task.started_at or task.created_at) / 1000


async def called_off(conn: AsyncConnection, task: Task, now: int) -> tuple[TaskState, Changes]:
    """Where a task ends that its member wants no more, before it is sent, or sent again.

    What an earlier submission of it may have made is still looked for, or it would be paid for and lost.
    """
    if not await submissions.in_doubt(conn, task.id):
        return TaskState.CANCELLED, Changes(ended_at=now)
    told = Sentence("error-asking-cancelled" if in_list(task) else "error-asking-dropped")
    return TaskState.CLOSED, Changes(ended_at=now, error=told.to_json())


def in_list(task: Task) -> bool:
    """Whether what MusicMint makes of it would stand in its list of tasks."""
    return KINDS[task.kind].lane is Lane.SUBMIT

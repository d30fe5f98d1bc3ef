"""What becomes of a task whose submission never heard its answer: the call broke, or the process died or stopped."""

from __future__ import annotations

from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import Unclear
from bot.phrasebook import Sentence
from bot.requests import KINDS, Lane
from db import submissions, tasks
from db.states import Outcome, TaskState
from db.tasks import Changes, Task

log = structlog.get_logger()

SUBMITTING: Final = frozenset({TaskState.SUBMITTING})
FIRST_LOOK_MS: Final = 2_000
"""MusicMint's list may show a task a moment late."""


async def give_up(conn: AsyncConnection, task: Task, now: int, *, lease_token: str | None = None) -> bool:
    """Record that nobody knows what was made; False where it is no longer ours to move (`lease_token`: if it ever was).

    A read made nothing and waits again. A task that would stand in MusicMint's list is looked for there. What a
    blocking call makes stands in no list: its member is asked at once.
    """
    lane = KINDS[task.kind].lane
    outcome = Outcome.NOT_CREATED if lane is Lane.READ else Outcome.UNKNOWN
    match lane:
        case Lane.READ:
            to, changes = TaskState.QUEUED, Changes(due_at=now, card=False)
        case Lane.BLOCK:
            to, changes = TaskState.ASKING, Changes(error=Sentence("error-asking-lost").to_json())
        case Lane.SUBMIT:
            to = TaskState.UNKNOWN
            changes = Changes(due_at=now + FIRST_LOOK_MS, error=Sentence.of(Unclear()).to_json())
    await submissions.close(conn, task.id, outcome, now)
    log.warning("a submission's answer was never heard", task=task.id, state=str(to))
    return await tasks.move(conn, task.id, SUBMITTING, to, changes, lease_token=lease_token)

"""What became of a submit without an answer: found at MusicMint and brought on, or asked of its member. Posts nothing.

A callback's hint tells whose task it is; it counts once the task is read with our key. Else MusicMint's list is looked
through, and `bot/adoption.py` says which of its tasks can be none but ours. Two whole lists that are 30 s apart and
show none end the search with one question to the member; for a day a task that turns up late is still brought on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import structlog
from sqlalchemy.exc import IntegrityError, OperationalError

from bot import adoption
from bot.adoption import Window
from bot.bell import Bell, Work
from bot.errors import RequestRejected, ServiceError
from bot.musicmint.models import TaskListItem
from bot.phrasebook import Sentence
from bot.ports import Clock, MusicMint
from bot.requests import Lane, kinds_of, parse
from bot.retry import next_look_ms
from bot.stage import Stage
from db import submissions, tasks
from db.engine import Database
from db.states import ADOPTABLE, UNSETTLED, TaskState
from db.submissions import Unanswered
from db.tasks import Changes

log = structlog.get_logger()

SURE_AFTER_MS: Final = 30_000
"""Between the two whole lists that must both show nothing."""
ASK_ANYWAY_MS: Final = 10 * 60_000
"""No whole list for so long: the member should not wait for ever."""
ADOPT_MS: Final = 24 * 3600_000
"""So long a task that turns up late is still brought on, and a question may still be answered."""
UNWATCHED_MS: Final = 7 * ADOPT_MS
"""The same where this process did not see the day go by: the bot was off, or the clock jumped."""
MOST_PAGES: Final = 50
MOST_READS: Final = 5
"""Candidates of one submission that are read one by one."""
LISTED: Final = kinds_of(Lane.SUBMIT)
"""What MusicMint's list shows; the result of a blocking call stands nowhere."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one whole list told: the tasks nobody of ours is known to have made, and whose they may be."""

    windows: Sequence[Window]
    strangers: Sequence[TaskListItem]

    @property
    def key_is_shared(self) -> bool:
        """Whether somebody else makes tasks with our key."""
        return bool(adoption.foreign(self.windows, self.strangers))


class Resolver(Stage):
    """Looks for what is unknown."""

    name: ClassVar[str] = "resolve"

    def __init__(self, database: Database, musicmint: MusicMint, clock: Clock, bell: Bell) -> None:
        super().__init__(clock)
        self._database = database
        self._musicmint = musicmint
        self._bell = bell
        self._refuted: set[tuple[int, str]] = set()

    async def step(self) -> int | None:
        """One look for everything that is due."""
        now = self._clock.now_ms()
        await self._let_go(now)
        lost = await self._lost(now)
        due = [one for one in lost if self._may_be_found(one) and one.task.due_at <= now]
        # Its member just agreed to a second submission, which it may not need.
        due_by_hint = due + [one for one in lost if one.task.state is TaskState.QUEUED]
        found = {one.id for one in due_by_hint if await self._by_hint(one)}
        left = [one for one in due if one.id not in found]
        # Apart: a list that goes back for days may be too long to tell anything of those of today.
        today = [one for one in lost if not self._old(one, now)]
        if fresh := [one for one in left if not self._old(one, now)]:
            await self._by_list(fresh, today, now)
        if old := [one for one in left if self._old(one, now)]:
            await self._by_list(old, [*old, *today], now)
        if due or found:
            self._bell.ring(Work.DELIVER)
            lost = await self._lost(now)
        return min((one.task.due_at for one in lost if self._may_be_found(one)), default=None)

    @staticmethod
    def _may_be_found(lost: Unanswered) -> bool:
        return lost.task.state in ADOPTABLE and not lost.outdone

    async def _lost(self, now: int) -> list[Unanswered]:
        """Of the last day, and what nobody has looked for yet because the bot was off or no list could be read."""
        async with self._database.read() as conn:
            return await submissions.unanswered(conn, LISTED, since=now - ADOPT_MS, unseen_since=now - UNWATCHED_MS)

    @staticmethod
    def _old(lost: Unanswered, now: int) -> bool:
        return lost.answered_at <= now - ADOPT_MS

    async def _let_go(self, now: int) -> None:
        """A day has passed: the question is over."""
        over_ms = ADOPT_MS if self._clock.age_ms(now - ADOPT_MS) >= ADOPT_MS else UNWATCHED_MS
        async with self._database.read() as conn:
            over = await submissions.given_up(conn, LISTED, before=now - over_ms, anyway_before=now - UNWATCHED_MS)
        for task_id in over:
            changes = Changes(ended_at=now, error=Sentence("error-asking-over").to_json())
            async with self._database.write() as conn:
                await tasks.move(conn, task_id, UNSETTLED, TaskState.CLOSED, changes)

    async def _by_hint(self, lost: Unanswered) -> bool:
        """Whether MusicMint told whose task it is, and a read with our key bears it out."""
        hinted = lost.hinted_task_id
        if hinted is None or (lost.id, hinted) in self._refuted:
            return False
        try:
            await self._musicmint.get_task(hinted)
        except RequestRejected:
            # Once is enough: whoever made it up must not make us ask again and again.
            self._refuted.add((lost.id, hinted))
            log.warning("a callback named a task that is not ours", submission=lost.id)
            return False
        except ServiceError as error:
            log.warning("a hinted task cannot be read", submission=lost.id, error=str(error))
            return False
        return await self._adopt(lost, hinted)

    async def _by_list(self, due: Sequence[Unanswered], lost: Sequence[Unanswered], now: int) -> None:
        try:
            seen = await self._look(lost, now)
        except ServiceError as error:
            log.warning("cannot look for unanswered submissions", error=str(error))
            seen = None
        if seen is not None and seen.key_is_shared:
            log.warning("MUSICMINT_API_KEY is used by other software too: time alone does not tell whose a task is")
        newest = {one.task.id: one.id for one in lost}
        for one in due:
            try:
                found = await self._whose(one, seen) if seen is not None else None
            except OperationalError:
                raise
            except Exception:  # one bad row must never stop the stage: its member is asked in the end
                log.exception("cannot be looked for", submission=one.id)
                found = None
            if found is None or not await self._adopt(one, found):
                await self._not_found(one, seen, now, last=newest[one.task.id] == one.id)

    async def _look(self, lost: Sequence[Unanswered], now: int) -> Sighting | None:
        """None where the list is too long to show that a task is not there. Raises `ServiceError`."""
        oldest = min(one.started_at for one in lost) - adoption.BEFORE_MS
        listed = await self._list(oldest)
        if listed is None:
            return None
        skew = self._musicmint.skew_ms()
        async with self._database.read() as conn:
            known = set()
            for start in range(0, len(listed), 100):
                known |= await submissions.ours(conn, [item.id for item in listed[start : start + 100]])
            in_flight = await submissions.in_flight(conn)
        windows = [adoption.window(one.id, one.started_at, one.answered_at, skew) for one in lost]
        # What is being submitted at this moment may stand in the list before its answer is here.
        windows += [adoption.window(number, started_at, now, skew) for number, started_at in in_flight]
        return Sighting(windows, [item for item in listed if item.id not in known])

    async def _list(self, oldest_ms: int) -> list[TaskListItem] | None:
        """The tasks created since then by our clock, newest first; None if they do not fit into `MOST_PAGES`."""
        found: dict[str, TaskListItem] = {}
        for page in range(1, MOST_PAGES + 1):
            answer = await self._musicmint.list_tasks(page=page)
            new = [item for item in answer.items if item.id not in found]
            found |= {item.id: item for item in new}
            first_ms = oldest_ms + self._musicmint.skew_ms()
            reached = any(item.created_at < first_ms for item in answer.items)
            if reached or not new or len(found) >= answer.total:
                return [item for item in found.values() if item.created_at >= first_ms]
        log.warning("MusicMint's list is too long to look through", pages=MOST_PAGES)
        return None

    async def _whose(self, lost: Unanswered, seen: Sighting) -> str | None:
        """MusicMint's id of the task that this submission must have made."""
        found = adoption.candidates(seen.windows, seen.strangers)
        if not seen.key_is_shared and (only := adoption.unique(found).get(lost.id)):
            return only
        items = found[lost.id]
        if not 0 < len(items) <= MOST_READS or not all(item.ended for item in items):
            return None
        try:
            reports = [await self._musicmint.get_task(item.id) for item in items]
        except ServiceError as error:
            log.warning("candidates cannot be read", submission=lost.id, error=str(error))
            return None
        return adoption.echoed(parse(lost.task.kind, lost.task.request), reports)

    async def _adopt(self, lost: Unanswered, api_task_id: str) -> bool:
        now = self._clock.now_ms()
        try:
            async with self._database.write() as conn:
                changes = Changes(due_at=now, started_at=now)
                # Queued: its member just agreed to a second submission, which it now needs no more.
                leaving = ADOPTABLE | {TaskState.QUEUED}
                if not await tasks.move(conn, lost.task.id, leaving, TaskState.RUNNING, changes):
                    return True  # it went on meanwhile
                await submissions.adopt(conn, lost.id, api_task_id)
        except IntegrityError:
            log.warning("a task that was found is another submission's", submission=lost.id)
            return False
        log.info("found", task=lost.task.id, submission=lost.id, api_task=api_task_id)
        self._bell.ring(Work.POLL)
        return True

    async def _not_found(self, lost: Unanswered, seen: Sighting | None, now: int, *, last: bool) -> None:
        """Look again later; ask the member once it is sure that nothing can be told.

        Only of a task's last submission: of an earlier one they were asked already.
        """
        question = self._question(lost, seen) if last else None
        async with self._database.write() as conn:
            if seen is not None:
                await submissions.missed(conn, [lost.id], now)
            if question is not None and lost.task.state is TaskState.UNKNOWN:
                changes = Changes(error=question.to_json())
                await tasks.move(conn, lost.task.id, {TaskState.UNKNOWN}, TaskState.ASKING, changes)
            if last:
                await tasks.look_again(conn, lost.task.id, now + next_look_ms(self._clock.age_ms(lost.answered_at)))

    def _question(self, lost: Unanswered, seen: Sighting | None) -> Sentence | None:
        sure = lost.missed_at is not None and self._clock.age_ms(lost.missed_at) >= SURE_AFTER_MS
        if seen is not None and sure:
            several = adoption.candidates(seen.windows, seen.strangers)[lost.id]
            return Sentence("error-asking-several" if several else "error-asking-missing")
        if self._clock.age_ms(lost.answered_at) >= ASK_ANYWAY_MS:
            return Sentence("error-asking-lost")
        return None

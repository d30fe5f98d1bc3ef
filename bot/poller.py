"""Stage 2: one sweep for everything MusicMint works on for us -> results.

With more than two tasks outstanding, a sweep over the filtered list (100 a page) tells which have left it; only those
are read one by one. A task can slip between two pages while new ones push in, so absence is a hint: the read decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import harvest
from bot.brought import of_report
from bot.errors import KeyRejected, RateLimited, RequestRejected, ResultExpired, ServiceError, Unclear
from bot.musicmint.models import TaskReport, TaskStatus
from bot.phrasebook import Sentence
from bot.picture import PROGRESS_AT_S
from bot.ports import Chance, Clock, MusicMint
from bot.requests import parse
from bot.retry import KEY_WAIT_S, LONGEST_WAIT_S, backoff
from bot.stage import Stage
from db import leases, tasks
from db.engine import Database
from db.states import TaskState
from db.tasks import Changes, Running

log = structlog.get_logger()

READ_DIRECTLY: Final = 2
"""Up to this many outstanding tasks, reading each costs no more than a sweep."""
GIVE_UP_MS: Final = 30 * 60_000
"""MusicMint takes 30-120 s; past this the member is told."""
ADOPT_MS: Final = 24 * 3600_000
"""A task that was given up and ends within this time is delivered all the same."""
LATE_POLL_MS: Final = 60_000
"""How often a task that was given up is still asked about."""
NEVER: Final = 2**62
LEASE_MS: Final = 120_000
QUIET_FAILURES: Final = 2
"""Sweeps that may fail in a row before the cards say so."""
GOING: Final = (TaskStatus.QUEUING, TaskStatus.PROCESSING)
POLLED: Final = frozenset({TaskState.RUNNING, TaskState.EXPIRED})


class Poller(Stage):
    """Asks MusicMint every few seconds, under the key's lease."""

    name: ClassVar[str] = "poll"

    def __init__(
        self,
        database: Database,
        musicmint: MusicMint,
        clock: Clock,
        chance: Chance,
        *,
        key_id: str,
        interval_s: float,
        wake_deliver: Callable[[], None],
    ) -> None:
        super().__init__(clock)
        self._database = database
        self._musicmint = musicmint
        self._lease = f"poll:{key_id}"
        self._token = chance.token()
        self._interval_ms = int(interval_s * 1000)
        self._wake_deliver = wake_deliver
        self._failures = 0
        self._swept_at = clock.now_ms()

    async def step(self) -> int | None:
        """One sweep, if anything is due."""
        now = self._clock.now_ms()
        async with self._database.read() as conn:
            due = await tasks.running(conn, now=now)
            if due:  # what would be due before the next sweep goes along with this one
                due = await tasks.running(conn, now=now + self._interval_ms)
        if due:
            if not await self._hold_lease(now):
                return now + self._interval_ms
            await self._sweep(due, now)
            self._swept_at = now
            self._wake_deliver()
        async with self._database.read() as conn:
            return await tasks.next_due(conn, POLLED)

    async def finish(self) -> None:
        """Leave the lease to whoever polls next."""
        async with self._database.write() as conn:
            await leases.release(conn, self._lease, self._token)

    async def _hold_lease(self, now: int) -> bool:
        async with self._database.write() as conn:
            return await leases.hold(conn, self._lease, token=self._token, now=now, until=now + LEASE_MS)

    async def _sweep(self, due: Sequence[Running], now: int) -> None:
        # First, so that a crash on one task cannot make the sweep spin.
        await self._put_off(due, now)
        try:
            await self._read_all(await self._perhaps_ended(due), now)
        except ServiceError as error:
            await self._failed(due, error, now)
            return
        self._failures = 0
        await self._tell(due, None)
        await self._let_go(due, now)

    async def _perhaps_ended(self, due: Sequence[Running]) -> Sequence[Running]:
        if len(due) <= READ_DIRECTLY:
            return due
        going: set[str] = set()
        for status in GOING:
            going |= await self._listed(status)
        return [running for running in due if running.api_task_id not in going]

    async def _listed(self, status: TaskStatus) -> set[str]:
        found: set[str] = set()
        seen: set[str] = set()
        page = 1
        while True:
            answer = await self._musicmint.list_tasks(page=page, status=status)
            listed = {item.id for item in answer.items}
            found |= {item.id for item in answer.items if item.status in GOING}
            if listed <= seen or len(seen | listed) >= answer.total:
                return found
            seen |= listed
            page += 1

    async def _read_all(self, ended: Sequence[Running], now: int) -> None:
        """A task that cannot be read holds nobody up; raises only where that may be true of all."""
        unclear: ServiceError | None = None
        answered = False
        for running in ended:
            try:
                await self._read(running, now)
                answered = True
            except Unclear as error:
                unclear = error
                log.warning("task not readable", task=running.task.id, error=str(error))
            except ServiceError:
                raise
            except Exception:  # one bad answer must never stop the stage: its give-up age ends the wait
                log.exception("task cannot be brought on", task=running.task.id)
        if unclear is not None and not answered:
            raise unclear

    async def _read(self, running: Running, now: int) -> None:
        try:
            report = await self._musicmint.get_task(running.api_task_id)
        except RequestRejected as error:
            # It does not know the task (any more). The give-up age ends the wait, never this answer alone.
            log.warning("task not readable", task=running.task.id, api_task=running.api_task_id, error=str(error))
            return
        except ResultExpired as error:
            await self._fail(running, Sentence.of(error), now)
            return
        if report.status == TaskStatus.COMPLETED:
            await self._finish(running, report, now)
        elif report.status == TaskStatus.FAILED:
            reason = {"reason": (report.error or "")[:300]}
            await self._fail(running, Sentence("error-task-failed", reason), now)

    async def _finish(self, running: Running, report: TaskReport, now: int) -> None:
        """One that says it is complete and holds nothing we can use is read again until its give-up age."""
        brought = of_report(parse(running.task.kind, running.task.request), report)
        if brought is None:
            log.warning("complete and empty", task=running.task.id, api_task=running.api_task_id)
            return
        async with self._database.write() as conn:
            await harvest.bring_in(conn, running.task, brought, now, leaving=POLLED)
        self._wake_deliver()

    async def _fail(self, running: Running, said: Sentence, now: int) -> None:
        async with self._database.write() as conn:
            changes = Changes(ended_at=now, error=said.to_json())
            await tasks.move(conn, running.task.id, POLLED, TaskState.FAILED, changes)
        log.warning("failed", task=running.task.id, error=said.id)

    async def _put_off(self, due: Sequence[Running], now: int) -> None:
        """Set when each is read again; give up on the old ones; let cards show a step of progress."""
        fresh = [running.task.id for running in due if _age(running, now) < GIVE_UP_MS]
        late = [running.task.id for running in due if _age(running, now) >= GIVE_UP_MS]
        stepped = [running.task.id for running in due if self._steps(running, now)]
        async with self._database.write() as conn:
            await tasks.put_off(conn, fresh, now + self._interval_ms)
            await tasks.put_off(conn, late, now + LATE_POLL_MS)
            await tasks.want_cards(conn, stepped)
            for running in due:
                if running.task.id in late:
                    await self._expire(conn, running)

    async def _let_go(self, due: Sequence[Running], now: int) -> None:
        """Ask no more about what is over a day old and did not end in this sweep either."""
        lost = [running.task.id for running in due if _age(running, now) >= ADOPT_MS]
        if lost:
            async with self._database.write() as conn:
                await tasks.put_off(conn, lost, NEVER)

    async def _expire(self, conn: AsyncConnection, running: Running) -> None:
        said = Sentence("error-took-too-long").to_json()
        await tasks.move(conn, running.task.id, {TaskState.RUNNING}, TaskState.EXPIRED, Changes(error=said))

    def _steps(self, running: Running, now: int) -> bool:
        """Whether a mark of `PROGRESS_AT_S` went by since the last sweep."""
        started = running.task.started_at or now
        return any(self._swept_at < started + second * 1000 <= now for second in PROGRESS_AT_S)

    async def _failed(self, due: Sequence[Running], error: ServiceError, now: int) -> None:
        self._failures += 1
        log.warning("poll failed", outstanding=len(due), failures=self._failures, error=str(error))
        patience_s = backoff(self._failures, first_s=self._interval_ms / 1000, longest_s=KEY_WAIT_S)
        wait_s = KEY_WAIT_S if isinstance(error, KeyRejected) else patience_s
        if isinstance(error, RateLimited) and error.retry_after_s is not None:
            wait_s = max(wait_s, min(error.retry_after_s, LONGEST_WAIT_S))
        async with self._database.write() as conn:
            await tasks.put_off(conn, [running.task.id for running in due], now + int(wait_s * 1000))
        if isinstance(error, KeyRejected):
            await self._tell(due, Sentence("error-poll-key"))
        elif self._failures > QUIET_FAILURES:
            await self._tell(due, Sentence("error-poll-service"))

    async def _tell(self, due: Sequence[Running], sentence: Sentence | None) -> None:
        """Let the cards of running tasks say what keeps them, or that nothing does any more."""
        async with self._database.write() as conn:
            said = sentence.to_json() if sentence else None
            await tasks.note(conn, [running.task.id for running in due], said)


def _age(running: Running, now: int) -> int:
    return now - (running.task.started_at or now)

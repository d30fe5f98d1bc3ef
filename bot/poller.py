"""Stage 2: one sweep for everything MusicMint works on for us -> results.

With more than two tasks outstanding, a sweep over the filtered list (100 a page) tells which have left it; only those
are read one by one. A task can slip between two pages while new ones push in, so absence is a hint: the read decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

import structlog
from sqlalchemy.exc import OperationalError

from bot import harvest
from bot.bell import Bell, Work
from bot.brought import of_report
from bot.errors import KeyRejected, RateLimited, RequestRejected, ResultExpired, ServiceError, Unclear
from bot.musicmint.models import TaskReport, TaskStatus
from bot.phrasebook import Sentence
from bot.picture import PROGRESS_AT_S
from bot.ports import Chance, Clock, MusicMint
from bot.ration import Ration
from bot.requests import parse
from bot.retry import KEY_WAIT_S, LONGEST_WAIT_S, backoff
from bot.stage import Stage
from db import leases, polls, tasks
from db.engine import Database
from db.polls import Running
from db.states import MOST_FAULTS, POLLED, TaskState
from db.tasks import Changes

log = structlog.get_logger()

READ_DIRECTLY: Final = 2
"""Up to this many outstanding tasks, reading each costs no more than a sweep."""
PAGE: Final = 100
"""Tasks on a page of the list; MusicMint's most."""
SPARE_PAGES: Final = 10
LISTS_PER_S: Final = 20.0
"""Pages a second of one key: what 10,000 outstanding tasks need. Beyond that the sweep takes longer, and with it the
time between two looks at a task."""
LISTS_AT_ONCE: Final = 60
GIVE_UP_MS: Final = 30 * 60_000
"""MusicMint takes 30-120 s; past this the member is told."""
ADOPT_MS: Final = 24 * 3600_000
"""A task that ends within this time after it was given up is delivered all the same."""
LATE_POLL_MS: Final = 60_000
"""How often a task that was given up is still asked about."""
NEVER: Final = 2**62
LEASE_MS: Final = 120_000
QUIET_FAILURES: Final = 2
"""Sweeps that may fail in a row before the cards say so."""
GOING: Final = (TaskStatus.QUEUING, TaskStatus.PROCESSING)


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
        bell: Bell,
    ) -> None:
        super().__init__(clock)
        self._database = database
        self._musicmint = musicmint
        self._lease = f"poll:{key_id}"
        self._token = chance.token()
        self._interval_ms = int(interval_s * 1000)
        self._bell = bell
        self._lists = Ration(clock, per_s=LISTS_PER_S, at_once=LISTS_AT_ONCE)
        self._failures = 0
        self._stepped_at = clock.now_ms()
        self._whole_at = 0

    async def step(self) -> int | None:
        """One sweep, if anything is due."""
        now = self._clock.now_ms()
        due_at = await self._next_due()
        if due_at is None or due_at > now:
            return due_at
        if not await self._hold_lease(now):
            return now + self._interval_ms
        await self._sweep(await self._claim(now), now)
        self._bell.ring(Work.DELIVER)
        return await self._next_due()

    async def finish(self) -> None:
        """Leave the lease to whoever polls next."""
        async with self._database.write(patient=False) as conn:
            await leases.release(conn, self._lease, self._token)

    async def _next_due(self) -> int | None:
        async with self._database.read() as conn:
            return await polls.next_due(conn)

    async def _hold_lease(self, now: int) -> bool:
        async with self._database.write() as conn:
            return await leases.hold(conn, self._lease, token=self._token, now=now, until=now + LEASE_MS)

    async def _claim(self, now: int) -> Sequence[Running]:
        """What is read now; put off first, so that a fault on one task cannot make the sweep spin.

        What would be due before the next sweep goes along with this one. What is due before its time was hastened by a
        callback, and goes alone: a sweep for each callback would be many.
        """
        whole = now >= self._whole_at
        by = now + self._interval_ms if whole else now
        async with self._database.write() as conn:
            if self._clock.age_ms(now - GIVE_UP_MS) >= GIVE_UP_MS:  # else nobody asked for it for so long
                took_too_long = Sentence("error-took-too-long").to_json()
                await polls.expire(conn, by=by, started_by=now - GIVE_UP_MS, error=took_too_long, now=now)
            due = await polls.running(conn, by=by)
            await polls.put_off(conn, by=by, running=now + self._interval_ms, expired=now + LATE_POLL_MS)
            if whole:
                await tasks.want_cards(conn, [running.id for running in due if self._steps(running, now)])
        if whole:
            self._whole_at = now + self._interval_ms
            self._stepped_at = now
        return due

    async def _sweep(self, due: Sequence[Running], now: int) -> None:
        try:
            ended = await self._perhaps_ended(due)
            whole = await self._read_all(ended, now, listed=len(due) > READ_DIRECTLY)
        except ServiceError as error:
            await self._failed(len(due), error, now)
            return
        self._failures = 0
        if not whole:
            return
        async with self._database.write() as conn:
            await polls.note(conn, None)
            # What is over a day old and did not end in this sweep either is asked about no more.
            await polls.let_go(conn, after=now, expired_by=now - ADOPT_MS, due_at=NEVER)

    async def _perhaps_ended(self, due: Sequence[Running]) -> Sequence[Running]:
        if len(due) <= READ_DIRECTLY:
            return due
        most_pages = SPARE_PAGES + len(due) * 5 // PAGE
        going: set[str] = set()
        for status in GOING:
            going |= await self._listed(status, most_pages)
        return [running for running in due if running.api_task_id not in going]

    async def _listed(self, status: TaskStatus, most_pages: int) -> set[str]:
        """Those on the list that are going. It may hold tasks of others with this key, but not without end."""
        found: set[str] = set()
        seen: set[str] = set()
        for page in range(1, most_pages + 1):
            await self._lists.call()
            answer = await self._musicmint.list_tasks(page=page, status=status)
            listed = {item.id for item in answer.items}
            found |= {item.id for item in answer.items if item.status in GOING}
            if listed <= seen or (len(seen | listed) >= answer.total and len(listed) < PAGE):
                return found
            seen |= listed
        log.warning("the list has no end", status=str(status), pages=most_pages, total=answer.total)
        return found

    async def _read_all(self, ended: Sequence[Running], now: int, *, listed: bool) -> bool:
        """A task that cannot be read holds nobody up; raises only where that may be true of all.

        False where some were left: we are to stop, or somebody else has the lease.
        """
        failed: ServiceError | None = None
        answered = False
        held_at = now
        for running in ended:
            late = self._clock.now_ms()
            if late > held_at + LEASE_MS // 2 and await self._hold_lease(late):
                held_at = late
            if self._stopping or late > held_at + LEASE_MS // 2:
                return False
            try:
                await self._read(running, now)
                answered = True
            except (Unclear, KeyRejected) as error:
                # The key may be refused this one task alone: it was taken for the list.
                if isinstance(error, Unclear) or not listed:
                    failed = error
                log.warning("task not readable", task=running.id, error=str(error))
            except (ServiceError, OperationalError):  # neither says anything about this task
                raise
            except Exception:  # one bad answer must never stop the stage
                log.exception("task cannot be brought on", task=running.id)
                await self._count_fault(running, now)
        if failed is not None and not answered:
            raise failed
        return True

    async def _count_fault(self, running: Running, now: int) -> None:
        """A fault of ours, seen five times, is left for the operator: the same answer will not do better."""
        wait_s = backoff(running.faults + 1, first_s=self._interval_ms / 1000, longest_s=KEY_WAIT_S)
        parked = Sentence("error-parked").to_json()
        async with self._database.write() as conn:
            faults = await polls.fault(conn, running.id, due_at=now + int(wait_s * 1000), parked=parked)
        if faults >= MOST_FAULTS:
            log.error("parked: it cannot be brought on", task=running.id, api_task=running.api_task_id)
            self._bell.ring(Work.DELIVER)

    async def _read(self, running: Running, now: int) -> None:
        try:
            report = await self._musicmint.get_task(running.api_task_id)
        except RequestRejected as error:
            # It does not know the task (any more). The give-up age ends the wait, never this answer alone.
            log.warning("task not readable", task=running.id, api_task=running.api_task_id, error=str(error))
            return
        except ResultExpired as error:
            await self._fail(running, Sentence.of(error), now)
            return
        if report.status == TaskStatus.COMPLETED:
            await self._finish(running, report, now)
        elif report.status == TaskStatus.FAILED:
            reason = {"reason": (report.error or "")[:300]}
            await self._fail(running, Sentence("error-task-failed", reason), now)
        if running.faults:
            async with self._database.write() as conn:
                await polls.forget_faults(conn, running.id)

    async def _finish(self, running: Running, report: TaskReport, now: int) -> None:
        """One that says it is complete and holds nothing we can use is read again until its give-up age."""
        async with self._database.write() as conn:
            task = await tasks.get(conn, running.id)
            brought = of_report(parse(task.kind, task.request), report) if task else None
            if task is None or brought is None:
                log.warning("complete and empty", task=running.id, api_task=running.api_task_id)
                return
            await harvest.bring_in(conn, task, brought, now, leaving=POLLED)
        self._bell.ring(Work.DELIVER)

    async def _fail(self, running: Running, said: Sentence, now: int) -> None:
        async with self._database.write() as conn:
            changes = Changes(ended_at=now, error=said.to_json())
            await tasks.move(conn, running.id, POLLED, TaskState.FAILED, changes)
        log.warning("failed", task=running.id, error=said.id)

    def _steps(self, running: Running, now: int) -> bool:
        """Whether a mark of `PROGRESS_AT_S` went by since the last sweep."""
        started = running.started_at or now
        return any(self._stepped_at < started + second * 1000 <= now for second in PROGRESS_AT_S)

    async def _failed(self, outstanding: int, error: ServiceError, now: int) -> None:
        self._failures += 1
        log.warning("poll failed", outstanding=outstanding, failures=self._failures, error=str(error))
        patience_s = backoff(self._failures, first_s=self._interval_ms / 1000, longest_s=KEY_WAIT_S)
        wait_s = KEY_WAIT_S if isinstance(error, KeyRejected) else patience_s
        if isinstance(error, RateLimited) and error.retry_after_s is not None:
            wait_s = max(wait_s, min(error.retry_after_s, LONGEST_WAIT_S))
        until = now + int(wait_s * 1000)
        async with self._database.write() as conn:
            await polls.put_off(conn, by=until, running=until, expired=until)
            if isinstance(error, KeyRejected):
                await polls.note(conn, Sentence("error-poll-key").to_json())
            elif self._failures > QUIET_FAILURES:
                await polls.note(conn, Sentence("error-poll-service").to_json())

"""Brings cards up to date with their rows. A card is drawn from the row as it stands, so order cannot go wrong.

One that is gone for certain, with something to say that its member hears nowhere else, is promised in the outbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy.exc import OperationalError

from bot import picture, retry_after
from bot.errors import MessengerError, MessengerUnclear, PlaceGone
from bot.picture import CardPicture
from bot.ports import Clock, Messenger
from bot.retry import backoff
from db import deliveries, tasks
from db.engine import Database
from db.states import Rung
from db.tasks import Task

log = structlog.get_logger()

EDIT_WITHIN_MS: Final = 55 * 60_000
"""Discord rations edits of messages older than an hour (30046): past this a card is not tried for ever."""
OLD_FOR_MS: Final = 3 * 3600_000
"""So long an old card is tried, with pauses of minutes; it may have an ending to tell that its member must hear."""
BATCH: Final = 10
PAUSE_MS: Final = 5_000
"""After a doubtful answer the cards wait; takes come first."""


@dataclass(slots=True)
class _Doubt:
    """A card whose edits got no clear answer: since when, how often, and not again before."""

    since: int
    failures: int
    not_before: int


class Redraw:
    """Edits every card that shows less than its row knows."""

    def __init__(self, database: Database, messenger: Messenger, clock: Clock) -> None:
        self._database = database
        self._messenger = messenger
        self._clock = clock
        self._not_before = 0
        self._seen = 0
        """What the clock showed when it was last looked at."""
        self._doubts: dict[int, _Doubt] = {}
        self._shown: list[Task] = []
        """What cards show, and the rows do not know yet."""
        self._unheard: list[CardPicture] = []
        """What was to be heard on a card that is gone, and is not promised yet."""

    async def stale(self) -> list[Task]:
        """Tasks whose card wants drawing now; those that wait for a clear answer must not hold up the others."""
        now = self._now()
        if now < self._not_before:
            return []
        await self._note()  # edits are rationed: while the database takes nothing, no card is drawn again and again
        waiting = [task_id for task_id, doubt in self._doubts.items() if doubt.not_before > now]
        async with self._database.read() as conn:
            fresh = await tasks.stale_cards(conn, BATCH, without=self._doubts)
            return fresh or await tasks.stale_cards(conn, BATCH, without=waiting)

    def next_due(self) -> int | None:
        """When a paused redraw goes on; Unix ms."""
        now = self._now()
        times = [max(doubt.not_before, self._not_before) for doubt in self._doubts.values()]
        return min((time for time in (*times, self._not_before) if time > now), default=None)

    async def draw(self, stale: list[Task]) -> None:
        """Draw these, oldest first, until one answer is doubtful. Raises `OperationalError`."""
        for task in stale:
            try:
                self._shown.append(await self._draw(task))
            except MessengerUnclear as error:
                log.warning("card not drawn", task=task.id, error=str(error))
                now = self._now()
                self._not_before = now + self._pause_ms(error)
                if self._goes_on(task, now):
                    break
                self._shown.append(task)
        await self._note()

    def _now(self) -> int:
        """Where the clock went back, no pause waits until it is as late again."""
        now = self._clock.now_ms()
        if now < self._seen:
            self._not_before = min(self._not_before, now)
            for doubt in self._doubts.values():
                doubt.since, doubt.not_before = min(doubt.since, now), min(doubt.not_before, now)
        self._seen = now
        return now

    @staticmethod
    def _pause_ms(error: MessengerUnclear) -> int:
        return max(PAUSE_MS, int(retry_after.clamped(error.retry_after_s or 0) * 1000))

    def _goes_on(self, task: Task, now: int) -> bool:
        """Whether it is tried again, later each time; an old one only for a while."""
        doubt = self._doubts.setdefault(task.id, _Doubt(now, 0, now))
        doubt.failures += 1
        doubt.not_before = now + int(backoff(doubt.failures, first_s=PAUSE_MS / 1000) * 1000)
        return now - task.created_at <= EDIT_WITHIN_MS or now - doubt.since <= OLD_FOR_MS

    async def _draw(self, task: Task) -> Task:
        """Its row as the card shows it now."""
        try:
            async with self._database.read() as conn:
                task = await tasks.get(conn, task.id) or task
                card = await picture.card(conn, task, self._clock.now_ms())
            await self._edit(card)
        except (MessengerUnclear, OperationalError):  # neither says anything about this card
            raise
        except MessengerError as error:
            log.info("card cannot be brought up to date", task=task.id, error=str(error))
        except Exception:  # one bad row must never stop the stage: its card stays as it is
            log.exception("card cannot be drawn", task=task.id)
        return task

    async def _edit(self, card: CardPicture) -> None:
        task = card.task
        if task.card_channel_id is None or task.card_message_id is None:
            return
        try:
            await self._messenger.redraw_card(task.card_channel_id, task.card_message_id, card)
        except PlaceGone as error:  # deleted, or closed to us
            log.info("card is gone", task=task.id, unheard=card.must_be_heard, error=str(error))
            if card.must_be_heard:
                self._unheard.append(card)

    async def _note(self) -> None:
        """All at once, for each write holds up the others; and what counts as shown on no card is promised with it."""
        if not self._shown:
            return
        now = self._clock.now_ms()
        async with self._database.write() as conn:
            await tasks.cards_drawn(conn, self._shown)
            for card in self._unheard:
                await deliveries.add_card(conn, task_id=card.task.id, rung=_first_rung(card), now=now)
        for task in self._shown:
            self._doubts.pop(task.id, None)
        self._shown.clear()
        self._unheard.clear()


def _first_rung(card: CardPicture) -> Rung:
    """Where it stood: in its song's own thread, from which another channel is below, or in a channel."""
    return Rung.THREAD if card.thread_id == card.task.card_channel_id else Rung.CHANNEL

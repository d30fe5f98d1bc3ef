"""Brings cards up to date with their rows. A card is drawn from the row as it stands, so order cannot go wrong."""

from __future__ import annotations

from typing import Final

import structlog

from bot import picture, retry_after
from bot.errors import MessengerError, MessengerUnclear
from bot.ports import Clock, Messenger
from db import tasks
from db.engine import Database
from db.tasks import Task

log = structlog.get_logger()

EDIT_WITHIN_MS: Final = 55 * 60_000
"""Discord rations edits of messages older than an hour (30046): past this a card gets one last try."""
BATCH: Final = 10
PAUSE_MS: Final = 5_000
"""After a doubtful answer the cards wait; takes come first."""


class Redraw:
    """Edits every card that shows less than its row knows."""

    def __init__(self, database: Database, messenger: Messenger, clock: Clock) -> None:
        self._database = database
        self._messenger = messenger
        self._clock = clock
        self._not_before = 0
        self._doubtful = 0

    async def stale(self) -> list[Task]:
        """Tasks whose card wants drawing now."""
        if self._clock.now_ms() < self._not_before:
            return []
        async with self._database.read() as conn:
            # After the one that got a doubtful answer: it must not hold up the others for ever.
            return await tasks.stale_cards(conn, BATCH, after=self._doubtful) or await tasks.stale_cards(conn, BATCH)

    def next_due(self) -> int | None:
        """When a paused redraw goes on; Unix ms."""
        return self._not_before if self._not_before > self._clock.now_ms() else None

    async def draw(self, stale: list[Task]) -> None:
        """Draw these, oldest first, until one answer is doubtful."""
        self._doubtful = 0
        for task in stale:
            try:
                await self._draw(task)
            except MessengerUnclear as error:
                wait_ms = max(PAUSE_MS, int(retry_after.clamped(error.retry_after_s or 0) * 1000))
                self._not_before = self._clock.now_ms() + wait_ms
                self._doubtful = task.id
                log.warning("card not drawn", task=task.id, error=str(error))
                if not self._last_try(task):
                    return
                await self._drawn(task)

    async def _draw(self, task: Task) -> None:
        try:
            async with self._database.read() as conn:
                task = await tasks.get(conn, task.id) or task
                card = await picture.card(conn, task, self._clock.now_ms())
            if task.card_channel_id is not None and task.card_message_id is not None:
                await self._messenger.redraw_card(task.card_channel_id, task.card_message_id, card)
        except MessengerUnclear:
            raise
        except MessengerError as error:
            # Deleted, or closed to us: there is no card to bring up to date.
            log.info("card is gone", task=task.id, error=str(error))
        except Exception:  # one bad row must never stop the stage: its card stays as it is
            log.exception("card cannot be drawn", task=task.id)
        await self._drawn(task)

    def _last_try(self, task: Task) -> bool:
        return self._clock.now_ms() - task.created_at > EDIT_WITHIN_MS

    async def _drawn(self, task: Task) -> None:
        async with self._database.write() as conn:
            await tasks.card_drawn(conn, task.id, task.card_wanted)

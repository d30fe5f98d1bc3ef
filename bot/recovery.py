"""What a start finds: nobody holds anything any more, and some answers were never heard."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy.exc import OperationalError

from bot import snowflake
from bot.bell import Bell, Work
from bot.errors import HistoryClosed, MessengerError, PlaceGone, SettingsError
from bot.ports import Clock, Message, Messenger
from bot.requests import KINDS
from bot.unanswered import give_up
from db import deliveries, leases, meta, polls, tasks
from db.engine import Database
from db.states import TaskState
from db.tasks import Changes, Task

log = structlog.get_logger()

TOKEN_LIFE_MS: Final = int(timedelta(minutes=15).total_seconds() * 1000)
"""How long an interaction's token can be used; Discord's rule."""

LOOK_AFTER_S: Final = (2.0, 8.0)
"""Seconds between one look for a card and the next."""
LEFT_BEHIND_MS: Final = 60_000
"""A command has long ended by then, however slowly Discord took its answer."""
DOUBTFUL_MS: Final = 24 * 3600_000
"""As long as a card may stand that nobody can be told of, its task is not closed."""


class Recovery:
    """Brings the rows to a state from which the stages go on by themselves."""

    def __init__(self, database: Database, messenger: Messenger, clock: Clock, bell: Bell) -> None:
        self._database = database
        self._messenger = messenger
        self._clock = clock
        self._bell = bell
        self._began_at = 0

    async def claim(self, name: str, value: str) -> None:
        """Bind the database to what it belongs to. Raises `SettingsError` when it belongs to something else."""
        async with self._database.write() as conn:
            found = await meta.claim(conn, name, value)
        if found != value:
            raise SettingsError(
                f"DATABASE_URL: this database belongs to {name} {found}, not {value}; name another file"
            )

    async def start_up(self) -> None:
        """Clear what a dead process held. Tasks whose card nobody confirmed are settled once Discord can be asked."""
        self._began_at = self._clock.now_ms()
        async with self._database.write() as conn:
            for task in await tasks.cut_off(conn, kinds=KINDS, overslept_at=None):
                await give_up(conn, task, self._clock)
            await deliveries.forget_leases(conn, self._began_at)
            await polls.unpark(conn)
            await leases.forget_all(conn)

    async def settle_left_behind(self) -> None:
        """Settle the accepted tasks no command is at work on any more: what it had to write did not reach the rows."""
        created_by = max(self._began_at, self._clock.now_ms() - LEFT_BEHIND_MS)
        async with self._database.read() as conn:
            accepted = await tasks.in_states(conn, {TaskState.ACCEPTED})
        for task in accepted:
            if task.created_at <= created_by:
                await self._settle_one(task.id)

    async def _settle_one(self, task_id: int) -> None:
        try:
            await self.settle(task_id)
        except OperationalError:
            raise
        except Exception:  # one bad row must never stop the others
            log.exception("cannot be settled", task=task_id)

    async def settle(self, task_id: int) -> None:
        """Queue an accepted task if its card stands; close it if not: its member saw no answer.

        Where Discord does not tell, it stays as it is for a day, and somebody looks again.
        """
        async with self._database.read() as conn:
            task = await tasks.get(conn, task_id)
        if task is None or task.state is not TaskState.ACCEPTED:
            return
        now = self._clock.now_ms()
        try:
            card = await self._card_of(task)
        except MessengerError:
            if now - task.created_at < DOUBTFUL_MS:
                return
            card = None
        async with self._database.write() as conn:
            if card is not None:
                await tasks.card_posted(conn, task_id, card.channel_id, card.message_id, now)
            else:
                await tasks.move(conn, task_id, {TaskState.ACCEPTED}, TaskState.CLOSED, Changes(ended_at=now))
        self._bell.ring(Work.SUBMIT)
        log.info("settled", task=task_id, card=card is not None)

    async def _card_of(self, task: Task) -> Message | None:
        """The card as Discord has it. Raises `MessengerError` after a few doubtful answers."""
        for wait_s in LOOK_AFTER_S:
            try:
                return await self._look_for_card(task)
            except MessengerError as error:
                log.warning("cannot tell whether a card stands", task=task.id, error=str(error))
                await self._clock.wait(asyncio.Event(), wait_s)
        return await self._look_for_card(task)

    async def _look_for_card(self, task: Task) -> Message | None:
        """By the interaction's token, and past its time in the channel, if that may be read."""
        if task.interaction_token is not None and self._clock.now_ms() - task.created_at < TOKEN_LIFE_MS:
            found = await self._messenger.answered_with(task.interaction_token)
            if found is not None:
                return found
        # Our clock may have been ahead of Discord's, by which nothing of a command is older than its id.
        since = min(task.created_at, snowflake.given_at(task.interaction_id))
        try:
            return await self._messenger.find_card(task.channel_id, task.id, since)
        except (HistoryClosed, PlaceGone):
            return None

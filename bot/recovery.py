"""What a start finds: nobody holds anything any more, and some answers were never heard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import structlog

from bot.errors import MessengerError, SettingsError
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

LOOK_AFTER_S: Final = (0.0, 2.0, 8.0)
"""Seconds before each look for a card."""


class Recovery:
    """Brings the rows to a state from which the stages go on by themselves."""

    def __init__(
        self, database: Database, messenger: Messenger, clock: Clock, *, wake_submit: Callable[[], None]
    ) -> None:
        self._database = database
        self._messenger = messenger
        self._clock = clock
        self._wake_submit = wake_submit

    async def claim(self, name: str, value: str) -> None:
        """Bind the database to what it belongs to. Raises `SettingsError` when it belongs to something else."""
        async with self._database.write() as conn:
            found = await meta.claim(conn, name, value)
        if found != value:
            raise SettingsError(
                f"DATABASE_URL: this database belongs to {name} {found}, not {value}; name another file"
            )

    async def start_up(self) -> None:
        """Clear what a dead process held, and settle the tasks whose card nobody confirmed."""
        async with self._database.write() as conn:
            for task in await tasks.cut_off(conn, kinds=KINDS, overslept_at=None):
                await give_up(conn, task, self._clock.now_ms())
            await deliveries.forget_leases(conn)
            await polls.unpark(conn)
            await leases.forget_all(conn)
            accepted = await tasks.in_states(conn, {TaskState.ACCEPTED})
        for task in accepted:
            await self.settle(task.id)

    async def settle(self, task_id: int) -> None:
        """Queue an accepted task if its card stands; close it if not: its member saw no answer."""
        async with self._database.read() as conn:
            task = await tasks.get(conn, task_id)
        if task is None or task.state is not TaskState.ACCEPTED:
            return
        card = await self._card_of(task)
        now = self._clock.now_ms()
        async with self._database.write() as conn:
            if card is not None:
                await tasks.card_posted(conn, task_id, card.channel_id, card.message_id, now)
            else:
                await tasks.move(conn, task_id, {TaskState.ACCEPTED}, TaskState.CLOSED, Changes(ended_at=now))
        self._wake_submit()
        log.info("settled", task=task_id, card=card is not None)

    async def _card_of(self, task: Task) -> Message | None:
        """The card as Discord has it; after a few doubtful answers it counts as missing, which costs nobody money."""
        for wait_s in LOOK_AFTER_S:
            await self._clock.wait(asyncio.Event(), wait_s)
            if task.interaction_token is None or self._clock.now_ms() - task.created_at >= TOKEN_LIFE_MS:
                return None
            try:
                return await self._messenger.answered_with(task.interaction_token)
            except MessengerError as error:
                log.warning("cannot tell whether a card stands", task=task.id, error=str(error))
        return None

"""Stage 3: outbox -> thread, exactly once; redraws cards.

A delivery is committed as tried before it is sent, under a nonce derived from what it is. One that was ever tried is
looked for in the channel's history before it is sent again. It steps down the ladder thread -> channel -> private
messages only when Discord says for certain that the place is gone or closed, never on a doubtful answer; a card that is
posted anew, which nothing else would tell of, also where a resend would be a risk.

| how a try ends                                    | what becomes of the row                                       |
|---------------------------------------------------|---------------------------------------------------------------|
| it stands on Discord                              | delivered                                                     |
| no rung takes it, or a resend would be a risk     | kept                                                          |
| Discord, MusicMint or the file's host is in doubt | put off, as long as they say (1 s to 1 h) or by backoff       |
| in a way nobody foresaw                           | put off by backoff, a fault; at `MOST_FAULTS` in a row parked |
| the process dies                                  | a death, behind what waits; past `MOST_DEATHS` in a row parked|
| a stop cuts it off                                | waits again if nothing was sent; else looked for at the start |
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import ClassVar, Final

import structlog
from sqlalchemy.exc import OperationalError

from bot import crew, retry_after
from bot.courier import LEASE_MS, Courier
from bot.crew import Crew
from bot.errors import MediaUnclear, MessengerUnclear, ServiceError
from bot.ports import Chance, Clock
from bot.redraw import Redraw
from bot.retry import backoff
from bot.stage import Stage
from db import deliveries
from db.deliveries import Delivery
from db.engine import Database
from db.states import MOST_DEATHS, MOST_FAULTS

log = structlog.get_logger()

IN_FLIGHT: Final = 8
"""Most of a delivery is waiting for files and for Discord: with four, a fifth of the time nothing was done at all."""


class Deliverer(Stage):
    """Sends what the outbox holds, a few at a time; takes go before cards."""

    name: ClassVar[str] = "deliver"

    def __init__(self, database: Database, courier: Courier, redraw: Redraw, clock: Clock, chance: Chance) -> None:
        super().__init__(clock)
        self._database = database
        self._courier = courier
        self._redraw = redraw
        self._chance = chance
        self._sending = Crew(self.wake)
        self._drawing = Crew(self.wake)

    async def step(self) -> int | None:
        """Start whatever is due and has room; what it starts wakes the stage when it ends."""
        self._sending.raise_fault()
        self._drawing.raise_fault()
        while not self._stopping and len(self._sending) < IN_FLIGHT and (claimed := await self._claim()):
            self._sending.start(self._carry(claimed))
        if not self._drawing and not self._stopping and (stale := await self._redraw.stale()):
            self._drawing.start(self._redraw.draw(stale))
        if len(self._sending) == IN_FLIGHT:
            return None
        async with self._database.read() as conn:
            due = await deliveries.next_due(conn)
        return min((time for time in (due, self._redraw.next_due()) if time is not None), default=None)

    async def finish(self) -> None:
        """Let messages that are on their way arrive; cut off, every row is let go of before this returns."""
        await crew.finish(self._sending, self._drawing)

    async def _claim(self) -> Delivery | None:
        now = self._clock.now_ms()
        # Looked at first: a claim takes the writer's turn, which a member's command may be waiting for.
        async with self._database.read() as conn:
            if not await deliveries.any_due(conn, now):
                return None
        async with self._database.write() as conn:
            return await deliveries.claim_next(conn, now=now, token=self._chance.token(), until=now + LEASE_MS)

    async def _carry(self, delivery: Delivery) -> None:
        if delivery.deaths > MOST_DEATHS:  # the process never lived to see one of these tries end
            await self._courier.park(delivery)
            return
        try:
            await self._try(delivery)
        except asyncio.CancelledError:
            async with self._database.write(patient=False) as conn:
                await deliveries.cut_off(conn, delivery)
            raise

    async def _try(self, delivery: Delivery) -> None:
        try:
            await self._courier.carry(delivery)
        except (MediaUnclear, ServiceError, MessengerUnclear, OperationalError) as error:
            log.warning("delivery put off", delivery=delivery.id, attempts=delivery.attempts, error=str(error))
            await self._put_off(delivery, getattr(error, "retry_after_s", None))
        except Exception:  # one bad row must never stop the stage: it is logged, tried again, and at last parked
            log.exception("delivery failed", delivery=delivery.id, faults=delivery.faults + 1)
            await self._failed(delivery)

    async def _put_off(self, delivery: Delivery, retry_after_s: float | None) -> None:
        wait_s = self._backoff_s(delivery) if retry_after_s is None else retry_after.clamped(retry_after_s)
        async with self._database.write() as conn:
            await deliveries.put_off(conn, delivery, self._clock.now_ms() + int(wait_s * 1000))

    async def _failed(self, delivery: Delivery) -> None:
        delivery = replace(delivery, faults=delivery.faults + 1, deaths=0)
        if delivery.faults >= MOST_FAULTS:
            await self._courier.park(delivery)
            return
        async with self._database.write() as conn:
            await deliveries.failed(conn, delivery, self._clock.now_ms() + int(self._backoff_s(delivery) * 1000))

    def _backoff_s(self, delivery: Delivery) -> float:
        return self._chance.spread(backoff(delivery.attempts, first_s=2.0))

from __future__ import annotations

import asyncio
import time

from bot.clock import SystemChance, SystemClock


def test_the_clock_tells_unix_milliseconds() -> None:
    before = time.time() * 1000
    assert before - 1 <= SystemClock().now_ms() <= time.time() * 1000


async def test_a_wait_ends_with_its_event_or_its_time() -> None:
    clock, event = SystemClock(), asyncio.Event()
    await clock.wait(event, 0)
    await clock.wait(event, 0.001)
    event.set()
    await asyncio.wait_for(clock.wait(event, None), 5)
    await asyncio.wait_for(clock.wait(event, 1000), 5)


def test_tokens_differ_and_a_spread_stays_within_a_fifth() -> None:
    chance = SystemChance()
    assert len({chance.token() for _ in range(100)}) == 100
    assert all(8 <= chance.spread(10) <= 12 for _ in range(100))

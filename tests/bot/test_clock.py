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


class TwoHands(SystemClock):
    """Its wall time and its steady time are set by hand; in ms."""

    def __init__(self) -> None:
        self.wall, self.steady = 1_800_000_000_000, 5_000
        super().__init__()

    def now_ms(self) -> int:
        return self.wall

    def _steady_ms(self) -> int:
        return self.steady

    def go(self, ms: int) -> None:
        self.wall += ms
        self.steady += ms


def test_an_age_is_counted_from_when_this_process_began_at_most() -> None:
    clock = TwoHands()
    before, began = clock.wall - 86_400_000, clock.wall
    clock.go(7_000)
    assert (clock.age_ms(before), clock.age_ms(began), clock.age_ms(clock.wall - 10)) == (7_000, 7_000, 10)


def test_a_wall_clock_that_jumps_makes_nothing_older() -> None:
    clock = TwoHands()
    clock.go(60_000)
    began = clock.wall
    clock.wall += 86_400_000
    assert clock.age_ms(began) == 0
    clock.go(9_000)
    assert clock.age_ms(began) == 9_000
    clock.wall -= 86_400_000
    assert clock.age_ms(0) == 0


def test_a_wall_clock_that_is_led_gently_back_ages_as_it_says() -> None:
    clock = TwoHands()
    began = clock.wall
    for _ in range(60):
        clock.go(60_000)
        clock.wall += 30
        assert clock.age_ms(began) <= clock.wall - began
    assert clock.age_ms(began) == 3_600_000

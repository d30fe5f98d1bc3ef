from __future__ import annotations

from bot.ration import Ration
from tests.bot.fakes import HastyClock


async def test_a_few_calls_go_at_once_and_the_rest_one_by_one() -> None:
    clock = HastyClock()
    ration = Ration(clock, per_s=10, at_once=3)
    for _ in range(6):
        await ration.call()
    assert clock.naps == [0.1, 0.1, 0.1]


async def test_what_was_not_called_for_is_not_saved_up_beyond_what_may_go_at_once() -> None:
    clock = HastyClock()
    ration = Ration(clock, per_s=10, at_once=3)
    for _ in range(2):
        await clock.advance(3600)
        for _ in range(3):
            await ration.call()
    assert clock.naps == []
    await ration.call()
    assert clock.naps == [0.1]


async def test_a_clock_that_went_back_holds_nothing_up() -> None:
    clock = HastyClock()
    ration = Ration(clock, per_s=10, at_once=3)
    for _ in range(4):
        await ration.call()
    assert clock.naps == [0.1]
    clock.now -= 3600_000
    for _ in range(3):
        await ration.call()
    assert clock.naps == [0.1] * 4

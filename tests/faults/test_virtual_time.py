"""Time in a run jumps, and goes by in the same order every time."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.virtual_time import START_MS, AsleepForEverError, VirtualClock, run_virtually


def test_an_hour_goes_by_on_every_clock_of_the_loop() -> None:
    async def sleep() -> tuple[int, float]:
        await asyncio.sleep(3600)
        return VirtualClock().now_ms() - START_MS, asyncio.get_running_loop().time()

    assert run_virtually(sleep) == (3_600_000, 3600.0)


def test_a_timeout_ends_what_would_take_longer() -> None:
    async def wait() -> int:
        await VirtualClock().wait(asyncio.Event(), 7.5)
        return VirtualClock().now_ms() - START_MS

    assert run_virtually(wait) == 7500


def test_a_run_in_which_nothing_can_happen_any_more_is_an_error() -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    with pytest.raises(AsleepForEverError):
        run_virtually(wait)

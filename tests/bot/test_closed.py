from __future__ import annotations

import pytest

from bot.closed import FOR_S, MOST, Act, ClosedPlaces


class Seconds:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def closed(seconds: Seconds) -> ClosedPlaces:
    return ClosedPlaces(seconds)


@pytest.mark.parametrize("code", [10003, 10004, 50001])
def test_a_place_that_is_gone_or_out_of_sight_is_closed_to_everything(closed: ClosedPlaces, code: int) -> None:
    closed.note(1, Act.POST, code)
    assert [closed.why(1, act) for act in Act] == [code] * len(Act)
    assert closed.why(2, Act.POST) is None


@pytest.mark.parametrize("code", [50007, 50013, 50278])
def test_a_missing_permission_closes_it_to_what_was_asked(closed: ClosedPlaces, code: int) -> None:
    closed.note(1, Act.THREAD, code)
    assert closed.why(1, Act.THREAD) == code
    assert closed.why(1, Act.POST) is None


@pytest.mark.parametrize("code", [10008, 160002, 160005, 50083, 0, None, "50001"])
def test_what_says_nothing_about_the_whole_place_is_not_remembered(closed: ClosedPlaces, code: object) -> None:
    closed.note(1, Act.POST, code)
    assert closed.why(1, Act.POST) is None


def test_half_a_minute_later_it_is_asked_again(closed: ClosedPlaces, seconds: Seconds) -> None:
    closed.note(1, Act.POST, 50001)
    seconds.now += FOR_S - 0.1
    assert closed.why(1, Act.POST) == 50001
    seconds.now += 0.1
    assert closed.why(1, Act.POST) is None


def test_what_is_over_is_forgotten_before_it_grows(closed: ClosedPlaces, seconds: Seconds) -> None:
    for channel in range(MOST + 1):
        closed.note(channel, Act.POST, 50013)
    seconds.now += FOR_S
    closed.note(-1, Act.POST, 50013)
    assert len(closed._closed) == 1

from __future__ import annotations

import pytest

from bot.turns import BURST, PER_SECOND, Rank, Turn, Turns

DISCORDS = 50


def spent(turns: Turns, now_s: float) -> Turn:
    """A free turn, taken at once."""
    turn = turns.join(Rank.TAKE)
    assert turns.wait_s(turn, now_s) == 0
    return turn


def exhausted() -> Turns:
    """At second 0 nothing is free any more."""
    turns = Turns(0.0)
    for _ in range(BURST):
        spent(turns, 0.0)
    return turns


def test_a_few_calls_go_out_at_once_and_the_next_waits_for_its_share_of_the_second() -> None:
    turns = exhausted()
    turn = turns.join(Rank.TAKE)
    assert turns.wait_s(turn, 0.0) == pytest.approx(1 / PER_SECOND)
    assert turns.wait_s(turn, 1 / PER_SECOND) == 0


@pytest.mark.parametrize("step_s", [0.001, 0.0037, 0.025, 0.11, 0.7])
def test_no_second_ever_holds_as_many_calls_as_discord_takes(step_s: float) -> None:
    turns, at, went = Turns(0.0), 0.0, list[float]()
    turn = turns.join(Rank.TAKE)
    while at < 5:
        while turns.wait_s(turn, at) == 0:
            went.append(at)
            turn = turns.join(Rank.TAKE)
        at += step_s
    fullest = max(sum(1 for other in went if first <= other < first + 1) for first in went)
    assert fullest <= PER_SECOND + BURST < DISCORDS
    assert len(went) >= PER_SECOND * 4 * min(1.0, BURST / (PER_SECOND * step_s))


def test_a_quiet_hour_saves_up_no_more_than_a_burst() -> None:
    turns = exhausted()
    for _ in range(BURST):
        spent(turns, 3600.0)
    assert turns.wait_s(turns.join(Rank.TAKE), 3600.0) > 0


def test_takes_go_before_cards_that_waited_longer() -> None:
    turns = exhausted()
    first_card, second_card = turns.join(Rank.CARD), turns.join(Rank.CARD)
    take = turns.join(Rank.TAKE)
    share = 1 / PER_SECOND
    waits = [turns.wait_s(turn, 0.0) for turn in (take, first_card, second_card)]
    assert waits == [pytest.approx(share * place) for place in (1, 2, 3)]

    assert turns.wait_s(first_card, share) > 0
    assert turns.wait_s(take, share) == 0
    assert turns.wait_s(second_card, share * 2) > 0
    assert turns.wait_s(first_card, share * 2) == 0


def test_one_that_gives_up_waiting_makes_room() -> None:
    turns = exhausted()
    first, second = turns.join(Rank.TAKE), turns.join(Rank.TAKE)
    turns.leave(first)
    turns.leave(first)
    assert turns.wait_s(second, 1 / PER_SECOND) == 0


def test_a_clock_that_stands_still_or_steps_back_frees_nothing() -> None:
    turns = exhausted()
    turn = turns.join(Rank.TAKE)
    assert turns.wait_s(turn, -5.0) > 0
    assert turns.wait_s(turn, -5.0) > 0

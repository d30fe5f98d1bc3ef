from __future__ import annotations

import pytest

from bot.errors import KeyRejected, RateLimited, RequestRejected, ResultExpired, ServiceError, Unclear, Unreachable
from bot.retry import GIVE_UP_AGE_S, Again, GiveUp, after_no_creation, backoff, classify
from db.states import Outcome


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Unreachable(), Outcome.NOT_CREATED),
        (RateLimited(), Outcome.NOT_CREATED),
        (KeyRejected(), Outcome.NOT_CREATED),
        (RequestRejected(), Outcome.REFUSED),
        (ResultExpired(), Outcome.REFUSED),
        (Unclear(), Outcome.UNKNOWN),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ServiceError) else "",
)
def test_a_failed_submit_is_classed_by_what_it_proves(error: ServiceError, outcome: Outcome) -> None:
    assert classify(error) is outcome


def test_the_wait_doubles_up_to_its_longest() -> None:
    assert [backoff(attempts) for attempts in range(1, 9)] == [5, 10, 20, 40, 80, 160, 300, 300]


@pytest.mark.parametrize("attempts", [-5, 0, 1, 10**6])
def test_the_wait_is_bounded_for_any_number_of_attempts(attempts: int) -> None:
    assert 5 <= backoff(attempts) <= 300


@pytest.mark.parametrize(("named", "waited"), [(0.0, 1.0), (7.5, 7.5), (3600.0, 300.0)])
def test_the_time_the_api_names_is_waited_within_bounds(named: float, waited: float) -> None:
    assert after_no_creation(RateLimited(retry_after_s=named), attempts=1, age_s=0) == Again(waited, named=True)


def test_without_a_named_time_the_wait_grows_with_the_attempts() -> None:
    assert after_no_creation(RateLimited(), attempts=3, age_s=0) == Again(20)
    assert after_no_creation(Unreachable(), attempts=2, age_s=0) == Again(10)


def test_a_rejected_key_is_tried_every_minute() -> None:
    assert after_no_creation(KeyRejected(), attempts=9, age_s=0) == Again(60)


@pytest.mark.parametrize("error", [Unreachable(), RateLimited(retry_after_s=1), KeyRejected()], ids=repr)
def test_after_half_an_hour_nothing_is_tried_again(error: ServiceError) -> None:
    assert isinstance(after_no_creation(error, attempts=1, age_s=GIVE_UP_AGE_S - 1), Again)
    assert isinstance(after_no_creation(error, attempts=1, age_s=GIVE_UP_AGE_S), GiveUp)

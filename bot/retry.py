"""When to try again, as pure functions of what happened, how often and how long ago. The rows store what they answer.

A submit that failed is classed by what it proves about money:

| what happened                                                    | class       | the task                           |
|------------------------------------------------------------------|-------------|------------------------------------|
| no connection ever stood (`Unreachable`)                         | not created | queued again, later                |
| the API's own 429 (`RateLimited`)                                | not created | queued again, when it says         |
| the API's own 401, 402, 403, 1003, 1004 (`KeyRejected`)          | not created | queued again, the operator is told |
| any other refusal in the API's own envelope below HTTP 500       | refused     | refused, with the API's words      |
| a task id                                                        | created     | running                            |
| 5xx, a break or timeout after connect, foreign body (`Unclear`)  | unknown     | unknown, never sent again alone    |
| the same, of a plain read                                        | not created | queued again, later                |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.errors import KeyRejected, MinstrelError, RateLimited, ServiceError, Unclear, Unreachable
from db.states import Outcome

FIRST_WAIT_S: Final = 5.0
LONGEST_WAIT_S: Final = 300.0
KEY_WAIT_S: Final = 60.0
"""A rejected key needs the operator's hands; asking every minute notices them soon enough."""

GIVE_UP_AGE_S: Final = 30 * 60.0
"""A task that waited this long without being created is refused: nobody still looks at its card."""

LOOKS_S: Final = (2, 5, 10, 20, 30, 45, 60)
"""Seconds after a submit was given up at which MusicMint's list is looked through for what it may have made."""
LATER_LOOK_S: Final = 60
LATE_LOOK_S: Final = 300
LATE_AFTER_S: Final = 15 * 60


@dataclass(frozen=True, slots=True)
class Again:
    """Try again after `wait_s` seconds, or about then: a time that was named to us is kept to."""

    wait_s: float
    named: bool = False


class GiveUp:
    """Do not try again."""


Decision = Again | GiveUp


def classify(error: ServiceError, *, free: bool = False) -> Outcome:
    """What a failed call proves; the table above. `free`: a read, which makes nothing whatever became of it."""
    match error:
        case Unreachable() | RateLimited() | KeyRejected():
            return Outcome.NOT_CREATED
        case Unclear():
            return Outcome.NOT_CREATED if free else Outcome.UNKNOWN
        case _:
            return Outcome.REFUSED


def after_no_creation(error: MinstrelError, *, attempts: int, age_s: float) -> Decision:
    """Whether a task that was proven not to be created is submitted again. `attempts` counts from 1."""
    if age_s >= GIVE_UP_AGE_S:
        return GiveUp()
    if isinstance(error, KeyRejected):
        return Again(KEY_WAIT_S)
    if isinstance(error, RateLimited) and error.retry_after_s is not None:
        return Again(max(1.0, min(error.retry_after_s, LONGEST_WAIT_S)), named=True)
    return Again(backoff(attempts))


def backoff(attempts: int, first_s: float = FIRST_WAIT_S, longest_s: float = LONGEST_WAIT_S) -> float:
    """Doubles with every attempt from `first_s` (attempt 1) up to `longest_s`."""
    return min(longest_s, first_s * 2.0 ** min(max(attempts - 1, 0), 30))


def next_look_ms(age_ms: int) -> int:
    """How long until the next look for what a submit may have made, `age_ms` after its answer was given up."""
    for second in LOOKS_S:
        if age_ms < second * 1000:
            return second * 1000 - age_ms
    return (LATER_LOOK_S if age_ms < LATE_AFTER_S * 1000 else LATE_LOOK_S) * 1000

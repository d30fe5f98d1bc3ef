"""The bell of the stages: whoever writes a row rings for the stage that goes on with it, so that none has to look."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Work(StrEnum):
    """What a row may wait for."""

    SUBMIT = "submit"
    POLL = "poll"
    RESOLVE = "resolve"
    DELIVER = "deliver"


class Bell:
    """Rung before anybody hears it, it does nothing: the stages look at their rows when they begin."""

    def __init__(self) -> None:
        self._hearing: list[tuple[Work, Callable[[], None]]] = []

    def heard(self, work: Work, wake: Callable[[], None]) -> None:
        """From now on, call `wake` whenever there is such work."""
        self._hearing.append((work, wake))

    def ring(self, *works: Work) -> None:
        """There may be such work now."""
        for heard, wake in self._hearing:
            if heard in works:
                wake()

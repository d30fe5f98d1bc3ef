"""Places that have just refused us for certain: the second take of a song need not ask there again.

Each refusal counts towards what shuts a bot out of Discord, and a server that threw the bot out would otherwise give
one for every take and every state of every card.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

FOR_S: Final = 30.0
"""Long enough for the takes of one song, short enough for a moderator who gives the permission and asks again."""
MOST: Final = 1_000
TO_EVERYTHING: Final = frozenset({10003, 10004, 50001})
"""Unknown channel, unknown server, missing access: no kind of call gets through."""
TO_THIS: Final = frozenset({50007, 50013, 50278})
"""No private messages, a permission is missing, no server in common: others may get through."""


class Act(StrEnum):
    """The kinds of calls a place answers by permissions of their own."""

    POST = "post"
    EDIT = "edit"
    THREAD = "thread"


class ClosedPlaces:
    """Remembers a refusal for half a minute. `monotonic` gives seconds of a clock that never jumps."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._now = monotonic
        self._closed: dict[tuple[int, Act], tuple[float, int]] = {}

    def why(self, channel_id: int, act: Act) -> int | None:
        """Discord's code of the refusal; None where it is worth asking."""
        until, code = self._closed.get((channel_id, act), (0.0, 0))
        return code if self._now() < until else None

    def note(self, channel_id: int, act: Act, code: object) -> None:
        """It was refused with this code. Codes that say nothing about the whole place are not remembered."""
        now = self._now()
        if len(self._closed) > MOST:
            self._closed = {key: found for key, found in self._closed.items() if now < found[0]}
        if isinstance(code, int) and code in TO_EVERYTHING | TO_THIS:
            for one in Act if code in TO_EVERYTHING else (act,):
                self._closed[channel_id, one] = (now + FOR_S, code)

"""Who may call Discord next: so many calls a second, takes before cards."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

PER_SECOND: Final = 40
BURST: Final = 8
"""Discord takes 50 calls a second from one bot, in all. No second ever holds more than 40 + 8 of ours; the rest is room
for clocks that differ and for what another process with the same token calls. It grants some bots more."""

SLIVER: Final = 1e-9
"""Of a turn: sums of fractions miss whole numbers by so little."""


class Rank(IntEnum):
    """Whose turn comes first."""

    TAKE = 0
    """Somebody waits for it."""
    CARD = 1
    """An edit that shows a newer state: whatever it waits, it then shows what is true then."""


@dataclass(eq=False, slots=True)
class Turn:
    """One call that waits."""

    rank: Rank


class Turns:
    """A token bucket with a queue for each rank. Times are seconds of a clock that never jumps."""

    def __init__(self, now_s: float, per_second: int = PER_SECOND) -> None:
        self._per_second = per_second
        self._free = float(BURST)
        self._counted_at = now_s
        self._waiting: list[Turn] = []

    def join(self, rank: Rank) -> Turn:
        """Stand in line, behind all of the same rank and before all of a lower one."""
        turn = Turn(rank)
        ahead = sum(1 for other in self._waiting if other.rank <= rank)
        self._waiting.insert(ahead, turn)
        return turn

    def wait_s(self, turn: Turn, now_s: float) -> float:
        """0 when the turn has come, which spends it; else the seconds after which to ask again."""
        self._free = min(float(BURST), self._free + max(0.0, now_s - self._counted_at) * self._per_second)
        self._counted_at = now_s
        missing = self._waiting.index(turn) + 1 - self._free
        if missing > SLIVER:
            return missing / self._per_second
        self._waiting.remove(turn)
        self._free = max(0.0, self._free - 1)
        return 0.0

    def leave(self, turn: Turn) -> None:
        """Give up waiting; harmless for one whose turn has come."""
        if turn in self._waiting:
            self._waiting.remove(turn)

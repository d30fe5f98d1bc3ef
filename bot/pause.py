"""A key that MusicMint refuses is refused for every task: the whole line waits, not each task for itself."""

from __future__ import annotations

from bot.errors import KeyRejected, MinstrelError, RateLimited
from bot.ports import Chance, Clock
from bot.retry import Again, backoff


class KeyPause:
    """How long one line of submissions still waits for its key."""

    def __init__(self, clock: Clock, chance: Chance) -> None:
        self._clock = clock
        self._chance = chance
        self._began_at = 0
        self._length_ms = 0
        self._in_a_row = 0
        self._refused_to: int | None = None

    def refused(self, task_id: int, error: MinstrelError, again: Again) -> None:
        """A task was not made. A limit is the key's; a refusal is, once a second task in a row meets it.

        The first may be refused one endpoint alone, which must not hold up what the key may do.
        """
        if isinstance(error, RateLimited):
            self._in_a_row += 1
            self._begin(again.wait_s if again.named else self._chance.spread(backoff(self._in_a_row)))
        elif isinstance(error, KeyRejected):
            if self._refused_to in (None, task_id):
                self._refused_to = task_id
            else:
                self._begin(self._chance.spread(again.wait_s))
                self._refused_to = None  # whoever comes first after it may be that task again

    def answered(self) -> None:
        """The key was taken."""
        self._in_a_row, self._length_ms, self._refused_to = 0, 0, None

    def until_ms(self) -> int:
        """When the next task may ask; Unix ms, 0 where nothing keeps it."""
        now = self._clock.now_ms()
        self._began_at = min(self._began_at, now)  # a clock that went back makes no pause longer
        left_ms = self._length_ms - self._clock.age_ms(self._began_at)
        return now + left_ms if self._length_ms and left_ms > 0 else 0

    def _begin(self, wait_s: float) -> None:
        self._began_at, self._length_ms = self._clock.now_ms(), int(wait_s * 1000)

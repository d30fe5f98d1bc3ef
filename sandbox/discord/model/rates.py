"""Rate limits: fixed windows that open with their first request, as Discord's buckets do."""

from dataclasses import dataclass

from sandbox.discord.model.clock import Clock
from sandbox.discord.model.errors import RateLimited

SWEEP_AT = 10_000


@dataclass
class Window:
    """One bucket, of which `used` of `limit` requests are spent; `left_ms` until it is whole again."""

    limit: int
    used: int
    ends_ms: int
    left_ms: int

    @property
    def remaining(self) -> int:
        """Requests that are still free."""
        return max(0, self.limit - self.used)


class Rates:
    """All windows, by a key each. A limit of 0 limits nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[str, Window] = {}

    def look(self, key: str, limit: int, window_ms: int) -> Window:
        """How a window stands, without spending anything."""
        now = self._clock.now_ms()
        found = self._windows.get(key)
        if found is None or found.ends_ms <= now:
            found = Window(limit, 0, now + window_ms, window_ms)
        found.limit, found.left_ms = limit, found.ends_ms - now
        return found

    def take(self, key: str, limit: int, window_ms: int) -> bool:
        """Spend one request; False when none was left."""
        found = self.look(key, limit, window_ms)
        if limit and not found.remaining:
            return False
        if len(self._windows) > SWEEP_AT:
            now = self._clock.now_ms()
            self._windows = {k: window for k, window in self._windows.items() if window.ends_ms > now}
        self._windows[key] = found
        found.used += 1
        return True

    def spend(self, key: str, limit: int, window_ms: int, refusal: RateLimited) -> None:
        """Spend one request, or raise `refusal` with the time that is left."""
        if not self.take(key, limit, window_ms):
            refusal.retry_after = self.look(key, limit, window_ms).left_ms / 1000
            raise refusal

"""Links to files at MusicMint. They die; the first that is found dead is read afresh, once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Generic, TypeVar

from bot.errors import MediaGone, RequestRejected

T = TypeVar("T")


class Links(Generic[T]):
    """What MusicMint last named, a clip's item or one link, and the read that names it anew (None: there is none).

    All files of one take share it: one that found its link dead spares the others the question.
    """

    def __init__(self, named: T, read: Callable[[], Awaitable[T]] | None = None) -> None:
        self.named = named
        self._read = read

    async def follow(self, fetch: Callable[[T], Awaitable[Path]]) -> Path:
        """What `fetch` brings. Raises its `MediaError`, or the read's `ServiceError`, `ResultExpired` among them."""
        try:
            return await fetch(self.named)
        except MediaGone as gone:
            if self._read is None:
                raise
            read, self._read = self._read, None
            try:
                self.named = await read()
            except RequestRejected:
                raise gone from None
        return await fetch(self.named)

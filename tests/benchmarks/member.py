"""A member of a local Discord who asks for songs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import aiohttp

SONG = {
    "lyrics": "[Verse] The night bus hums along the quay, and nobody gets off [Chorus] Oh, drive me round again",
    "style": "indie folk slow",
    "title": "Night Bus",
}


@dataclass(frozen=True, slots=True)
class Answered:
    """One command: ms from its scheduled moment to its answer, and whether that is a card or a refusal."""

    after_ms: float
    card: bool


class Member:
    """The owner of the server, in the channel for songs."""

    def __init__(self, session: aiohttp.ClientSession, url: str, user_id: str, channel_id: str) -> None:
        self._session = session
        self._url = f"{url}/sandbox/v1"
        self._call = {"as": user_id, "channel": channel_id, "name": "song", "options": SONG}

    @classmethod
    async def of(cls, session: aiohttp.ClientSession, url: str) -> Self:
        """Look around and choose the channel."""
        async with session.get(f"{url}/sandbox/v1/world") as response:
            world = await response.json()
        channel = next(channel for channel in world["channels"] if channel["name"] == "songs")
        return cls(session, url, world["me"]["id"], channel["id"])

    async def song(self) -> dict[str, Any]:
        """Run `/song`; the interaction once it was answered, be it with a refusal."""
        answer = await self._song()
        if answer["state"] != "answered":
            raise RuntimeError(f"/song was not answered: {answer}")
        return answer

    async def first_answer(self) -> None:
        """Run `/song` again and again until there is somebody who answers it."""
        while True:
            if (await self._song())["state"] == "answered":
                return
            await asyncio.sleep(0.01)

    async def songs(self, *, per_s: float, count: int, after_s: float = 0.0) -> Sequence[Answered]:
        """Run `/song` on a fixed schedule, whether or not the earlier ones are answered."""
        loop = asyncio.get_running_loop()
        start = loop.time() + after_s

        async def one(due: float) -> Answered:
            await asyncio.sleep(due - loop.time())
            answer = await self.song()
            return Answered((loop.time() - due) * 1000, card=bool(answer["message"]["embeds"]))

        return await asyncio.gather(*(one(start + number / per_s) for number in range(count)))

    async def _song(self) -> dict[str, Any]:
        async with self._session.post(f"{self._url}/interactions/command", json=self._call) as response:
            answer: dict[str, Any] = await response.json()
            if not response.ok:
                raise RuntimeError(f"/song was refused: {answer}")
            return answer

"""MusicMint as a port: the bot's own client over a wire that leads to the studio in process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import aiohttp

from bot.errors import ServiceError, Unclear, Unreachable
from bot.musicmint.bodies import Body
from bot.musicmint.client import MusicMintClient
from bot.musicmint.endpoints import Endpoint
from bot.musicmint.reply import Reply
from tests.faults.studio_world import BASE_URL, Answer, StudioWorld
from tests.faults.virtual_time import VirtualClock
from tests.faults.wire import Life, Wire

KIND: Final = "musicmint"
CALL_S: Final = (0.05, 1.5)
WORKS_S: Final = (1.0, 60.0)
BLOCKS_S: Final = (2.0, 290.0)
WORKING: Final = ("music/upload", "music/persona", "music/midi")
BLOCKING: Final = ("music/stem", "music/concat")
CUT_OFF: Final = b'{"code":0,"message":"ok","data":{"task'
T = TypeVar("T")
Exchanged = Reply | ServiceError


class CountedMusicMint(MusicMintClient):
    """Makes the real bodies and reads the real answers; only what lies between is short."""

    def __init__(self, session: aiohttp.ClientSession, studio: StudioWorld, wire: Wire, life: Life) -> None:
        super().__init__(session, session, BASE_URL, "sk-mm-faults", VirtualClock())
        self._studio = studio
        self._wire = wire
        self._life = life

    async def _exchange(self, endpoint: Endpoint[T], body: Body | None, name: str) -> Exchanged:
        method, path = endpoint.method, endpoint.at(name)
        sent = None if body is None else dict(body)

        async def effect() -> Exchanged:
            line = self._studio.arrive(method, path, sent)
            said = await self._studio.answer(method, path, sent, line)
            if line is not None and line.task_id is not None:
                self._studio.unanswered.add(line.task_id)  # until the answer is heard, below
            return _reply(said)

        takes_s = BLOCKS_S if path.endswith(BLOCKING) else WORKS_S if path.endswith(WORKING) else CALL_S
        call = path.removeprefix("/api/v1/").partition("?")[0]
        try:
            async with asyncio.timeout(endpoint.total_s):
                answer = await self._wire.call(
                    self._life,
                    KIND,
                    call,
                    effect,
                    instead=self._faults(method, path, sent),
                    lost=LOST,
                    takes_s=takes_s,
                )
        except TimeoutError:
            return Unclear(cause="TimeoutError")
        self._studio.heard(answer.body if isinstance(answer, Reply) else b"")
        return answer

    def _faults(self, method: str, path: str, sent: Body | None) -> list[Callable[[], Awaitable[Exchanged]]]:
        """What may come instead; only where no connection stood does the request not arrive."""

        def arriving(answer: Callable[[], Exchanged], *, certain_no: bool) -> Callable[[], Awaitable[Exchanged]]:
            async def fail() -> Exchanged:
                line = self._studio.arrive(method, path, None if sent is None else dict(sent))
                if certain_no:
                    self._studio.say_no(line)
                return answer()

            return fail

        async def unreachable() -> Exchanged:
            return Unreachable(cause="ClientConnectorError")

        def spoken(status: int, code: int, words: str, retry_after: str | None = None) -> Callable[[], Exchanged]:
            return lambda: _reply(self._studio.spoken(status, code, words), retry_after)

        return [
            unreachable,
            arriving(lambda: Unclear(cause="ServerDisconnectedError"), certain_no=False),
            arriving(spoken(429, 429, "Too many requests", "7"), certain_no=True),
            arriving(lambda: Reply(502, None, b"<html>Bad Gateway</html>"), certain_no=False),
            arriving(spoken(403, 1003, "AppKey is disabled"), certain_no=True),
            arriving(spoken(500, 5000, "Processing failed"), certain_no=False),
            arriving(spoken(400, 2002, "A field is wrong"), certain_no=True),
        ]


def _reply(answer: Answer, retry_after: str | None = None) -> Reply:
    return Reply(answer.status, retry_after, answer.body)


async def _reset() -> Exchanged:
    return Unclear(cause="ConnectionResetError")


async def _cut_off() -> Exchanged:
    return Reply(200, None, CUT_OFF)


async def _gateway() -> Exchanged:
    return Reply(504, None, b"<html>Gateway Time-out</html>")


LOST: Final = (_reset, _cut_off, _gateway)

"""Every call to Discord's REST API, as aiohttp's tracing shows it: let through in turn, counted, and tried once.

discord.py takes a `TraceConfig` (its option `http_trace`), so nothing it sends escapes. There are three kinds of calls:

| call                                          | waits its turn   | 429 and 5xx                                 |
|-----------------------------------------------|------------------|---------------------------------------------|
| the messenger's (inside `ours`)               | yes, by its rank | `PutOff` at once: the outbox tries again    |
| an answer to an interaction, a webhook's call | never            | discord.py's quick tries: it has 3 seconds  |
| discord.py's own (login, commands)            | yes              | discord.py's quick tries: nobody else does  |

Without the first row a call would be tried five times by discord.py inside each try of the outbox. Calls of the second
row do not count to Discord's limit of 50 a second.

Discord shuts out an address for a while after 10,000 invalid answers (401, 403, and 429 that are not `shared`) in ten
minutes. Long before, the messenger stops calling until the window clears.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from types import SimpleNamespace
from typing import Final

import aiohttp
import structlog
from yarl import URL

from bot import retry_after
from bot.ports import Clock
from bot.turns import PER_SECOND, Rank, Turns

log = structlog.get_logger()

MOST_INVALID: Final = 1_000
"""A tenth of what shuts us out: other programs may share the address, and answers to members still need room."""
INVALID_WINDOW_S: Final = 600.0
AFTER_401_S: Final = 60.0
"""A refused token needs the operator's hands. A call a minute notices them, and a slip of Discord's costs a minute."""

WITHOUT_LIMIT: Final = ("/interactions/", "/webhooks/")
"""Routes that do not count to the global limit: https://docs.discord.com/developers/topics/rate-limits"""

_rank: ContextVar[Rank | None] = ContextVar("rank", default=None)


class Answer(StrEnum):
    """How a call ended; 429 by its scope."""

    OK = "ok"
    REFUSED = "refused"
    """A 4xx that has no word of its own here."""
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    LIMITED_ROUTE = "limited_route"
    LIMITED_GLOBAL = "limited_global"
    LIMITED_SHARED = "limited_shared"
    """By others too: not our fault, and not held against us."""
    SHUT_OUT = "shut_out"
    """A 429 of Cloudflare's, which no Discord server has seen."""
    SERVER_ERROR = "server_error"
    BROKEN = "broken"
    TIMED_OUT = "timed_out"
    """Or cut off by a stop of the process."""


INVALID: Final = frozenset(
    {Answer.UNAUTHORIZED, Answer.FORBIDDEN, Answer.LIMITED_ROUTE, Answer.LIMITED_GLOBAL, Answer.SHUT_OUT}
)
FOR_ALL_ROUTES: Final = frozenset({Answer.LIMITED_GLOBAL, Answer.SHUT_OUT})
BY_STATUS: Final = {401: Answer.UNAUTHORIZED, 403: Answer.FORBIDDEN, 404: Answer.NOT_FOUND}
BY_SCOPE: Final = {"global": Answer.LIMITED_GLOBAL, "shared": Answer.LIMITED_SHARED}


class PutOff(aiohttp.ClientError):
    """Not now. `status` is Discord's, or None where it was not asked; `retry_after_s` where a time is known."""

    def __init__(self, status: int | None, retry_after_s: float | None) -> None:
        super().__init__(f"HTTP {status}" if status else "not asked")
        self.status = status
        self.retry_after_s = retry_after_s

    @property
    def nothing_done(self) -> bool:
        """Whether the call surely took no effect."""
        return self.status is None or self.status == 429


@contextmanager
def ours(rank: Rank) -> Iterator[None]:
    """The calls within are the messenger's, so that whoever asked for them tries again."""
    before = _rank.set(rank)
    try:
        yield
    finally:
        _rank.reset(before)


def rank_of_call() -> Rank | None:
    """Of the calls made here and now; None where they are not the messenger's."""
    return _rank.get()


class Traffic:
    """What is known of the calls of this process. `monotonic` gives seconds of a clock that never jumps."""

    def __init__(
        self,
        clock: Clock,
        *,
        monotonic: Callable[[], float],
        per_second: int = PER_SECOND,
        counted: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._clock = clock
        self._now = monotonic
        self._counted = counted
        self._turns = Turns(monotonic(), per_second)
        self._invalid: deque[float] = deque(maxlen=MOST_INVALID)
        self._held_until = monotonic()

    def trace(self) -> aiohttp.TraceConfig:
        """For one session."""
        config = aiohttp.TraceConfig()
        config.on_request_start.append(self._start)
        config.on_request_end.append(self._end)
        config.on_request_exception.append(self._broke)
        return config

    @property
    def invalid(self) -> int:
        """Invalid answers of the last ten minutes."""
        self._forget(self._now())
        return len(self._invalid)

    async def _start(
        self, session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestStartParams
    ) -> None:
        if _is_gateway(params.url) or _is_without_limit(params.url):
            return
        rank = rank_of_call()
        if rank is not None:
            self._refuse_while_held()
        await self._wait_for_turn(Rank.TAKE if rank is None else rank)
        if rank is not None:
            self._refuse_while_held()  # while it waited, another may have been shut out

    async def _end(
        self, session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        if _is_gateway(params.url):
            return
        response, ours = params.response, rank_of_call() is not None
        answer = _answer(response)
        self._counted(answer)
        wait_s = retry_after.named(response.headers, await _body(response) if ours else b"", self._clock.now_ms())
        self._note(answer, wait_s, with_token=not _is_without_limit(params.url))
        if ours and (response.status == 429 or response.status >= 500):
            # aiohttp closes a response whose trace raises, and its connection with it: nothing leaks or is reused.
            raise PutOff(response.status, wait_s)

    async def _broke(
        self, session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestExceptionParams
    ) -> None:
        if _is_gateway(params.url) or isinstance(params.exception, PutOff):
            return
        timed_out = isinstance(params.exception, TimeoutError | asyncio.CancelledError)
        self._counted(Answer.TIMED_OUT if timed_out else Answer.BROKEN)

    async def _wait_for_turn(self, rank: Rank) -> None:
        turn = self._turns.join(rank)
        try:
            while (wait_s := self._turns.wait_s(turn, self._now())) > 0:
                await self._clock.wait(asyncio.Event(), wait_s)
        finally:
            self._turns.leave(turn)

    def _note(self, answer: Answer, wait_s: float | None, *, with_token: bool) -> None:
        now = self._now()
        if answer in INVALID:
            before = self.invalid
            self._invalid.append(now)
            if before == MOST_INVALID - 1:
                log.error("Discord refused so many calls that the messenger stops for a while", calls=MOST_INVALID)
        if answer is Answer.UNAUTHORIZED and with_token:
            log.error("Discord does not accept DISCORD_TOKEN: posting stops", again_after_s=AFTER_401_S)
            self._held_until = max(self._held_until, now + AFTER_401_S)
        if answer in FOR_ALL_ROUTES:
            held_s = wait_s or retry_after.SHORTEST_S
            log.warning("Discord takes no calls for now", cause=str(answer), again_after_s=held_s)
            self._held_until = max(self._held_until, now + held_s)

    def _refuse_while_held(self) -> None:
        """Raises `PutOff` while no call of the messenger may go out."""
        now = self._now()
        left_s = self._held_until - now
        if self.invalid >= MOST_INVALID:
            left_s = max(left_s, self._invalid[0] + INVALID_WINDOW_S - now)
        if left_s > 0:
            raise PutOff(None, retry_after.clamped(left_s))

    def _forget(self, now: float) -> None:
        while self._invalid and self._invalid[0] + INVALID_WINDOW_S <= now:
            self._invalid.popleft()


def _answer(response: aiohttp.ClientResponse) -> Answer:
    status = response.status
    if status < 400:
        return Answer.OK
    if status >= 500:
        return Answer.SERVER_ERROR
    if status != 429:
        return BY_STATUS.get(status, Answer.REFUSED)
    if "Via" not in response.headers:
        return Answer.SHUT_OUT
    return BY_SCOPE.get(response.headers.get("X-RateLimit-Scope", ""), Answer.LIMITED_ROUTE)


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """The body of a refusal that may name a time; it stays readable for discord.py."""
    if response.status != 429:
        return b""
    try:
        return await response.read()
    except aiohttp.ClientError:
        return b""


def _is_gateway(url: URL) -> bool:
    return url.scheme in ("ws", "wss")


def _is_without_limit(url: URL) -> bool:
    return any(part in url.path for part in WITHOUT_LIMIT)

"""Calls over real sockets, past a trace: who waits, what is counted, what is tried once, and when calling stops."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web

from bot.traffic import AFTER_401_S, INVALID_WINDOW_S, MOST_INVALID, PutOff, Traffic, ours
from bot.turns import BURST, PER_SECOND, Rank
from tests.bot.fakes import START_MS, FakeClock

MESSAGES = "/api/v10/channels/1/messages"
CALLBACK = "/api/v10/interactions/1/token/callback"
ORIGINAL = "/api/v10/webhooks/1/token/messages/@original"
VIA = {"Via": "1.1 test"}


@dataclass
class Answering:
    """What the next request is answered with; afterwards 200."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: dict(VIA))
    body: str = "{}"
    breaks: bool = False
    hangs: bool = False


@dataclass
class Road:
    """A session whose calls all pass one trace, and who answers them."""

    clock: FakeClock
    traffic: Traffic
    session: aiohttp.ClientSession
    url: str
    answers: deque[Answering]
    seen: list[str]
    counted: list[str]

    async def call(self, path: str = MESSAGES, rank: Rank | None = Rank.TAKE) -> int:
        if rank is None:
            return await self._call(path)
        with ours(rank):
            return await self._call(path)

    async def _call(self, path: str) -> int:
        async with self.session.post(self.url + path, data=b"x" * 1000) as response:
            await response.read()
            return response.status

    async def after(self, answer: Answering, path: str = MESSAGES, rank: Rank | None = Rank.TAKE) -> PutOff | int:
        """How a call ends that is answered so."""
        self.answers.append(answer)
        try:
            return await self.call(path, rank)
        except PutOff as error:
            return error


@pytest.fixture
async def road(clock: FakeClock) -> AsyncIterator[Road]:
    answers: deque[Answering] = deque()
    seen: list[str] = []
    counted: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        seen.append(request.path)
        now = answers.popleft() if answers else Answering()
        if now.breaks:
            assert request.transport is not None
            request.transport.abort()
        if now.hangs:
            await asyncio.sleep(30)
        return web.Response(status=now.status, text=now.body, headers=now.headers)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    traffic = Traffic(clock, monotonic=lambda: (clock.now - START_MS) / 1000, counted=counted.append)
    async with aiohttp.ClientSession(trace_configs=[traffic.trace()]) as session:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield Road(clock, traffic, session, url, answers, seen, counted)
    await runner.cleanup()


async def sent(road: Road, count: int) -> None:
    """Wait until so many calls have arrived."""
    async with asyncio.timeout(20):
        while len(road.seen) < count:
            await asyncio.sleep(0.001)


async def waiting(road: Road, count: int) -> None:
    """Wait until so many calls stand in line."""
    async with asyncio.timeout(20):
        while len(road.clock.naps) < count:
            await asyncio.sleep(0.001)


# -- turns -------------------------------------------------------------------------------------------------------------


async def test_calls_beyond_a_burst_wait_for_their_share_of_the_second(road: Road) -> None:
    for _ in range(BURST):
        assert await road.call() == 200
    late = asyncio.create_task(road.call())
    await waiting(road, 1)
    assert len(road.seen) == BURST
    await road.clock.advance(1 / PER_SECOND)
    assert await late == 200


async def test_a_take_overtakes_the_cards_that_wait(road: Road) -> None:
    for _ in range(BURST):
        await road.call()
    card = asyncio.create_task(road.call("/api/v10/card", Rank.CARD))
    await waiting(road, 1)
    take = asyncio.create_task(road.call("/api/v10/take", Rank.TAKE))
    await waiting(road, 2)
    await road.clock.advance(1 / PER_SECOND)
    await take
    assert not card.done()
    await road.clock.advance(1 / PER_SECOND)
    await card
    assert road.seen[BURST:] == ["/api/v10/take", "/api/v10/card"]


@pytest.mark.parametrize("path", [CALLBACK, ORIGINAL])
async def test_an_answer_to_a_member_never_waits(road: Road, path: str) -> None:
    for _ in range(BURST):
        await road.call()
    for _ in range(20):
        assert await road.call(path, None) == 200
    assert road.clock.naps == []


async def test_a_call_that_is_given_up_while_it_waits_leaves_the_line(road: Road) -> None:
    for _ in range(BURST):
        await road.call()
    first = asyncio.create_task(road.call())
    await waiting(road, 1)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    second = asyncio.create_task(road.call())
    await waiting(road, 2)
    await road.clock.advance(1 / PER_SECOND)
    assert await second == 200


# -- what is tried once ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 524])
async def test_a_failure_of_discord_s_ends_the_messenger_s_call_and_frees_its_connection(
    road: Road, status: int
) -> None:
    ended = await road.after(Answering(status, VIA | {"Retry-After": "20"}))
    assert isinstance(ended, PutOff)
    assert (ended.status, ended.retry_after_s, ended.nothing_done) == (status, 20, False)
    assert len(road.seen) == 1
    assert road.session.connector is not None
    assert not road.session.connector._acquired
    assert await road.call() == 200


async def test_a_limit_ends_it_too_and_it_is_certain_that_nothing_was_done(road: Road) -> None:
    ended = await road.after(Answering(429, VIA | {"Retry-After": "3"}, '{"retry_after": 2.25}'))
    assert isinstance(ended, PutOff)
    assert (ended.status, ended.retry_after_s, ended.nothing_done) == (429, 2.25, True)


async def test_an_answer_that_names_no_time_leaves_it_to_the_outbox(road: Road) -> None:
    ended = await road.after(Answering(503))
    assert isinstance(ended, PutOff)
    assert ended.retry_after_s is None


@pytest.mark.parametrize("path", [CALLBACK, MESSAGES])
@pytest.mark.parametrize("status", [429, 500, 503])
async def test_what_the_messenger_does_not_send_is_left_to_discord_py(road: Road, path: str, status: int) -> None:
    assert await road.after(Answering(status), path, None) == status


@pytest.mark.parametrize("status", [200, 204, 400, 401, 403, 404, 413])
async def test_every_other_answer_reaches_the_messenger(road: Road, status: int) -> None:
    assert await road.after(Answering(status)) == status


# -- what is counted ---------------------------------------------------------------------------------------------------

SCOPE = "X-RateLimit-Scope"
COUNTED = [
    (Answering(200), "ok"),
    (Answering(400), "refused"),
    (Answering(401), "unauthorized"),
    (Answering(403), "forbidden"),
    (Answering(404), "not_found"),
    (Answering(413), "refused"),
    (Answering(429), "limited_route"),
    (Answering(429, VIA | {SCOPE: "user"}), "limited_route"),
    (Answering(429, VIA | {SCOPE: "global"}), "limited_global"),
    (Answering(429, VIA | {SCOPE: "shared"}), "limited_shared"),
    (Answering(429, {}), "shut_out"),
    (Answering(502), "server_error"),
]


@pytest.mark.parametrize(("answer", "word"), COUNTED)
@pytest.mark.parametrize("rank", [Rank.TAKE, None])
async def test_every_call_is_counted_once_by_how_it_ended(
    road: Road, answer: Answering, word: str, rank: Rank | None
) -> None:
    await road.after(answer, rank=rank)
    assert road.counted == [word]


async def test_a_break_is_counted_and_so_is_a_call_that_took_too_long(road: Road) -> None:
    with pytest.raises(aiohttp.ClientError):
        await road.after(Answering(breaks=True))
    hanging = asyncio.create_task(road.after(Answering(hangs=True)))
    await sent(road, 2)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await hanging
    assert road.counted == ["broken", "timed_out"]


async def test_the_gateway_is_no_call(road: Road) -> None:
    road.answers.extend([Answering(403)] * 2)
    for scheme in ("ws", "wss"):
        with pytest.raises(aiohttp.ClientError):
            await road.session.ws_connect(road.url.replace("http", scheme), ssl=False)
    assert (road.counted, road.traffic.invalid) == ([], 0)


# -- when calling stops ------------------------------------------------------------------------------------------------

INVALID = [
    Answering(401),
    Answering(403),
    Answering(429, VIA | {SCOPE: "user"}),
    Answering(429, VIA | {SCOPE: "global"}),
    Answering(429, {}),
]


@pytest.mark.parametrize("answer", INVALID)
async def test_invalid_answers_are_remembered_for_ten_minutes(road: Road, answer: Answering) -> None:
    await road.after(answer)
    assert road.traffic.invalid == 1
    await road.clock.advance(INVALID_WINDOW_S)
    assert road.traffic.invalid == 0


@pytest.mark.parametrize(
    "answer", [Answering(200), Answering(404), Answering(500), Answering(429, VIA | {SCOPE: "shared"})]
)
async def test_others_are_not_held_against_us(road: Road, answer: Answering) -> None:
    await road.after(answer)
    assert road.traffic.invalid == 0


async def test_too_many_invalid_answers_stop_the_messenger_until_the_window_clears(road: Road) -> None:
    for _ in range(MOST_INVALID):
        await road.after(Answering(403), CALLBACK, None)
    await road.clock.advance(100)
    with pytest.raises(PutOff) as stopped:
        await road.call()
    assert stopped.value.nothing_done
    assert stopped.value.retry_after_s == INVALID_WINDOW_S - 100
    assert len(road.seen) == MOST_INVALID

    # A member who waits is answered all the same.
    assert await road.call(CALLBACK, None) == 200
    await road.clock.advance(INVALID_WINDOW_S - 100)
    assert await road.call() == 200


async def test_a_refused_token_stops_the_messenger_at_once_for_a_minute(
    road: Road, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await road.after(Answering(401)) == 401
    with pytest.raises(PutOff) as stopped:
        await road.call()
    assert stopped.value.retry_after_s == AFTER_401_S
    assert "DISCORD_TOKEN" in capsys.readouterr().out
    await road.clock.advance(AFTER_401_S)
    assert await road.call() == 200


async def test_a_token_of_an_interaction_that_is_too_old_stops_nothing(road: Road) -> None:
    await road.after(Answering(401), ORIGINAL, None)
    assert await road.call() == 200


@pytest.mark.parametrize("headers", [VIA | {SCOPE: "global"}, {}])
async def test_a_limit_on_all_routes_holds_every_call_of_the_messenger(road: Road, headers: dict[str, str]) -> None:
    await road.after(Answering(429, headers | {"Retry-After": "30"}))
    with pytest.raises(PutOff) as held:
        await road.call("/api/v10/channels/2/messages")
    assert held.value.retry_after_s == 30
    await road.clock.advance(30)
    assert await road.call() == 200


async def test_a_limit_on_one_route_holds_no_other(road: Road) -> None:
    await road.after(Answering(429, VIA | {SCOPE: "user", "Retry-After": "30"}))
    assert await road.call("/api/v10/channels/2/messages") == 200


async def test_what_stood_in_line_when_calling_stopped_is_not_sent(road: Road) -> None:
    for _ in range(BURST - 1):
        await road.call()
    refused = asyncio.create_task(road.after(Answering(401, hangs=False)))
    late = asyncio.create_task(road.call())
    await sent(road, BURST)
    await refused
    await road.clock.advance(1 / PER_SECOND)
    with pytest.raises(PutOff):
        await late
    assert len(road.seen) == BURST

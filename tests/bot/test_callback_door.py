"""What the world can do at the door where MusicMint calls back: give a hint with the right proof, and nothing else."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import hmac
import io
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot import web
from bot.musicmint.callback import CallbackAddress
from bot.web import CallbackDoor, Health, serve
from tests.bot.musicmint.api import EXAMPLES, TASK

ADDRESS = CallbackAddress("https://bot.example.com", "our own secret")
SIGNING = "whsec-of-the-appkey"
DONE = json.dumps(EXAMPLES["callback completed"]).encode()
FAILED = json.dumps(EXAMPLES["callback failed"]).encode()

Hint = Callable[[int, str], Awaitable[bool]]


@dataclass
class Told:
    """Takes every hint down."""

    hints: list[tuple[int, str]] = field(default_factory=list)

    async def hint(self, submission_id: int, task_id: str) -> bool:
        new = (submission_id, task_id) not in self.hints
        self.hints.append((submission_id, task_id))
        return new


@dataclass(frozen=True)
class Door:
    session: aiohttp.ClientSession
    port: int

    async def post(
        self, path: str, body: bytes | AsyncIterator[bytes] = DONE, headers: dict[str, str] | None = None
    ) -> int:
        data = io.BytesIO(body) if isinstance(body, bytes) else body
        async with self.session.post(f"http://127.0.0.1:{self.port}{path}", data=data, headers=headers) as answer:
            return answer.status


@asynccontextmanager
async def open_door(hint: Hint, *, signing_secret: str | None = None) -> AsyncIterator[Door]:
    """At its end every hint that was under way has been told."""
    callback = CallbackDoor(ADDRESS, signing_secret, hint)
    async with (
        aiohttp.ClientSession() as session,
        serve("127.0.0.1", 0, lambda: Health(True, True), callback) as port,
    ):
        yield Door(session, port)


def path(submission_id: int) -> str:
    return urlsplit(ADDRESS.url(submission_id)).path


def signed(body: bytes, secret: str = SIGNING) -> dict[str, str]:
    return {"X-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


@pytest.mark.parametrize("body", [DONE, FAILED], ids=["completed", "failed"])
async def test_a_callback_is_a_hint_about_its_submission(body: bytes) -> None:
    told = Told()
    async with open_door(told.hint) as door:
        assert await door.post(path(7), body) == 202
    assert told.hints == [(7, TASK)]


async def test_a_signed_callback_is_a_hint() -> None:
    told = Told()
    async with open_door(told.hint, signing_secret=SIGNING) as door:
        assert await door.post(path(7), DONE, signed(DONE)) == 202
    assert told.hints == [(7, TASK)]


@pytest.mark.parametrize(
    "headers",
    [
        None,
        {"X-Signature": ""},
        signed(FAILED),
        signed(DONE, "another secret"),
        {"X-Signature": "sha256=" + signed(DONE)["X-Signature"]},
        {"X-Signature": signed(DONE)["X-Signature"].upper()},
        {"Authorization": signed(DONE)["X-Signature"]},
    ],
    ids=["missing", "empty", "of another body", "by another secret", "with a prefix", "in capitals", "elsewhere"],
)
async def test_without_the_right_signature_nothing_is_told(headers: dict[str, str] | None) -> None:
    told = Told()
    async with open_door(told.hint, signing_secret=SIGNING) as door:
        assert await door.post(path(7), DONE, headers) == 401
    assert told.hints == []


@pytest.mark.parametrize("signing_secret", [None, SIGNING])
@pytest.mark.parametrize(
    "wrong",
    [
        "/musicmint/7",
        "/musicmint/7." + "0" * 64,
        path(8).replace("/8.", "/7."),
        path(7) + "0",
        path(7) + "/more",
        path(7).replace("/7.", "/07."),
        path(7).replace("/musicmint", ""),
        "/musicmint/",
        "/musicmint/%2e%2e",
        "/musicmint/" + "7" * 5000 + "." + "0" * 64,
    ],
    ids=lambda wrong: wrong[:24],
)
async def test_a_wrong_token_is_no_place_however_it_is_signed(wrong: str, signing_secret: str | None) -> None:
    told = Told()
    async with open_door(told.hint, signing_secret=signing_secret) as door:
        assert await door.post(wrong, DONE, signed(DONE)) == 404
    assert told.hints == []


async def test_the_token_of_one_submission_tells_nothing_of_another() -> None:
    told = Told()
    async with open_door(told.hint) as door:
        assert await door.post(path(8).replace("/8.", "/7.")) == 404
        assert await door.post(path(8)) == 202
    assert told.hints == [(8, TASK)]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"<html>", b'{"task_id": ".."}', b'{"status": "completed"}'])
async def test_a_body_that_is_no_callback_is_refused(body: bytes) -> None:
    told = Told()
    async with open_door(told.hint, signing_secret=SIGNING) as door:
        assert await door.post(path(7), body, signed(body)) == 400
    assert told.hints == []


async def in_chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 16_384):
        yield body[start : start + 16_384]


@pytest.mark.parametrize("chunked", [False, True], ids=["length told", "length not told"])
async def test_a_megabyte_is_too_large(chunked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "FINISH_S", 0.05)  # for what is left of the megabyte
    told = Told()
    body = DONE + b" " * 1024 * 1024
    async with open_door(told.hint, signing_secret=SIGNING) as door:
        assert await door.post(path(7), in_chunks(body) if chunked else body, signed(body)) == 413
    assert told.hints == []


async def test_nothing_is_unpacked() -> None:
    told = Told()
    bomb = gzip.compress(DONE + b" " * 8 * 1024 * 1024)
    assert len(bomb) < web.MAX_CALLBACK
    async with open_door(told.hint) as door:
        assert await door.post(path(7), bomb, {"Content-Encoding": "gzip"}) == 400
    assert told.hints == []


async def test_a_body_that_does_not_come_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "CALLBACK_S", 0.05)
    told = Told()
    async with open_door(told.hint) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(f"POST {path(7)} HTTP/1.1\r\nHost: bot\r\nContent-Length: 100\r\n\r\n{{".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 400 ")
        writer.close()
        await writer.wait_closed()
    assert told.hints == []


async def test_a_replay_and_a_hundred_at_once_say_the_same_thing_again() -> None:
    told = Told()
    with capture_logs() as lines:
        async with open_door(told.hint, signing_secret=SIGNING) as door:
            assert await door.post(path(7), DONE, signed(DONE)) == 202
            calls = [door.post(path(7), DONE, signed(DONE)) for _ in range(100)]
            assert set(await asyncio.gather(*calls)) == {202}
    assert set(told.hints) == {(7, TASK)}
    assert [line["new"] for line in lines] == [True] + [False] * 100


async def test_news_that_come_late_or_out_of_order_are_hints_like_any_other() -> None:
    told = Told()
    running = json.dumps({"task_id": TASK, "status": "processing"}).encode()
    async with open_door(told.hint) as door:
        for body in (DONE, running, FAILED):
            assert await door.post(path(7), body) == 202
    assert told.hints == [(7, TASK)] * 3


async def test_the_caller_does_not_wait_for_the_hint() -> None:
    told, free = Told(), asyncio.Event()

    async def slow(submission_id: int, task_id: str) -> bool:
        await free.wait()
        return await told.hint(submission_id, task_id)

    async with open_door(slow) as door:
        assert await door.post(path(7)) == 202
        assert told.hints == []
        free.set()
    assert told.hints == [(7, TASK)]


async def test_a_flood_of_one_call_is_written_down_once_while_it_is_being_written() -> None:
    told, free = Told(), asyncio.Event()

    async def slow(submission_id: int, task_id: str) -> bool:
        await free.wait()
        return await told.hint(submission_id, task_id)

    async with open_door(slow) as door:
        assert set(await asyncio.gather(*(door.post(path(7)) for _ in range(200)))) == {202}
        assert await door.post(path(8)) == 202  # others find room
        free.set()
    assert sorted(told.hints) == [(7, TASK), (8, TASK)]


async def test_no_more_hints_are_under_way_than_the_door_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MAX_HINTS", 3)
    free = asyncio.Event()
    under_way = most = 0

    async def slow(submission_id: int, task_id: str) -> bool:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await free.wait()
        await asyncio.sleep(0)
        under_way -= 1
        return True

    async with open_door(slow) as door:
        calls = [asyncio.create_task(door.post(path(number))) for number in range(1, 21)]
        await asyncio.wait(calls[:3])
        free.set()
        assert set(await asyncio.gather(*calls)) == {202}
    assert most == 3


async def test_a_hint_that_fails_is_taken_and_the_door_stays_open() -> None:
    told = Told()

    async def failing(submission_id: int, task_id: str) -> bool:
        if submission_id == 7:
            raise OSError("disk full")
        return await told.hint(submission_id, task_id)

    with capture_logs() as lines:
        async with open_door(failing) as door:
            assert await door.post(path(7)) == 202
            assert await door.post(path(8)) == 202
    assert told.hints == [(8, TASK)]
    assert [(line["log_level"], line["submission"]) for line in lines] == [("error", 7), ("info", 8)]


async def test_a_hint_that_never_ends_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "FINISH_S", 0.0)
    cancelled = []

    async def endless(submission_id: int, task_id: str) -> bool:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(submission_id)
            raise
        raise AssertionError("nothing sets it")

    async with open_door(endless) as door:
        assert await door.post(path(7)) == 202
    assert cancelled == [7]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
async def test_the_door_takes_nothing_but_a_post(method: str) -> None:
    told = Told()
    async with (
        open_door(told.hint) as door,
        door.session.request(method, f"http://127.0.0.1:{door.port}{path(7)}", data=DONE) as answer,
    ):
        assert answer.status == 405
    assert told.hints == []


async def test_without_an_address_of_its_own_the_bot_has_no_door() -> None:
    async with serve("127.0.0.1", 0, lambda: Health(True, True), None) as port, aiohttp.ClientSession() as session:
        assert await Door(session, port).post(path(7)) == 404


async def test_no_log_line_holds_a_token_or_a_secret(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "FINISH_S", 0.05)
    caplog.set_level(logging.DEBUG)
    told = Told()

    async def failing(submission_id: int, task_id: str) -> bool:
        raise OSError("disk full")

    with capture_logs() as lines:
        for hint in (told.hint, failing):
            async with open_door(hint, signing_secret=SIGNING) as door:
                await door.post(path(7), DONE, signed(DONE))
                await door.post(path(7), DONE)
                await door.post(path(7), b"{}", signed(b"{}"))
                await door.post(path(7), DONE, signed(DONE) | {"Content-Encoding": "gzip"})
                await door.post(path(7) + "0", DONE, signed(DONE))
                await door.post(path(7), b" " * 1024 * 1024)
    written = f"{lines} {caplog.text}"
    assert "callback" in written
    token = path(7).rpartition(".")[2]
    assert [secret for secret in (token, "our own secret", SIGNING) if secret in written] == []


def test_the_door_prints_no_secret() -> None:
    assert SIGNING not in repr(CallbackDoor(ADDRESS, SIGNING, Told().hint))

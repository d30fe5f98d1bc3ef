"""Which answer raises which error: the table in the docstring of `bot/musicmint/reply.py`, cell by cell."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import socket
import struct
import traceback
from contextlib import suppress

import aiohttp
import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import (
    KeyRejected,
    RateLimited,
    RequestRejected,
    ResultExpired,
    ServiceError,
    Unclear,
    Unreachable,
)
from bot.musicmint import client as client_module
from bot.musicmint import endpoints
from bot.musicmint.client import MusicMintClient
from bot.musicmint.envelope import plain_line, retry_after_s
from bot.requests import Generate
from tests.bot.musicmint.api import KEY, TASK, Answer, ScriptedApi, client_of
from tests.bot.musicmint.conftest import NOW_MS, StillClock

SONG = Generate(tags="pop")
GOOD = {"code": 0, "message": "ok", "request_id": "req-1", "data": {"task_id": TASK, "status": "queuing"}}


def refusal(code: int, message: str = "no") -> dict[str, object]:
    return {"code": code, "message": message, "request_id": "req-9"}


async def error_of(client: MusicMintClient) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await client.generate(SONG, None)
    return caught.value


REFUSALS = [
    (401, 1001, KeyRejected, "error-key-rejected"),
    (403, 1001, KeyRejected, "error-key-rejected"),
    (402, 2001, KeyRejected, "error-no-credit"),
    (200, 1003, KeyRejected, "error-key-disabled"),
    (403, 1003, KeyRejected, "error-key-disabled"),
    (401, 1004, KeyRejected, "error-key-deleted"),
    (429, 1004, KeyRejected, "error-key-deleted"),
    (429, 7, RateLimited, "error-rate-limited"),
    (200, 4005, ResultExpired, "error-result-expired"),
    (403, 4005, ResultExpired, "error-result-expired"),
    (410, 4005, ResultExpired, "error-result-expired"),
    *[(status, 7, RequestRejected, "error-request-rejected") for status in (200, 400, 404, 408, 409, 413, 422)],
    *[(200, code, RequestRejected, "error-request-rejected") for code in (-1, 1, 401, 10**30)],
    *[
        (status, code, Unclear, "error-service-unclear")
        for status in (302, 307, 500, 502, 503, 504, 520, 524)
        for code in (1003, 4005, 7)
    ],
]


@pytest.mark.parametrize(("status", "code", "kind", "sentence"), REFUSALS)
async def test_an_envelope_is_classed_by_status_and_code(
    api: ScriptedApi, client: MusicMintClient, status: int, code: int, kind: type[ServiceError], sentence: str
) -> None:
    api.says(status, refusal(code), Location="/elsewhere")
    error = await error_of(client)
    assert (type(error), error.sentence_id, error.request_id) == (kind, sentence, "req-9")
    assert len(api.asked) == 1


NO_ANSWERS = {
    "html": b"<html>502 Bad Gateway</html>",
    "empty": b"",
    "array": [GOOD],
    "string": "ok",
    "null": None,
    "no code": {"message": "ok", "data": GOOD["data"]},
    "code as text": GOOD | {"code": "0"},
    "code as bool": GOOD | {"code": False},
    "code as float": GOOD | {"code": 0.5},
    "refusing code as text": refusal(7) | {"code": "7"},
    "invalid utf-8": b'{"code": 0, "message": "\xff", "data": {"task_id": "a"}}',
    "nan": b'{"code": 0, "data": {"task_id": "a", "x": NaN}}',
    "deep": b'{"code": 0, "data": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "cut": json.dumps(GOOD).encode()[:-9],
    "two answers": json.dumps(GOOD).encode() * 2,
}


@pytest.mark.parametrize("body", NO_ANSWERS.values(), ids=NO_ANSWERS)
@pytest.mark.parametrize("status", [200, 201, 307, 400, 401, 402, 403, 404, 413, 422, 429, 500, 502, 503, 504, 524])
async def test_a_body_that_is_no_envelope_is_unclear_at_every_status(
    api: ScriptedApi, client: MusicMintClient, status: int, body: object
) -> None:
    api.says(status, body)
    assert type(await error_of(client)) is Unclear
    assert len(api.asked) == 1


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        [],
        "",
        0,
        {"task_id": ""},
        {"task_id": 5},
        {"task_id": ".."},
        {"task_id": {"a": 1}},
        [{"task_id": "a"}],
    ],
)
async def test_a_success_without_a_usable_id_is_unclear(
    api: ScriptedApi, client: MusicMintClient, data: object
) -> None:
    api.data(data)
    error = await error_of(client)
    assert (type(error), error.request_id) == (Unclear, "req-1")


@pytest.mark.parametrize("status", [307, 400, 404, 429, 500])
async def test_a_success_envelope_under_a_failing_status_is_unclear(
    api: ScriptedApi, client: MusicMintClient, status: int
) -> None:
    api.says(status, GOOD, Location="/elsewhere")
    assert type(await error_of(client)) is Unclear
    assert len(api.asked) == 1


@pytest.mark.parametrize("status", [200, 201, 202])
async def test_any_2xx_with_an_id_is_a_task(api: ScriptedApi, client: MusicMintClient, status: int) -> None:
    api.says(status, GOOD | {"new": 1})
    assert (await client.generate(SONG, None)).task_id == TASK


async def test_the_flaw_of_an_answer_is_named_without_its_words(api: ScriptedApi, client: MusicMintClient) -> None:
    api.data({"items": [{"id": ["private words"], "status": "queuing"}], "total": 1})
    with pytest.raises(Unclear) as caught:
        await client.list_tasks(page=1)
    assert caught.value.arguments == {"cause": "data.items.0.id: string_type"}


def _abort(request: web.Request) -> None:
    assert request.transport is not None
    request.transport.abort()


async def _break_before_headers(request: web.Request) -> web.StreamResponse:
    _abort(request)
    return web.Response()


async def _break_inside_body(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "500"})
    await response.prepare(request)
    await response.write(json.dumps(GOOD).encode())
    _abort(request)
    return response


async def _lie_about_gzip(_request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"plain", headers={"Content-Encoding": "gzip"})


async def _never_end(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    try:
        while True:
            await response.write(b" " * 65536)
    except ConnectionResetError:
        return response


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (_break_before_headers, "ServerDisconnectedError"),
        (_break_inside_body, "ClientPayloadError"),
        (_lie_about_gzip, "ClientPayloadError"),
        (_never_end, "BodyTooLarge"),
    ],
)
async def test_a_break_after_the_connect_is_unclear_and_nothing_is_sent_again(
    api: ScriptedApi, client: MusicMintClient, fault: Answer, cause: str
) -> None:
    api.answer = fault
    error = await error_of(client)
    assert (type(error), error.arguments) == (Unclear, {"cause": cause})
    assert len(api.asked) == 1


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"], ids=["headers", "body"])
async def test_a_silence_after_the_connect_is_unclear(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(endpoints, "GENERATE", dataclasses.replace(endpoints.GENERATE, total_s=0.2))

    async def say_and_wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        while await reader.read(1000):
            pass
        writer.close()

    server = await asyncio.start_server(say_and_wait, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with server, client_of(f"http://{host}:{port}", StillClock()) as client:
        error = await error_of(client)
    assert (type(error), dict(error.arguments)) == (Unclear, {"cause": "TimeoutError"})


async def test_a_reset_of_the_connection_is_unclear() -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    server = await asyncio.start_server(reset, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with server, client_of(f"http://{host}:{port}", StillClock()) as client:
        assert type(await error_of(client)) is Unclear


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_refused_connection_is_unreachable(scheme: str, unused_tcp_port: int) -> None:
    async with client_of(f"{scheme}://127.0.0.1:{unused_tcp_port}", StillClock()) as client:
        assert type(await error_of(client)) is Unreachable


async def test_an_unknown_host_is_unreachable() -> None:
    async with client_of("http://no-such-host.invalid", StillClock()) as client:
        assert type(await error_of(client)) is Unreachable


@pytest.mark.parametrize("url", ["http://x..y", f"http://{'x' * 64}.test", "http://1.2.3", "http://x\\y"])
async def test_an_address_that_is_none_is_told_as_the_service_s_failure(url: str) -> None:
    async with client_of(url, StillClock()) as client:
        assert isinstance(await error_of(client), Unreachable | Unclear)


async def test_a_failed_tls_handshake_is_unreachable(api: ScriptedApi) -> None:
    async with client_of(api.url.replace("http:", "https:"), StillClock()) as client:
        assert type(await error_of(client)) is Unreachable
    assert api.asked == []


async def test_a_connect_that_takes_too_long_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "CONNECT_S", 0.2)
    listener = socket.create_server(("127.0.0.1", 0))  # accepts in the kernel, never answers the TLS hello
    host, port = listener.getsockname()
    with listener:
        async with client_of(f"https://{host}:{port}", StillClock()) as client:
            assert type(await error_of(client)) is Unreachable


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["task_id", "id", "status", "results", "items", "total", "page", "created_at", "error"]
ODD_DATA = st.dictionaries(st.sampled_from(FIELDS), ANY_JSON, max_size=6) | ANY_JSON
ODD_ENVELOPES = st.fixed_dictionaries(
    {}, optional={"code": st.just(0) | ANY_JSON, "message": ANY_JSON, "request_id": ANY_JSON, "data": ODD_DATA}
)
ODD_BODIES = (ODD_ENVELOPES | ANY_JSON).map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=ODD_BODIES, status=st.sampled_from([200, 200, 200, 204, 301, 400, 429, 500]), retry=st.text(max_size=9))
async def test_no_malformed_answer_ends_in_anything_but_a_service_error(
    api: ScriptedApi, client: MusicMintClient, body: bytes, status: int, retry: str
) -> None:
    api.says(status, body, Retry_After="".join(letter for letter in retry if letter.isprintable()))
    for call in (client.generate(SONG, None), client.get_task(TASK), client.list_tasks(page=1), client.get_music("c")):
        with suppress(ServiceError):
            await call


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("30", 30.0),
        ("1.5", 1.5),
        ("1000000000", 3600.0),
        ("9" * 400, 3600.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("٣", None),
        ("Sat, 09 Mar 2024 16:00:20 GMT", 20.0),
        ("Sat, 09 Mar 2024 16:00:20 -0000", 20.0),
        ("Sun, 10 Mar 2024 16:00:00 GMT", 3600.0),
        ("Sat, 09 Mar 2024 15:59:00 GMT", None),
        ("Sat, 99 Mar 99999999999 16:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, NOW_MS) == seconds


@given(header=st.text(max_size=60))
def test_no_retry_after_crashes(header: str) -> None:
    seconds = retry_after_s(header, NOW_MS)
    assert seconds is None or 0 <= seconds <= 3600


async def test_a_rate_limit_carries_its_wait(api: ScriptedApi, client: MusicMintClient) -> None:
    api.says(429, refusal(7), Retry_After="12")
    error = await error_of(client)
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 12.0


async def test_the_api_s_own_words_become_one_short_printable_line(api: ScriptedApi, client: MusicMintClient) -> None:
    api.says(400, refusal(7, "title\n\ttoo\x1b[31m \u202elong " + "x" * 300))
    reason = (await error_of(client)).arguments["reason"]
    assert isinstance(reason, str)
    assert reason.startswith("title too[31m long xxx")
    assert len(reason) == 200


@given(text=st.text())
def test_a_plain_line_is_printable_and_cut(text: str) -> None:
    line = plain_line(text, 20)
    assert len(line) <= 20
    assert not any(letter in line for letter in "\n\r\0\u202e\u200b")


def everything_about(error: BaseException) -> str:
    """What the chattiest logger could print: the whole chain, every frame's locals."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    return f"{error} {error!r} {''.join(report.format())} {error.__cause__!r} {error.__context__!r}"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, refusal(1001, f"bad key {KEY}")),
        (400, refusal(7, f"bad key {KEY}")),
        (200, {"code": 0, "data": {"task_id": f"not an id {KEY}"}}),
        (500, refusal(7, KEY)),
        (502, KEY.encode()),
    ],
)
async def test_the_key_is_in_no_error_even_if_the_api_quotes_it(
    api: ScriptedApi, client: MusicMintClient, status: int, body: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.says(status, body)
    assert KEY not in everything_about(await error_of(client))
    assert KEY not in caplog.text


@pytest.mark.parametrize("fault", [_break_before_headers, _break_inside_body, _lie_about_gzip])
async def test_the_key_is_in_no_error_of_a_broken_transfer(
    api: ScriptedApi, client: MusicMintClient, fault: Answer
) -> None:
    api.answer = fault
    assert KEY not in everything_about(await error_of(client))


async def test_the_key_is_in_no_error_of_a_malformed_answer() -> None:
    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/9.9 what\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(garbage, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with server, client_of(f"http://{host}:{port}", StillClock()) as client:
        error = await error_of(client)
    assert error.arguments["cause"] == aiohttp.ClientResponseError.__name__
    assert KEY not in everything_about(error)

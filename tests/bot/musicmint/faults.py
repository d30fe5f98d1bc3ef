"""Everything that can go wrong between us and MusicMint, and where each must lead: one table, written before the tests.

`retry`: asked again, when due. `final`: told to the member, never asked again. `unknown`: a submit that may be charged,
never sent again by itself. `pause key`: asked again when the operator may have acted. The others are no faults after
all: `created` (the task runs), `done` (the song is here).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bot.errors import KeyRejected, RateLimited, RequestRejected, ServiceError, Unclear, Unreachable


class Call(StrEnum):
    SUBMIT = "/api/v1/music/generate"
    READ = "/api/v1/task/"
    LIST = "/api/v1/tasks"


class Ends(StrEnum):
    RETRY = "retry"
    FINAL = "final"
    UNKNOWN = "unknown"
    PAUSE_KEY = "pause key"
    CREATED = "created"
    DONE = "done"


RETRY, FINAL, UNKNOWN, PAUSE_KEY, CREATED, DONE = Ends

Cell = tuple[type[ServiceError] | None, Ends]
"""What the client raises, and where the task then stands."""


@dataclass(frozen=True)
class Row:
    submit: Cell
    read: Cell
    list: Cell

    def cell(self, call: Call) -> Cell:
        return {Call.SUBMIT: self.submit, Call.READ: self.read, Call.LIST: self.list}[call]


def row(error: type[ServiceError] | None, submit: Ends, read: Ends, listed: Ends) -> Row:
    return Row((error, submit), (error, read), (error, listed))


FOREIGN: Final = row(Unclear, UNKNOWN, RETRY, RETRY)
"""Whatever the API did not say itself proves nothing."""
REJECTED: Final = row(RequestRejected, FINAL, RETRY, RETRY)
"""A read is never the last word: the give-up age is."""
KEY: Final = row(KeyRejected, PAUSE_KEY, PAUSE_KEY, PAUSE_KEY)
NEVER_STOOD: Final = row(Unreachable, RETRY, RETRY, RETRY)
HARMLESS: Final = row(None, CREATED, RETRY, RETRY)

STATUSES: Final = {
    **dict.fromkeys((400, 404, 408, 409, 413, 422), REJECTED),
    **dict.fromkeys((401, 402, 403), KEY),
    429: row(RateLimited, RETRY, RETRY, RETRY),
    **dict.fromkeys((500, 502, 503, 504, 520, 524), FOREIGN),
}
"""In the API's own envelope. The same status with a foreign body is `FOREIGN`, whichever it is."""

BODIES: Final = {
    "a page": FOREIGN,
    "nothing": FOREIGN,
    "null": FOREIGN,
    "cut after a quarter": FOREIGN,
    "cut in the middle": FOREIGN,
    "cut after three quarters": FOREIGN,
    "cut before the last byte": FOREIGN,
    "no utf-8": FOREIGN,
    "an array": FOREIGN,
    "wrong types": FOREIGN,
    "no id": FOREIGN,
    "an unknown status": HARMLESS,
    "done without a link": Row((None, CREATED), (None, DONE), (None, RETRY)),
    "done with nothing": Row((None, CREATED), (None, RETRY), (None, RETRY)),
    "50 MB": FOREIGN,
    "deeply nested": FOREIGN,
    "not a number": FOREIGN,
    "every key twice": HARMLESS,
    "another task's id": Row((None, UNKNOWN), (Unclear, RETRY), (None, RETRY)),
}
"""With HTTP 200. The last of two keys counts, as everywhere."""

LINKS: Final = {
    "no such name": NEVER_STOOD,
    "refused": NEVER_STOOD,
    "no TLS": NEVER_STOOD,
    "reset before the headers": FOREIGN,
    "reset after the headers": FOREIGN,
    "a byte a second": FOREIGN,
}

TABLE: Final[dict[str, Row]] = {
    **{f"{status} in an envelope": found for status, found in STATUSES.items()},
    **{f"{status} with a foreign body": FOREIGN for status in STATUSES},
    **BODIES,
    **LINKS,
}


def envelope(data: object, code: int = 0) -> dict[str, object]:
    return {"code": code, "message": "ok" if code == 0 else "no", "request_id": "req-1", "data": data}


def item(api_task_id: str, status: str) -> dict[str, object]:
    return {"id": api_task_id, "status": status, "created_at": 1_800_000_000_000}


NUMBERS: Final = itertools.count(1)
"""No id is given out twice, whichever server gives it."""


@dataclass
class Server:
    """A MusicMint on a bare socket that commits one fault in one call, and answers the others well."""

    call: Call
    fault: str = ""
    """Empty: none."""
    known: list[str] = field(default_factory=list)
    """The tasks it lists."""
    retry_after: str | None = None
    """A header of its refusals."""
    finished: bool = False
    """Whether they have."""
    heard: list[str] = field(default_factory=list)
    """The path of every request that came whole, in order."""
    port: int = 0
    answering: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def posts(self) -> int:
        """Submits that arrived."""
        return self.heard.count(Call.SUBMIT)

    @property
    def url(self) -> str:
        match self.fault:
            case "no such name":
                return "http://no-such-host.invalid"
            case "refused":
                return f"http://127.0.0.1:{_closed_port()}"
            case "no TLS":
                return f"https://127.0.0.1:{self.port}"
            case _:
                return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answering = asyncio.current_task()
        assert answering is not None
        self.answering.add(answering)
        try:
            await self._answer(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            self.answering.discard(answering)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            first = await reader.readexactly(1)
            if not first.isalpha():  # somebody greets in TLS
                return
            head = first + await reader.readuntil(b"\r\n\r\n")
            path = head.split()[1].decode()
            length = next((line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), b":0")
            await reader.readexactly(int(length.split(b":")[1]))
            self.heard.append(path)
            if self.fault and path.startswith(self.call):
                await self._fail(path, writer)
            else:
                await _say(writer, 200, json.dumps(self.good(path)).encode())

    def good(self, path: str) -> dict[str, object]:
        status = "completed" if self.finished else "queuing"
        if path == Call.SUBMIT:
            return envelope({"task_id": f"new-{next(NUMBERS)}", "status": "queuing"})
        if path == Call.LIST:
            listed = [] if self.finished else [item(one, "queuing") for one in self.known]
            return envelope({"items": listed, "total": len(listed), "page": 1})
        name = path.removeprefix(Call.READ)
        results = [{"id": f"{name}-a", "audio_url": "https://cdn.test/a.mp3", "title": "Rain", "duration": 60}]
        return envelope(item(name, status) | {"results": results if self.finished else []})

    async def _fail(self, path: str, writer: asyncio.StreamWriter) -> None:
        number, _, words = self.fault.partition(" ")
        if number.isdecimal() and words == "in an envelope":
            header = f"Retry-After: {self.retry_after}\r\n" if self.retry_after is not None else ""
            await _say(writer, int(number), json.dumps(envelope(None, 7)).encode(), header=header)
        elif number.isdecimal() and words == "with a foreign body":
            await _say(writer, int(number), b"<html>cloud</html>")
        elif self.fault == "50 MB":
            await _say(writer, 200, b" " * 65536, chunks=800)
        elif self.fault in LINKS:
            await self._break(path, writer)
        else:
            await _say(writer, 200, spoilt(self.fault, path, json.dumps(self.good(path)), self.known))

    async def _break(self, path: str, writer: asyncio.StreamWriter) -> None:
        body = json.dumps(self.good(path)).encode()
        if self.fault != "reset before the headers":
            writer.write(_head(200, len(body)))
            await writer.drain()
        if self.fault == "a byte a second":
            for byte in body:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(1)
        await asyncio.sleep(0.01)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _head(status: int, length: int, header: str = "") -> bytes:
    return f"HTTP/1.1 {status} Said\r\nContent-Length: {length}\r\nConnection: close\r\n{header}\r\n".encode()


async def _say(writer: asyncio.StreamWriter, status: int, body: bytes, chunks: int = 1, header: str = "") -> None:
    writer.write(_head(status, len(body) * chunks, header))
    for _ in range(chunks):
        writer.write(body)
        await writer.drain()


CUTS: Final = {
    "cut after a quarter": 0.25,
    "cut in the middle": 0.5,
    "cut after three quarters": 0.75,
    "cut before the last byte": 1,
}


def spoilt(fault: str, path: str, good: str, known: list[str]) -> bytes:
    """The good answer with this flaw."""
    if fault in CUTS:
        return good[: int(len(good) * CUTS[fault]) - 1].encode()
    changes: dict[str, Callable[[], bytes]] = {
        "a page": lambda: b"<html><body>Welcome</body></html>",
        "nothing": lambda: b"",
        "null": lambda: b"null",
        "no utf-8": lambda: good.encode().replace(b'"ok"', b'"\xff\xfe"'),
        "an array": lambda: f"[{good}]".encode(),
        "wrong types": lambda: _with_ids(good, 5),
        "no id": lambda: _with_ids(good, None),
        "an unknown status": lambda: good.replace("queuing", "pondering").encode(),
        "done without a link": lambda: _done(good, [{"id": "c-1", "title": "Rain"}]),
        "done with nothing": lambda: _done(good, []),
        "deeply nested": lambda: good.replace('"ok"', "[" * 50_000 + "]" * 50_000).encode(),
        "not a number": lambda: good.replace('"ok"', "NaN").encode(),
        "every key twice": lambda: _twice(good),
        "another task's id": lambda: _with_ids(good, known[0] if path == Call.SUBMIT else "somebody-else"),
    }
    return changes[fault]()


def _with_ids(good: str, found: object) -> bytes:
    answer = json.loads(good)
    for one in answer["data"].get("items", [answer["data"]]):
        name = "task_id" if "task_id" in one else "id"
        one[name] = found
    return json.dumps(answer).encode()


def _done(good: str, results: list[dict[str, object]]) -> bytes:
    answer = json.loads(good)
    for one in answer["data"].get("items", [answer["data"]]):
        one |= {"status": "completed", "results": results}
    return json.dumps(answer).encode()


def _twice(good: str) -> bytes:
    return (
        good.replace('{"code": 0', '{"code": 9, "code": 0')
        .replace('"data": {', '"data": [], "data": {"id": 5, "task_id": 5, "status": 9, "items": 3, "total": -1, ')
        .encode()
    )


@asynccontextmanager
async def serving(call: Call) -> AsyncIterator[Server]:
    server = Server(call)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for one in server.answering:
            one.cancel()
        await asyncio.gather(*server.answering, return_exceptions=True)

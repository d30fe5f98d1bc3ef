"""A TCP relay that notes when each HTTP request through it began and when its answer was whole."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

HEAD = re.compile(rb"(GET|POST|PUT|PATCH|DELETE) (\S+) HTTP/1\.1\r\n")
CHUNK = 256 * 1024


@dataclass(slots=True)
class Call:
    """One request; times by the event loop's clock. `ended` is its answer's last byte so far."""

    request: str
    began: float
    ended: float = 0.0


class Relay:
    """Listens at `url`, passes on to `target`. A client sends no second request on a connection before the answer."""

    def __init__(self, target: str = "") -> None:
        self.target = target
        self.url = ""
        self.calls: list[Call] = []
        self._open: set[asyncio.Task[None]] = set()

    def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A client connected."""
        task = asyncio.create_task(self._serve(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def close(self) -> None:
        """Break what is open."""
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = urlsplit(self.target)
        back, forth = await asyncio.open_connection(there.hostname, there.port, limit=CHUNK)
        calls: list[Call] = []
        try:
            there_and_back = self._ask(reader, forth, calls), _answer(back, writer, calls)
            ways = [asyncio.create_task(way) for way in there_and_back]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        finally:
            forth.close()
            writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, calls: list[Call]) -> None:
        clock = asyncio.get_running_loop().time
        while chunk := await reader.read(CHUNK):
            if head := HEAD.match(chunk):
                calls.append(Call(b" ".join(head.groups()).decode(), clock()))
                self.calls.append(calls[-1])
            writer.write(chunk)
            await writer.drain()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, calls: list[Call]) -> None:
    clock = asyncio.get_running_loop().time
    while chunk := await reader.read(CHUNK):
        writer.write(chunk)
        await writer.drain()
        if calls:
            calls[-1].ended = clock()


@asynccontextmanager
async def open_relay(target: str = "") -> AsyncIterator[Relay]:
    """A relay that listens; `target` may be set later."""
    relay = Relay(target)
    server = await asyncio.start_server(relay, "127.0.0.1", 0, limit=CHUNK)
    relay.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield relay
    finally:
        server.close()
        await relay.close()

"""A file or an answer without end, or one that unpacks to much more than was sent: neither fills memory or disk."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from bot.audio import AUDIO, Fetcher, Rule
from bot.errors import MediaRefused, Unclear
from bot.media import MAX_UPLOAD_BYTES
from bot.musicmint.client import MusicMintClient
from bot.web import MAX_CALLBACK
from tests.bot.files import FileHost, sine_mp3
from tests.bot.musicmint.api import client_of
from tests.bot.musicmint.conftest import StillClock

MIB = 1024 * 1024
CAP = Rule(types=AUDIO.types, max_bytes=16 * MIB)


@dataclass
class Memory:
    """`peak` in bytes, of Python's own objects, above what there was before."""

    peak: int = 0


@contextmanager
def watched() -> Iterator[Memory]:
    memory = Memory()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    try:
        yield memory
    finally:
        memory.peak = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()


async def test_a_stream_without_end_fills_neither_memory_nor_disk(
    host: FileHost, fetcher: Fetcher, tmp_path: Path
) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            await response.write(sine_mp3())
            while True:
                await response.write(bytes(65536))
        except ConnectionResetError:
            return response

    host.answers["/endless"] = endless
    await fetcher.fetch(host.holds("/warm.mp3", sine_mp3()), tmp_path / "warm", AUDIO)
    with watched() as memory, pytest.raises(MediaRefused) as refused:
        await fetcher.fetch(f"{host.url}/endless", tmp_path / "song", CAP)
    assert refused.value.arguments == {"rule": "size"}
    assert memory.peak < MIB
    assert [path.name for path in tmp_path.iterdir()] == ["warm.mp3"]


@pytest.fixture
async def bomb() -> AsyncIterator[MusicMintClient]:
    """A MusicMint whose every answer unpacks to 64 MiB."""
    body = gzip.compress(b'{"code": 0, "message": "' + b"x" * (64 * MIB) + b'"}')

    async def answer(_request: web.Request) -> web.Response:
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        return web.Response(body=body, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address, port = runner.addresses[0][:2]
    async with client_of(f"http://{address}:{port}", StillClock()) as client:
        yield client
    await runner.cleanup()


async def test_an_answer_that_unpacks_to_64_mib_is_dropped_on_the_way(bomb: MusicMintClient) -> None:
    with watched() as memory, pytest.raises(Unclear) as unclear:
        await bomb.get_task("task-1")
    assert unclear.value.arguments == {"cause": "BodyTooLarge"}
    assert memory.peak < 4 * MIB


def test_the_caps_are_those_this_folder_s_table_names() -> None:
    assert (MAX_CALLBACK, MAX_UPLOAD_BYTES, AUDIO.max_bytes) == (64 * 1024, 25 * MIB, 64 * MIB)

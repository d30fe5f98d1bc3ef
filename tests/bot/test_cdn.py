"""Whatever MusicMint's file host does, from the outbox to Discord: which class it is, and what members get.

| the host says                             | class         | links read afresh | the take                         |
|-------------------------------------------|---------------|-------------------|----------------------------------|
| 403, 404, 410, and the fresh link lives   | -             | once              | with its file                    |
| 403, 404, 410, and the fresh link, too    | MediaGone     | once              | without it, no link              |
| the same, and the read says 4005          | ResultExpired | once              | without it, no link, "expired"   |
| a page, an archive, a picture named .mp3  | MediaRefused  | never             | without it, a link               |
| a compressed answer, be it a bomb         | MediaRefused  | never             | without it, a link               |
| more than the cap, told or not            | MediaRefused  | never             | without it, a link               |
| four hops, a loop, a hop to an inner host | MediaRefused  | never             | without it, a link               |
| nothing, less or more than was told       | MediaUnclear  | never             | later; after 30 min without it   |
| a stall, a drip                           | MediaUnclear  | never             | later; after 30 min without it   |
| 5xx, 429                                  | MediaUnclear  | never             | later; after 30 min without it   |
| more than the place takes                 | -             | never             | made smaller: `test_fitting.py`  |

Nothing is left in the temporary folder in any of them, and no answer makes the bot grow.
"""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web

from bot import media as media_module
from bot.audio import AUDIO
from bot.courier import Courier
from bot.delivery import Deliverer
from bot.errors import RequestRejected, ResultExpired
from bot.media import TakeMedia
from bot.musicmint.models import ResultItem
from bot.parcel import FAIR_TRIES, Packer
from tests.bot.fake_musicmint import clip_item
from tests.bot.files import Answer, FileHost, sine_mp3
from tests.bot.world import World

SONG = "/mm-1-a.mp3"
SMALL = dataclasses.replace(AUDIO, max_bytes=300_000)
Host = Callable[[FileHost], None]


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
async def town(world: World, host: FileHost, media: TakeMedia, scratch: Path) -> AsyncIterator[World]:
    """A world whose files are fetched for true; both takes of its first song wait, and the second one is fine."""
    courier = Courier(world.database, world.messenger, Packer(world.musicmint, media), world.clock)
    world.deliverer = Deliverer(world.database, courier, world.redraw, world.clock, world.chance)
    task_id = await world.running()
    world.musicmint.complete(world.api_id(task_id), on(host, "mm-1-a"), on(host, "mm-1-b"))
    host.holds("/mm-1-b.mp3", sine_mp3())
    await world.sweep()
    yield world
    assert list(scratch.iterdir()) == []


def on(host: FileHost, clip_id: str, *, name: str = "") -> ResultItem:
    return clip_item(clip_id).model_copy(update={"audio_url": f"{host.url}/{name or clip_id}.mp3"})


def told(world: World) -> list[tuple[bool, str | None]]:
    """Of each take: whether it came with its file, and what it lacks."""
    return [(message.file_name is not None, message.lack) for message in world.messenger.posted]


# What the host does


def says(status: int, body: bytes = b"", **headers: str) -> Host:
    def act(host: FileHost) -> None:
        host.says(SONG, status, body, **headers)

    return act


def answers(answer: Answer) -> Host:
    def act(host: FileHost) -> None:
        host.answers[SONG] = answer

    return act


def streams(*chunks: bytes, pause_s: float = 0.0, endless: bool = False) -> Host:
    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            for chunk in chunks:
                await response.write(chunk)
                await asyncio.sleep(pause_s)
            while endless:
                await response.write(bytes(65536))
        except ConnectionError:
            pass
        return response

    return answers(stream)


def lies(length: int, body: bytes) -> Host:
    """About its length: the bytes go past aiohttp, which would mend it."""

    async def raw(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        head = f"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: {length}\r\n\r\n"
        request.transport.write(head.encode() + body)
        request.transport.close()
        return web.Response()

    return answers(raw)


def hops(count: int, last: str) -> Host:
    """Redirects in a row, then to `last`."""

    def act(host: FileHost) -> None:
        for hop in range(count):
            place = last if hop == count - 1 else f"/hop-{hop + 1}"
            host.says(SONG if hop == 0 else f"/hop-{hop}", 302, Location=place)

    return act


def bomb() -> bytes:
    """2 MiB of gzip that unpack to 2 GiB."""
    return gzip.compress(bytes(16 * 1024 * 1024), 9) * 128


REFUSED: dict[str, Host] = {
    "a page with 200": says(200, b"<!DOCTYPE html><html>expired</html>", Content_Type="text/html"),
    "a page named .mp3": says(200, b"<html>" + bytes(5000), Content_Type="audio/mpeg"),
    "a picture named .mp3": says(200, b"\x89PNG\r\n\x1a\n" + bytes(5000), Content_Type="audio/mpeg"),
    "an archive named .mp3": says(200, b"PK\x03\x04\x14\x00" + bytes(5000), Content_Type="audio/mpeg"),
    "a bomb": lambda host: says(200, bomb(), Content_Encoding="gzip", Content_Type="audio/mpeg")(host),
    "a bomb that says nothing": lambda host: says(200, bomb(), Content_Type="audio/mpeg")(host),
    "more than the cap": says(200, sine_mp3() + bytes(SMALL.max_bytes)),
    "endless": streams(sine_mp3(), endless=True),
    "ten hops": hops(10, "/mm-1-b.mp3"),
    "a loop": hops(1, SONG),
    "a hop to an inner host": hops(1, "https://10.0.0.1/a.mp3"),
    "a hop to this machine": hops(1, "http://localhost:1/a.mp3"),
}

UNCLEAR: dict[str, Host] = {
    "nothing": says(200),
    "shorter than told": lies(90_000, sine_mp3()[:5000]),
    "longer than told": lies(20, sine_mp3()[:5000]),
    "nothing though told": lies(90_000, b""),
    "a stall": streams(sine_mp3()[:5000], b"", pause_s=5.0),
    "one byte at a time": streams(*[bytes([byte]) for byte in sine_mp3()[:400]], pause_s=0.05),
    "500": says(500),
    "503": says(503),
    "429": says(429),
}

IMPATIENT = {
    "a stall": dataclasses.replace(AUDIO, idle_s=0.2),
    "one byte at a time": dataclasses.replace(AUDIO, total_s=0.5),
}
"""The one limit that ends each of these, made short; the other stays long."""

DEAD = {str(status): says(status, b"<html>no</html>") for status in (403, 404, 410)}


# What becomes of it


@pytest.mark.parametrize("name", REFUSED)
async def test_what_breaks_a_rule_is_asked_for_once_and_posted_as_a_link(
    name: str, town: World, host: FileHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_module, "AUDIO", SMALL)
    REFUSED[name](host)
    await town.deliver()
    assert told(town) == [(False, "error-media"), (True, None)]
    assert town.messenger.posted[0].link == host.url + SONG
    assert town.musicmint.refreshed == []


@pytest.mark.parametrize("name", UNCLEAR)
async def test_a_transfer_that_breaks_is_tried_again_for_half_an_hour_and_then_posted_as_a_link(
    name: str, town: World, host: FileHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_module, "AUDIO", IMPATIENT.get(name, AUDIO))
    UNCLEAR[name](host)
    for _ in range(FAIR_TRIES - 1):
        await town.deliver(after_s=300)
        assert told(town) == []
    await town.deliver(after_s=300)
    assert told(town)[0] == (False, "error-media")
    assert town.messenger.posted[0].link == host.url + SONG
    assert town.musicmint.refreshed == []
    assert len([request for request in host.asked if request.path == SONG]) == FAIR_TRIES


@pytest.mark.parametrize("name", UNCLEAR)
async def test_a_transfer_that_broke_once_costs_nothing_but_time(
    name: str, town: World, host: FileHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_module, "AUDIO", IMPATIENT.get(name, AUDIO))
    UNCLEAR[name](host)
    await town.deliver()
    monkeypatch.setattr(media_module, "AUDIO", AUDIO)
    del host.answers[SONG]
    host.holds(SONG, sine_mp3())
    await town.deliver(after_s=300)
    assert told(town) == [(True, None), (True, None)]


@pytest.mark.parametrize("name", DEAD)
async def test_a_dead_link_is_read_afresh_once(name: str, town: World, host: FileHost) -> None:
    DEAD[name](host)
    host.holds("/fresh.mp3", sine_mp3())
    town.musicmint.fresh["mm-1-a"] = on(host, "mm-1-a", name="fresh")
    await town.deliver()
    assert told(town) == [(True, None), (True, None)]
    assert town.messenger.posted[0].link == f"{host.url}/fresh.mp3"
    assert town.musicmint.refreshed == ["mm-1-a"]


@pytest.mark.parametrize("name", DEAD)
@pytest.mark.parametrize(
    ("read", "lack"),
    [
        (None, "error-media"),
        (ResultExpired(), "error-result-expired"),
        (RequestRejected(reason="who?"), "error-media"),
    ],
    ids=["still dead", "expired", "unknown"],
)
async def test_a_link_that_stays_dead_is_told_and_never_asked_for_again(
    name: str, read: Exception | None, lack: str, town: World, host: FileHost
) -> None:
    DEAD[name](host)
    town.musicmint.fresh["mm-1-a"] = on(host, "mm-1-a")
    if read is not None:
        town.musicmint.fail("get_music", read)
    for _ in range(3):
        await town.deliver(after_s=300)
    assert told(town) == [(False, lack), (True, None)]
    assert town.messenger.posted[0].link == ""
    assert town.musicmint.refreshed == ["mm-1-a"]


# How large the bot grows

GROWTH = """
import asyncio, sys, tempfile
from pathlib import Path
from bot.audio import AUDIO, open_fetcher
from bot.errors import MediaRefused

async def fetch(url, path):
    async with open_fetcher([url]) as fetcher:
        with tempfile.TemporaryDirectory() as folder:
            try:
                await fetcher.fetch(url + path, Path(folder) / "song", AUDIO)
            except MediaRefused as error:
                assert list(Path(folder).iterdir()) == []
                return error.arguments["rule"]
    return "taken"

def most():
    # Not getrusage: that remembers the process this one was forked from.
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1])

async def main(url):
    assert await fetch(url, "/fine") == "taken"
    before = most()
    rules = [await fetch(url, path) for path in ("/told", "/untold", "/endless", "/large")]
    print(*rules, most() - before)

asyncio.run(main(sys.argv[1]))
"""
MOST_GROWTH_KIB = 16 * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="the system's own record of a process is read")
async def test_no_answer_makes_the_bot_grow(host: FileHost, tmp_path: Path) -> None:
    """In a process of its own, with the rule the bot uses: bombs, a stream without end, and 80 MB."""
    host.holds("/fine", sine_mp3())
    host.says("/told", 200, bomb(), Content_Encoding="gzip")
    host.says("/untold", 200, sine_mp3()[:16] + bomb())
    streams(sine_mp3(), endless=True)(host)
    host.answers["/endless"] = host.answers[SONG]
    streams(sine_mp3(), *[bytes(1024 * 1024)] * 80)(host)
    host.answers["/large"] = host.answers[SONG]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", GROWTH, host.url, stdout=subprocess.PIPE, env={"TMPDIR": str(tmp_path)}
    )
    said, _ = await process.communicate()
    *rules, grown = said.decode().split()
    assert rules == ["encoding", "taken", "size", "size"]  # what is not unpacked cannot burst
    assert int(grown) <= MOST_GROWTH_KIB
    assert list(tmp_path.iterdir()) == []

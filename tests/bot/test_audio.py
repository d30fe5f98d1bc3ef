from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.audio import AUDIO, PICTURE, Fetcher, Rule, open_fetcher, type_of
from bot.errors import MediaError, MediaGone, MediaRefused, MediaUnclear
from tests.bot.fetching import QUICK, error_of, names_in
from tests.bot.files import FileHost, sine_mp3


async def test_a_file_lands_under_the_ending_its_bytes_deserve(
    host: FileHost, fetcher: Fetcher, tmp_path: Path
) -> None:
    path = await fetcher.fetch(host.holds("/a.wav", sine_mp3()), tmp_path / "song.v2", AUDIO)
    assert path == tmp_path / "song.v2.mp3"
    assert path.read_bytes() == sine_mp3()
    assert names_in(tmp_path) == ["song.v2.mp3"]
    assert host.asked[0].headers["Accept-Encoding"] == "identity"


# Statuses and sizes


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (403, MediaGone),
        (404, MediaGone),
        (410, MediaGone),
        *[(status, MediaUnclear) for status in (201, 204, 206, 300, 304, 400, 401, 408, 429, 500, 502, 503, 524)],
    ],
)
async def test_a_status_tells_whether_the_link_is_dead(
    status: int, kind: type[MediaError], host: FileHost, fetcher: Fetcher, tmp_path: Path
) -> None:
    body = b"" if status in (204, 304) else sine_mp3()
    assert type(await error_of(fetcher, host.says("/x", status, body), tmp_path)) is kind


async def test_an_endless_stream_stops_at_the_cap(host: FileHost, fetcher: Fetcher, tmp_path: Path) -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            await response.write(sine_mp3())
            while True:
                await response.write(bytes(65536))
                sent += 65536
        except ConnectionResetError:
            return response

    host.answers["/endless"] = endless
    error = await error_of(fetcher, f"{host.url}/endless", tmp_path)
    assert (type(error), error.arguments) == (MediaRefused, {"rule": "size"})
    assert sent < 50 * QUICK.max_bytes


async def test_a_length_above_the_cap_is_refused_unread(host: FileHost, fetcher: Fetcher, tmp_path: Path) -> None:
    url = host.holds("/big.mp3", sine_mp3() + bytes(QUICK.max_bytes))
    error = await error_of(fetcher, url, tmp_path)
    assert (type(error), error.arguments) == (MediaRefused, {"rule": "size"})


async def _raw(answer: bytes) -> asyncio.Server:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    return await asyncio.start_server(say, "127.0.0.1", 0)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n" + sine_mp3()[:5000],
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n" + sine_mp3()[:40],
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n" + sine_mp3()[:0xFFF],
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/9.9 what\r\n\r\n",
        b"",
    ],
    ids=["too short", "too long", "empty", "cut chunk", "negative length", "garbage", "nothing"],
)
async def test_a_broken_transfer_is_unclear(answer: bytes, tmp_path: Path) -> None:
    server = await _raw(answer)
    url = "http://{}:{}".format(*server.sockets[0].getsockname())
    async with server, open_fetcher([url]) as fetcher:
        assert type(await error_of(fetcher, f"{url}/a.mp3", tmp_path)) is MediaUnclear


@pytest.mark.parametrize(("pause_s", "rule"), [(10.0, QUICK), (0.05, dataclasses.replace(QUICK, total_s=0.3))])
async def test_a_stalled_and_a_dripping_transfer_end(
    pause_s: float, rule: Rule, host: FileHost, fetcher: Fetcher, tmp_path: Path
) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            for byte in sine_mp3():
                await response.write(bytes([byte]))
                await asyncio.sleep(pause_s)
        except ConnectionResetError:
            pass
        return response

    host.answers["/drip"] = drip
    with pytest.raises(MediaUnclear):
        await fetcher.fetch(f"{host.url}/drip", tmp_path / "song", rule)
    assert names_in(tmp_path) == []


async def test_a_cancelled_fetch_leaves_nothing(host: FileHost, fetcher: Fetcher, tmp_path: Path) -> None:
    async def hang(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(sine_mp3())
        await asyncio.Event().wait()
        return response

    host.answers["/hang"] = hang
    fetching = asyncio.create_task(fetcher.fetch(f"{host.url}/hang", tmp_path / "song", AUDIO))
    async with asyncio.timeout(20):
        while names_in(tmp_path) != ["song.part"]:
            await asyncio.sleep(0.001)
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    assert names_in(tmp_path) == []


async def test_a_full_disk_is_unclear(host: FileHost, fetcher: Fetcher, tmp_path: Path) -> None:
    url = host.holds("/a.mp3", sine_mp3())
    with pytest.raises(MediaUnclear) as caught:
        await fetcher.fetch(url, tmp_path / "no folder" / "song", AUDIO)
    assert caught.value.arguments == {"cause": "FileNotFoundError"}


# Content


@pytest.mark.parametrize("encoding", ["gzip", "br", "GZIP", "deflate"])
async def test_a_compressed_answer_is_refused(encoding: str, host: FileHost, fetcher: Fetcher, tmp_path: Path) -> None:
    url = host.says("/a.mp3", 200, sine_mp3(), Content_Encoding=encoding)
    error = await error_of(fetcher, url, tmp_path)
    assert (type(error), error.arguments) == (MediaRefused, {"rule": "encoding"})


HEADS = {
    "mp3": [b"ID3\x04\x00", b"\xff\xfb\x90\x64", b"\xff\xf3\x90\x64", b"\xff\xe3\x90\x64", b"\xff\xfa\x90\x00"],
    "wav": [b"RIFF\x24\x08\x00\x00WAVEfmt "],
    "flac": [b"fLaC\x00\x00\x00\x22"],
    "ogg": [b"OggS\x00\x02"],
    "m4a": [b"\x00\x00\x00\x20ftypM4A \x00", b"\x00\x00\x00\x20ftypmp42", b"\x00\x00\x00\x20ftypisom"],
    "jpg": [b"\xff\xd8\xff\xe0\x00\x10JFIF"],
    "png": [b"\x89PNG\r\n\x1a\n\x00"],
    "webp": [b"RIFF\x24\x08\x00\x00WEBPVP8 "],
}


@pytest.mark.parametrize(("ending", "head"), [(ending, head) for ending, heads in HEADS.items() for head in heads])
def test_the_first_bytes_tell_the_type(ending: str, head: bytes) -> None:
    assert type_of(head) == ending


FOREIGN = [
    b"<!DOCTYPE html><html>",
    b"<html>\n<body>gone",
    b'{"error": "expired"}',
    b"PK\x03\x04\x14\x00",
    b"\x7fELF\x02\x01\x01",
    b"MZ\x90\x00\x03",
    b"%PDF-1.7",
    b"\x1f\x8b\x08\x00",
    b"\xff\xfe<\x00h\x00t\x00",
    b"\xff\xf1\x50\x80",
    b"\xff\xff\xff\xff",
    b"\xff\xfb\xf0\x00",
    b"\xff\xeb\x90\x00",
    b"RIFF\x24\x08\x00\x00AVI LIST",
    b"\x00\x00\x00\x20ftypavif",
    b"\x00\x00\x00\x20ftypheic",
    b"ID",
    b"\xff\xfb",
    b"#EXTM3U\n",
    b"GIF89a",
]


@pytest.mark.parametrize("head", FOREIGN)
def test_foreign_bytes_have_no_type(head: bytes) -> None:
    assert type_of(head) is None


@given(head=st.binary(max_size=16))
def test_only_known_first_bytes_have_a_type(head: bytes) -> None:
    starts = (b"ID3", b"fLaC", b"OggS", b"RIFF", b"\x89PNG", b"\xff")
    assert type_of(head) is None or head.startswith(starts) or head[4:8] == b"ftyp"


@pytest.mark.parametrize("body", [*FOREIGN, HEADS["png"][0], HEADS["jpg"][0]])
async def test_what_is_named_mp3_but_is_no_audio_is_refused(
    body: bytes, host: FileHost, fetcher: Fetcher, tmp_path: Path
) -> None:
    url = host.says("/song.mp3", 200, body + bytes(100), Content_Type="audio/mpeg")
    error = await error_of(fetcher, url, tmp_path)
    assert (type(error), error.arguments) == (MediaRefused, {"rule": "type"})


async def test_audio_is_no_picture(host: FileHost, fetcher: Fetcher, tmp_path: Path) -> None:
    with pytest.raises(MediaRefused):
        await fetcher.fetch(host.holds("/cover.jpg", sine_mp3()), tmp_path / "cover", PICTURE)


async def test_no_error_holds_the_signed_link(host: FileHost, fetcher: Fetcher, tmp_path: Path) -> None:
    host.says("/gone", 403)
    host.says("/moved", 302, Location="https://127.0.0.1/?sig=canary")
    for url in (
        f"{host.url}/gone?sig=canary",
        f"{host.url}/moved?sig=canary",
        "https://127.0.0.1/?sig=canary",
        "https://cdn.example.com:x/?sig=canary",
        "https://no-such-host.invalid/?sig=canary",
    ):
        error = await error_of(fetcher, url, tmp_path)
        assert "canary" not in f"{error} {error!r} {error.__cause__!r} {error.__context__!r}"

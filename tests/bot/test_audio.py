from __future__ import annotations

import asyncio
import dataclasses
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from bot import audio
from bot.audio import AUDIO, MAX_HOPS, PICTURE, Fetcher, Rule, is_public, open_fetcher, type_of
from bot.errors import MediaError, MediaGone, MediaRefused, MediaUnclear
from tests.bot.files import FileHost, file_host, sine_mp3

QUICK = dataclasses.replace(AUDIO, max_bytes=300_000, total_s=2.0, idle_s=0.2)


@pytest.fixture
async def host() -> AsyncIterator[FileHost]:
    async with file_host() as host:
        yield host


@pytest.fixture
async def fetcher(host: FileHost) -> AsyncIterator[Fetcher]:
    async with open_fetcher([host.url]) as fetcher:
        yield fetcher


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def error_of(fetcher: Fetcher, url: str, folder: Path) -> MediaError:
    with pytest.raises(MediaError) as caught:
        await fetcher.fetch(url, folder / "song", QUICK)
    assert names_in(folder) == []
    return caught.value


async def test_a_file_lands_under_the_ending_its_bytes_deserve(
    host: FileHost, fetcher: Fetcher, tmp_path: Path
) -> None:
    path = await fetcher.fetch(host.holds("/a.wav", sine_mp3()), tmp_path / "song.v2", AUDIO)
    assert path == tmp_path / "song.v2.mp3"
    assert path.read_bytes() == sine_mp3()
    assert names_in(tmp_path) == ["song.v2.mp3"]
    assert host.asked[0].headers["Accept-Encoding"] == "identity"


# Addresses


class Resolver(AbstractResolver):
    """Answers each question with the next of `addresses`, as a name server that changes its mind would."""

    def __init__(self, *addresses: list[str]) -> None:
        self.addresses = list(addresses)

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        now = self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in now
        ]

    async def close(self) -> None:
        """Holds nothing."""


CLOSED_ADDRESSES = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", CLOSED_ADDRESSES)
def test_an_inner_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "162.159.128.233", "2606:4700::1111", "2a00:1450::1"])
def test_an_outer_address_is_public(address: str) -> None:
    assert is_public(address)


@dataclass
class Inner:
    """A server nobody may reach, on every address of this machine."""

    port: int
    hits: int = 0


@pytest.fixture
async def inner(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Inner]:
    """Its port stands for 443, which a test could not listen at."""
    if socket.has_dualstack_ipv6():
        listener = socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    else:
        listener = socket.create_server(("", 0))
    inner = Inner(port=listener.getsockname()[1])
    monkeypatch.setattr(audio, "HTTPS_PORT", inner.port)

    async def count(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner.hits += 1
        writer.close()

    async with await asyncio.start_server(count, sock=listener):
        yield inner


INNER_HOSTS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.8.8.8",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "１２７.0.0.1",
    "127。0。0。1",
    "0",
    "0.0.0.0",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "ⓛocalhost",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fe80::1%25lo]",
    "[fd00:ec2::254]",
    "169.254.169.254",
    "10.0.0.1",
    "192.168.0.1",
]


@pytest.mark.parametrize("host", INNER_HOSTS)
async def test_no_spelling_of_an_inner_address_is_reached(host: str, inner: Inner, tmp_path: Path) -> None:
    async with open_fetcher() as fetcher:
        error = await error_of(fetcher, f"https://{host}:{inner.port}/a.mp3", tmp_path)
    assert isinstance(error, MediaRefused | MediaUnclear)  # unclear: a spelling no resolver knows
    assert inner.hits == 0


async def test_the_inner_server_would_have_noticed(inner: Inner, tmp_path: Path) -> None:
    origin = f"https://127.0.0.1:{inner.port}"
    async with open_fetcher([origin]) as fetcher:
        await error_of(fetcher, f"{origin}/a.mp3", tmp_path)
    assert inner.hits == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254"])
async def test_a_name_that_resolves_to_an_inner_address_is_refused(address: str, inner: Inner, tmp_path: Path) -> None:
    async with open_fetcher(resolver=Resolver([address], [address, "127.0.0.1"])) as fetcher:
        for _ in range(2):
            error = await error_of(fetcher, f"https://cdn.example.com:{inner.port}/a.mp3", tmp_path)
            assert (type(error), error.arguments) == (MediaRefused, {"rule": "address"})
    assert inner.hits == 0


async def test_each_connection_asks_the_name_anew(inner: Inner, tmp_path: Path) -> None:
    resolver = Resolver(["10.0.0.1"], ["10.0.0.2"], ["127.0.0.1"])
    async with open_fetcher(resolver=resolver) as fetcher:
        for _ in range(2):
            await error_of(fetcher, f"https://cdn.example.com:{inner.port}/a.mp3", tmp_path)
    assert resolver.addresses == [["127.0.0.1"]]
    assert inner.hits == 0


BAD_URLS = [
    "",
    "song.mp3",
    "//cdn.example.com/a.mp3",
    "https://",
    "https:///a.mp3",
    "https://:443/a.mp3",
    "http://cdn.example.com/a.mp3",
    "ftp://cdn.example.com/a.mp3",
    "file:///etc/passwd",
    "data:audio/mpeg;base64,SUQz",
    "gopher://cdn.example.com/",
    "https://cdn.example.com:8443/a.mp3",
    "https://cdn.example.com:80/a.mp3",
    "https://cdn.example.com:99999/a.mp3",
    "https://cdn.example.com:x/a.mp3",
    "https://user@cdn.example.com/a.mp3",
    "https://user:word@cdn.example.com/a.mp3",
    "https://:word@cdn.example.com/a.mp3",
    "https://cdn.example.com\\@127.0.0.1/a.mp3",
    "https://[::1/a.mp3",
    f"https://{'a' * 70}.com/a.mp3",
]


@pytest.mark.parametrize("url", BAD_URLS)
async def test_a_url_that_breaks_a_rule_is_refused_unasked(url: str, tmp_path: Path) -> None:
    async with open_fetcher() as fetcher:
        error = await error_of(fetcher, url, tmp_path)
    assert (type(error), error.arguments) == (MediaRefused, {"rule": "address"})


async def test_an_extra_origin_lifts_the_rules_for_itself_alone(host: FileHost, tmp_path: Path) -> None:
    path = host.holds("/a.mp3", sine_mp3())
    async with open_fetcher([host.url]) as fetcher:
        await fetcher.fetch(path, tmp_path / "song", AUDIO)
        (tmp_path / "song.mp3").unlink()
        for near in (
            path.replace("127.0.0.1", "localhost"),
            path.replace("http:", "https:"),
            path.replace("http://", "http://user@"),
            "http://127.0.0.1:1/a.mp3",
        ):
            assert type(await error_of(fetcher, near, tmp_path)) is MediaRefused
    assert len(host.asked) == 1


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_an_inner_address_is_refused(
    status: int, host: FileHost, fetcher: Fetcher, inner: Inner, tmp_path: Path
) -> None:
    for place in (
        f"https://127.0.0.1:{inner.port}/a.mp3",
        f"https://localhost:{inner.port}/a.mp3",
        f"http://127.0.0.1:{inner.port}/a.mp3",
        f"//[::1]:{inner.port}/a.mp3",
        "file:///etc/passwd",
        "https://[",
    ):
        error = await error_of(fetcher, host.says("/moved", status, Location=place), tmp_path)
        assert (type(error), error.arguments) == (MediaRefused, {"rule": "address"}), place
    assert inner.hits == 0


async def test_three_hops_are_followed_and_a_fourth_is_not(host: FileHost, fetcher: Fetcher, tmp_path: Path) -> None:
    host.holds("/0", sine_mp3())
    for hop in range(1, MAX_HOPS + 2):
        host.says(f"/{hop}", 302, Location=f"/{hop - 1}")
    await fetcher.fetch(f"{host.url}/{MAX_HOPS}", tmp_path / "song", AUDIO)
    (tmp_path / "song.mp3").unlink()
    error = await error_of(fetcher, f"{host.url}/{MAX_HOPS + 1}", tmp_path)
    assert (type(error), error.arguments) == (MediaRefused, {"rule": "redirects"})


async def test_a_loop_of_redirects_ends(host: FileHost, fetcher: Fetcher, tmp_path: Path) -> None:
    url = host.says("/loop", 307, Location="/loop")
    assert type(await error_of(fetcher, url, tmp_path)) is MediaRefused
    assert len(host.asked) == MAX_HOPS + 1


async def test_a_redirect_to_nowhere_is_unclear(host: FileHost, fetcher: Fetcher, tmp_path: Path) -> None:
    assert type(await error_of(fetcher, host.says("/x", 302), tmp_path)) is MediaUnclear


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
    seen: list[list[str]] = []

    async def hang(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(sine_mp3())
        await asyncio.sleep(0.1)
        seen.append(names_in(tmp_path))
        await asyncio.sleep(60)
        return response

    host.answers["/hang"] = hang
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await fetcher.fetch(f"{host.url}/hang", tmp_path / "song", AUDIO)
    assert seen == [["song.part"]]
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

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bot import audio
from bot.audio import AUDIO, MAX_HOPS, Fetcher, is_public, open_fetcher
from bot.errors import MediaRefused, MediaUnclear
from tests.bot.fetching import error_of
from tests.bot.files import FileHost, sine_mp3


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

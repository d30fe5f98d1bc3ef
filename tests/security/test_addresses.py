"""A link may lead anywhere, however it is written, and whatever its name resolves to the next time it is asked."""

from __future__ import annotations

import asyncio
import socket
from asyncio.selector_events import BaseSelectorEventLoop
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot import audio
from bot.audio import is_public, open_fetcher
from bot.errors import MediaError, MediaRefused, MediaUnclear
from tests.bot.fetching import error_of
from tests.bot.test_audio_addresses import CLOSED_ADDRESSES, INNER_HOSTS, Resolver

PUBLIC = "8.8.4.4"
"""Never dialled: see `Dialled`."""

FORMS = {
    "127.0.0.1": "127.0.0.1",
    "127.1": "127.0.0.1",
    "2130706433": "127.0.0.1",
    "0x7f000001": "127.0.0.1",
    "0.0.0.0": "0.0.0.0",
    "localhost": "::1",
    "[::1]": "::1",
    "[::ffff:127.0.0.1]": "::ffff:127.0.0.1",
    "169.254.169.254": "169.254.169.254",
    "10.0.0.1": "10.0.0.1",
}
"""A host as a link may spell it, and the address behind it, which a name may resolve to as well."""


@dataclass
class Inner:
    """A server nobody may reach, on every address of this machine, and what was dialled in the whole process."""

    port: int
    hits: int = 0
    dialled: list[str] = field(default_factory=list)

    @property
    def closed(self) -> list[str]:
        """Addresses that were dialled and must not be."""
        return [address for address in self.dialled if not is_public(address)]


@pytest.fixture
async def inner(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Inner]:
    """Its port stands for 443. A public address is refused as it is dialled: no test leaves this machine."""
    if socket.has_dualstack_ipv6():
        listener = socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    else:
        listener = socket.create_server(("", 0))
    inner = Inner(port=listener.getsockname()[1])
    monkeypatch.setattr(audio, "HTTPS_PORT", inner.port)
    real = BaseSelectorEventLoop.sock_connect

    async def dial(loop: BaseSelectorEventLoop, sock: socket.socket, address: tuple[str, int]) -> None:
        inner.dialled.append(address[0])
        if is_public(address[0]):
            raise ConnectionRefusedError
        await real(loop, sock, address)

    monkeypatch.setattr(BaseSelectorEventLoop, "sock_connect", dial)

    async def count(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner.hits += 1
        writer.close()

    async with await asyncio.start_server(count, sock=listener):
        yield inner


def test_the_suite_knows_enough_forms() -> None:
    assert len(set(CLOSED_ADDRESSES)) >= 25
    assert len(set(INNER_HOSTS)) >= 25
    assert len(FORMS) == 10


@pytest.mark.parametrize("host", FORMS)
async def test_a_literal_address_is_refused_before_anything_is_dialled(host: str, inner: Inner, tmp_path: Path) -> None:
    async with open_fetcher() as fetcher:
        error = await error_of(fetcher, f"https://{host}:{inner.port}/a.mp3", tmp_path)
    assert isinstance(error, MediaRefused | MediaUnclear)  # unclear: a spelling this machine's resolver does not know
    assert (inner.hits, inner.dialled) == (0, [])


@pytest.mark.parametrize("address", FORMS.values())
async def test_a_name_that_was_public_a_moment_ago_is_refused_once_it_is_not(
    address: str, inner: Inner, tmp_path: Path
) -> None:
    resolver = Resolver([PUBLIC], [address], [PUBLIC, address], [address, PUBLIC], [address])
    url = f"https://cdn.example.com:{inner.port}/a.mp3"
    async with open_fetcher(resolver=resolver) as fetcher:
        errors: list[MediaError] = [await error_of(fetcher, url, tmp_path) for _ in range(5)]
    # Each fetch asked the name once: what was looked at is what was dialled.
    assert resolver.addresses == [[address]]
    assert [type(errors[place]) for place in (1, 4)] == [MediaRefused, MediaRefused]
    assert inner.hits == 0
    assert (inner.closed, set(inner.dialled)) == ([], {PUBLIC})


async def test_an_unguarded_connection_would_have_been_noticed(inner: Inner, tmp_path: Path) -> None:
    origin = f"https://127.0.0.1:{inner.port}"
    async with open_fetcher([origin]) as fetcher:
        await error_of(fetcher, f"{origin}/a.mp3", tmp_path)
    assert (inner.hits, inner.closed) == (1, ["127.0.0.1"])


async def test_no_proxy_of_the_environment_is_asked(
    inner: Inner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would connect where the guard cannot look."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{inner.port}")
    async with open_fetcher(resolver=Resolver([PUBLIC])) as fetcher:
        await error_of(fetcher, f"https://cdn.example.com:{inner.port}/a.mp3", tmp_path)
    assert (inner.hits, inner.dialled) == (0, [PUBLIC])

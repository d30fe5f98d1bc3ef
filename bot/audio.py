"""Fetch a foreign file to disk, trusting neither its address, nor its length, nor its name.

The address that counts is the one a socket is about to connect to: a name may resolve to something else each time it is
asked, and a literal address is never resolved at all. So the check stands in the connector's socket factory.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.errors import MediaGone, MediaRefused, MediaUnclear

HTTPS_PORT = 443
CONNECT_S = 10.0
MAX_HOPS = 3
CHUNK = 64 * 1024
HEAD = 16
"""Bytes that tell a type."""

REDIRECTS = {301, 302, 303, 307, 308}
GONE = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE}

GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
"""The only range handed out for global unicast: all that maps, translates or stays local lies outside of it."""

CLOSED = [
    ipaddress.ip_network(network)
    for network in (
        "100.64.0.0/10",  # shared address space of carriers
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "224.0.0.0/4",  # multicast, which `is_global` lets through
        "2001::/23",  # protocol assignments, Teredo among them; Python versions differ on it
        "2002::/16",  # 6to4: carries an IPv4 address
        "3fff::/20",  # documentation
    )
]

MAGIC: dict[str, tuple[bytes, ...]] = {
    "mp3": (b"ID3",),
    "flac": (b"fLaC",),
    "ogg": (b"OggS",),
    "jpg": (b"\xff\xd8\xff",),
    "png": (b"\x89PNG\r\n\x1a\n",),
}
MP4_BRANDS = {b"M4A", b"M4B", b"mp4", b"iso", b"das"}
"""The same box opens AVIF and HEIC pictures."""

UPLOAD_HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
"""Where Discord keeps what members attach."""

Origin = tuple[str, str | None, int | None]
"""Scheme, host, port."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one kind of file may be: the types by file ending, bytes at most, seconds at most for all hops together."""

    types: frozenset[str]
    max_bytes: int
    total_s: float = 120.0
    idle_s: float = 20.0


AUDIO = Rule(types=frozenset({"mp3", "wav", "flac", "ogg", "m4a"}), max_bytes=64 * 1024 * 1024)
PICTURE = Rule(types=frozenset({"jpg", "png", "webp"}), max_bytes=8 * 1024 * 1024, total_s=20.0)


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet. IPv6 scopes and everything that wraps IPv4 do not."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address) and ip not in GLOBAL_V6:
        return False
    return ip.is_global and not any(ip in network for network in CLOSED)


def type_of(head: bytes) -> str | None:
    """The file ending that fits these first bytes; None for everything that is neither audio nor a picture."""
    for ending, starts in MAGIC.items():
        if head.startswith(starts):
            return ending
    if head[:4] == b"RIFF":
        return {b"WAVE": "wav", b"WEBP": "webp"}.get(head[8:12])
    if head[4:8] == b"ftyp" and head[8:11] in MP4_BRANDS:
        return "m4a"
    return "mp3" if _is_mpeg_layer_3(head) else None


def _is_mpeg_layer_3(head: bytes) -> bool:
    """A frame header: 11 set bits, then version, layer, bitrate and sample rate, each with a reserved value."""
    if len(head) < 3 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, sample_rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and bitrate not in (0, 15) and sample_rate != 3


class _NotPublic(OSError):
    """An OSError, so that a host with a second, public address is still reached through that one."""

    def __init__(self) -> None:
        super().__init__("not a public address")


def _guarded_socket(info: aiohttp.AddrInfoType) -> socket.socket:
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise _NotPublic
    return socket.socket(family, kind, protocol)


def _session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        headers={"Accept-Encoding": "identity"},
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
    )


@asynccontextmanager
async def open_fetcher(
    extra_origins: Collection[str] = (),
    resolver: AbstractResolver | None = None,
    *,
    hosts: Collection[str] | None = None,
) -> AsyncIterator[Fetcher]:
    """A fetcher with its own connections, for these hosts alone (None: all public ones), redirects included.

    `extra_origins`, as "http://127.0.0.1:8801", are free of every rule for addresses. They get a session of their own:
    at the socket only an IP address is known, not for whom it was looked up.
    """
    guarded = aiohttp.TCPConnector(socket_factory=_guarded_socket, resolver=resolver, use_dns_cache=False)
    origins = frozenset(_origin(URL(origin)) for origin in extra_origins)
    async with _session(guarded) as public, _session(aiohttp.TCPConnector()) as extra:
        yield Fetcher(public, extra, origins, None if hosts is None else frozenset(hosts))


class Fetcher:
    """Streams files to disk. Made by `open_fetcher`, which gives it the guarded session."""

    def __init__(
        self,
        public: aiohttp.ClientSession,
        extra: aiohttp.ClientSession,
        extra_origins: frozenset[Origin],
        hosts: frozenset[str] | None,
    ) -> None:
        self._public = public
        self._extra = extra
        self._extra_origins = extra_origins
        self._hosts = hosts

    async def fetch(self, url: str, stem: Path, rule: Rule) -> Path:
        """Write to `stem` plus the ending its bytes deserve; an error leaves nothing. Raises only `MediaError`."""
        part = stem.with_name(f"{stem.name}.part")
        try:
            async with asyncio.timeout(rule.total_s):
                ending = await self._follow(URL(url), part, rule)
            return part.rename(stem.with_name(f"{stem.name}.{ending}"))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            failure = _refused_or_unclear(error)
        finally:
            part.unlink(missing_ok=True)
        raise failure

    async def _follow(self, url: URL, part: Path, rule: Rule) -> str:
        """aiohttp's own redirects would skip the address rules."""
        for _ in range(MAX_HOPS + 1):
            async with self._session_for(url).get(
                url,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_S, sock_read=rule.idle_s),
            ) as response:
                if response.status not in REDIRECTS:
                    return await _save(response, part, rule)
                url = _next_hop(url, response)
        raise MediaRefused(rule="redirects")

    def _session_for(self, url: URL) -> aiohttp.ClientSession:
        if url.scheme not in {"http", "https"} or url.raw_user is not None or url.raw_password is not None:
            raise MediaRefused(rule="address")
        if _origin(url) in self._extra_origins:
            return self._extra
        if url.scheme != "https" or url.port != HTTPS_PORT or not self._may_ask(url.raw_host):
            raise MediaRefused(rule="address")
        return self._public

    def _may_ask(self, host: str | None) -> bool:
        return self._hosts is None or host in self._hosts


def _origin(url: URL) -> Origin:
    return url.scheme, url.raw_host, url.port


def _next_hop(url: URL, response: aiohttp.ClientResponse) -> URL:
    location = response.headers.get("Location")
    if location is None:
        raise MediaUnclear(cause=f"HTTP {response.status} without a place")
    return url.join(URL(location))


def _refused_or_unclear(error: Exception) -> MediaRefused | MediaUnclear:
    """Names the kind of error only: its words may hold a signed link."""
    if isinstance(error, ValueError):  # what yarl, idna and aiohttp say to a URL
        return MediaRefused(rule="address")
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, _NotPublic):
        return MediaRefused(rule="address")
    return MediaUnclear(cause=type(error).__name__)


async def _save(response: aiohttp.ClientResponse, part: Path, rule: Rule) -> str:
    if response.status in GONE:
        raise MediaGone(status=response.status)
    if response.status != HTTPStatus.OK:
        raise MediaUnclear(cause=f"HTTP {response.status}")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise MediaRefused(rule="encoding")
    if (response.content_length or 0) > rule.max_bytes:
        raise MediaRefused(rule="size")
    with part.open("wb") as file:
        return await _stream(response.content, file, rule)


async def _stream(content: aiohttp.StreamReader, file: BinaryIO, rule: Rule) -> str:
    """A chunk goes to the page cache in some 20 µs, so no thread is worth its hand-over."""
    head = await _head(content)
    ending = type_of(head)
    if ending not in rule.types:
        raise MediaRefused(rule="type")
    size = file.write(head)
    async for chunk in content.iter_chunked(CHUNK):
        size += file.write(chunk)
        if size > rule.max_bytes:
            raise MediaRefused(rule="size")
    return ending


async def _head(content: aiohttp.StreamReader) -> bytes:
    try:
        return await content.readexactly(HEAD)
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            raise MediaUnclear(cause="empty") from None
        return error.partial

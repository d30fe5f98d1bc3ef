from __future__ import annotations

import socket
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.audio import UPLOAD_HOSTS, open_fetcher
from bot.errors import MediaGone, MediaRefused, MediaUnclear
from bot.media import MAX_UPLOAD_BYTES, MAX_UPLOAD_S, MIN_UPLOAD_S, TakeMedia
from tests.bot.files import FileHost, encoded, sine_mp3, wav


@pytest.fixture
async def media(host: FileHost) -> AsyncIterator[TakeMedia]:
    async with open_fetcher() as fetcher, open_fetcher([host.url], hosts=UPLOAD_HOSTS) as uploads:
        yield TakeMedia(fetcher, uploads)


async def refusal(media: TakeMedia, url: str) -> object:
    with pytest.raises(MediaRefused) as caught:
        await media.check_upload(url)
    return caught.value.arguments


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize(
    "body",
    [
        sine_mp3(3),
        wav(3),
        encoded("flac", "flac"),
        encoded("ogg", "libopus"),
        encoded("ipod", "aac"),
    ],
    ids=["mp3", "wav", "flac", "ogg", "m4a"],
)
async def test_an_upload_tells_its_length_and_leaves_nothing(
    body: bytes, host: FileHost, media: TakeMedia, scratch: Path
) -> None:
    assert await media.check_upload(host.holds("/hum.bin", body)) == pytest.approx(3.0, abs=0.1)
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("seconds", [MIN_UPLOAD_S, MAX_UPLOAD_S])
async def test_the_shortest_and_the_longest_upload_are_taken(seconds: int, host: FileHost, media: TakeMedia) -> None:
    assert await media.check_upload(host.holds("/hum.wav", wav(seconds))) == seconds


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "type"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"<html>" * 500, "type"),
        (wav(3, form=0x55), "type"),
        (wav(MIN_UPLOAD_S - 0.01), "length"),
        (wav(MAX_UPLOAD_S + 0.01), "length"),
        (wav(3) + bytes(MAX_UPLOAD_BYTES), "size"),
    ],
    ids=["picture", "page", "codec", "short", "long", "large"],
)
async def test_an_upload_that_breaks_a_rule_is_refused_and_leaves_nothing(
    body: bytes, rule: str, host: FileHost, media: TakeMedia, scratch: Path
) -> None:
    assert await refusal(media, host.holds("/hum.mp3", body)) == {"rule": rule}
    assert list(scratch.iterdir()) == []


async def test_an_upload_that_is_gone_leaves_nothing(host: FileHost, media: TakeMedia, scratch: Path) -> None:
    with pytest.raises(MediaGone):
        await media.check_upload(f"{host.url}/none.mp3")
    assert list(scratch.iterdir()) == []


async def test_no_room_for_an_upload_is_unclear(host: FileHost, media: TakeMedia, scratch: Path) -> None:
    scratch.rmdir()
    with pytest.raises(MediaUnclear):
        await media.check_upload(host.holds("/hum.mp3", sine_mp3(3)))


class Asked(AbstractResolver):
    """A resolver that knows no host and keeps which ones it was asked for."""

    def __init__(self) -> None:
        self.hosts: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        self.hosts.append(host)
        raise OSError("no such host")

    async def close(self) -> None:
        """Holds nothing."""


FOREIGN = [
    "https://cdn.example.com/hum.mp3",
    "https://discordapp.com/hum.mp3",
    "https://cdn.discordapp.com.example.com/hum.mp3",
    "https://evil-cdn.discordapp.com/hum.mp3",
    "https://cdn.discordapp.com./hum.mp3",
    "https://cdn.discordapp.com:8443/hum.mp3",
    "http://cdn.discordapp.com/hum.mp3",
    "https://8.8.8.8/hum.mp3",
]


async def test_an_upload_comes_from_discord_alone_wherever_it_is_sent_on_to(host: FileHost) -> None:
    asked = Asked()
    async with open_fetcher() as fetcher, open_fetcher([host.url], asked, hosts=UPLOAD_HOSTS) as uploads:
        media = TakeMedia(fetcher, uploads)
        for url in FOREIGN:
            assert await refusal(media, url) == {"rule": "address"}
            assert await refusal(media, host.says("/moved", 302, Location=url)) == {"rule": "address"}
        assert asked.hosts == []
        for url in ("https://cdn.discordapp.com/hum.mp3", "https://MEDIA.discordapp.net/hum.mp3"):
            with pytest.raises(MediaUnclear):
                await media.check_upload(url)
    assert asked.hosts == ["cdn.discordapp.com", "media.discordapp.net"]

"""Fetching from the test's own file host: a quick rule, the error a fetch must end in, and whole takes."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable
from pathlib import Path

import pytest

from bot.audio import AUDIO, Fetcher
from bot.errors import MediaError
from bot.links import Links
from bot.media import TakeMedia
from bot.musicmint.models import ResultItem, Word
from bot.ports import Finish, Tags, TakeFile
from tests.bot.files import FileHost

TAGS = Tags(
    title="Ночной дождь 🌧",
    artist="Ada & Grace",
    album="The Server",
    lyrics="[Verse]\nLa la\n[副歌]\nlà",
    style="pop upbeat",
    prompt="a song about rain",
    task_id="64f3a1b2c8d9e0f1a2b3c4d5",
)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(500)


WORDS = (
    Word(word="la", start=1.0, end=1.4),
    Word(word="La", start=1.5, end=1.9),
    Word(word="LÀ", start=70.25, end=71.0),
)

QUICK = dataclasses.replace(AUDIO, max_bytes=300_000, total_s=2.0, idle_s=0.2)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def error_of(fetcher: Fetcher, url: str, folder: Path) -> MediaError:
    with pytest.raises(MediaError) as caught:
        await fetcher.fetch(url, folder / "song", QUICK)
    assert names_in(folder) == []
    return caught.value


def clip_on(host: FileHost, audio: bytes, cover: bytes | None = JPEG) -> ResultItem:
    image_url = "" if cover is None else host.holds("/cover.jpg", cover)
    return ResultItem(id="clip-1", audio_url=host.holds("/a.mp3", audio), image_url=image_url)


def nothing_more(finish: Finish | None = None) -> Awaitable[Finish]:
    """What MusicMint has told of the words and the envelope already."""
    read = asyncio.get_running_loop().create_future()
    read.set_result(finish or Finish())
    return read


async def fetch_take(
    media: TakeMedia, clip: ResultItem, tags: Tags, folder: Path, name: str, finish: Finish
) -> TakeFile:
    return await media.fetch_take(Links(clip), tags, folder, name, nothing_more(finish))

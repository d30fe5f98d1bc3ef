"""Fetching from the test's own file host: a quick rule, and the error a fetch must end in."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from bot.audio import AUDIO, Fetcher
from bot.errors import MediaError

QUICK = dataclasses.replace(AUDIO, max_bytes=300_000, total_s=2.0, idle_s=0.2)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def error_of(fetcher: Fetcher, url: str, folder: Path) -> MediaError:
    with pytest.raises(MediaError) as caught:
        await fetcher.fetch(url, folder / "song", QUICK)
    assert names_in(folder) == []
    return caught.value

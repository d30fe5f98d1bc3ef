from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.musicmint.client import MusicMintClient
from tests.bot.musicmint.api import ScriptedApi, client_of, scripted_api

NOW_MS = 1_710_000_000_000  # Sat, 09 Mar 2024 16:00:00 GMT
MODEL = "chirp-v3-5"


class StillClock:
    """Stands at `NOW_MS`."""

    def now_ms(self) -> int:
        return NOW_MS

    def age_ms(self, since_ms: int) -> int:
        return NOW_MS - since_ms

    async def wait(self, event: asyncio.Event, timeout_s: float | None) -> None:
        raise AssertionError("the client waits for nothing")


@pytest.fixture
async def api() -> AsyncIterator[ScriptedApi]:
    async with scripted_api() as api:
        yield api


@pytest.fixture
async def client(api: ScriptedApi) -> AsyncIterator[MusicMintClient]:
    async with client_of(api.url, StillClock()) as client:
        yield client


@pytest.fixture
async def modelled(api: ScriptedApi) -> AsyncIterator[MusicMintClient]:
    """The operator chose a model."""
    async with client_of(api.url, StillClock(), model=MODEL) as client:
        yield client

"""Whoever watches the client is told of every call, once, by the path's template: no id is in it."""

from __future__ import annotations

from contextlib import suppress

import aiohttp
import pytest

from bot.errors import RequestRejected, ServiceError, Unclear, Unreachable
from bot.musicmint.client import MusicMintClient
from tests.bot.musicmint.api import EXAMPLES, KEY, TASK, ScriptedApi
from tests.bot.musicmint.conftest import StillClock


async def told_of(url: str) -> list[tuple[str, ServiceError | None, float]]:
    told: list[tuple[str, ServiceError | None, float]] = []
    async with aiohttp.ClientSession() as session:
        client = MusicMintClient(
            session, session, url, KEY, StillClock(), watch=lambda *ended: told.append((ended[0], ended[1], ended[2]))
        )
        with suppress(ServiceError):
            await client.get_task(TASK)
    return told


async def test_an_answer_is_told_without_an_error(api: ScriptedApi) -> None:
    api.says(200, EXAMPLES["task"])
    assert await told_of(api.url) == [("/api/v1/task/{id}", None, 0.0)]


@pytest.mark.parametrize(
    ("status", "code", "kind"), [(404, 4004, RequestRejected), (500, 5000, Unclear), (200, 7, RequestRejected)]
)
async def test_a_refusal_is_told_with_its_error(
    api: ScriptedApi, status: int, code: int, kind: type[ServiceError]
) -> None:
    api.says(status, {"code": code, "message": "no", "request_id": "r"})
    ((path, error, _),) = await told_of(api.url)
    assert path == "/api/v1/task/{id}"
    assert type(error) is kind


async def test_a_call_that_never_left_is_told_too() -> None:
    ((_, error, _),) = await told_of("http://127.0.0.1:9")
    assert type(error) is Unreachable

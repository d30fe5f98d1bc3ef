"""Half of a character, left by whoever cut a text in the middle of an emoji: JSON can carry it, UTF-8 cannot.

A strict parser refuses the whole answer for it, and with the answer the song that was paid for.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.musicmint.callback import Callback
from bot.musicmint.client import MusicMintClient
from bot.musicmint.envelope import Envelope, without_halves
from bot.requests import Generate
from tests.bot.musicmint.api import TASK, ScriptedApi, client_of, scripted_api
from tests.bot.musicmint.conftest import StillClock
from tests.cogs.house import House, Scene

HALVES = ("\ud83d", "\udfb5", "cut \ud83d", "\udfb5\ud83d swapped", "\ud83d\ud83d\udfb5 one and a half")


@pytest.fixture
async def api() -> AsyncIterator[ScriptedApi]:
    async with scripted_api() as api:
        yield api


@pytest.fixture
async def client(api: ScriptedApi) -> AsyncIterator[MusicMintClient]:
    async with client_of(api.url, StillClock()) as client:
        yield client


@pytest.mark.parametrize("half", HALVES)
async def test_a_song_whose_title_was_cut_in_half_is_not_lost(
    half: str, api: ScriptedApi, client: MusicMintClient
) -> None:
    clip = {"id": "clip-1", "audio_url": "https://cdn.test/a.mp3", "title": f"Bus {half}", "prompt": half, "tags": half}
    api.data({"id": TASK, "status": "completed", "results": [clip]})
    report = await client.get_task(TASK)
    (item,) = report.results
    assert item.title.startswith("Bus ")
    assert "\ufffd" in item.title
    for text in (item.title, item.prompt, item.tags):
        text.encode()


@pytest.mark.parametrize("half", HALVES)
async def test_a_task_that_was_paid_for_is_known_whatever_else_the_answer_says(
    half: str, api: ScriptedApi, client: MusicMintClient
) -> None:
    api.says(200, {"code": 0, "message": half, "data": {"task_id": TASK, "note": half}})
    assert (await client.generate(Generate(prompt="la"), None)).task_id == TASK


@pytest.mark.parametrize("half", HALVES)
def test_a_callback_may_hold_one_too(half: str) -> None:
    raw = json.dumps({"task_id": TASK, "status": "completed", "results": [{"title": half}]}).encode()
    found = Callback.parse(raw)
    assert found is not None
    assert found.task_id == TASK


@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_any_text_is_read_and_whole_ones_are_read_as_they_are(text: str) -> None:
    body = json.dumps({"code": 0, "data": text}).encode()
    envelope = Envelope.parse(body)
    assert envelope is not None
    # What Python calls two halves beside each other is one character to JSON.
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert envelope.data == joined


@pytest.mark.parametrize("body", [rb'"\\ud83d"', rb'"\\\\ud83d\ud83d\udfb5"', b'"\\', b"\\ud8", b'"\\u'])
def test_what_only_looks_like_half_a_character_stays(body: bytes) -> None:
    assert without_halves(body) == body


async def test_one_in_a_command_breaks_nothing(house: House, scene: Scene) -> None:
    """Discord's own JSON cannot carry it. Should it come all the same, nothing is stored and the bot goes on."""
    refused = await scene.ann.slash(scene.channel, "song", lyrics="a \ud83d", title="\ud83d")
    assert refused.response is not None
    assert refused.response.ephemeral
    assert "Nothing was sent to the studio" in str(refused.response.content)
    house.env.errors.clear()
    assert await house.tasks() == []
    await scene.ann.slash(scene.channel, "song", lyrics="whole")
    assert len(await house.tasks()) == 1

"""What the client does beyond the table of endpoints."""

from __future__ import annotations

import pytest

from bot.errors import ResultExpired, Unclear
from bot.musicmint import client as client_module
from bot.musicmint.client import MusicMintClient
from bot.musicmint.endpoints import InferredPaths
from bot.musicmint.models import TaskStatus
from bot.requests import AddInstrumental, Generate, Midi, Sample
from tests.bot.musicmint.api import EXAMPLES, TASK, ScriptedApi, client_of
from tests.bot.musicmint.conftest import StillClock
from tests.bot.musicmint.table import CLIP, READS, Row


async def test_the_paths_the_docs_do_not_show_can_be_set(api: ScriptedApi) -> None:
    api.says(200, EXAMPLES["submit"])
    paths = InferredPaths(add_instrumental="/api/v1/audio/backing", sample="/api/v2/hum")
    async with client_of(api.url, StillClock(), paths=paths) as client:
        await client.add_instrumental(AddInstrumental(clip_id=CLIP), None)
        await client.sample(Sample(clip_id=CLIP), None)
    assert [asked.path for asked in api.asked] == ["/api/v1/audio/backing", "/api/v2/hum"]


@pytest.mark.parametrize("row", [row for row in READS if row.name != "tasks"], ids=str)
async def test_an_id_cannot_leave_its_place_in_the_path(row: Row, api: ScriptedApi, client: MusicMintClient) -> None:
    api.says(200, EXAMPLES[row.example])
    odd = "../generate?x=1&y#é \ud83d"
    call = getattr(client, {"task": "get_task", "music": "get_music"}.get(row.name, row.name))
    if row.name in ("task", "music"):
        with pytest.raises(Unclear):  # it is about another
            await call(odd)
    else:
        await call(odd)
    place = row.asks.split()[1].replace(CLIP, "{}").replace(TASK, "{}")
    assert api.asked[0].path == place.format("..%2Fgenerate%3Fx%3D1%26y%23%C3%A9%20%3F")


async def test_an_answer_about_another_task_or_clip_is_unclear(api: ScriptedApi, client: MusicMintClient) -> None:
    api.says(200, EXAMPLES["task"])
    with pytest.raises(Unclear):
        await client.get_task("another")
    api.says(200, EXAMPLES["music"])
    with pytest.raises(Unclear):
        await client.get_music("another")


async def test_a_result_without_an_id_is_the_one_that_was_asked_for(api: ScriptedApi, client: MusicMintClient) -> None:
    api.data({"audio_url": "https://cdn.example.com/a.mp3"})
    item = await client.get_music(CLIP)
    assert (item.id, item.audio_url) == (CLIP, "https://cdn.example.com/a.mp3")


async def test_a_failed_task_tells_why_and_a_waiting_one_has_not_ended(
    api: ScriptedApi, client: MusicMintClient
) -> None:
    api.says(200, EXAMPLES["task failed"])
    failed = await client.get_task(TASK)
    assert (failed.ended, failed.error) == (True, "Generation failed: all platforms unavailable")
    api.says(200, EXAMPLES["task queuing"])
    assert not (await client.get_task(TASK)).ended


async def test_a_result_past_its_time_is_expired(api: ScriptedApi, client: MusicMintClient) -> None:
    api.says(200, EXAMPLES["music expired"])
    with pytest.raises(ResultExpired) as caught:
        await client.get_music(CLIP)
    assert caught.value.request_id == "req-1710000000000"


async def test_every_status_of_the_filter_is_sent_as_its_number(api: ScriptedApi, client: MusicMintClient) -> None:
    api.says(200, EXAMPLES["tasks"])
    for status in TaskStatus:
        await client.list_tasks(page=1, status=status)
    assert [asked.json for asked in api.asked] == [
        {"page": 1, "page_size": 100, "status": number} for number in range(4)
    ]


async def test_a_lone_surrogate_in_the_lyrics_reaches_the_api(api: ScriptedApi, client: MusicMintClient) -> None:
    api.says(200, EXAMPLES["submit"])
    await client.generate(Generate(prompt="la \ud83d la"), None)
    assert api.asked[0].json == {"prompt": "la \ud83d la", "retention_days": 30}


async def test_a_clip_that_many_play_in_is_heard_whole(api: ScriptedApi, client: MusicMintClient) -> None:
    notes = [{"pitch": 60, "start": place / 8, "end": place / 8 + 0.1, "velocity": 0.75} for place in range(10_000)]
    api.data({"state": "complete", "instruments": {"piano": notes, "bass": notes}})
    heard = await client.midi(Midi(clip_id=CLIP))
    assert {name: len(played) for name, played in heard.instruments.items()} == {"piano": 10_000, "bass": 10_000}


async def test_a_fault_over_an_answer_never_says_that_nothing_was_sent(
    api: ScriptedApi, client: MusicMintClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be sent again, and charged again."""

    def fail(_date: str | None) -> int:
        raise ValueError

    api.says(200, EXAMPLES["submit"])
    monkeypatch.setattr(client_module, "unix_ms", fail)
    with pytest.raises(Unclear):
        await client.generate(Generate(tags="pop"), None)
    assert len(api.asked) == 1

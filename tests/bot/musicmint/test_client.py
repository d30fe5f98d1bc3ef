from __future__ import annotations

import pytest

from bot.errors import Unclear
from bot.musicmint.client import MusicMintClient
from bot.musicmint.models import TaskStatus
from bot.requests import Generate
from tests.bot.musicmint.api import KEY, TASK, ScriptedApi

RESULT = {
    "id": "clip-abc123",
    "audio_url": "https://cdn.example.com/tob/gen/abc123.mp3",
    "image_url": "https://cdn.example.com/tob/gen/abc123.jpg",
    "title": "My Track",
    "duration": 87.4,
    "tags": "pop upbeat",
    "prompt": "An upbeat pop track",
    "expire_at": 1710604800000,
}


async def test_a_submit_answers_with_the_task(api: ScriptedApi, client: MusicMintClient) -> None:
    api.data({"task_id": TASK, "status": "queuing"})
    task = await client.generate(Generate(prompt="[Verse]\nLa", tags="pop", title="Song"))
    assert (task.task_id, task.status) == (TASK, TaskStatus.QUEUING)
    (asked,) = api.asked
    assert asked.path == "/api/v1/music/generate"
    assert asked.authorization == f"Bearer {KEY}"
    assert asked.json == {"prompt": "[Verse]\nLa", "tags": "pop", "title": "Song", "retention_days": 30}


async def test_an_idea_is_sent_as_the_description(api: ScriptedApi, client: MusicMintClient) -> None:
    api.data({"task_id": TASK})
    await client.generate(Generate(description="a sea shanty", prompt="  ", instrumental=True, retention_days=7))
    assert api.asked[0].json == {
        "gpt_description_prompt": "a sea shanty",
        "make_instrumental": True,
        "retention_days": 7,
    }


async def test_an_extension_may_start_at_zero(api: ScriptedApi, client: MusicMintClient) -> None:
    api.data({"task_id": TASK})
    await client.generate(Generate(tags="pop", continue_clip_id="clip-1", continue_at=0))
    assert api.asked[0].json == {
        "tags": "pop",
        "continue_clip_id": "clip-1",
        "continue_at": 0,
        "retention_days": 30,
    }


async def test_a_lone_surrogate_in_the_lyrics_reaches_the_api(api: ScriptedApi, client: MusicMintClient) -> None:
    api.data({"task_id": TASK})
    await client.generate(Generate(prompt="la \ud83d la"))
    assert api.asked[0].json == {"prompt": "la \ud83d la", "retention_days": 30}


async def test_a_completed_task_carries_its_results(api: ScriptedApi, client: MusicMintClient) -> None:
    api.data({"id": TASK, "status": "completed", "created_at": 1710000000000, "results": [RESULT]})
    report = await client.get_task(TASK)
    assert report.ended
    assert report.results[0].model_dump() == RESULT
    assert api.asked[0].path == f"/api/v1/task/{TASK}"


async def test_a_failed_task_tells_why(api: ScriptedApi, client: MusicMintClient) -> None:
    api.data({"id": TASK, "status": "failed", "created_at": 1, "error": "all platforms unavailable"})
    report = await client.get_task(TASK)
    assert (report.ended, report.error) == (True, "all platforms unavailable")


async def test_a_report_about_another_task_is_unclear(api: ScriptedApi, client: MusicMintClient) -> None:
    api.data({"id": "another", "status": "completed", "results": [RESULT]})
    with pytest.raises(Unclear):
        await client.get_task(TASK)


async def test_the_list_is_read_a_hundred_at_a_time(api: ScriptedApi, client: MusicMintClient) -> None:
    api.data({"items": [{"id": TASK, "status": "processing", "created_at": 5}], "total": 101, "page": 2})
    page = await client.list_tasks(page=2, status=TaskStatus.PROCESSING)
    assert (page.total, page.page, page.items[0].id, page.items[0].ended) == (101, 2, TASK, False)
    await client.list_tasks(page=1)
    assert [asked.json for asked in api.asked] == [
        {"page": 2, "page_size": 100, "status": 1},
        {"page": 1, "page_size": 100},
    ]


async def test_one_result_is_read_by_its_clip_id(api: ScriptedApi, client: MusicMintClient) -> None:
    api.data(RESULT)
    assert (await client.get_music("clip-abc123")).audio_url == RESULT["audio_url"]
    assert api.asked[0].path == "/api/v1/music/clip-abc123"


async def test_an_id_cannot_leave_its_place_in_the_path(api: ScriptedApi, client: MusicMintClient) -> None:
    api.data(RESULT)
    await client.get_music("../generate?x=1#é")
    assert api.asked[0].path == "/api/v1/music/..%2Fgenerate%3Fx%3D1%23%C3%A9"


async def test_submits_open_a_connection_each_and_reads_share_one(api: ScriptedApi, client: MusicMintClient) -> None:
    api.data({"task_id": TASK})
    for _ in range(3):
        await client.generate(Generate(tags="pop"))
    assert len(api.connections) == 3
    api.connections.clear()
    api.data(RESULT)
    for _ in range(3):
        await client.get_music("clip-1")
    assert len(api.connections) == 1

"""MusicMint's endpoints over a real socket."""

import re
from pathlib import Path

import aiohttp
import pytest
from pydantic import JsonValue

from tests.sandbox.studio.conftest import KEY, START, Client, studio_client

WEEK = 7 * 24 * 60 * 60 * 1000


async def test_a_submit_answers_in_the_documented_envelope(client: Client) -> None:
    answer = await client.api("music/generate", {"prompt": "a song about rain"})

    assert set(answer.body) == {"code", "message", "request_id", "data"}
    assert re.fullmatch(r"req-\d{13}", answer.body["request_id"])
    assert set(answer.data) == {"task_id", "status"}
    assert answer.data["status"] == "queuing"
    assert re.fullmatch(r"[0-9a-f]{24}", answer.data["task_id"])


async def test_every_answer_has_a_request_id_of_its_own(client: Client) -> None:
    ids = {(await client.api("tasks")).body["request_id"] for _ in range(3)}

    assert len(ids) == 3


async def test_a_task_goes_from_queuing_over_processing_to_completed(client: Client) -> None:
    task_id = await client.generate()
    seen = [await client.task(task_id)]
    for step in (1_999, 1, 7_999, 1):
        await client.advance(step)
        seen.append(await client.task(task_id))

    assert [task["status"] for task in seen] == ["queuing", "queuing", "processing", "processing", "completed"]
    assert seen[0] == {"id": task_id, "status": "queuing", "created_at": START}


async def test_a_completed_task_has_two_documented_results(client: Client) -> None:
    task_id = await client.generate(prompt="[Verse]\nHello there", tags="jazz", title="My Track")
    await client.control(f"tasks/{task_id}/finish")
    first, second = (await client.task(task_id))["results"]

    assert first == {
        "id": first["id"],
        "audio_url": f"{client.url}/files/{first['id']}.mp3",
        "image_url": f"{client.url}/files/{first['id']}.jpg",
        "title": "My Track",
        "duration": first["duration"],
        "tags": "jazz",
        "prompt": "[Verse]\nHello there",
        "expire_at": START + WEEK,
    }
    assert isinstance(first["duration"], float)
    assert first["id"].startswith("clip-")
    assert second["id"] != first["id"]


async def test_get_music_answers_a_result_until_it_expires(client: Client) -> None:
    task_id = await client.generate(tags="pop", retention_days=1)
    await client.advance(10_000)
    result = (await client.task(task_id))["results"][0]

    assert (await client.api(f"music/{result['id']}", {})).data == result
    await client.advance(result["expire_at"] - START - 10_000 - 1)
    assert (await client.api(f"music/{result['id']}")).status == 200
    await client.advance(1)
    expired = await client.api(f"music/{result['id']}")
    assert expired.refusal == (410, 4005)
    assert expired.body["message"] == "Music result has expired"
    assert (await client.get(result["audio_url"]))[0] == 410
    assert (await client.api("music/generate", {"tags": "x", "continue_clip_id": result["id"]})).refusal == (410, 4005)


async def test_files_have_their_types_and_answer_ranges(client: Client) -> None:
    task_id = await client.generate()
    clip_id = client.stored(task_id).clip_ids[0]
    assert (await client.get(f"{client.url}/files/{clip_id}.mp3"))[0] == 404
    await client.control(f"tasks/{task_id}/finish")
    result = (await client.task(task_id))["results"][0]

    status, headers, audio = await client.get(result["audio_url"])
    assert (status, headers["Content-Type"]) == (200, "audio/mpeg")
    status, headers, image = await client.get(result["image_url"])
    assert (status, headers["Content-Type"]) == (200, "image/jpeg")
    assert image.startswith(b"\xff\xd8\xff")
    status, headers, part = await client.get(result["audio_url"], Range="bytes=100-199")
    assert (status, part) == (206, audio[100:200])
    assert (await client.get(f"{client.url}/files/{clip_id}.json"))[0] == 404


async def test_the_list_pages_newest_first_and_filters_by_number(client: Client) -> None:
    done = [await client.generate() for _ in range(3)]
    await client.advance(10_000)
    await client.control("outcomes", {"outcome": "failed", "error": "Generation failed: all platforms unavailable"})
    failed = await client.generate()
    await client.control(f"tasks/{failed}/finish")
    running = await client.generate()
    await client.advance(5_000)
    queued = await client.generate()

    async def listed(**body: int) -> tuple[list[str], int, int]:
        data = (await client.api("tasks", body)).data
        return [item["id"] for item in data["items"]], data["total"], data["page"]

    assert await listed() == ([queued, running, failed, *reversed(done)], 6, 1)
    assert await listed(status=-1, page=2, page_size=4) == ([done[1], done[0]], 6, 2)
    assert await listed(status=0) == ([queued], 1, 1)
    assert await listed(status=1) == ([running], 1, 1)
    assert await listed(status=2, page_size=1) == ([done[2]], 3, 1)
    assert await listed(status=3) == ([failed], 1, 1)
    items = (await client.api("tasks", {"status": 3})).data["items"]
    error = "Generation failed: all platforms unavailable"
    assert items == [{"id": failed, "status": "failed", "created_at": START + 10_000, "error": error}]


@pytest.mark.parametrize("body", [{"page": 0}, {"page_size": 0}, {"page_size": 101}, {"status": 4}, {"status": "done"}])
async def test_the_list_refuses_what_its_docs_exclude(client: Client, body: JsonValue) -> None:
    assert (await client.api("tasks", body)).refusal == (400, 2002)


async def test_a_key_sees_its_own_tasks_only(client: Client) -> None:
    task_id = await client.generate()
    await client.advance(10_000)
    clip_id = (await client.task(task_id))["results"][0]["id"]

    assert (await client.api("tasks", key="sk-mm-other")).data["total"] == 0
    assert (await client.api(f"task/{task_id}", key="sk-mm-other")).refusal == (404, 4004)
    assert (await client.api(f"music/{clip_id}", key="sk-mm-other")).refusal == (404, 4004)


@pytest.mark.parametrize("key", [None, "sk-mm-", "sk-other", "token"])
async def test_a_call_without_an_appkey_is_refused(client: Client, key: str | None) -> None:
    assert (await client.api("tasks", key=key)).refusal == (401, 1001)


async def test_a_key_can_be_disabled_deleted_and_active_again(client: Client) -> None:
    for status, refusal in (("disabled", (403, 1003)), ("deleted", (403, 1004))):
        await client.control("keys", {"key": "sk-mm-tester", "status": status})
        assert (await client.api("tasks")).refusal == refusal
    await client.control("keys", {"key": "sk-mm-tester", "status": "active"})

    assert (await client.api("tasks")).status == 200


async def test_unknown_ids_are_refused_by_name(client: Client) -> None:
    for path in ("task/0123", "music/clip-0123", "music/abc"):
        answer = await client.api(path)
        assert answer.refusal == (404, 4004)
        assert path.split("/")[1] in answer.body["message"]


@pytest.mark.parametrize(
    ("method", "path", "refusal"),
    [
        ("GET", "task/1", (405, 4002)),
        ("GET", "music/cover", (405, 4002)),
        ("POST", "music/wav", (405, 4002)),
        ("POST", "music", (404, 4001)),
        ("GET", "personas", (404, 4001)),
    ],
)
async def test_a_path_or_method_musicmint_does_not_have_names_itself(
    client: Client, method: str, path: str, refusal: tuple[int, int]
) -> None:
    answer = await client.api(path, method=method)

    assert answer.refusal == refusal
    assert f"{method} /api/v1/{path}" in answer.body["message"]


@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff\xfe\xff", b'"{}"'])
async def test_a_body_that_is_no_object_is_refused_and_still_in_the_ledger(client: Client, body: bytes) -> None:
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session,
        session.post(f"{client.url}/api/v1/music/cover", data=body) as answer,
    ):
        assert (answer.status, (await answer.json())["code"]) == (400, 2001)
    assert len((await client.control("ledger", method="GET")).body["paid"]) == 1


async def test_every_endpoint_of_the_index_is_there_and_wants_a_key(client: Client) -> None:
    works = "generate cover remaster soundfx add-vocals add-instrumental sample infill upload concat persona stem midi"
    paths = [f"music/{name}" for name in works.split()] + ["lyrics/generate", "task/x", "tasks", "music/x"]
    calls = [("POST", path) for path in paths] + [("GET", f"music/{name}") for name in ("timeline", "waveform", "wav")]

    assert len(calls) == 20
    for method, path in calls:
        assert (await client.api(path, method=method, key=None)).refusal == (401, 1001)


async def test_a_data_folder_of_another_version_is_ignored_with_a_line(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "state.json").write_text('{"keys": {"abc": "disabled"}}')
    (folder / "tasks" / "old.json").write_text('{"id": "old", "number": 0}')
    async with studio_client(folder) as client:
        assert (await client.api("tasks")).data["total"] == 0

    assert caplog.text.count("was written by another version of the studio and is ignored") == 2


async def test_tasks_clips_and_settings_survive_a_restart(folder: Path) -> None:
    async with studio_client(folder) as client:
        task_id = await client.generate()
        await client.advance(10_000)
        before = await client.task(task_id)
        await client.control("keys", {"key": "sk-mm-gone", "status": "deleted"})
    async with studio_client(folder) as client:
        after = await client.task(task_id)

        assert after["status"] == "completed"
        assert [result["id"] for result in after["results"]] == [result["id"] for result in before["results"]]
        assert (await client.get(after["results"][0]["audio_url"]))[0] == 200
        assert (await client.api("tasks", key="sk-mm-gone")).refusal == (403, 1004)


async def test_the_data_folder_holds_no_key(client: Client, folder: Path) -> None:
    await client.generate()
    await client.control("keys", {"key": "sk-mm-tester", "status": "active"})

    assert stored(folder)
    assert b"sk-mm" not in stored(folder)


def stored(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*.json"))


async def test_a_song_that_cannot_be_made_fails_alone(client: Client, folder: Path) -> None:
    source = await client.generate()
    await client.control(f"tasks/{source}/finish")
    (folder / "files" / "canned.json").write_text("no notes")
    await client.control("settings", {"canned": False}, method="PATCH")
    broken = await client.generate(tags="pop", continue_clip_id=client.stored(source).clip_ids[0])
    finished = await client.control(f"tasks/{broken}/finish")

    assert finished.body == {"id": broken, "status": "failed"}
    assert (await client.task(broken))["error"] == "Generation failed: ValidationError"
    await client.control("settings", {"canned": True}, method="PATCH")
    after = await client.generate()
    assert (await client.control(f"tasks/{after}/finish")).body["status"] == "completed"

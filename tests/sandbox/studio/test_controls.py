"""The sandbox's own API: settings, ledger, faults, outcomes, time."""

import aiohttp
import pytest
from pydantic import JsonValue

from tests.sandbox.studio.conftest import Client


async def test_settings_change_in_part(client: Client) -> None:
    changed = await client.control("settings", {"generation_ms": 0}, method="PATCH")

    assert changed.body == {"generation_ms": 0, "canned": True}
    assert (await client.control("settings", method="GET")).body == changed.body


async def test_with_no_generation_time_a_canned_task_is_done_at_once(client: Client) -> None:
    await client.control("settings", {"generation_ms": 0}, method="PATCH")
    task_id = await client.generate()
    await client.control("settings", method="GET")

    assert (await client.task(task_id))["status"] == "completed"


async def test_the_ledger_holds_every_generate_call_and_counts_the_rest(client: Client) -> None:
    task_id = await client.generate(tags="pop")
    await client.api("music/generate", {}, key="sk-mm-0000wxyz")
    await client.api("task/abc")
    ledger = (await client.control("ledger", method="GET")).body

    first, second = ledger["generate"]
    assert first == {"at_ms": first["at_ms"], "key_ends": "ster", "body": {"tags": "pop"}, "task_id": task_id}
    assert (second["key_ends"], second["body"], second["task_id"]) == ("wxyz", {}, None)
    assert [line["endpoint"] for line in ledger["paid"]] == ["music/generate"] * 2
    assert ledger["calls"] == {"POST /api/v1/music/generate": 2, "POST /api/v1/task/{id}": 1}


async def test_the_ledger_notes_what_every_paid_call_made(client: Client) -> None:
    clip_id = await client.clip()
    cover = await client.submit("music/cover", cover_clip_id=clip_id)
    stem = (await client.api("music/stem", {"clip_id": clip_id})).data["id"]
    await client.api("music/concat", {"clip_id": "clip-0"})
    await client.ask("music/wav", clip_id)
    await client.api("music/wav", {"clip_id": clip_id})
    await client.api(f"music/{clip_id}")
    lines = (await client.control("ledger", method="GET")).body["paid"][1:]

    assert [(line["endpoint"], line["task_id"], line["result_id"]) for line in lines] == [
        ("music/cover", cover, None),
        ("music/stem", None, stem),
        ("music/concat", None, None),
    ]
    assert lines[1]["body"] == {"clip_id": clip_id}
    assert lines[1]["key_ends"] == "ster"


async def test_a_scripted_envelope_answers_as_often_as_told(client: Client) -> None:
    fault = {
        "path": "/music/generate$",
        "times": 2,
        "status": 429,
        "code": 1429,
        "message": "Slow down",
        "retry_after": 3,
    }
    await client.control("faults", {**fault, "retry_after": 3})
    answers = [await client.api("music/generate", {"tags": "x"}) for _ in range(3)]

    assert [answer.status for answer in answers] == [429, 429, 200]
    assert answers[0].body["code"] == 1429
    assert answers[0].body["message"] == "Slow down"
    assert answers[0].headers["Retry-After"] == "3"
    assert (await client.api("tasks")).data["total"] == 1


async def test_a_scripted_body_is_sent_raw(client: Client) -> None:
    page = {"path": "/tasks", "status": 502, "body": "<html>bad gateway</html>", "content_type": "text/html"}
    await client.control("faults", page)
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{client.url}/api/v1/tasks") as answer,
    ):
        assert (answer.status, answer.content_type, await answer.text()) == (502, "text/html", page["body"])


@pytest.mark.parametrize(("reset", "tasks"), [("before", 0), ("after", 1)])
async def test_a_broken_connection_loses_the_call_or_its_answer(client: Client, reset: str, tasks: int) -> None:
    await client.control("faults", {"path": "generate", "reset": reset})
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.api("music/generate", {"tags": "x"})

    assert (await client.api("tasks")).data["total"] == tasks
    line = (await client.control("ledger", method="GET")).body["generate"][0]
    assert (line["task_id"] is not None) == bool(tasks)


async def test_a_blocking_call_can_fail_or_lose_its_answer(client: Client) -> None:
    body: dict[str, JsonValue] = {"clip_id": await client.clip()}
    await client.control("faults", {"path": "/music/stem$", "code": 5000, "message": "Processing failed"})
    assert (await client.api("music/stem", body)).refusal == (500, 5000)
    await client.control("faults", {"path": "/music/stem$", "reset": "after"})
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.api("music/stem", body)

    failed, lost = (await client.control("ledger", method="GET")).body["paid"][1:]
    assert failed["result_id"] is None
    assert (await client.get(f"{client.url}/files/{lost['result_id']}.mp3"))[0] == 200


async def test_a_file_can_fail_too_and_a_delay_alone_only_delays(client: Client) -> None:
    task_id = await client.generate()
    await client.control(f"tasks/{task_id}/finish")
    url = (await client.task(task_id))["results"][0]["audio_url"]
    await client.control("faults", {"path": r"^/files/.*\.mp3$", "status": 503})
    await client.control("faults", {"path": "^/files/", "delay_ms": 1})

    assert [(await client.get(url))[0] for _ in range(3)] == [503, 200, 200]


async def test_waiting_faults_can_be_cleared(client: Client) -> None:
    await client.control("faults", {"path": ".", "times": 5, "status": 500})
    await client.control("faults", method="DELETE")

    assert (await client.api("tasks")).status == 200


async def test_a_scripted_failure_ends_the_next_task_only(client: Client) -> None:
    await client.control("outcomes", {"outcome": "failed", "error": "no luck", "times": 1})
    unlucky, lucky = await client.generate(), await client.generate()
    assert (await client.task(unlucky))["status"] == "queuing"
    await client.advance(10_000)

    assert (await client.task(unlucky))["status"] == "failed"
    assert (await client.task(unlucky))["error"] == "no luck"
    assert (await client.task(lucky))["status"] == "completed"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"path": "["}),
        ("faults", {"path": "x"}),
        ("faults", {"path": "x", "status": 500, "often": 1}),
        ("outcomes", {"outcome": "splendid"}),
        ("keys", {"key": "sk-mm-x", "status": "lost"}),
        ("keys", {"status": "active"}),
        ("time", {"advance_ms": -1}),
        ("time", []),
    ],
)
async def test_a_wrong_control_is_refused(client: Client, path: str, body: JsonValue) -> None:
    answer = await client.control(path, body)

    assert answer.status == 400
    assert answer.body["error"]


async def test_finishing_an_unknown_task_is_refused(client: Client) -> None:
    assert (await client.control("tasks/123/finish")).status == 404

"""Every documented rule of generate, and what the studio says when it is broken."""

import pytest
from pydantic import JsonValue

from tests.sandbox.studio.conftest import Client


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": "a song about rain"},
        {"tags": "pop"},
        {"gpt_description_prompt": "a song about rain"},
        {"prompt": "x", "tags": "y", "title": "z", "make_instrumental": True},
        {"tags": "x", "retention_days": 1, "callback_url": "https://example.com/hook"},
        {"tags": "x", "retention_days": 30, "title": None, "unheard_of": 1},
    ],
)
async def test_a_documented_body_is_accepted(client: Client, body: dict[str, JsonValue]) -> None:
    task_id = await client.generate(**body)

    assert client.stored(task_id).callback_url == body.get("callback_url")


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        ([], 2001, "JSON object"),
        ({}, 2003, "at least one of prompt, tags and gpt_description_prompt"),
        ({"title": "x", "prompt": " "}, 2003, "at least one of"),
        ({"gpt_description_prompt": "x", "prompt": "y"}, 2004, "cannot be sent together"),
        ({"gpt_description_prompt": "x", "tags": "y"}, 2004, "cannot be sent together"),
        ({"prompt": "x", "continue_at": 3}, 2004, "continue_at needs continue_clip_id"),
        ({"prompt": 1}, 2002, "prompt"),
        ({"tags": ["x"]}, 2002, "tags"),
        ({"prompt": "x", "title": 1}, 2002, "title"),
        ({"prompt": "x", "make_instrumental": "yes"}, 2002, "make_instrumental"),
        ({"prompt": "x", "persona_id": 1}, 2002, "persona_id"),
        ({"prompt": "x", "retention_days": 0}, 2002, "retention_days"),
        ({"prompt": "x", "retention_days": 31}, 2002, "retention_days"),
        ({"prompt": "x", "retention_days": "7"}, 2002, "retention_days"),
        ({"prompt": "x", "retention_days": 7.5}, 2002, "retention_days"),
        ({"prompt": "x", "callback_url": "example.com"}, 2002, "callback_url"),
        ({"prompt": "x", "continue_clip_id": "clip-1", "continue_at": -1}, 2002, "continue_at"),
        ({"prompt": "x", "continue_clip_id": "clip-1", "continue_at": 1.5}, 2002, "continue_at"),
    ],
)
async def test_a_broken_rule_is_refused_with_its_reason(client: Client, body: JsonValue, code: int, says: str) -> None:
    answer = await client.api("music/generate", body)

    assert answer.refusal == (400, code)
    assert says in answer.body["message"]
    assert (await client.api("tasks")).data["total"] == 0


async def test_an_extension_needs_a_finished_clip_that_is_long_enough(client: Client) -> None:
    task_id = await client.generate()
    clip_id = client.stored(task_id).clip_ids[0]
    extension = {"tags": "pop", "continue_clip_id": clip_id, "continue_at": 4}
    assert (await client.api("music/generate", extension)).refusal == (404, 4004)
    await client.advance(10_000)

    assert (await client.api("music/generate", extension)).status == 200
    assert (await client.api("music/generate", {**extension, "continue_at": 999})).refusal == (400, 2002)

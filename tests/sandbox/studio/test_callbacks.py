"""The one POST when a task ends."""

import hashlib
import hmac
import json
from pathlib import Path

import pytest

from tests.sandbox.studio.conftest import KEY, Client, Web, studio_client

SECRET = "a secret of this account"


async def test_a_completed_task_is_posted_once_with_its_results(client: Client, neighbour: Web) -> None:
    task_id = await client.generate(tags="pop", callback_url=f"{neighbour.url}/done?x=1")
    await client.advance(9_999)
    assert neighbour.posts == []
    await client.advance(1)
    post = await neighbour.next_post()

    results = (await client.task(task_id))["results"]
    assert (post.path, json.loads(post.body)) == (
        "/done",
        {"task_id": task_id, "status": "completed", "results": results},
    )
    await client.advance(100_000)
    await client.control(f"tasks/{task_id}/finish")
    assert len(neighbour.posts) == 1


async def test_a_failed_task_is_posted_with_its_error(client: Client, neighbour: Web) -> None:
    await client.control("outcomes", {"outcome": "failed", "error": "no luck"})
    task_id = await client.submit("lyrics/generate", prompt="rain", callback_url=neighbour.url)
    await client.control(f"tasks/{task_id}/finish")

    post = await neighbour.next_post()
    assert json.loads(post.body) == {"task_id": task_id, "status": "failed", "error": "no luck"}


async def test_the_signature_is_the_hex_hmac_of_the_raw_body(client: Client, neighbour: Web) -> None:
    await client.control("keys", {"key": KEY, "signing_secret": SECRET})
    task_id = await client.generate(prompt="一起唱到天明", callback_url=neighbour.url)
    await client.control(f"tasks/{task_id}/finish")

    post = await neighbour.next_post()
    assert "一起唱到天明".encode() in post.body
    assert post.signature == hmac.new(SECRET.encode(), post.body, hashlib.sha256).hexdigest()


async def test_a_key_without_a_secret_has_unsigned_callbacks(client: Client, neighbour: Web) -> None:
    await client.control("keys", {"key": "sk-mm-other", "signing_secret": SECRET})
    await client.control("keys", {"key": KEY, "signing_secret": SECRET})
    await client.control("keys", {"key": KEY, "signing_secret": None})
    task_id = await client.generate(tags="pop", callback_url=neighbour.url)
    await client.control(f"tasks/{task_id}/finish")

    assert (await neighbour.next_post()).signature is None


async def test_the_secret_stays_when_the_key_is_disabled_and_back(client: Client, neighbour: Web) -> None:
    await client.control("keys", {"key": KEY, "signing_secret": SECRET})
    for status in ("disabled", "active"):
        await client.control("keys", {"key": KEY, "status": status})
    task_id = await client.generate(tags="pop", callback_url=neighbour.url)
    await client.control(f"tasks/{task_id}/finish")

    assert (await neighbour.next_post()).signature


@pytest.mark.parametrize("status", [500, 302])
async def test_a_callback_that_is_refused_is_not_repeated(client: Client, neighbour: Web, status: int) -> None:
    neighbour.status = status
    first, second = [await client.generate(tags="pop", callback_url=neighbour.url) for _ in range(2)]
    await client.control(f"tasks/{first}/finish")
    await neighbour.next_post()
    await client.advance(3_000)
    await client.control(f"tasks/{second}/finish")
    await neighbour.next_post()

    assert [json.loads(post.body)["task_id"] for post in neighbour.posts] == [first, second]


async def test_a_callback_that_meets_nobody_stops_none_behind_it(client: Client, neighbour: Web) -> None:
    lost = await client.generate(tags="pop", callback_url="http://127.0.0.1:1/")
    heard = await client.generate(tags="pop", callback_url=neighbour.url)
    for task_id in (lost, heard):
        await client.control(f"tasks/{task_id}/finish")

    assert json.loads((await neighbour.next_post()).body)["task_id"] == heard
    assert (await client.task(lost))["status"] == "completed"


async def test_a_task_that_ends_while_the_studio_is_down_is_posted_by_the_next(folder: Path, neighbour: Web) -> None:
    async with studio_client(folder) as client:
        called = await client.generate(tags="pop", callback_url=neighbour.url)
        await client.control(f"tasks/{called}/finish")
        await neighbour.next_post()
        waiting = await client.generate(tags="pop", callback_url=neighbour.url)
    async with studio_client(folder) as client:
        await client.advance(10_000)
        await neighbour.next_post()

    assert [json.loads(post.body)["task_id"] for post in neighbour.posts] == [called, waiting]

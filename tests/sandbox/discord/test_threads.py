"""Threads and forum posts over REST, and what a locked or archived one refuses."""

from typing import Any

import pytest

from tests.sandbox.discord.conftest import Place


async def thread_of(place: Place) -> dict[str, Any]:
    _, card = await place.send("card", "songs")
    path = f"/channels/{card['channel_id']}/messages/{card['id']}/threads"
    status, thread = await place.bot("POST", path, json={"name": "Rain", "auto_archive_duration": 1440})
    assert status == 201
    return dict(thread)


async def test_a_thread_has_the_id_of_its_message_and_starts_once(place: Place) -> None:
    thread = await thread_of(place)
    parent = place.channel("songs")
    _, card = await place.bot("GET", f"/channels/{parent}/messages/{thread['id']}")
    assert card["thread"]["name"] == "Rain"
    assert card["flags"] & 32
    assert thread["parent_id"] == parent
    assert thread["thread_metadata"]["auto_archive_duration"] == 1440
    status, error = await place.bot("POST", f"/channels/{parent}/messages/{card['id']}/threads", json={"name": "x"})
    assert (status, error["code"]) == (400, 160004)


async def test_a_thread_survives_its_message(place: Place) -> None:
    thread = await thread_of(place)
    await place.bot("DELETE", f"/channels/{thread['parent_id']}/messages/{thread['id']}")
    status, message = await place.send("take", thread["id"])
    assert status == 200
    assert message["channel_id"] == thread["id"]


async def test_a_thread_counts_neither_its_first_message_nor_deleted_ones(place: Place) -> None:
    thread = await thread_of(place)
    _, gone = await place.send("take", thread["id"])
    await place.send("take", thread["id"])
    await place.bot("DELETE", f"/channels/{thread['id']}/messages/{gone['id']}")
    _, thread = await place.bot("GET", f"/channels/{thread['id']}")
    assert (thread["message_count"], thread["total_message_sent"]) == (1, 2)


async def test_sending_opens_an_archived_thread_but_not_a_locked_one(place: Place) -> None:
    thread = await thread_of(place)
    _, take = await place.send("take", thread["id"])
    path = f"/channels/{thread['id']}"
    await place.call("PATCH", path, json={"archived": True})
    status, error = await place.bot("PATCH", f"{path}/messages/{take['id']}", json={"content": "x"})
    assert (status, error["code"]) == (400, 50083)
    assert (await place.send("again", thread["id"]))[0] == 200
    assert (await place.bot("GET", path))[1]["thread_metadata"]["archived"] is False
    await place.call("PATCH", path, json={"locked": True})
    status, error = await place.send("again", thread["id"])
    assert (status, error["code"]) == (400, 160005)


async def test_an_archived_thread_must_be_opened_to_be_renamed(place: Place) -> None:
    thread = await thread_of(place)
    path = f"/channels/{thread['id']}"
    assert (await place.bot("PATCH", path, json={"name": "Snow", "archived": True}))[1]["name"] == "Snow"
    assert (await place.bot("PATCH", path, json={"name": "Hail"}))[1]["code"] == 50083
    assert (await place.bot("PATCH", path, json={"name": "Hail", "archived": False}))[1]["name"] == "Hail"
    assert (await place.bot("PATCH", path, json={"locked": True}))[1]["code"] == 50013


async def test_a_thread_needs_its_permissions(place: Place) -> None:
    thread = await thread_of(place)
    body = {"channel": place.channel("songs"), "member": "bot", "allow": [], "deny": ["SEND_MESSAGES_IN_THREADS"]}
    await place.call("PUT", "/permissions", json=body)
    assert (await place.send("take", thread["id"]))[1]["code"] == 50013
    assert (await place.send("in the parent", "songs"))[0] == 200
    await place.call("PUT", "/permissions", json=body | {"deny": ["CREATE_PUBLIC_THREADS"]})
    _, card = await place.send("card", "songs")
    path = f"/channels/{card['channel_id']}/messages/{card['id']}/threads"
    assert (await place.bot("POST", path, json={"name": "x"}))[1]["code"] == 50013


async def test_a_thread_without_a_message_is_private_unless_said(place: Place) -> None:
    path = f"/channels/{place.channel('songs')}/threads"
    assert (await place.bot("POST", path, json={"name": "x"}))[1]["code"] == 50013
    status, thread = await place.bot("POST", path, json={"name": "x", "type": 11})
    assert (status, thread["type"]) == (201, 11)
    assert await place.bot("PUT", f"/channels/{thread['id']}/thread-members/@me") == (204, None)


@pytest.mark.parametrize("name", ["", "x" * 101])
async def test_a_threads_name_has_1_to_100_characters(place: Place, name: str) -> None:
    status, error = await place.bot("POST", f"/channels/{place.channel('songs')}/threads", json={"name": name})
    assert (status, list(error["errors"])) == (400, ["name"])


async def test_a_forum_takes_posts_only(place: Place) -> None:
    forum = place.channel("finished-songs")
    assert (await place.send("x", "finished-songs"))[1]["code"] == 50008
    body = {"name": "Rain", "message": {"content": "finished"}}
    status, post = await place.bot("POST", f"/channels/{forum}/threads", json=body)
    assert status == 201
    assert post["message"]["id"] == post["id"]
    _, active = await place.bot("GET", f"/guilds/{place.core.world.guild.id}/threads/active")
    assert [thread["id"] for thread in active["threads"]] == [post["id"]]


async def test_a_deleted_thread_or_channel_is_unknown(place: Place) -> None:
    thread = await thread_of(place)
    await place.call("DELETE", f"/channels/{thread['id']}")
    status, error = await place.send("x", thread["id"])
    assert (status, error["code"]) == (404, 10003)
    other = await thread_of(place)
    await place.call("DELETE", f"/channels/{place.channel('songs')}")
    assert (await place.bot("GET", f"/channels/{other['id']}"))[1]["code"] == 10003

"""What the page's side panel needs: the bot's process, the studio, boosts, forum tags, pins, gateway frames."""

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox.discord.model.clock import Clock
from sandbox.discord.wire import open_discord
from sandbox.discord.wire.surroundings import Status
from tests.sandbox.discord.conftest import Place


class Keeper:
    def __init__(self) -> None:
        self.did: list[str] = []
        self.state: Status = "running"

    async def restart(self) -> None:
        self.did.append("restart")
        self.state = "running"

    async def kill(self) -> None:
        self.did.append("kill")
        self.state = "stopped"

    async def status(self) -> Status:
        return self.state


async def settings(request: web.Request) -> web.Response:
    given = await request.json() if request.method == "PATCH" else {}
    if given == {"canned": 5}:
        return web.json_response({"error": "canned: Input should be a valid boolean."}, status=400)
    return web.json_response({"path": request.path} | given)


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[tuple[Place, Keeper]]:
    app = web.Application()
    app.router.add_route("*", "/sandbox/v1/settings", settings)
    keeper = Keeper()
    async with (
        TestServer(app) as studio,
        open_discord(
            tmp_path,
            clock=Clock(),
            rng=random.Random(1),
            keeper=keeper,
            studio_url=str(studio.make_url("")).rstrip("/"),
        ) as local,
        aiohttp.ClientSession() as session,
    ):
        yield Place(local, session), keeper


async def test_the_bots_process_is_killed_and_started_through_its_keeper(kept: tuple[Place, Keeper]) -> None:
    place, keeper = kept
    refused = await place.call("POST", "/bot", json={"action": "start"}, status=409)
    assert refused == {"error": "The bot is running already."}
    assert await place.call("POST", "/bot", json={"action": "kill"}) == {"status": "stopped"}
    assert (await place.call("GET", "/world"))["bot_process"] == "stopped"
    assert await place.call("POST", "/bot", json={"action": "start"}) == {"status": "running"}
    assert await place.call("POST", "/bot", json={"action": "restart"}) == {"status": "running"}
    assert keeper.did == ["kill", "restart", "restart"]


async def test_the_studios_settings_are_passed_on_and_nothing_else(kept: tuple[Place, Keeper]) -> None:
    place, _ = kept
    assert await place.call("GET", "/studio/settings") == {"path": "/sandbox/v1/settings"}
    changed = await place.call("PATCH", "/studio/settings", json={"canned": True})
    assert changed == {"path": "/sandbox/v1/settings", "canned": True}
    refused = await place.call("PATCH", "/studio/settings", json={"canned": 5}, status=400)
    assert refused == {"error": "canned: Input should be a valid boolean."}
    async with place.session.get(f"{place.local.url}/sandbox/v1/studio/ledger") as response:
        assert response.status == 404
    await place.call("PATCH", "/studio/settings", data="{}", headers={"Content-Type": "text/plain"}, status=415)


async def test_without_a_keeper_or_a_studio_a_sentence_says_so(place: Place) -> None:
    refused = await place.call("POST", "/bot", json={"action": "kill"}, status=501)
    assert refused["error"].startswith("Nobody here keeps the bot's process")
    refused = await place.call("GET", "/studio/settings", status=501)
    assert refused["error"].startswith("There is no local studio")


async def test_the_ledger_keeps_the_gateways_frames_without_the_token(place: Place) -> None:
    async with place.session.ws_connect(place.local.gateway_url) as socket:
        await socket.send_json({"op": 2, "d": {"token": "secret", "intents": 0}})
        assert [(await socket.receive_json(timeout=5))["op"] for _ in range(2)] == [10, 0]
        await place.send()
        ledger = await place.call("GET", "/ledger")
        newest = await place.call("GET", "/ledger", params={"limit": 1})
    frames = [(frame["direction"], frame["op"], frame["t"]) for frame in ledger["gateway"]]
    assert frames == [("sent", 10, None), ("received", 2, None), ("sent", 0, "READY")]
    assert "secret" not in str(ledger)
    assert [frame["t"] for frame in newest["gateway"]] == ["READY"]
    assert len(newest["requests"]) == 1


async def test_a_boosted_server_takes_larger_files_and_tells_so(place: Place) -> None:
    await place.set(upload_limit=100, boost_tier=2)
    guild = (await place.bot("GET", f"/guilds/{place.core.world.guild.id}"))[1]
    assert guild["premium_tier"] == 2
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("files[0]", b"x" * 101, filename="a.mp3")
    status, sent = await place.bot("POST", f"/channels/{place.channel('general')}/messages", data=form)
    assert (status, sent["attachments"][0]["size"]) == (200, 101)


async def test_a_forum_may_want_a_tag_it_knows(place: Place) -> None:
    forum = place.channel("finished-songs")
    drawn = await place.call("PATCH", f"/channels/{forum}", json={"tags": ["Folk", "Jazz"], "require_tag": True})
    [folk, jazz] = drawn["available_tags"]
    assert (folk["name"], drawn["flags"]) == ("Folk", 1 << 4)
    body: dict[str, Any] = {"name": "Rain", "message": {"content": "finished"}}
    path = f"/channels/{forum}/threads"
    assert (await place.bot("POST", path, json=body))[1]["code"] == 40067
    assert (await place.bot("POST", path, json=body | {"applied_tags": ["1"]}))[1]["code"] == 10087
    status, post = await place.bot("POST", path, json=body | {"applied_tags": [folk["id"]]})
    assert (status, post["applied_tags"]) == (201, [folk["id"]])
    _, changed = await place.bot("PATCH", f"/channels/{post['id']}", json={"applied_tags": [jazz["id"]]})
    assert changed["applied_tags"] == [jazz["id"]]
    status, _ = await place.bot("PATCH", f"/channels/{post['id']}", json={"applied_tags": ["1"]})
    assert status == 404
    await place.call("PATCH", f"/channels/{place.channel('general')}", json={"tags": []}, status=400)


async def test_pins_are_listed_last_first(place: Place) -> None:
    await place.deny(allow=["PIN_MESSAGES"])
    sent = [(await place.send(text))[1]["id"] for text in ("one", "two")]
    for message in sent:
        await place.advance(1)
        await place.bot("PUT", f"/channels/{place.channel('general')}/messages/pins/{message}")
    pins = await place.person("ben").get(f"/channels/{place.channel('general')}/pins")
    assert [(message["id"], message["pinned"]) for message in pins["messages"]] == [(sent[1], True), (sent[0], True)]

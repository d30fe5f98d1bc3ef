"""The sandbox around Discord: events for pages, faults, the recording, restarts, the process."""

import asyncio
import json
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.discord.model.clock import Clock
from sandbox.discord.wire import open_discord
from tests.sandbox.discord.conftest import Person, Place


async def events(person: Person, count: int, connected: asyncio.Event) -> list[tuple[str, Any]]:
    """The next events of a member's stream, from when it is `connected`."""
    url = f"{person.place.local.url}/sandbox/v1/events"
    heard: list[tuple[str, Any]] = []
    async with person.place.session.get(url, params={"as": person.id}) as stream:
        assert stream.content_type == "text/event-stream"
        while len(heard) < count:
            line = (await asyncio.wait_for(stream.content.readline(), 20)).decode().strip()
            if line == ": connected":
                connected.set()
            if line.startswith("event: "):
                data = (await stream.content.readline()).decode().removeprefix("data: ")
                heard.append((line.removeprefix("event: "), json.loads(data)))
    return heard


@asynccontextmanager
async def listening(person: Person, count: int) -> Any:
    connected = asyncio.Event()
    task = asyncio.create_task(events(person, count, connected))
    await asyncio.wait_for(connected.wait(), 20)
    yield task


async def test_a_page_hears_what_its_member_may_see(place: Place) -> None:
    ben, gus = place.person("ben"), place.person("gus")
    general, songs = place.channel("general"), place.channel("songs")
    await place.call("PUT", "/permissions", json={"channel": songs, "member": gus.id, "deny": ["VIEW_CHANNEL"]})
    async with listening(ben, 3) as for_ben, listening(gus, 1) as for_gus:
        await place.send("hidden", "songs")
        _, message = await place.send("seen", "general")
        await place.call("DELETE", f"/channels/{general}/messages/{message['id']}")
        assert [(name, data.get("content")) for name, data in await for_ben] == [
            ("MESSAGE_CREATE", "hidden"),
            ("MESSAGE_CREATE", "seen"),
            ("MESSAGE_DELETE", None),
        ]
        assert [(name, data["content"], data["visible_to"]) for name, data in await for_gus] == [
            ("MESSAGE_CREATE", "seen", None)
        ]


async def test_the_world_is_what_the_member_sees(place: Place) -> None:
    world = await place.person("ada").get("/world")
    assert (world["me"]["username"], world["me"]["admin"]) == ("ada", True)
    assert [m["username"] for m in world["members"]] == ["Minstrel", "ada", "ben", "chiyo", "gus"]
    assert [c["name"] for c in world["channels"] if c["type"] != 1] == [
        "songs",
        "songwriting",
        "general",
        "finished-songs",
    ]
    assert len([c for c in world["channels"] if c["type"] == 1]) == 1
    assert (world["settings"]["upload_limit"], world["settings"]["guild_locale"]) == (10485760, "en-US")
    assert world["bot_process"] is None


async def test_a_page_hears_that_the_clock_was_put_forward(place: Place) -> None:
    async with listening(place.person("gus"), 1) as told:
        before = place.core.clock.now_ms()
        await place.advance(3_600_000)
        [(name, data)] = await told
    assert (name, list(data)) == ("CLOCK_UPDATE", ["now_ms"])
    assert data["now_ms"] >= before + 3_600_000


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "sentence"),
    [
        ("GET", "/world?as=1", None, 404, "Nobody here has the id 1; say who you are with ?as=."),
        ("POST", "/time", {"advance_ms": -1}, 400, "advance_ms: Input should be greater than or equal to 0."),
        ("PUT", "/permissions", {"member": "bot", "deny": ["FLY"]}, 400, "There is no permission FLY."),
        ("DELETE", "/channels/5", None, 404, "Unknown Channel."),
    ],
)
async def test_a_refusal_is_a_sentence(
    place: Place, method: str, path: str, body: Any, status: int, sentence: str
) -> None:
    assert await place.call(method, path, json=body, status=status) == {"error": sentence}


async def test_a_foreign_page_cannot_post_here(place: Place) -> None:
    await place.call("POST", "/time", data='{"advance_ms": 1}', headers={"Content-Type": "text/plain"}, status=415)


async def test_a_scripted_fault_answers_once(place: Place) -> None:
    fault = {"method": "POST", "path": "/messages$", "status": 429, "retry_after": 0.5}
    await place.call("POST", "/faults", json=fault)
    assert (await place.send())[1] == {"message": "You are being rate limited.", "retry_after": 0.5, "global": False}
    assert (await place.send())[0] == 200


async def test_faults_that_still_wait_can_be_dropped(place: Place) -> None:
    fault = {"method": "POST", "path": "/messages$", "status": 500, "times": 3}
    await place.call("POST", "/faults", json=fault)
    assert (await place.send())[0] == 500
    await place.call("DELETE", "/faults")
    assert (await place.send())[0] == 200


@pytest.mark.parametrize(("when", "arrived"), [("before", 0), ("after", 1)])
async def test_a_reset_breaks_the_connection_before_or_after_the_effect(place: Place, when: str, arrived: int) -> None:
    await place.call("POST", "/faults", json={"method": "POST", "path": "/messages$", "reset": when})
    with pytest.raises((aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)):
        await place.send()
    assert len(await place.person("ben").read()) == arrived
    _, message = await place.send()
    assert message["content"] == "hello"


async def test_what_the_bot_did_is_recorded(place: Place, tmp_path: Path) -> None:
    await place.send("hello")
    await place.bot("GET", "/users/@me", token="invalid-token")
    lines = [json.loads(line) for line in (tmp_path / "record.jsonl").read_text().splitlines()]
    path = f"/channels/{place.channel('general')}/messages"
    assert lines[0] == {"method": "POST", "path": path, "json": {"content": "hello"}, "files": []}
    ledger = (await place.call("GET", "/ledger"))["requests"]
    assert [(entry["method"], entry["status"]) for entry in ledger] == [("POST", 200), ("GET", 401)]


async def test_the_world_survives_a_restart(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session:
        async with open_discord(tmp_path, clock=Clock(), rng=random.Random(1)) as local:
            place = Place(local, session)
            form = aiohttp.FormData(quote_fields=False)
            form.add_field("files[0]", b"ID3", filename="v1a.mp3")
            path = f"/channels/{place.channel('general')}/messages"
            _, sent = await place.bot("POST", path, data=form)
            await place.advance(3_600_000)
            _, before = await place.bot("GET", path)
        async with open_discord(tmp_path, clock=Clock(), rng=random.Random(2)) as local:
            place = Place(local, session)
            _, after = await place.bot("GET", path)
            assert [m["id"] for m in after] == [m["id"] for m in before] == [sent["id"]]
            async with session.get(after[0]["attachments"][0]["url"]) as response:
                assert await response.read() == b"ID3"
            assert int((await place.send())[1]["id"]) >> 22 > (int(sent["id"]) >> 22) + 3_599_000


async def test_the_page_comes_with_a_strict_policy(place: Place) -> None:
    for path in ("/static/..%2fapi.py", "/static/none.js"):
        async with place.session.get(place.local.url + path) as response:
            assert response.status == 404
    async with place.session.get(place.local.url + "/") as response:
        assert response.status in (200, 404)
        if response.status == 200:
            assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")


@asynccontextmanager
async def running(data: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox.discord", "--port", "0", "--data", str(data)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        assert line.startswith("Discord listening on http://127.0.0.1:")
        yield process, line.split()[-1]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_the_process_ends_cleanly_with_a_page_and_a_bot_connected(tmp_path: Path) -> None:
    async with (
        running(tmp_path) as (process, url),
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{url}/gateway") as socket,
    ):
        await socket.receive_json(timeout=5)
        async with session.get(f"{url}/sandbox/v1/world") as response:
            member = (await response.json())["me"]["id"]
        async with session.get(f"{url}/sandbox/v1/events", params={"as": member}) as stream:
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 20) == 0
            assert b"connected" in await stream.read()


async def test_a_world_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "world.json").write_text('{"guild": 1}')
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox.discord", "--port", "0", "--data", str(tmp_path)),
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert told.decode().startswith("The local Discord cannot start: ")
    assert "holds no world this version can read" in told.decode()

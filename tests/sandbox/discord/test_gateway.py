"""The gateway's op codes, close codes and intents, over a raw WebSocket."""

import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from sandbox.discord.wire import gateway
from tests.sandbox.discord.conftest import Place

Socket = aiohttp.ClientWebSocketResponse
GUILDS, MESSAGES, CONTENT = 1 << 0, 1 << 9, 1 << 15


@asynccontextmanager
async def connected(place: Place) -> AsyncIterator[Socket]:
    async with place.session.ws_connect(place.local.gateway_url) as socket:
        hello = await socket.receive_json(timeout=5)
        assert hello["op"] == 10
        assert hello["d"]["heartbeat_interval"] > 0
        yield socket


async def identify(socket: Socket, intents: int, token: str = "token") -> dict[str, Any]:
    await socket.send_json({"op": 2, "d": {"token": token, "intents": intents, "properties": {}}})
    ready: dict[str, Any] = await socket.receive_json(timeout=5)
    assert ready["t"] == "READY"
    return dict(ready["d"])


async def test_a_heartbeat_is_acknowledged(place: Place) -> None:
    async with connected(place) as socket:
        await socket.send_json({"op": 1, "d": None})
        assert (await socket.receive_json(timeout=5))["op"] == 11


async def test_a_heartbeat_is_acknowledged_only_after_a_while(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "ACK_AFTER_S", 0.3)
    async with connected(place) as socket:
        await socket.send_json({"op": 1, "d": None})
        await identify(socket, 0)
        assert (await socket.receive_json(timeout=5))["op"] == 11


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ('{"op": 2, "d": {"token": "invalid-token", "intents": 1}}', 4004),
        ('{"op": 2, "d": {"token": "token", "intents": -1}}', 4013),
        ('{"op": 99}', 4001),
        ('{"op": 2, "d": {"token": "token", "intents": 1, "shard": [2, 2]}}', 4010),
        ("not json", 4002),
        ('"x"', 4002),
        ('{"op": 3, "d": {}}', 4003),
        ("[" * 5000, 4002),
    ],
)
async def test_a_broken_frame_ends_the_connection_with_its_code(place: Place, sent: str, code: int) -> None:
    async with connected(place) as socket:
        await socket.send_str(sent)
        message = await socket.receive(timeout=5)
        assert message.type is aiohttp.WSMsgType.CLOSE
        assert message.data == code


async def test_a_second_identify_ends_the_connection(place: Place) -> None:
    async with connected(place) as socket:
        await identify(socket, 0)
        await socket.send_json({"op": 2, "d": {"token": "token", "intents": 0}})
        assert (await socket.receive(timeout=5)).data == 4005


async def test_events_come_only_with_their_intents(place: Place) -> None:
    await place.set(privileged_intents=["message_content"])
    async with connected(place) as without, connected(place) as guilds, connected(place) as content:
        await identify(without, 0)
        await identify(guilds, GUILDS | MESSAGES)
        await identify(content, GUILDS | MESSAGES | CONTENT)
        for socket in (guilds, content):
            assert (await socket.receive_json(timeout=5))["t"] == "GUILD_CREATE"
        written = await place.person("ben").post(f"/channels/{place.channel('general')}/messages", content="la")
        _, card = await place.send("card")
        hidden, seen = await guilds.receive_json(timeout=5), await content.receive_json(timeout=5)
        own = await guilds.receive_json(timeout=5)
        assert (hidden["d"]["id"], hidden["d"]["content"]) == (written["id"], "")
        assert (seen["d"]["content"], seen["s"]) == ("la", 3)
        assert (own["d"]["id"], own["d"]["content"]) == (card["id"], "card")
        await without.send_json({"op": 1, "d": None})
        assert (await without.receive_json(timeout=5))["op"] == 11


async def test_a_resume_replays_what_was_missed_and_a_clean_close_ends_the_session(place: Place) -> None:
    async with connected(place) as socket:
        session = (await identify(socket, GUILDS | MESSAGES))["session_id"]
        await socket.close(code=4000)
    _, message = await place.send()
    resume = {"op": 6, "d": {"token": "token", "session_id": session, "seq": 2}}
    async with connected(place) as socket:
        await socket.send_json(resume)
        frames = [await socket.receive_json(timeout=5) for _ in range(2)]
        assert [frame["t"] for frame in frames] == ["MESSAGE_CREATE", "RESUMED"]
        assert (frames[0]["s"], frames[0]["d"]["id"]) == (3, message["id"])
        await socket.close(code=1000)
    async with connected(place) as socket:
        await socket.send_json(resume)
        assert await socket.receive_json(timeout=5) == {"s": None, "t": None, "op": 9, "d": False}


async def test_a_session_cannot_be_resumed_after_five_minutes(place: Place) -> None:
    async with connected(place) as socket:
        session = (await identify(socket, GUILDS))["session_id"]
        await socket.close(code=4000)
    await place.advance(5 * 60_000)
    async with connected(place) as socket:
        await socket.send_json({"op": 6, "d": {"token": "token", "session_id": session, "seq": 1}})
        assert (await socket.receive_json(timeout=5))["op"] == 9


@pytest.mark.parametrize(("action", "resumable"), [("invalid_session", False), ("resumable_session", True)])
async def test_a_session_can_be_declared_invalid(place: Place, action: str, resumable: bool) -> None:
    async with connected(place) as socket:
        await identify(socket, 0)
        await place.call("POST", "/gateway", json={"action": action})
        frame = await socket.receive_json(timeout=5)
        assert (frame["op"], frame["d"]) == (9, resumable)


async def test_a_channel_the_bot_cannot_see_stays_hidden(place: Place) -> None:
    general = place.channel("general")
    await place.call(
        "PUT", "/permissions", json={"channel": general, "member": "bot", "allow": [], "deny": ["VIEW_CHANNEL"]}
    )
    async with connected(place) as socket:
        await identify(socket, GUILDS | MESSAGES)
        created = await socket.receive_json(timeout=5)
        names = [channel["name"] for channel in created["d"]["channels"]]
        assert names == ["songs", "songwriting", "___hidden___", "finished-songs"]
        assert created["d"]["channels"][2]["flags"] == 1 << 17
        await place.person("ben").post(f"/channels/{general}/messages", content="secret")
        await socket.send_json({"op": 1, "d": None})
        assert (await socket.receive_json(timeout=5))["op"] == 11
    status, channels = await place.bot("GET", f"/guilds/{place.core.world.guild.id}/channels")
    assert status == 200
    assert [channel["name"] for channel in channels] == ["songs", "songwriting", "finished-songs"]
    status, error = await place.send(channel="general")
    assert (status, error["code"]) == (403, 50001)


async def test_each_shard_hears_its_own_guilds_alone(place: Place) -> None:
    home = (int(place.core.world.guild.id) >> 22) % 2
    async with connected(place) as here, connected(place) as there:
        for socket, shard in ((here, home), (there, 1 - home)):
            data = {"token": "token", "intents": GUILDS | MESSAGES, "shard": [shard, 2]}
            await socket.send_json({"op": 2, "d": data})
        ready, empty = await here.receive_json(timeout=5), await there.receive_json(timeout=5)
        assert (len(ready["d"]["guilds"]), len(empty["d"]["guilds"])) == (1, 0)
        assert (await here.receive_json(timeout=5))["t"] == "GUILD_CREATE"
        await place.send()
        assert (await here.receive_json(timeout=5))["t"] == "MESSAGE_CREATE"
        await there.send_json({"op": 1, "d": None})
        assert (await there.receive_json(timeout=5))["op"] == 11


async def test_a_bot_that_stays_silent_is_cut_off(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "HEARTBEAT_MS", 20)
    async with connected(place) as socket:
        assert (await socket.receive(timeout=5)).data == 4009


async def test_a_compressed_connection_is_one_stream_of_whole_frames(place: Place) -> None:
    inflate = zlib.decompressobj()
    async with place.session.ws_connect(f"{place.local.gateway_url}?compress=zlib-stream") as socket:

        async def receive() -> dict[str, Any]:
            piece = await socket.receive_bytes(timeout=5)
            assert piece.endswith(b"\x00\x00\xff\xff")
            return dict(json.loads(inflate.decompress(piece)))

        assert (await receive())["op"] == 10
        await socket.send_json({"op": 2, "d": {"token": "token", "intents": GUILDS}})
        assert [(await receive())["t"] for _ in range(2)] == ["READY", "GUILD_CREATE"]


async def test_shards_identify_one_after_another(strict: Place) -> None:
    data = {"token": "token", "intents": 0}
    async with connected(strict) as one, connected(strict) as two:
        await identify(one, 0)
        await two.send_json({"op": 2, "d": data | {"shard": [1, 2]}})
        refused = await two.receive_json(timeout=5)
        assert (refused["op"], refused["d"]) == (9, False)
        await strict.advance(5000)
        await identify(two, 0)
    await strict.set(max_concurrency=2)
    async with connected(strict) as one, connected(strict) as two:
        for number, socket in enumerate((one, two)):
            await strict.advance(5000 * (1 - number))
            await socket.send_json({"op": 2, "d": data | {"shard": [number, 2]}})
            assert (await socket.receive_json(timeout=5))["t"] == "READY"


async def test_a_days_session_starts_run_out_and_come_back(place: Place) -> None:
    await place.set(session_starts=2)
    for left in (2, 1):
        limit = (await place.bot("GET", "/gateway/bot"))[1]["session_start_limit"]
        assert (limit["total"], limit["remaining"], limit["max_concurrency"]) == (2, left, 1)
        async with connected(place) as socket:
            await identify(socket, 0)
    limit = (await place.bot("GET", "/gateway/bot"))[1]["session_start_limit"]
    assert limit["remaining"] == 0
    async with connected(place) as socket:
        await socket.send_json({"op": 2, "d": {"token": "token", "intents": 0}})
        assert (await socket.receive_json(timeout=5))["op"] == 9
        await place.advance(limit["reset_after"])
        await identify(socket, 0)


@pytest.mark.parametrize(
    ("name", "bit", "flag"), [("members", 1, 15), ("presences", 8, 13), ("message_content", 15, 19)]
)
async def test_a_privileged_intent_must_be_enabled(place: Place, name: str, bit: int, flag: int) -> None:
    async with connected(place) as socket:
        await socket.send_json({"op": 2, "d": {"token": "token", "intents": GUILDS | 1 << bit}})
        assert (await socket.receive(timeout=5)).data == 4014
    await place.set(privileged_intents=[name])
    async with connected(place) as socket:
        ready = await identify(socket, GUILDS | 1 << bit)
        assert ready["application"]["flags"] == 1 << flag
        created = (await socket.receive_json(timeout=5))["d"]
        assert len(created["members"]) == (5 if name == "members" else 1)


async def test_a_client_that_sends_but_does_not_beat_is_cut_off(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "HEARTBEAT_MS", 100)
    async with connected(place) as socket:
        await identify(socket, 0)
        while not socket.closed:
            await socket.send_json({"op": 3, "d": {}})
            try:
                assert (await socket.receive(timeout=0.02)).data == 4009
            except TimeoutError:
                continue


async def test_a_client_that_sends_too_much_is_cut_off(place: Place) -> None:
    async with connected(place) as socket:
        for _ in range(121):
            await socket.send_json({"op": 1, "d": None})
        while (frame := await socket.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            pass
        assert frame.data == 4008


async def test_a_message_that_mentions_the_bot_comes_with_its_words(place: Place) -> None:
    async with connected(place) as socket:
        await identify(socket, MESSAGES)
        path = f"/channels/{place.channel('general')}/messages"
        for content in ("la", f"<@{place.core.world.bot_id}> la"):
            await place.person("ben").post(path, content=content)
        words = [(await socket.receive_json(timeout=5))["d"]["content"] for _ in range(2)]
        assert words == ["", f"<@{place.core.world.bot_id}> la"]

"""Rate limits as Discord has them: buckets, 429s, renames, edits of old messages; and how discord.py copes."""

import asyncio
from typing import Any

import aiohttp
import discord
import pytest

from tests.sandbox.discord.conftest import Bot, Place, online, pointed

HOUR_MS = 3_600_000


def messages(place: Place, channel: str = "general") -> str:
    return f"/channels/{place.channel(channel)}/messages"


async def test_a_bucket_tells_its_state_and_answers_429_when_it_is_empty(strict: Place) -> None:
    for left in (4, 3, 2, 1, 0):
        status, _, headers = await strict.ask("POST", messages(strict), json={"content": "x"})
        assert (status, headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == (200, "5", str(left))
        assert 0 < float(headers["X-RateLimit-Reset-After"]) <= 5
    status, refusal, headers = await strict.ask("POST", messages(strict), json={"content": "x"})
    assert (status, refusal["message"], refusal["global"]) == (429, "You are being rate limited.", False)
    assert 0 < refusal["retry_after"] <= 5
    assert (headers["X-RateLimit-Remaining"], headers["X-RateLimit-Scope"]) == ("0", "user")
    assert headers["Retry-After"] == str(-int(-refusal["retry_after"] // 1))
    assert headers["Via"]
    await strict.advance(5000)
    assert (await strict.send())[0] == 200


async def test_each_channel_and_each_route_has_a_bucket_of_its_own(strict: Place) -> None:
    await strict.set(message_limit=1)
    _, sent, one = await strict.ask("POST", messages(strict), json={"content": "x"})
    status, _, other = await strict.ask("POST", messages(strict, "songs"), json={"content": "x"})
    assert (status, one["X-RateLimit-Bucket"]) == (200, other["X-RateLimit-Bucket"])
    path = f"{messages(strict)}/{sent['id']}"
    status, _, edit = await strict.ask("PATCH", path, json={"content": "y"})
    assert status == 200
    assert edit["X-RateLimit-Bucket"] != one["X-RateLimit-Bucket"]
    assert (await strict.send())[0] == 429


async def test_all_requests_together_have_a_limit_and_zero_lifts_it(strict: Place) -> None:
    await strict.set(global_limit=2)
    answers = [await strict.ask("GET", "/users/@me") for _ in range(3)]
    assert [status for status, _, _ in answers] == [200, 200, 429]
    _, refusal, headers = answers[-1]
    assert refusal["global"] is True
    assert (headers["X-RateLimit-Global"], headers["X-RateLimit-Scope"]) == ("true", "global")
    # An interaction's answer is not counted; this one is merely unknown.
    assert (await strict.bot("POST", "/interactions/1/x/callback", json={"type": 6}))[0] == 404
    await strict.set(global_limit=0, route_limit=0)
    status, _, headers = await strict.ask("GET", "/users/@me")
    assert (status, "X-RateLimit-Limit" in headers) == (200, False)


async def test_a_thread_takes_two_names_in_ten_minutes_and_no_header_warns(strict: Place) -> None:
    _, card = await strict.send("card", "songs")
    await strict.bot("POST", f"{messages(strict, 'songs')}/{card['id']}/threads", json={"name": "0"})
    path = f"/channels/{card['id']}"
    for name in ("1", "2"):
        status, _, headers = await strict.ask("PATCH", path, json={"name": name})
        assert (status, int(headers["X-RateLimit-Remaining"]) > 10) == (200, True)
    status, refusal, headers = await strict.ask("PATCH", path, json={"name": "3"})
    assert (status, headers["X-RateLimit-Scope"], int(headers["X-RateLimit-Remaining"]) > 10) == (429, "shared", True)
    assert 590 < refusal["retry_after"] <= 600
    assert (await strict.bot("PATCH", path, json={"archived": True, "name": "2"}))[0] == 200
    await strict.advance(600_000)
    assert (await strict.bot("PATCH", path, json={"name": "3", "archived": False}))[1]["name"] == "3"


async def test_edits_of_messages_older_than_an_hour_run_out(strict: Place) -> None:
    _, old = await strict.send("old")
    await strict.advance(HOUR_MS + 1000)
    path = f"{messages(strict)}/{old['id']}"
    assert [(await strict.bot("PATCH", path, json={"content": str(n)}))[0] for n in range(4)] == [200, 200, 200, 429]
    status, refusal = await strict.bot("PATCH", path, json={"content": "more"})
    assert (status, refusal["code"]) == (429, 30046)
    assert refusal["message"] == "Maximum number of edits to messages older than 1 hour reached. Try again later"
    _, young = await strict.send("young")
    await strict.advance(5000)
    assert (await strict.bot("PATCH", f"{messages(strict)}/{young['id']}", json={"content": "x"}))[0] == 200


async def test_discord_py_keeps_within_the_defaults_by_itself(strict: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place = pointed(strict, monkeypatch)
    async with online(Bot()) as bot:
        channel = bot.get_channel(int(place.channel("general")))
        assert isinstance(channel, discord.TextChannel)
        sending = [asyncio.create_task(channel.send(str(number))) for number in range(7)]
        while len(await place.person("ben").read()) < 5:
            await asyncio.sleep(0.02)
        sent = list(place.core.world.messages[str(channel.id)].values())
        assert len(sent) == 5
        await asyncio.gather(*sending)
    statuses = [entry["status"] for entry in (await place.call("GET", "/ledger"))["requests"]]
    assert 429 not in statuses
    assert len(place.core.world.messages[str(channel.id)]) == 7


async def test_discord_py_started_twice_in_five_seconds_waits_its_turn(
    strict: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = pointed(strict, monkeypatch)
    waits: list[bool] = []

    class Patient(Bot):
        async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
            waits.append(not initial)
            await place.advance(0 if initial else 5000)

    for _ in range(2):
        async with online(Patient()) as bot:
            assert bot.is_ready()
    assert waits == [False, False, True]
    frames = (await place.call("GET", "/ledger"))["gateway"]
    assert [frame["op"] for frame in frames if frame["op"] in (2, 9)] == [2, 2, 9, 2]


async def test_discord_py_raises_at_a_ban_and_at_a_rename_that_would_hang(point: Place) -> None:
    async with online(Bot(max_ratelimit_timeout=30)) as bot:
        channel = bot.get_channel(int(point.channel("songs")))
        assert isinstance(channel, discord.TextChannel)
        thread = await (await channel.send("card")).create_thread(name="0")
        for name in ("1", "2"):
            await thread.edit(name=name)
        with pytest.raises(discord.RateLimited) as limited:
            await thread.edit(name="3")
        assert limited.value.retry_after > 590
        fault = {"method": "POST", "path": "/messages$", "status": 429, "via": False}
        await point.call("POST", "/faults", json=fault)
        with pytest.raises(discord.HTTPException) as banned:
            await channel.send("x")
        assert banned.value.status == 429


async def test_a_client_that_does_not_say_who_it_is_is_blocked(strict: Place) -> None:
    url, headers = f"{strict.local.api_url}/users/@me", {"Authorization": "Bot token"}
    silent: dict[str, Any] = {"headers": headers, "skip_auto_headers": [aiohttp.hdrs.USER_AGENT]}
    async with strict.session.get(url, **silent) as response:
        assert (response.status, (await response.json())["code"]) == (403, 40333)


@pytest.mark.parametrize("scope", ["user", "global", "shared"])
async def test_a_scripted_limit_says_whose_it_is(strict: Place, scope: str) -> None:
    fault = {"method": "POST", "path": "/messages$", "status": 429, "retry_after": 2.5, "scope": scope}
    await strict.call("POST", "/faults", json=fault)
    path = f"/channels/{strict.channel('general')}/messages"
    status, answer, headers = await strict.ask("POST", path, json={"content": "x"})
    assert (status, headers["X-RateLimit-Scope"], headers["Retry-After"]) == (429, scope, "3")
    assert (answer["retry_after"], answer["global"]) == (2.5, scope == "global")

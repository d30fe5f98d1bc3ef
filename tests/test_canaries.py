"""Every secret is a canary, the log talks as much as it can, both services go wrong: nowhere is a canary found."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from bot.musicmint.callback import CallbackAddress
from tests.test_callback import free_port
from tests.town import Json, Town, open_town

TOKEN = "canary-of-discord.token-1f7a"
KEY = "sk-mm-canary-of-the-api-2b8c"
SIGNING = "canary-of-the-signature-3c9d"
OLD_SIGNING = "canary-of-the-old-signature-4dae"
CALLBACK = "canary-of-the-callback-5ebf"
SECRETS = (TOKEN, KEY, SIGNING, OLD_SIGNING, CALLBACK)
CALLBACK_PATH = re.compile(r"/musicmint/\d+\.[0-9a-f]{64}")

READ_FAULTS: tuple[Json, ...] = (
    {"status": 500, "code": 5000, "message": f"no room for {KEY}"},
    {"status": 503, "body": f"<html>Authorization: Bearer {KEY}</html>", "content_type": "text/html"},
    {"status": 200, "body": f"<html>{KEY}</html>", "content_type": "text/html"},
    {"reset": "before"},
)
"""Of a submit they would leave it unclear, and the next one waiting: the words are the same."""
API_FAULTS: tuple[Json, ...] = (
    {"reset": "after"},
    {"status": 401, "code": 1001, "message": f"unknown key {KEY}"},
    {"status": 403, "code": 1003, "message": f"the key {KEY} is disabled"},
    {"status": 429, "code": 1, "message": KEY, "retry_after": 1},
    {"status": 400, "code": 2002, "message": f"{KEY} may not ask for this"},
)
DISCORD_FAULTS: tuple[Json, ...] = (
    {"method": "POST", "path": "/channels/.*/messages", "status": 500},
    {"method": "POST", "path": "/channels/.*/messages", "reset": "after"},
    {"method": "POST", "path": "/channels/.*/messages", "status": 503, "via": False},
    {"method": "POST", "path": "/channels/.*/threads", "status": 403, "code": 50013},
    {"method": "PATCH", "path": "/channels/.*/messages/.*", "status": 500},
    {"method": "PATCH", "path": "/channels/.*/messages/.*", "reset": "before"},
    {"method": "POST", "path": "/interactions/.*/callback", "status": 500},
    {"method": "POST", "path": "/interactions/.*/callback", "reset": "after"},
    {"method": "GET", "path": "/webhooks/.*", "status": 500},
)


async def go_wrong(town: Town, callback_url: str) -> None:
    """A song for every fault; what becomes of it is other tests' business."""
    ben = town.member("ben")
    own_address = CallbackAddress(callback_url, CALLBACK).url(1)
    quoting = {"status": 400, "code": 2002, "message": f"nobody answers at {own_address} for {KEY}"}
    for number, fault in enumerate((quoting, *API_FAULTS)):
        await town.tell_studio("POST", "faults", {"path": "music/generate", "times": 1, **fault})
        answer = await ben.run("song", lyrics=f"[Verse]\nApi {number}", title=f"Api {number}")
        await seen(town, answer, number + 1)
    for fault in READ_FAULTS:
        await town.tell_studio("POST", "faults", {"path": "task/", "times": 1, **fault})
    for path, fault in (("tasks", READ_FAULTS[1]), ("files/", API_FAULTS[0])):
        await town.tell_studio("POST", "faults", {"path": path, "times": 1, **fault})
    for number, fault in enumerate(DISCORD_FAULTS):
        await town.call("POST", "/faults", json=fault)
        await ben.run("song", lyrics=f"[Verse]\nDiscord {number}", title=f"Discord {number}")
    last = await ben.run("song", lyrics="[Verse]\nLast", title="Last")
    await town.card_says(last, "v1a")


async def seen(town: Town, answer: Json, count: int) -> None:
    """Wait until the fault has met its call."""

    async def met() -> list[Json] | None:
        calls = await town.submits()
        return calls if len(calls) >= count or not answer["message"] else None

    await town.eventually(met, lambda: "no submit")


async def interaction_tokens(town: Town) -> set[str]:
    frames = (await town.call("GET", "/ledger"))["gateway"]
    return {frame["d"]["token"] for frame in frames if frame["t"] == "INTERACTION_CREATE"}


def words(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from words(item)
        case dict():
            for item in value.values():
                yield from words(item)


def found(text: str, canaries: set[str]) -> set[str]:
    return {canary for canary in canaries if canary in text} | set(CALLBACK_PATH.findall(text))


def canary_settings(port: int) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": TOKEN,
        "MUSICMINT_API_KEY": KEY,
        "MUSICMINT_SIGNING_SECRET": SIGNING,
        "MUSICMINT_SIGNING_SECRET_OLD": OLD_SIGNING,
        "CALLBACK_SECRET": CALLBACK,
        "CALLBACK_URL": f"http://127.0.0.1:{port}",
        "WEB_PORT": str(port),
        "LOG_LEVEL": "debug",
    }


async def test_no_secret_is_in_the_log_the_database_or_a_message(tmp_path: Path) -> None:
    settings = canary_settings(free_port())
    async with open_town(tmp_path, canned=True, generation_ms=200, **settings) as town:
        await town.tell_studio("POST", "keys", {"key": KEY, "signing_secret": SIGNING})
        await go_wrong(town, settings["CALLBACK_URL"])
        tokens = await interaction_tokens(town)
        assert len(tokens) > len(API_FAULTS) + len(DISCORD_FAULTS)
        url = (await town.paid("music/generate"))[-1]["body"]["callback_url"]
        assert CALLBACK_PATH.search(url)  # what is looked for below was really sent
        for signature in ({}, {"X-Signature": "0" * 64}):
            async with town.session.post(url, json={"task_id": "x"}, headers=signature) as refused:
                assert refused.status == 401
        assert await town.bot.stop() == 0
        requests = (await town.call("GET", "/ledger"))["requests"]
    canaries = {*SECRETS, *tokens}
    log = "\n".join(town.bot.lines)
    for event in ("submit failed", "MusicMint does not accept the key", "callback with a wrong signature"):
        assert event in log  # the faults were met, and told
    assert found(log, canaries) == set()
    messages = [
        message.content + json.dumps(message.embeds)
        for channel in town.world.messages.values()
        for message in channel.values()
    ]
    assert len(messages) > len(API_FAULTS)
    assert found("\n".join([*messages, *words([request["json"] for request in requests])]), canaries) == set()
    assert found(town.database.read_bytes().decode("latin-1"), canaries) == set()


async def test_what_a_library_says_goes_through_the_redaction_of_the_running_program(tmp_path: Path) -> None:
    """A fault of the database's, whose text is not ours to choose, with the whole way through the code."""
    settings = canary_settings(free_port())
    async with open_town(tmp_path, canned=True, generation_ms=60_000, **settings) as town:
        await town.member("ben").run("song", lyrics="[Verse]\nla", title="Said")

        async def submitted() -> str | None:
            lines = await town.paid("music/generate")
            return str(lines[0]["body"]["callback_url"]) if lines and lines[0]["task_id"] else None

        url = await town.eventually(submitted, lambda: "nothing was submitted")
        quoted = " ".join((*SECRETS, url, "https://cdn.test/a.mp3?ex=1&hm=canary-of-an-address"))
        with closing(sqlite3.connect(town.database)) as connection, connection:
            refuse = f"SELECT RAISE(ABORT, '{quoted}')"
            connection.execute(f"CREATE TRIGGER say BEFORE UPDATE OF hinted_task_id ON submissions BEGIN {refuse}; END")
        body = json.dumps({"task_id": (await town.paid("music/generate"))[0]["task_id"]}).encode()
        signature = hmac.new(SIGNING.encode(), body, hashlib.sha256).hexdigest()
        async with town.session.post(url, data=body, headers={"X-Signature": signature}) as taken:
            assert taken.status == 202

        async def told() -> str | None:
            return next((line for line in town.bot.lines if "IntegrityError" in line), None)

        line = await town.eventually(told, lambda: "no line about it")
        assert line.count("***") >= len(SECRETS) + 2
        assert "Traceback" in "\n".join(town.bot.lines)
        assert found("\n".join(town.bot.lines), {*SECRETS, "canary-of-an-address"}) == set()

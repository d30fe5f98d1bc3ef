"""How the bot logs in, and what an operator reads where Discord does not let it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import aiohttp
import discord
import pytest
from aiohttp import web
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot import client
from bot.client import MinstrelBot
from bot.errors import Offline, SettingsError
from bot.survey import Survey
from tests.bot.cards.pictures import BOOK
from tests.bot.musicmint.api import ScriptedApi, scripted_api


@dataclass
class Closed:
    """What discord.py reads of a closed socket."""

    close_code: int


@dataclass
class Answer:
    """What discord.py reads of a response."""

    status: int
    reason: str = "Reason"


def ends_with(error: Exception) -> Callable[..., Awaitable[None]]:
    async def call(*_: object, **__: object) -> None:
        raise error

    return call


def closed(code: int) -> discord.ConnectionClosed:
    return discord.ConnectionClosed(cast(aiohttp.ClientWebSocketResponse, Closed(code)), shard_id=None)


def unwell() -> discord.HTTPException:
    return discord.DiscordServerError(cast(aiohttp.ClientResponse, Answer(503)), "no")


@pytest.fixture
def bot() -> MinstrelBot:
    return MinstrelBot(BOOK, retention_days=30)


async def test_the_bot_sees_servers_and_nobodys_messages(bot: MinstrelBot) -> None:
    assert {name for name, wanted in bot.intents if wanted} == {"guilds"}
    assert bot.allowed_mentions is not None
    assert bot.allowed_mentions.to_dict()["parse"] == []
    assert list(bot.cached_messages) == []


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (discord.LoginFailure("Improper token has been passed."), client.NOT_ACCEPTED),
        (closed(4004), "DISCORD_TOKEN: Discord's gateway does not accept it (4004)"),
        (closed(4013), "DISCORD_TOKEN: Discord knows no such intents (4013)"),
        (closed(4014), "DISCORD_TOKEN: Discord refuses the intents of this application (4014)"),
    ],
)
async def test_a_refusal_for_good_is_one_line_for_the_operator(
    bot: MinstrelBot, monkeypatch: pytest.MonkeyPatch, error: Exception, line: str
) -> None:
    monkeypatch.setattr(bot, "start", ends_with(error))
    with pytest.raises(SettingsError) as caught:
        await bot.stay_connected("token")
    assert str(caught.value) == line


async def test_any_other_close_is_not_taken_for_a_wrong_setting(
    bot: MinstrelBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot, "start", ends_with(closed(4000)))
    with pytest.raises(discord.ConnectionClosed):
        await bot.stay_connected("token")


@pytest.mark.parametrize(
    "error", [unwell(), aiohttp.ServerDisconnectedError(), ConnectionRefusedError(), TimeoutError()]
)
async def test_a_discord_out_of_reach_is_told_by_its_cause(
    bot: MinstrelBot, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(bot, "start", ends_with(error))
    with pytest.raises(Offline) as caught:
        await bot.stay_connected("token")
    assert str(caught.value) == f"Discord cannot be reached ({type(error).__name__})"


@pytest.mark.parametrize(
    ("error", "heard"), [(discord.LoginFailure("no"), SettingsError), (unwell(), Offline), (OSError(), Offline)]
)
async def test_a_token_can_be_tried_without_connecting(
    monkeypatch: pytest.MonkeyPatch, error: Exception, heard: type[Exception]
) -> None:
    monkeypatch.setattr(discord.Client, "login", ends_with(error))
    with pytest.raises(heard):
        await client.survey("token")


@pytest.fixture
def addresses() -> Iterator[None]:
    """Puts discord.py's own addresses back: they belong to the whole process."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


USER: dict[str, Any] = {"id": "1", "username": "Minstrel", "discriminator": "0", "avatar": None, "bot": True}
LOGIN: dict[str, object] = {
    "/users/@me": USER,
    "/oauth2/applications/@me": {
        "id": "2",
        "name": "Minstrel",
        "description": "",
        "icon": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "owner": USER,
        "verify_key": "",
        "flags": 0,
    },
}
LOOK: dict[str, object] = LOGIN | {
    "/gateway/bot": {"session_start_limit": {"remaining": 999}},
    "/users/@me/guilds": [],
}
"""What `survey` asks for, where the bot is in no server."""

NOT_DISCORDS = {
    "a page": (b"<html>Log in to the Wi-Fi</html>", "text/html"),
    "an empty page": (b"", "text/html"),
    "an empty object": (b"{}", "application/json"),
    "an empty list": (b"[]", "application/json"),
    "null": (b"null", "application/json"),
    "a number": (b"7", "application/json"),
    "other fields": (b'{"id": "x", "session_start_limit": []}', "application/json"),
    "cut JSON": (b'{"id": "1"', "application/json"),
    "no UTF-8": (b'{"id": "\xff"}', "application/json"),
}
no_answers = pytest.mark.parametrize(("body", "kind"), NOT_DISCORDS.values(), ids=NOT_DISCORDS)


@pytest.fixture
async def address(addresses: None) -> AsyncIterator[ScriptedApi]:
    """What stands at Discord's address."""
    async with scripted_api() as api:
        client.point_at(api.url, None)
        yield api


def answer(api: ScriptedApi, known: dict[str, object], body: bytes = b"", kind: str = "") -> None:
    """What is not `known` is answered with `body`."""

    async def say(request: web.Request) -> web.Response:
        if request.path in known:
            return web.Response(body=json.dumps(known[request.path]), headers={"Content-Type": "application/json"})
        return web.Response(body=body, headers={"Content-Type": kind})

    api.answer = say


def without(known: dict[str, object], path: str) -> dict[str, object]:
    return {each: said for each, said in known.items() if each != path}


@no_answers
@pytest.mark.parametrize("path", LOGIN)
async def test_who_answers_a_login_as_discord_does_not_is_told(
    address: ScriptedApi, bot: MinstrelBot, path: str, body: bytes, kind: str
) -> None:
    answer(address, without(LOGIN, path), body, kind)
    async with bot:
        with pytest.raises(Offline) as caught:
            await bot.stay_connected("token")
    assert str(caught.value) == "Discord cannot be reached (what answers is not Discord)"


@pytest.mark.parametrize("error", [TypeError(), KeyError("id"), ValueError(), AttributeError()])
async def test_a_fault_of_ours_after_the_login_is_not_laid_at_discord_s_door(
    address: ScriptedApi, bot: MinstrelBot, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    answer(address, LOGIN)
    monkeypatch.setattr(bot, "setup_hook", ends_with(error))
    async with bot:
        with pytest.raises(type(error)) as caught:
            await bot.stay_connected("token")
    assert caught.value is error


async def test_a_look_around_finds_an_application_without_servers(address: ScriptedApi) -> None:
    answer(address, LOOK)
    assert await client.survey("token") == Survey("Minstrel", (), 999, (), (), more=False)


@no_answers
@pytest.mark.parametrize("path", without(LOOK, "/users/@me/guilds"))
async def test_who_answers_a_look_around_as_discord_does_not_is_told(
    address: ScriptedApi, path: str, body: bytes, kind: str
) -> None:
    answer(address, without(LOOK, path), body, kind)
    with pytest.raises(Offline) as caught:
        await client.survey("token")
    assert str(caught.value) == "Discord cannot be reached (what answers is not Discord)"


@pytest.mark.parametrize("path", ["/users/@me/guilds", "/guilds/3"])
async def test_nor_is_a_list_of_servers_that_is_none_a_fault(address: ScriptedApi, path: str) -> None:
    known = LOOK | {"/users/@me/guilds": [{"id": "3", "name": "Room"}]}
    answer(address, without(known, path), *NOT_DISCORDS["a page"])
    with pytest.raises(Offline):
        await client.survey("token")


@pytest.mark.usefixtures("addresses")
def test_other_addresses_are_used_only_where_they_are_given() -> None:
    client.point_at(None, None)
    assert Route("GET", "/users/@me").url == "https://discord.com/api/v10/users/@me"

    client.point_at("http://127.0.0.1:1/api/v10", "ws://127.0.0.1:1")
    assert Route("GET", "/users/@me").url == "http://127.0.0.1:1/api/v10/users/@me"
    assert URL("ws://127.0.0.1:1") == DiscordWebSocket.DEFAULT_GATEWAY


def test_the_permissions_asked_for_are_those_the_readme_names() -> None:
    assert client.REQUIRED_PERMISSIONS.value == 309237763072
    assert sorted(name for name, needed in client.REQUIRED_PERMISSIONS if needed) == [
        "attach_files",
        "create_public_threads",
        "embed_links",
        "read_message_history",
        "read_messages",
        "send_messages",
        "send_messages_in_threads",
    ]

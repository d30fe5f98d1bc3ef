"""What discord.py raises, and what the stages hear of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

import aiohttp
import discord
import pytest
from aiohttp.client_reqrep import ConnectionKey

from bot.errors import (
    AlreadyDeleted,
    MessengerError,
    MessengerUnclear,
    NotPosted,
    PlaceGone,
    Rejected,
    TooLarge,
)
from bot.messenger import DiscordMessenger
from bot.ports import Parcel, Post
from bot.traffic import PutOff
from tests.bot.cards.pictures import BOOK, card, picture

POST = Post(nonce="N", reply_to=None)


@dataclass
class Answer:
    """What discord.py reads of a response when it makes an exception of it."""

    status: int
    reason: str = "Reason"


def refused(status: int, code: int) -> discord.HTTPException:
    """As discord.py raises it."""
    kinds: dict[int, type[discord.HTTPException]] = {403: discord.Forbidden, 404: discord.NotFound}
    kind = kinds.get(status, discord.DiscordServerError if status >= 500 else discord.HTTPException)
    return kind(cast(aiohttp.ClientResponse, Answer(status)), {"code": code, "message": "no"})


def failing(error: BaseException) -> Callable[..., Awaitable[None]]:
    """A call of discord.py that ends so."""

    async def call(*_: object, **__: object) -> None:
        raise error

    return call


NO_CONNECTION = aiohttp.ClientConnectorError(cast(ConnectionKey, None), OSError(111, "refused"))

REFUSALS = [
    (403, 50001, PlaceGone),
    (403, 50007, PlaceGone),
    (403, 50013, PlaceGone),
    (403, 160005, PlaceGone),
    (403, 160002, PlaceGone),
    (404, 10003, PlaceGone),
    (404, 10004, PlaceGone),
    (404, 10062, PlaceGone),
    (404, 0, MessengerUnclear),
    (400, 50033, PlaceGone),
    (400, 50083, PlaceGone),
    (400, 160005, PlaceGone),
    (400, 160006, PlaceGone),
    (403, 50278, PlaceGone),
    (413, 0, TooLarge),
    (413, 40005, TooLarge),
    (400, 50045, TooLarge),
    (400, 50035, Rejected),
    (400, 30046, Rejected),
    (403, 0, MessengerUnclear),
    (403, 40333, MessengerUnclear),
    (403, 20028, MessengerUnclear),
    (400, 40004, MessengerUnclear),
    (400, 130000, MessengerUnclear),
    (401, 0, MessengerUnclear),
    (429, 0, NotPosted),
    (429, 20028, NotPosted),
    (500, 0, MessengerUnclear),
    (502, 0, MessengerUnclear),
    (503, 0, MessengerUnclear),
    (503, 130000, MessengerUnclear),
    # A gateway between us and Discord may put any code into a 5xx: the status counts.
    (500, 50013, MessengerUnclear),
]


@pytest.fixture
def offline() -> DiscordMessenger:
    """On a client that never logged in: the calls themselves are replaced."""
    return DiscordMessenger(discord.Client(intents=discord.Intents(guilds=True)), BOOK)


async def send(messenger: DiscordMessenger) -> int:
    return await messenger.post(1, picture(), Parcel(None), POST)


async def edit(messenger: DiscordMessenger) -> None:
    await messenger.redraw_card(1, 2, card())


@pytest.mark.parametrize(("status", "code", "heard"), REFUSALS)
async def test_what_discord_answers_is_told_apart(
    offline: DiscordMessenger,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    code: int,
    heard: type[MessengerError],
) -> None:
    monkeypatch.setattr(discord.PartialMessageable, "send", failing(refused(status, code)))
    monkeypatch.setattr(discord.PartialMessage, "edit", failing(refused(status, code)))
    for call in (send, edit):
        with pytest.raises(MessengerError) as caught:
            await call(offline)
        assert type(caught.value) is heard


async def test_an_unknown_message_is_a_deleted_take_when_sending_and_a_lost_card_when_editing(
    offline: DiscordMessenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord.PartialMessageable, "send", failing(refused(404, 10008)))
    monkeypatch.setattr(discord.PartialMessage, "edit", failing(refused(404, 10008)))
    with pytest.raises(AlreadyDeleted):
        await send(offline)
    with pytest.raises(PlaceGone):
        await edit(offline)


@pytest.mark.parametrize(
    "error",
    [
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientOSError(104, "reset"),
        aiohttp.ClientPayloadError(),
        ConnectionResetError(104, "reset"),
        TimeoutError(),
    ],
)
async def test_a_break_may_have_been_a_message(
    offline: DiscordMessenger, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(discord.PartialMessageable, "send", failing(error))
    with pytest.raises(MessengerUnclear) as caught:
        await send(offline)
    assert caught.value.retry_after_s is None


async def test_a_long_rate_limit_says_when_to_come_back(
    offline: DiscordMessenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord.PartialMessageable, "send", failing(discord.RateLimited(90.5)))
    with pytest.raises(NotPosted) as caught:
        await send(offline)
    assert caught.value.retry_after_s == 90.5


@pytest.mark.parametrize(
    ("status", "heard"), [(None, NotPosted), (429, NotPosted), (500, MessengerUnclear), (503, MessengerUnclear)]
)
async def test_what_the_traffic_stops_says_whether_it_may_have_been_posted(
    offline: DiscordMessenger, monkeypatch: pytest.MonkeyPatch, status: int | None, heard: type[MessengerError]
) -> None:
    monkeypatch.setattr(discord.PartialMessageable, "send", failing(PutOff(status, 7.5)))
    with pytest.raises(MessengerUnclear) as caught:
        await send(offline)
    assert (type(caught.value), caught.value.retry_after_s) == (heard, 7.5)


@pytest.mark.parametrize("error", [aiohttp.ConnectionTimeoutError(), NO_CONNECTION])
async def test_where_no_connection_stood_nothing_was_posted(
    offline: DiscordMessenger, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(discord.PartialMessageable, "send", failing(error))
    with pytest.raises(NotPosted):
        await send(offline)


async def test_a_place_that_refused_a_take_is_not_asked_for_the_next_one(
    offline: DiscordMessenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord.PartialMessageable, "send", failing(refused(403, 50001)))
    with pytest.raises(PlaceGone):
        await send(offline)
    monkeypatch.undo()
    for call in (send, edit):
        with pytest.raises(PlaceGone) as caught:
            await call(offline)
        assert caught.value.arguments == {"code": 50001}


async def test_a_stop_of_the_process_is_no_answer_of_discord(
    offline: DiscordMessenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord.PartialMessageable, "send", failing(asyncio.CancelledError()))
    with pytest.raises(asyncio.CancelledError):
        await send(offline)

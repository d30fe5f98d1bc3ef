"""What the messenger posts and draws, what it may look at, and where threads grow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import discord
import pytest
from simcord import ChannelHandle, Env

from bot import filename, messenger
from bot.errors import (
    HistoryClosed,
    HistoryTooLong,
    MessengerError,
    MessengerUnclear,
    NoThreadHere,
    PlaceGone,
)
from bot.messenger import DiscordMessenger
from bot.phrasebook import Sentence
from bot.picture import TakePicture
from bot.ports import Message, Parcel, Post, TakeFile
from bot.traffic import rank_of_call
from bot.turns import Rank
from db.states import TaskState
from tests.bot.cards.pictures import BOOK, card, picture

POST = Post(nonce="N", reply_to=None)


def replace_row(take: TakePicture, row: int) -> TakePicture:
    """The same clip under another row id, so that only its file tells it."""
    return replace(take, take=replace(take.take, clip=replace(take.take.clip, id=row)))


OTHER = replace_row(picture(position=1), 78)


@dataclass
class Place:
    """A server with the bot in it."""

    env: Env
    channel: ChannelHandle
    messenger: DiscordMessenger

    async def card(self, channel: ChannelHandle | None = None) -> int:
        """A message of the bot, to grow a thread from."""
        found = self.env.bot.get_partial_messageable((channel or self.channel).id)
        return (await found.send("card")).id

    def narrow(self, **denied: bool) -> ChannelHandle:
        """A channel in which the bot lacks these permissions."""
        me = self.env.bot.user
        assert me is not None
        return self.env.guild.create_text_channel("narrow", overwrites={me: discord.PermissionOverwrite(**denied)})


@pytest.fixture
def simcord_bot() -> discord.Client:
    return discord.Client(intents=discord.Intents(guilds=True), max_messages=None)


@pytest.fixture
def place(simcord_env: Env) -> Place:
    channel = simcord_env.create_guild("Songwriters").create_text_channel("songs")
    return Place(simcord_env, channel, DiscordMessenger(simcord_env.bot, BOOK))


async def test_starting_a_thread_twice_gives_the_same_one(place: Place) -> None:
    message = await place.card()
    first = await place.messenger.start_thread(channel_id=place.channel.id, card_message_id=message, name="Night Bus")
    again = await place.messenger.start_thread(channel_id=place.channel.id, card_message_id=message, name="Night Bus")

    assert first == again == message
    assert [thread.name for thread in place.channel.threads] == ["Night Bus"]


async def test_a_thread_that_discord_says_is_there_is_the_cards(place: Place) -> None:
    place.env.inject_error("POST", "/channels/*/threads", status=400, code=160004)
    message = await place.card()
    assert message == await place.messenger.start_thread(
        channel_id=place.channel.id, card_message_id=message, name="Night Bus"
    )

    place.env.inject_error("POST", "/channels/*/threads", status=400, code=50035)
    with pytest.raises(NoThreadHere):
        await place.messenger.start_thread(channel_id=place.channel.id, card_message_id=message, name="Night Bus")


@pytest.mark.parametrize(
    "lacking", ["create_public_threads", "send_messages_in_threads", "attach_files", "embed_links"]
)
async def test_no_thread_grows_where_it_would_stay_empty(place: Place, lacking: str) -> None:
    channel = place.narrow(**{lacking: False})
    with pytest.raises(NoThreadHere):
        await place.messenger.start_thread(channel_id=channel.id, card_message_id=1, name="Night Bus")
    assert channel.threads == []


async def test_no_thread_grows_in_a_thread_or_in_private(place: Place) -> None:
    message = await place.card()
    thread = await place.messenger.start_thread(channel_id=place.channel.id, card_message_id=message, name="a")
    private = await place.messenger.direct_channel(place.env.create_user("ann").id)
    for channel_id in (thread, private, 12345):
        with pytest.raises(NoThreadHere):
            await place.messenger.start_thread(channel_id=channel_id, card_message_id=1, name="b")


@pytest.mark.parametrize("named", [True, False])
async def test_a_server_the_gateway_has_not_told_yet_is_no_place_without_threads(place: Place, named: bool) -> None:
    """A gateway that identified anew: READY names the servers, and each is told some time later."""
    message = await place.card()
    state, server = place.env.bot._connection, place.env.guild.id
    told = state._guilds.pop(server)
    if named:
        state._guilds[server] = discord.Guild._create_unavailable(state=state, guild_id=server, data=None)
    with pytest.raises(MessengerUnclear):
        await place.messenger.start_thread(channel_id=place.channel.id, card_message_id=message, name="Night Bus")

    state._guilds[server] = told
    assert message == await place.messenger.start_thread(
        channel_id=place.channel.id, card_message_id=message, name="Night Bus"
    )


async def test_a_channel_the_gateway_has_not_told_yet_grows_a_thread(place: Place) -> None:
    message = await place.card()
    place.env.bot.guilds[0]._channels.pop(place.channel.id)
    assert message == await place.messenger.start_thread(
        channel_id=place.channel.id, card_message_id=message, name="Night Bus"
    )


@pytest.mark.parametrize(
    ("status", "code", "heard"),
    [
        (403, 50001, NoThreadHere),
        (404, 10003, NoThreadHere),
        (400, 50035, NoThreadHere),
        (404, 0, MessengerUnclear),
        (401, 0, MessengerUnclear),
    ],
)
async def test_what_is_not_known_grows_no_thread_where_discord_says_so_for_certain(
    place: Place, status: int, code: int, heard: type[MessengerError]
) -> None:
    place.env.inject_error("GET", "/channels/*", status=status, code=code)
    with pytest.raises(heard):
        await place.messenger.start_thread(channel_id=12345, card_message_id=1, name="Night Bus")


async def test_a_place_that_is_closed_is_not_asked_about_for_each_take(place: Place) -> None:
    for _ in range(3):
        with pytest.raises(NoThreadHere):
            await place.messenger.start_thread(channel_id=12345, card_message_id=1, name="Night Bus")
    asked = [request for request in place.env.http_requests if request.path.endswith("/channels/12345")]
    assert len(asked) == 1


async def test_private_messages_the_gateway_has_not_told_of_are_no_place_for_a_thread_at_once(place: Place) -> None:
    private = await place.messenger.direct_channel(place.env.create_user("ann").id)
    place.env.bot._connection._private_channels.clear()
    with pytest.raises(NoThreadHere):
        await place.messenger.start_thread(channel_id=private, card_message_id=1, name="Night Bus")


async def test_a_card_that_is_gone_is_a_place_that_is_gone(place: Place) -> None:
    with pytest.raises(PlaceGone):
        await place.messenger.start_thread(channel_id=place.channel.id, card_message_id=12345, name="Night Bus")


async def test_a_private_channel_is_the_same_each_time_and_closed_members_have_none(place: Place) -> None:
    ann = place.env.create_user("ann").id
    assert await place.messenger.direct_channel(ann) == await place.messenger.direct_channel(ann)

    place.env.inject_error("POST", "/users/@me/channels", status=403, code=50007)
    with pytest.raises(PlaceGone):
        await place.messenger.direct_channel(place.env.create_user("bob").id)


async def test_a_take_is_found_by_the_end_of_its_file_name(place: Place, tmp_path: Path) -> None:
    take = picture()
    audio = tmp_path / f"night-bus-{filename.marker('v1a', take.item.id)}.mp3"
    audio.write_bytes(b"ID3")
    parcel = Parcel(TakeFile(audio=audio, cover=None, size=3, duration_s=1.0))
    posted = await place.messenger.post(place.channel.id, take, parcel, POST)
    now = int(place.env.now().timestamp() * 1000)

    assert await place.messenger.find(place.channel.id, replace_row(take, 77), now) == posted
    assert await place.messenger.find(place.channel.id, OTHER, now) is None
    assert await place.messenger.find(place.channel.id, take, now + 3_600_000) is None


async def test_a_take_that_went_without_its_file_is_found_by_its_buttons(place: Place) -> None:
    without = Parcel(None, Sentence("error-too-large"))
    posted = await place.messenger.post(place.channel.id, picture(), without, POST)
    now = int(place.env.now().timestamp() * 1000)

    assert await place.messenger.find(place.channel.id, picture(), now) == posted
    assert await place.messenger.find(place.channel.id, OTHER, now) is None


async def test_a_file_of_the_same_name_from_somebody_else_is_not_ours(place: Place) -> None:
    ann = place.env.guild.add_member(place.env.create_user("ann"))
    name = f"x-{filename.marker('v1a', picture().item.id)}.mp3"
    await ann.send(place.channel, attachments=[(name, b"ID3")])

    assert await place.messenger.find(place.channel.id, picture(), 0) is None


async def test_a_look_through_more_than_is_read_proves_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messenger, "MOST_READ", 3)
    posted = await place.messenger.post(place.channel.id, picture(), Parcel(None), POST)
    since = int(place.env.now().timestamp() * 1000)
    for _ in range(2):
        await place.card()
    assert await place.messenger.find(place.channel.id, picture(), since) == posted
    await place.card()
    with pytest.raises(HistoryTooLong):
        await place.messenger.find(place.channel.id, picture(), since)
    assert await place.messenger.find_card(place.channel.id, 1, since) is None


async def test_a_look_that_reached_the_time_it_was_to_reach_proves_something(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messenger, "MOST_READ", 3)
    for _ in range(3):
        await place.card()
    later = int(place.env.now().timestamp() * 1000) + 3_600_000
    assert await place.messenger.find(place.channel.id, picture(), later) is None


async def test_where_history_is_closed_an_empty_answer_proves_nothing(place: Place) -> None:
    channel = place.narrow(read_message_history=False)
    with pytest.raises(HistoryClosed):
        await place.messenger.find(channel.id, picture(), 0)


async def test_an_archived_thread_is_looked_up_before_its_silence_is_believed(place: Place) -> None:
    channel = place.narrow(read_message_history=False)
    thread = place.env.backend.create_thread(channel.id, "Night Bus", place.env.backend.bot_user.id)
    known = place.env.bot.get_channel(thread.id)
    assert isinstance(known, discord.Thread)
    await known.edit(archived=True)
    assert place.env.bot.get_channel(thread.id) is None
    with pytest.raises(HistoryClosed):
        await place.messenger.find(thread.id, picture(), 0)


async def test_history_in_private_can_always_be_read(place: Place) -> None:
    private = await place.messenger.direct_channel(place.env.create_user("ann").id)
    assert await place.messenger.find(private, picture(), 0) is None


async def test_a_place_has_the_name_the_gateway_told(place: Place) -> None:
    assert place.messenger.place_name(place.env.guild.id) == "Songwriters"
    assert place.messenger.place_name(12345) is None
    assert place.messenger.place_name(None) is None


async def test_a_card_is_edited_in_place(place: Place) -> None:
    message = await place.card()
    await place.messenger.redraw_card(place.channel.id, message, card())

    assert place.channel.last_message is not None
    assert place.channel.last_message.embeds[0].title == "Night Bus · v1"


async def test_a_card_that_is_posted_anew_is_told_from_the_first_one_and_from_other_cards(place: Place) -> None:
    asking = card(TaskState.ASKING)
    message = await place.card()
    await place.messenger.redraw_card(place.channel.id, message, asking)
    now = int(place.env.now().timestamp() * 1000)
    assert await place.messenger.find(place.channel.id, asking, now) is None

    posted = await place.messenger.post(place.channel.id, asking, Parcel(None), POST)
    assert await place.messenger.find(place.channel.id, card(TaskState.FAILED), now) == posted
    assert await place.messenger.find(place.channel.id, card(task={"id": 6}), now) is None
    assert await place.messenger.find(place.channel.id, asking, now + 3_600_000) is None
    anew, first = place.channel.history()[-1], place.channel.history()[-2]
    assert labels_of(anew) == labels_of(first) == ["Try again", "Leave it"]
    assert anew.embeds[0].description == first.embeds[0].description


def labels_of(message: discord.Message) -> list[str | None]:
    """What its buttons say."""
    rows = [row for row in message.components if isinstance(row, discord.ActionRow)]
    return [item.label for row in rows for item in row.children if isinstance(item, discord.Button)]


async def test_a_reply_does_not_depend_on_the_card_still_standing(place: Place) -> None:
    await place.messenger.post(place.channel.id, picture(), Parcel(None), Post("N", 12345))

    body = place.env.http_requests[-1].json
    assert isinstance(body, dict)
    assert body["message_reference"]["message_id"] == 12345
    assert body["message_reference"]["fail_if_not_exists"] is False


async def test_the_nonce_is_sent_with_the_order_to_enforce_it(place: Place) -> None:
    await place.messenger.post(place.channel.id, picture(), Parcel(None), Post("A-NONCE", None))

    body = place.env.http_requests[-1].json
    assert isinstance(body, dict)
    assert (body["nonce"], body["enforce_nonce"]) == ("A-NONCE", True)
    assert body["allowed_mentions"] == {"parse": []}


@pytest.mark.parametrize(
    ("status", "code", "answer"), [(404, 10008, None), (404, 10015, None), (401, 50027, MessengerUnclear)]
)
async def test_an_interaction_without_an_answer_has_no_message(
    place: Place, status: int, code: int, answer: type[MessengerError] | None
) -> None:
    place.env.inject_error("GET", "/webhooks/*/messages/@original", status=status, code=code)
    if answer is None:
        assert await place.messenger.answered_with("token") is None
    else:
        with pytest.raises(answer):
            await place.messenger.answered_with("token")


async def test_only_the_stages_calls_are_tried_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    ranks: list[Rank | None] = []
    real = place.env.bot.http.request

    async def request(*args: Any, **kwargs: Any) -> Any:
        ranks.append(rank_of_call())
        return await real(*args, **kwargs)

    message = await place.card()
    monkeypatch.setattr(place.env.bot.http, "request", request)
    await place.messenger.post(place.channel.id, picture(), Parcel(None), POST)
    await place.messenger.redraw_card(place.channel.id, message, card())
    await place.messenger.answered_with("token")
    assert ranks == [Rank.TAKE, Rank.CARD, None]
    assert rank_of_call() is None


@pytest.mark.parametrize(("flags", "is_card"), [({}, True), ({"flags": 0}, True), ({"flags": 64}, False)])
async def test_an_answer_that_only_its_member_sees_is_no_card(
    place: Place, monkeypatch: pytest.MonkeyPatch, flags: dict[str, int], is_card: bool
) -> None:
    """A refusal was shown; were it taken for the card, what was said to cost nothing would be submitted."""

    async def original(_route: object) -> dict[str, object]:
        return {"id": "7", "channel_id": "8", **flags}

    monkeypatch.setattr(place.env.bot.http, "request", original)
    assert await place.messenger.answered_with("token") == (Message(8, 7) if is_card else None)

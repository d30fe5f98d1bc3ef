"""The model without sockets: clock, permissions, sessions, files."""

import asyncio
import random
from pathlib import Path

import pytest

from sandbox.discord.model.bodies import MessageBody
from sandbox.discord.model.clock import Clock, iso
from sandbox.discord.model.core import created_ms
from sandbox.discord.model.entities import Message, Overwrite
from sandbox.discord.model.files import clean_name, content_type, is_signed, signed_query
from sandbox.discord.model.model import Model
from sandbox.discord.model.permissions import MEMBER, Permission, in_channel, in_guild


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return Model(tmp_path, Clock(lambda: 1_800_000_000.0), random.Random(3))


def test_a_frozen_clock_moves_only_when_advanced() -> None:
    clock = Clock(lambda: 12.5)
    clock.advance(100)
    assert clock.now_ms() == 12_600
    assert iso(12_600) == "1970-01-01T00:00:12.600000+00:00"


async def test_who_sleeps_wakes_when_the_clock_is_advanced() -> None:
    clock = Clock(lambda: 0.0)
    sleeper = asyncio.create_task(clock.sleep_until(900_000))
    await asyncio.sleep(0)
    clock.advance(899_999)
    await asyncio.sleep(0)
    assert not sleeper.done()
    clock.advance(1)
    await asyncio.wait_for(sleeper, 5)


def test_ids_rise_and_tell_their_time(model: Model) -> None:
    ids = [model.core.new_id() for _ in range(3)]
    assert ids == sorted(set(ids), key=int)
    assert created_ms(ids[0]) == 1_800_000_000_000


def test_the_bot_is_sent_what_it_sends_without_any_socket(model: Model) -> None:
    channel = next(c for c in model.core.world.channels.values() if c.name == "general")
    told: list[str] = []
    model.core.readers.append(lambda news: told.append(news.name))
    message = model.messages.send(channel.id, model.core.world.bot_id, MessageBody(content="hello"))
    assert told == ["MESSAGE_CREATE"]
    assert model.core.message(channel.id, message.id) == message
    assert isinstance(message, Message)


def test_roles_overwrites_and_administrators_add_up_as_discords(model: Model) -> None:
    world = model.core.world
    channel = next(c for c in world.channels.values() if c.name == "songs")
    ada, ben = (next(u.id for u in world.users.values() if u.username == name) for name in ("ada", "ben"))
    assert in_guild(world.guild, ben) == MEMBER
    channel.overwrites[world.guild.id] = Overwrite(0, 0, Permission.SEND_MESSAGES | Permission.EMBED_LINKS)
    channel.overwrites[world.guild.members[ben].roles[0]] = Overwrite(0, Permission.EMBED_LINKS, 0)
    assert in_channel(world, channel, ben) == MEMBER & ~Permission.SEND_MESSAGES
    channel.overwrites[ben] = Overwrite(1, 0, Permission.VIEW_CHANNEL)
    assert in_channel(world, channel, ben) == 0
    assert in_channel(world, channel, ada) & Permission.SEND_MESSAGES
    assert in_channel(world, channel, "1") == 0


def test_a_members_permissions_change_alone(model: Model) -> None:
    guild = model.core.world.guild
    ben, chiyo = list(guild.members)[2:4]
    model.members.allow(ben, Permission.MANAGE_THREADS, Permission.SEND_MESSAGES)
    assert in_guild(guild, ben) == (MEMBER | Permission.MANAGE_THREADS) & ~Permission.SEND_MESSAGES
    assert in_guild(guild, chiyo) == MEMBER
    model.members.allow(ben, Permission.SEND_MESSAGES, 0)
    assert in_guild(guild, ben) == MEMBER | Permission.MANAGE_THREADS


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("la la.mp3", "la_la.mp3"),
        ("../../x.mp3", "x.mp3"),
        ("歌.mp3", "unknown.mp3"),
        ("歌", "unknown"),
        ("a-b_c.flac", "a-b_c.flac"),
    ],
)
def test_a_file_name_is_cleaned_as_discord_does(given: str, kept: str) -> None:
    assert clean_name(given) == kept


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.MP3", "audio/mpeg"),
        ("a.flac", "audio/flac"),
        ("a.mid", "audio/midi"),
        ("a.svg", ""),
        ("a", ""),
    ],
)
def test_a_files_type_is_told_from_its_name(name: str, kind: str) -> None:
    assert content_type(name) == (kind or "application/octet-stream")


def test_a_link_is_good_for_one_path_and_one_day() -> None:
    query = dict(part.split("=") for part in signed_query("secret", "/a", 1000).split("&"))
    assert is_signed("secret", "/a", query, 1000 + 86_399)
    assert not is_signed("secret", "/a", query, 1000 + 86_400)
    assert not is_signed("secret", "/b", query, 1000)
    assert not is_signed("other", "/a", query, 1000)
    assert not is_signed("secret", "/a", {}, 1000)

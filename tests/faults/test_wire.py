"""No call to a port bypasses the counter, and a fault does to a call what it says."""

from __future__ import annotations

import asyncio
import inspect
import random
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy.exc import OperationalError

from bot.errors import MessengerUnclear, MinstrelError
from bot.links import Links
from bot.phrasebook import Phrasebook
from bot.ports import Finish, Media, Messenger, MusicMint, Parcel, Post, Tags, TakeFile
from db import meta
from db.engine import open_database
from tests.bot.cards.pictures import ITEM, card, picture
from tests.bot.musicmint.table import ROWS
from tests.faults.database_port import CountedDatabase
from tests.faults.discord_world import DiscordWorld
from tests.faults.media_port import CountedMedia
from tests.faults.messenger_port import CountedMessenger
from tests.faults.musicmint_port import CountedMusicMint
from tests.faults.sqlite_at_once import sqlite_at_once
from tests.faults.studio_world import StudioWorld
from tests.faults.virtual_time import VirtualClock, run_virtually
from tests.faults.wire import Fault, Killed, Life, Mode, Wire

TAGS = Tags("t", "a", "b", "l", "s", "p", "i")
PARCEL = Parcel(None)
NAMED = {"task": "get_task", "tasks": "list_tasks", "music": "get_music"}
"""What the table of endpoints calls otherwise than the port does."""
NAMELESS = {"place_name", "skew_ms"}
"""Of a port, but no call: it answers from memory."""

Call = Callable[[Any], Awaitable[object]]


def methods(port: type) -> set[str]:
    """What a Protocol asks for."""
    return {name for name, _ in inspect.getmembers(port, inspect.isfunction) if not name.startswith("_")} - NAMELESS


@dataclass
class Ports:
    """One process's ports on fresh worlds."""

    wire: Wire
    life: Life
    discord: DiscordWorld
    messenger: CountedMessenger
    media: CountedMedia
    musicmint: CountedMusicMint
    database: CountedDatabase


@asynccontextmanager
async def open_ports(folder: Path, template: Path, faults: Sequence[Fault] = ()) -> AsyncIterator[Ports]:
    shutil.copy(template, folder / "minstrel.db")
    clock, rng = VirtualClock(), random.Random(1)
    wire, life = Wire(rng, faults), Life()
    discord = DiscordWorld(folder / "discord", clock, rng, 90_000)
    studio = StudioWorld(clock, rng, 2, 1000, called_back=lambda *_: None, accepted=lambda *_: None)
    real = open_database(f"sqlite:///{folder / 'minstrel.db'}")
    async with aiohttp.ClientSession() as session:
        yield Ports(
            wire,
            life,
            discord,
            CountedMessenger(discord, Phrasebook(), wire, life),
            CountedMedia(wire, life),
            CountedMusicMint(session, studio, wire, life),
            CountedDatabase(real, wire, life),
        )
    await real.close()


def with_ports(
    tmp_path: Path, template: Path, work: Callable[[Ports], Awaitable[None]], faults: Sequence[Fault] = ()
) -> None:
    async def run() -> None:
        async with open_ports(tmp_path, template, faults) as ports:
            await work(ports)

    with sqlite_at_once():
        run_virtually(run)


def discord_calls(ports: Ports) -> dict[str, Call]:
    channel, post = int(ports.discord.songs.id), Post("N", None)
    return {
        "start_thread": lambda port: port.start_thread(channel_id=channel, card_message_id=1, name="n"),
        "post": lambda port: port.post(channel, picture(), PARCEL, post),
        "find": lambda port: port.find(channel, picture(), 0),
        "find_card": lambda port: port.find_card(channel, 1, 0),
        "redraw_card": lambda port: port.redraw_card(channel, 1, card()),
        "answered_with": lambda port: port.answered_with("token"),
        "direct_channel": lambda port: port.direct_channel(int(ports.discord.member(0))),
    }


async def nothing_more() -> Finish:
    return Finish()


def media_calls(folder: Path) -> dict[str, Call]:
    return {
        "fetch_take": lambda port: port.fetch_take(Links(ITEM), TAGS, folder, "n", nothing_more()),
        "fetch_audio": lambda port: port.fetch_audio(Links("https://x/a.mp3"), folder, "n", None),
        "fit": lambda port: port.fit(TakeFile(folder / "n.mp3", None, 3, 1.0), 2),
        "write_midi": lambda port: port.write_midi({}, "t", folder, "n"),
        "write_karaoke": lambda port: port.write_karaoke((), "l", "t", "a", folder, "n"),
        "draw_waveform": lambda port: port.draw_waveform((0.5,), folder, "n"),
        "check_upload": lambda port: port.check_upload("https://x/a.mp3"),
    }


async def each_is_counted_once(ports: Ports, port: object, protocol: type, calls: dict[str, Call]) -> None:
    assert calls.keys() == methods(protocol)
    for name, call in calls.items():
        before = ports.wire.count
        with suppress(MinstrelError):  # an answer too
            await call(port)
        assert ports.wire.count == before + 1, name


def test_every_call_of_discord_of_media_and_of_musicmint_is_counted(tmp_path: Path, template: Path) -> None:
    musicmint_calls: dict[str, Call] = {NAMED.get(row.name, row.name.replace(" ", "_")): row.bare[0] for row in ROWS}

    async def work(ports: Ports) -> None:
        await each_is_counted_once(ports, ports.messenger, Messenger, discord_calls(ports))
        await each_is_counted_once(ports, ports.media, Media, media_calls(tmp_path))
        await each_is_counted_once(ports, ports.musicmint, MusicMint, musicmint_calls)

    with_ports(tmp_path, template, work)


def test_every_transaction_is_counted(tmp_path: Path, template: Path) -> None:
    async def work(ports: Ports) -> None:
        async with ports.database.read():
            assert ports.wire.count == 1
        async with ports.database.write():
            assert ports.wire.count == 2
        assert [passed.kind for passed in ports.wire.passed] == ["read", "write"]

    with_ports(tmp_path, template, work)


@pytest.mark.parametrize(
    ("mode", "raised", "landed"),
    [
        (Mode.KILL_BEFORE, Killed, False),
        (Mode.KILL_AFTER, Killed, True),
        (Mode.INSTEAD, OperationalError, False),
        (Mode.LOST, OperationalError, False),
    ],
)
def test_a_fault_of_a_transaction_decides_what_stands(
    mode: Mode, raised: type[BaseException], landed: bool, tmp_path: Path, template: Path
) -> None:
    async def work(ports: Ports) -> None:
        with pytest.raises(raised):
            async with ports.database.write() as conn:
                await meta.claim(conn, "name", "first")
        ports.life.dead = False
        async with ports.database.write() as conn:
            assert await meta.claim(conn, "name", "second") == ("first" if landed else "second")

    with_ports(tmp_path, template, work, [Fault(1, mode)])


@pytest.mark.parametrize(
    ("mode", "raised", "landed"),
    [
        (Mode.KILL_BEFORE, Killed, False),
        (Mode.KILL_AFTER, Killed, True),
        (Mode.INSTEAD, MessengerUnclear, False),
        (Mode.LOST, MessengerUnclear, True),
    ],
)
def test_a_fault_of_a_message_decides_what_stands(
    mode: Mode, raised: type[BaseException], landed: bool, tmp_path: Path, template: Path
) -> None:
    async def work(ports: Ports) -> None:
        with pytest.raises(raised):
            await ports.messenger.post(int(ports.discord.songs.id), picture(), PARCEL, Post("N", None))
        assert len(ports.discord.standing()) == int(landed)

    with_ports(tmp_path, template, work, [Fault(1, mode)])


async def commit_after_the_kill(ports: Ports) -> None:
    async with ports.database.write() as conn:
        await meta.claim(conn, "other", "lost")
        ports.life.dead = True  # another of its calls was killed meanwhile


def test_a_dead_process_reaches_nothing_any_more(tmp_path: Path, template: Path) -> None:
    async def work(ports: Ports) -> None:
        async with ports.database.write() as conn:
            await meta.claim(conn, "name", "kept")
        with pytest.raises(Killed):
            await commit_after_the_kill(ports)
        for call in (*discord_calls(ports).values(),):
            with pytest.raises(Killed):
                await call(ports.messenger)
        with pytest.raises(Killed):
            await ports.database.read().__aenter__()
        ports.life.dead = False
        async with ports.database.write() as conn:
            assert await meta.claim(conn, "other", "free") == "free"

    with_ports(tmp_path, template, work)


def test_a_request_that_was_on_its_way_still_arrives(tmp_path: Path, template: Path) -> None:
    async def work(ports: Ports) -> None:
        post = asyncio.create_task(
            ports.messenger.post(int(ports.discord.songs.id), picture(), PARCEL, Post("N", None))
        )
        await asyncio.sleep(0)
        post.cancel()
        await asyncio.gather(post, return_exceptions=True)
        assert ports.discord.standing() == []
        await ports.wire.land()
        assert len(ports.discord.standing()) == 1

    with_ports(tmp_path, template, work)

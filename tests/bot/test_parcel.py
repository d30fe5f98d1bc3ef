from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path

import pytest

from bot.errors import (
    MediaGone,
    MediaUnclear,
    MessengerUnclear,
    NotPosted,
    RateLimited,
    Unreachable,
)
from bot.links import Links
from bot.musicmint.models import ResultItem
from bot.ports import Finish, Tags, TakeFile
from bot.requests import Generate, Request, Stem, Wav
from bot.service import Member
from db import deliveries
from tests.bot.fake_musicmint import clip_item
from tests.bot.fakes import FakeClock
from tests.bot.world import CHANNEL, GUILD, MEMBER, World

MINUTE_S = 60
DAY_S = 24 * 3600
HOST_DOWN = [MediaUnclear() for _ in range(1000)]


async def carry_on(world: World, for_s: float) -> None:
    """Deliver whatever becomes due in so many seconds, when it does."""
    end = world.clock.now + round(for_s * 1000)
    while True:
        async with world.database.read() as conn:
            due = await deliveries.next_due(conn)
        if due is None or due > end:
            break
        await world.deliver(after_s=max(0, due - world.clock.now) / 1000)
    world.clock.now = end


def told(world: World) -> list[tuple[bool, str | None]]:
    """Of each message: whether it came with its file, and what it lacks."""
    return [(message.file_name is not None, message.lack) for message in world.messenger.posted]


async def assert_waited_for(world: World, *, down_s: float, then_s: float) -> None:
    """Nothing is posted while the host is down, and both takes come whole once it is back."""
    world.media.fail(*HOST_DOWN)
    await carry_on(world, down_s)
    assert told(world) == []
    world.media.failures.clear()
    await carry_on(world, then_s)
    assert told(world) == [(True, None), (True, None)]


async def test_a_file_host_that_is_down_for_twenty_minutes_costs_no_file(world: World) -> None:
    await world.finished()
    await assert_waited_for(world, down_s=20 * MINUTE_S, then_s=10 * MINUTE_S)


async def test_a_file_host_that_stays_down_costs_the_files_and_no_more_than_an_hour(world: World) -> None:
    await world.finished()
    world.media.fail(*HOST_DOWN)
    await carry_on(world, 29 * MINUTE_S)
    assert told(world) == []
    await carry_on(world, 7 * MINUTE_S)
    assert told(world) == [(False, "error-media")]
    assert world.messenger.posted[0].link == "https://cdn.test/mm-1-a.mp3"
    await carry_on(world, 14 * MINUTE_S)
    assert told(world) == [(False, "error-media")] * 2


async def test_an_export_is_waited_for_like_a_take(world: World) -> None:
    take = await world.a_take()
    await world.called(Stem(clip_id="mm-1-a"), take)
    world.media.fail(*HOST_DOWN)
    await carry_on(world, 29 * MINUTE_S)
    assert len(told(world)) == 2
    await carry_on(world, 7 * MINUTE_S)
    assert told(world)[2:] == [(False, "error-media")]


@pytest.mark.parametrize(("error", "for_s"), [(MessengerUnclear(), 1300), (NotPosted(retry_after_s=1), 10.5)])
async def test_what_discord_does_not_take_costs_no_file(world: World, error: Exception, for_s: float) -> None:
    task_id = await world.finished()
    world.messenger.fail("post", *[error] * 11)
    await carry_on(world, for_s)
    assert (await world.deliveries(task_id))[0].attempts == 11
    world.media.fail(*[MediaUnclear() for _ in range(2)])
    await carry_on(world, 20 * MINUTE_S)
    assert told(world) == [(True, None), (True, None)]


async def test_a_discord_that_is_down_for_an_hour_costs_no_file(world: World) -> None:
    await world.finished()
    world.messenger.fail("post", *[MessengerUnclear() for _ in range(20)])
    await carry_on(world, 60 * MINUTE_S)
    world.messenger.failures["post"].clear()
    world.media.fail(MediaUnclear())
    await carry_on(world, 15 * MINUTE_S)
    assert told(world) == [(True, None), (True, None)]


async def test_what_is_shown_a_day_later_is_waited_for_too(world: World) -> None:
    task_id = await world.running()
    await world.service.cancel(task_id, Member(MEMBER, GUILD, CHANNEL))
    world.musicmint.complete(world.api_id(task_id))
    await world.sweep()
    await world.clock.advance(DAY_S)
    await world.service.show(task_id, Member(MEMBER, GUILD, CHANNEL))
    await assert_waited_for(world, down_s=8 * MINUTE_S, then_s=5 * MINUTE_S)


async def test_what_was_kept_and_is_shown_a_day_later_is_waited_for_too(world: World) -> None:
    task_id = await world.finished()
    world.sql("UPDATE deliveries SET state = 'kept', attempts = 40")
    await world.clock.advance(DAY_S)
    await world.service.show(task_id, Member(MEMBER, GUILD, CHANNEL))
    await assert_waited_for(world, down_s=8 * MINUTE_S, then_s=5 * MINUTE_S)


async def test_before_a_clip_expires_its_link_is_posted_while_it_leads_somewhere(
    world: World, clock: FakeClock
) -> None:
    task_id = await world.running()
    expiring = clip_item("mm-1-a").model_copy(update={"expire_at": clock.now + 5 * MINUTE_S * 1000})
    world.musicmint.complete(world.api_id(task_id), expiring)
    await world.sweep()
    world.media.fail(*HOST_DOWN)
    await carry_on(world, 1 * MINUTE_S)
    assert told(world) == []
    await carry_on(world, 3 * MINUTE_S)
    assert told(world) == [(False, "error-media")]


@pytest.mark.parametrize("error", [Unreachable(), RateLimited()], ids=repr)
async def test_a_service_down_when_a_fresh_link_is_needed_is_asked_again_later(world: World, error: Exception) -> None:
    await world.finished()
    world.media.fail(MediaGone(), MediaGone())
    world.musicmint.fail("get_music", error)
    await world.deliver()
    assert world.messenger.posted == []
    await world.deliver(after_s=2)
    assert [message.lack for message in world.messenger.posted] == [None, None]


async def test_the_tags_of_a_file_tell_the_song_its_place_and_its_words(world: World) -> None:
    task_id = await world.finished(Generate(prompt="my words", tags="ska"))
    await world.deliver()
    tags = world.media.tags[0]
    assert (tags.title, tags.artist, tags.album) == ("Night Bus", "The Tavern", "The Tavern")
    assert (tags.lyrics, tags.style, tags.prompt, tags.task_id) == ("my words", "folk", "my words", "mm-1")
    assert world.api_id(task_id) == "mm-1"


async def test_an_instrumental_carries_no_lyrics(world: World) -> None:
    await world.finished(Generate(description="rain", instrumental=True))
    await world.deliver()
    assert (world.media.tags[0].lyrics, world.media.tags[0].prompt) == ("", "rain")


async def test_in_private_the_files_name_no_server(world: World) -> None:
    world.messenger.no_threads = True
    await world.finished(member=Member(MEMBER, None, 777))
    await world.deliver()
    assert world.media.tags[0].artist == "Minstrel"


async def test_a_dead_wav_link_is_read_afresh_once(world: World) -> None:
    take = await world.a_take()
    task_id = await world.called(Wav(clip_id=take.clip.clip_id), take)
    world.media.fail(MediaGone())
    await world.deliver()
    assert world.musicmint.looked_at.count(("wav", "mm-1-a")) == 2  # once when it was asked for, once for a fresh link
    assert world.musicmint.refreshed == []
    assert world.messenger.posted[-1].file_name is not None
    assert [row.attempts for row in await world.deliveries(task_id)] == [1]


@pytest.mark.parametrize("request_", [Wav(clip_id="mm-1-a"), Stem(clip_id="mm-1-a")], ids=lambda request: request.kind)
async def test_an_export_whose_link_stays_dead_is_told_without_a_link(world: World, request_: Request) -> None:
    take = await world.a_take()
    await world.called(request_, take)
    world.media.fail(*[MediaGone() for _ in range(5)])
    for _ in range(3):
        await world.deliver(after_s=300)
    export = world.messenger.posted[-1]
    assert (export.file_name, export.lack, export.link) == (None, "error-media", "")
    assert len(world.media.failures) == (3 if isinstance(request_, Wav) else 4)


async def test_the_song_is_on_its_way_while_its_words_are_still_being_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.finished()
    on_its_way = asyncio.Event()
    fetch = world.media.fetch_take

    async def slow_read(_clip_id: str) -> tuple[float, ...]:
        await on_its_way.wait()
        return (0.5,)

    async def fetch_take(
        links: Links[ResultItem], tags: Tags, folder: Path, name: str, finish: Awaitable[Finish]
    ) -> TakeFile:
        on_its_way.set()
        return await fetch(links, tags, folder, name, finish)

    monkeypatch.setattr(world.musicmint, "waveform", slow_read)
    monkeypatch.setattr(world.media, "fetch_take", fetch_take)
    await world.deliver()
    assert [finish.levels for finish in world.media.finishes] == [(0.5,), (0.5,)]


async def test_nothing_more_is_read_for_a_song_that_did_not_come(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.finished()
    begun, ended = asyncio.Event(), asyncio.Event()

    async def endless_read(_clip_id: str) -> tuple[float, ...]:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return ()

    async def broken(*_: object) -> TakeFile:
        await begun.wait()
        raise MediaUnclear

    monkeypatch.setattr(world.musicmint, "waveform", endless_read)
    monkeypatch.setattr(world.media, "fetch_take", broken)
    await world.deliver()
    await ended.wait()
    assert world.messenger.posted == []

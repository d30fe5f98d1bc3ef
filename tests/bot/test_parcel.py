from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path

import pytest

from bot.errors import (
    MediaGone,
    MediaUnclear,
    RateLimited,
    Unreachable,
)
from bot.links import Links
from bot.musicmint.models import ResultItem
from bot.ports import Finish, Tags, TakeFile
from bot.requests import Generate, Request, Stem, Wav
from bot.service import Member
from tests.bot.world import MEMBER, World


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

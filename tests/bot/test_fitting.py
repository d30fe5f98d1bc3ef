"""Takes that a place finds too large: learned from its refusals, made smaller once, and at last sent as a link."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import MediaRefused, MediaUnclear
from bot.parcel import FAIR_TRIES, Packer
from bot.picture import ExportPicture
from bot.ports import Parcel, TakeFile
from bot.requests import Stem, Wav
from bot.service import Member
from db.limits import FORGET_MS, MIB
from tests.bot.cards.pictures import take
from tests.bot.world import CHANNEL, GUILD, MEMBER, World

LARGE = 12 * MIB


@pytest.fixture
def world(world: World) -> World:
    """Every file has 12 MiB, and Discord takes 11."""
    world.media.size = LARGE
    world.messenger.upload_limit = 11 * MIB
    return world


def learned(world: World) -> list[tuple[object, ...]]:
    return [*world.sql("SELECT guild_id, max_bytes FROM upload_limits ORDER BY guild_id")]


async def test_a_refusal_teaches_the_limit_and_the_take_goes_smaller_under_the_same_nonce(world: World) -> None:
    task_id = await world.finished()
    await world.deliver()
    first, second = world.messenger.posted
    assert (first.size, first.lack, first.link) == (10 * MIB, None, "https://cdn.test/mm-1-a.mp3")
    assert world.messenger.refused == [(first.post.nonce, LARGE)]
    assert learned(world) == [(GUILD, 10 * MIB)]
    assert (first.label, second.label) == ("v1a", "v1b")
    rows = await world.deliveries(task_id)
    assert [(row.state, row.attempts) for row in rows] == [("delivered", 1)] * 2


async def test_the_next_take_is_made_smaller_before_it_is_sent(world: World) -> None:
    await world.finished()
    await world.deliver()
    refused = len(world.messenger.refused)
    await world.restart()
    await world.finished()
    await world.deliver()
    assert [message.size for message in world.messenger.posted] == [10 * MIB] * 4
    assert len(world.messenger.refused) == refused == 1


async def test_one_refused_again_waits_and_is_made_from_the_whole_take_for_the_lower_limit(world: World) -> None:
    world.messenger.upload_limit = 9 * MIB
    task_id = await world.finished()
    await world.deliver()
    assert world.messenger.posted == []
    assert [size for _, size in world.messenger.refused] == [LARGE, 10 * MIB]
    await world.deliver(after_s=2)
    assert [message.size for message in world.messenger.posted] == [8 * MIB] * 2
    assert len({nonce for nonce, _ in world.messenger.refused} | {world.messenger.posted[0].post.nonce}) == 1
    assert [limit for _, limit in world.media.fitted] == [10 * MIB, 8 * MIB, 8 * MIB]
    assert (await world.deliveries(task_id))[0].attempts == 2


async def test_a_server_that_lost_its_boost_teaches_again_and_no_sound_is_made_smaller_twice(world: World) -> None:
    await world.finished()
    await world.deliver()
    world.messenger.upload_limit = 9 * MIB
    task_id = await world.finished()
    await world.deliver()
    assert [message.size for message in world.messenger.posted] == [10 * MIB] * 2 + [8 * MIB] * 2
    assert [size for _, size in world.messenger.refused] == [LARGE, 10 * MIB]
    assert {audio.parent.name.startswith("fit-") for audio, _ in world.media.fitted} == {False}
    assert [row.attempts for row in await world.deliveries(task_id)] == [1, 1]


async def test_a_cover_larger_than_the_place_takes_is_left_out_and_the_song_stays_whole(
    world: World, tmp_path: Path
) -> None:
    cover, waveform = tmp_path / "cover.png", tmp_path / "waveform.png"
    cover.write_bytes(bytes(3000))
    waveform.write_bytes(bytes(1000))
    whole = Parcel(TakeFile(tmp_path / "a.mp3", cover, 2000, 30.0, waveform=waveform))
    piece = ExportPicture(1, Stem(clip_id="c"), take(), "{}", "en-US")
    packer = Packer(world.musicmint, world.media)
    assert await packer.fit(piece, whole, 3000, patient=True) == whole
    fitted = (await packer.fit(piece, whole, 2500, patient=True)).file
    assert fitted is not None
    assert (fitted.cover, fitted.waveform, fitted.size) == (None, waveform, 2000)
    assert world.media.fitted == []


async def test_where_no_file_of_any_size_is_taken_it_ends_with_a_link(world: World) -> None:
    world.messenger.upload_limit = 0
    task_id = await world.finished()
    for _ in range(12):
        await world.deliver(after_s=300)
    assert [(message.size, message.lack) for message in world.messenger.posted] == [(None, "error-too-large")] * 2
    assert {row.state for row in await world.deliveries(task_id)} == {"delivered"}
    sizes = [size for nonce, size in world.messenger.refused if nonce == world.messenger.posted[0].post.nonce]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) < 12


async def test_a_take_that_cannot_be_made_small_enough_goes_with_a_link(world: World) -> None:
    world.media.fit_failures.append(MediaRefused(rule="size"))
    await world.finished()
    await world.deliver()
    first, second = world.messenger.posted
    assert (first.size, first.lack, first.link) == (None, "error-too-large", "https://cdn.test/mm-1-a.mp3")
    assert second.size == 10 * MIB


async def test_an_encoder_that_fails_is_tried_again_later_and_at_last_a_link_goes(world: World) -> None:
    world.media.fit_failures.extend([MediaUnclear()] * FAIR_TRIES)
    await world.finished()
    for _ in range(FAIR_TRIES):
        assert world.messenger.posted == []
        await world.deliver(after_s=300)
    assert [message.lack for message in world.messenger.posted] == ["error-too-large", None]


async def test_private_messages_learn_for_themselves(world: World) -> None:
    world.messenger.no_threads = True
    await world.finished(member=Member(MEMBER, None, 777))
    await world.deliver()
    task_id = await world.finished()
    world.messenger.gone |= {5000 + task_id, CHANNEL}
    await world.deliver()
    assert learned(world) == [(0, 10 * MIB)]
    assert len(world.messenger.refused) == 1


async def test_a_week_later_a_boosted_server_gets_the_whole_take(world: World) -> None:
    await world.finished()
    await world.deliver()
    world.messenger.upload_limit = None
    await world.finished()
    await world.deliver()
    await world.clock.advance(FORGET_MS / 1000)
    await world.finished()
    await world.deliver()
    assert [message.size for message in world.messenger.posted] == [10 * MIB] * 4 + [LARGE] * 2


async def test_vocals_are_made_smaller_like_a_take(world: World) -> None:
    made = await world.a_take()
    await world.called(Stem(clip_id=made.clip.clip_id), made)
    await world.deliver()
    export = world.messenger.posted[-1]
    assert (export.size, export.lack, export.link) == (10 * MIB, None, "https://cdn.test/stem.mp3")


async def test_a_wav_is_never_made_smaller(world: World) -> None:
    made = await world.a_take()
    fitted = len(world.media.fitted)
    await world.called(Wav(clip_id=made.clip.clip_id), made)
    await world.deliver()
    export = world.messenger.posted[-1]
    assert (export.size, export.lack) == (None, "error-too-large")
    assert len(world.media.fitted) == fitted

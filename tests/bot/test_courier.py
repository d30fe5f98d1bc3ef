from __future__ import annotations

import asyncio

import pytest

from bot.courier import LEASE_MS
from bot.errors import (
    AlreadyDeleted,
    MediaUnclear,
    MessengerUnclear,
    PlaceGone,
    TooLarge,
)
from bot.ports import TakeFile
from bot.service import Member
from db import deliveries
from db.states import DeliveryState, Rung
from tests.bot.fakes import START_MS, labels
from tests.bot.world import CHANNEL, GUILD, MEMBER, World

DIRECT = 700_000 + MEMBER


async def states(world: World, task_id: int) -> list[str]:
    return [row.state for row in await world.deliveries(task_id)]


async def test_a_thread_that_is_gone_leads_to_the_channel(world: World) -> None:
    task_id = await world.finished()
    world.messenger.gone.add(5000 + task_id)
    await world.deliver()
    assert world.messenger.in_channel(CHANNEL) == ["v1a", "v1b"]
    assert [row.rung for row in await world.deliveries(task_id)] == [Rung.CHANNEL, Rung.CHANNEL]
    assert [message.post.reply_to for message in world.messenger.posted] == [5000 + task_id] * 2


async def test_a_channel_that_is_gone_leads_to_private_messages(world: World) -> None:
    task_id = await world.finished()
    world.messenger.gone |= {5000 + task_id, CHANNEL}
    await world.deliver()
    assert world.messenger.in_channel(DIRECT) == ["v1a", "v1b"]
    assert [row.rung for row in await world.deliveries(task_id)] == [Rung.DIRECT, Rung.DIRECT]
    assert [message.post.reply_to for message in world.messenger.posted] == [None, None]


async def test_where_nobody_takes_it_the_take_is_kept_and_the_card_says_so(world: World) -> None:
    task_id = await world.finished()
    world.messenger.gone |= {5000 + task_id, CHANNEL}
    world.messenger.no_direct = True
    await world.deliver()
    assert await states(world, task_id) == ["kept", "kept"]
    assert {take.state for take in world.messenger.cards[-1].takes} == {DeliveryState.KEPT}


async def test_what_was_kept_goes_out_when_it_is_shown_later(world: World) -> None:
    task_id = await world.finished()
    world.messenger.gone |= {5000 + task_id, CHANNEL}
    world.messenger.no_direct = True
    await world.deliver()
    world.messenger.gone.clear()
    task = await world.task(task_id)
    await world.service.show(task_id, Member(task.requester_id, task.guild_id, task.channel_id))
    await world.deliver()
    assert await states(world, task_id) == ["delivered", "delivered"]


async def test_where_no_thread_can_grow_the_channel_takes_it_as_a_reply(world: World) -> None:
    task_id = await world.finished()
    world.messenger.no_threads = True
    await world.deliver()
    assert world.messenger.in_channel(CHANNEL) == ["v1a", "v1b"]
    assert {message.post.reply_to for message in world.messenger.posted} == {5000 + task_id}


async def test_where_no_thread_can_grow_a_take_asks_once_however_often_its_file_breaks(world: World) -> None:
    await world.finished()
    world.messenger.no_threads = True
    world.media.fail(*[MediaUnclear() for _ in range(3)])
    for _ in range(4):
        await world.deliver(after_s=400)
    assert world.messenger.in_channel(CHANNEL) == ["v1a", "v1b"]
    assert world.messenger.thread_calls == 2


async def test_a_channel_without_threads_that_is_gone_is_tried_once(world: World) -> None:
    await world.finished()
    world.messenger.no_threads = True
    refused = PlaceGone(code=50013)
    world.messenger.fail("post", refused)
    await world.deliver()
    assert world.messenger.in_channel(DIRECT) == ["v1a"]
    assert world.messenger.in_channel(CHANNEL) == ["v1b"]


async def test_a_card_in_the_songs_own_thread_falls_back_to_the_parent_channel(world: World) -> None:
    first = await world.finished()
    await world.deliver()
    thread = 5000 + first
    second = await world.finished(member=Member(MEMBER, GUILD, thread))
    world.messenger.gone.add(thread)
    await world.deliver()
    assert world.messenger.in_channel(CHANNEL) == ["v2a", "v2b"]
    assert await states(world, second) == ["delivered", "delivered"]


async def test_a_doubtful_answer_never_steps_down(world: World) -> None:
    task_id = await world.finished()
    world.messenger.fail("post", *[MessengerUnclear() for _ in range(8)])
    for _ in range(9):
        await world.deliver(after_s=400)
    assert world.messenger.in_channel(5000 + task_id) == ["v1a", "v1b"]
    assert (await world.deliveries(task_id))[0].attempts == 9


async def test_a_doubt_about_the_thread_is_tried_again_later(world: World) -> None:
    task_id = await world.finished()
    world.messenger.fail("start_thread", MessengerUnclear())
    await world.deliver()
    assert world.messenger.posted == []
    await world.deliver(after_s=2)
    assert world.messenger.in_channel(5000 + task_id) == ["v1a", "v1b"]


async def test_on_a_lower_rung_it_is_another_message_with_another_nonce(world: World) -> None:
    task_id = await world.finished()
    world.messenger.lost_answers = 1
    await world.deliver()
    before = (await world.deliveries(task_id))[0]
    world.messenger.gone.add(5000 + task_id)
    world.messenger.fail("find", PlaceGone(code=10003))
    await world.deliver(after_s=10)
    after = (await world.deliveries(task_id))[0]
    assert (before.rung, after.rung) == (Rung.THREAD, Rung.CHANNEL)
    assert before.nonce != after.nonce
    assert after.first_try_at == world.clock.now


async def test_a_take_asked_for_in_its_songs_thread_replies_to_the_card(world: World) -> None:
    first = await world.finished()
    await world.deliver()
    thread = 5000 + first
    second = await world.finished(member=Member(MEMBER, GUILD, thread))
    await world.deliver()
    assert world.messenger.in_channel(thread) == ["v1a", "v1b", "v2a", "v2b"]
    replies = [message.post.reply_to for message in world.messenger.posted]
    assert replies == [None, None, 5000 + second, 5000 + second]
    assert world.messenger.thread_calls == 1


async def test_a_version_asked_for_elsewhere_posts_to_its_songs_thread_without_a_reply(world: World) -> None:
    first = await world.finished()
    await world.deliver()
    song_id = (await world.task(first)).song_id
    await world.finished(member=Member(MEMBER, GUILD, 99), song_id=song_id)
    await world.deliver()
    assert world.messenger.in_channel(5000 + first) == ["v1a", "v1b", "v2a", "v2b"]
    assert {message.post.reply_to for message in world.messenger.posted} == {None}


async def test_two_versions_of_one_song_never_grow_two_threads(world: World) -> None:
    first = await world.running()
    song_id = (await world.task(first)).song_id
    second = await world.running(song_id=song_id)
    world.musicmint.complete("mm-1")
    world.musicmint.complete("mm-2")
    world.messenger.thread_takes_s = 0.05
    await world.sweep()
    await world.deliver()
    assert world.messenger.thread_calls == 1
    assert sorted(labels(world.messenger.posted)) == ["v1a", "v1b", "v2a", "v2b"]
    (thread,) = {message.channel_id for message in world.messenger.posted}
    assert thread in (5000 + first, 5000 + second)
    assert await states(world, second) == ["delivered", "delivered"]


async def test_in_private_the_takes_reply_to_the_card(world: World) -> None:
    world.messenger.no_threads = True
    task_id = await world.finished(member=Member(MEMBER, None, 777))
    await world.deliver()
    assert world.messenger.in_channel(777) == ["v1a", "v1b"]
    assert {message.post.reply_to for message in world.messenger.posted} == {5000 + task_id}


async def test_a_small_file_that_is_too_large_goes_once_more_with_a_link_and_teaches_nothing(world: World) -> None:
    task_id = await world.finished()
    world.messenger.fail("post", TooLarge())
    await world.deliver()
    first, second = world.messenger.posted
    assert (first.file_name, first.lack) == (None, "error-too-large")
    assert second.file_name is not None
    assert await states(world, task_id) == ["delivered", "delivered"]
    assert (await world.deliveries(task_id))[0].attempts == 1
    assert world.sql("SELECT * FROM upload_limits") == []


async def test_a_link_in_place_of_a_large_file_may_find_its_message_deleted(world: World) -> None:
    task_id = await world.finished()
    world.messenger.fail("post", TooLarge(), AlreadyDeleted())
    await world.deliver()
    row = (await world.deliveries(task_id))[0]
    assert (row.state, row.message_id, row.attempts) == ("delivered", None, 1)


async def test_a_delivery_whose_lease_is_lost_sends_nothing(world: World) -> None:
    task_id = await world.finished()
    async with world.database.write() as conn:
        claimed = await deliveries.claim_next(conn, now=world.clock.now, token="mine", until=START_MS)
    assert claimed is not None
    world.sql("UPDATE deliveries SET lease_token = 'somebody' WHERE id = ?", claimed.id)
    await world.courier.carry(claimed)
    assert world.messenger.posted == []
    assert (await world.deliveries(task_id))[0].state is DeliveryState.SENDING


async def test_a_take_that_somebody_else_took_over_while_it_was_made_smaller_is_sent_by_them_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = await world.finished()
    world.sql("DELETE FROM deliveries WHERE part = 1")
    world.media.size = world.messenger.upload_limit = 20 * 1024 * 1024
    world.messenger.fail("post", TooLarge())
    fit = world.media.fit

    async def slow(file: TakeFile, max_bytes: int) -> TakeFile:
        monkeypatch.undo()
        await world.clock.advance(LEASE_MS / 1000)
        await world.deliverer.step()  # it is due again
        while not world.messenger.posted:
            await asyncio.sleep(0.001)
        await world.clock.advance(3600)  # no nonce is known any more
        return await fit(file, max_bytes)

    monkeypatch.setattr(world.media, "fit", slow)
    await world.deliver()
    assert labels(world.messenger.posted) == ["v1a"]
    (row,) = await world.deliveries(task_id)
    assert (row.state, row.message_id, row.attempts, row.faults) == ("delivered", 9000, 2, 0)


async def test_nobody_takes_a_take_over_while_a_slow_upload_of_it_lasts(world: World) -> None:
    until: list[tuple[object, ...]] = []

    async def slow() -> None:
        await world.clock.advance(LEASE_MS / 1000 - 1)

    async def look() -> None:
        until.extend(world.sql("SELECT lease_until FROM deliveries WHERE part = 0"))

    await world.finished()
    world.media.during_fetch = slow
    world.messenger.before_post = look
    await world.deliverer.step()
    await world.deliverer.finish()
    assert until == [(world.clock.now + LEASE_MS,)]


async def test_where_nobody_may_look_a_slow_file_does_not_outlive_the_nonce(world: World) -> None:
    task_id = await world.finished()
    world.messenger.closed_history.add(5000 + task_id)
    world.messenger.lost_answers = 1
    await world.deliver()
    await world.clock.advance(50)

    async def slow(*_: object) -> None:
        await world.clock.advance(40)

    world.media.during_fetch = slow
    await world.deliver()
    assert await states(world, task_id) == ["kept", "delivered"]
    assert labels(world.messenger.posted) == ["v1a", "v1b"]


async def test_what_may_stand_unseen_in_the_thread_is_never_sent_to_the_channel_too(world: World) -> None:
    task_id = await world.finished()
    thread = 5000 + task_id
    world.messenger.closed_history.add(thread)
    world.messenger.lost_answers = 1
    await world.deliver()
    world.messenger.gone.add(thread)
    await world.deliver(after_s=10)
    assert (await states(world, task_id))[0] == "kept"
    assert world.messenger.in_channel(CHANNEL).count("v1a") == 0


async def test_a_look_that_is_refused_proves_nothing_so_the_take_goes_nowhere_else(world: World) -> None:
    task_id = await world.finished()
    world.messenger.lost_answers = 1
    await world.deliver()
    world.messenger.fail("find", PlaceGone(code=50001))
    await world.deliver(after_s=120)
    assert (await states(world, task_id))[0] == "kept"
    assert labels(world.messenger.posted).count("v1a") == 1

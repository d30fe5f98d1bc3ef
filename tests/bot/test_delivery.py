from __future__ import annotations

import asyncio

import pytest

from bot import snowflake
from bot.courier import LEASE_MS
from bot.delivery import IN_FLIGHT
from bot.errors import (
    AlreadyDeleted,
    HistoryTooLong,
    MediaGone,
    MediaRefused,
    MediaUnclear,
    MessengerUnclear,
    NotFound,
    NotPosted,
    PlaceGone,
    TooLarge,
)
from bot.nonce import nonce
from bot.service import Member
from tests.bot.fakes import labels
from tests.bot.world import CHANNEL, GUILD, MEMBER, World


async def states(world: World, task_id: int) -> list[str]:
    return [row.state for row in await world.deliveries(task_id)]


async def test_both_takes_reach_a_thread_grown_from_the_card(world: World) -> None:
    task_id = await world.finished()
    await world.deliver()
    thread = 5000 + task_id
    assert world.messenger.in_channel(thread) == ["v1a", "v1b"]
    assert world.messenger.threads == {thread: "Night Bus"}
    assert world.messenger.thread_calls == 1
    assert await states(world, task_id) == ["delivered", "delivered"]
    assert world.sql("SELECT thread_id FROM songs") == [(thread,)]
    assert [row.message_id for row in await world.deliveries(task_id)] == [9000, 9001]
    assert [message.post.nonce for message in world.messenger.posted] == [
        nonce(task_id, part, "take", thread) for part in (0, 1)
    ]


async def test_a_goes_out_before_b_however_long_a_takes(world: World) -> None:
    task_id = await world.finished()
    world.messenger.fail("post", MessengerUnclear(), MessengerUnclear())
    await world.deliver()
    assert world.messenger.posted == []
    await world.deliver(after_s=2)
    await world.deliver(after_s=4)
    assert labels(world.messenger.posted) == ["v1a", "v1b"]
    assert await states(world, task_id) == ["delivered", "delivered"]


async def test_while_a_is_put_off_the_stage_sleeps_until_then(world: World) -> None:
    await world.finished()
    world.messenger.fail("post", MessengerUnclear())
    await world.deliverer.step()
    await world.deliverer.finish()
    assert await world.deliverer.step() == world.clock.now + 2000


async def test_while_a_is_on_its_way_the_stage_sleeps_until_it_has_arrived(world: World) -> None:
    arrive = asyncio.Event()

    async def wait() -> None:
        await arrive.wait()

    await world.finished()
    world.messenger.before_post = wait
    await world.deliverer.step()
    while not world.messenger.sending:
        await asyncio.sleep(0.001)
    assert await world.deliverer.step() == world.clock.now + LEASE_MS
    arrive.set()
    await world.deliver()
    assert labels(world.messenger.posted) == ["v1a", "v1b"]


async def test_a_few_are_sent_at_a_time(world: World) -> None:
    arrive = asyncio.Event()

    async def wait() -> None:
        await arrive.wait()

    for _ in range(IN_FLIGHT + 2):
        await world.finished()
    world.messenger.before_post = wait
    await world.deliverer.step()
    while world.messenger.sending < IN_FLIGHT:
        await asyncio.sleep(0.001)
    assert await world.deliverer.step() is None
    arrive.set()
    await world.deliver()
    assert world.messenger.most_sending == IN_FLIGHT
    assert len(world.messenger.posted) == 2 * (IN_FLIGHT + 2)


async def test_a_delivery_is_written_as_tried_before_it_is_sent(world: World) -> None:
    seen: list[tuple[object, ...]] = []

    async def look() -> None:
        seen.extend(world.sql("SELECT state, first_try_at, nonce FROM deliveries WHERE part = 0"))

    await world.finished()
    world.messenger.before_post = look
    await world.deliverer.step()
    await world.deliverer.finish()
    assert seen == [("sending", world.clock.now, world.messenger.posted[0].post.nonce)]


async def test_a_crash_between_send_and_record_posts_nothing_twice(world: World) -> None:
    """The process dies when the message stands and the row does not say so; an hour later Discord forgot the nonce."""
    task_id = await world.finished()
    world.sql("UPDATE deliveries SET state = 'delivered' WHERE part = 1")
    await world.deliver()
    world.sql("UPDATE deliveries SET state = 'sending', message_id = NULL, lease_token = 'dead' WHERE part = 0")
    await world.restart()
    await world.deliver(after_s=3600)
    assert labels(world.messenger.posted) == ["v1a"]
    assert (await world.deliveries(task_id))[0].message_id == 9000
    assert len(world.messenger.searched) == 1


async def test_a_crash_before_the_send_posts_it_after_the_restart_under_the_same_nonce(world: World) -> None:
    task_id = await world.finished()
    world.messenger.fail("post", *[MessengerUnclear() for _ in range(2)])
    await world.deliver()
    before = (await world.deliveries(task_id))[0].nonce
    await world.restart()
    await world.deliver(after_s=600)
    await world.deliver(after_s=600)
    assert labels(world.messenger.posted) == ["v1a", "v1b"]
    assert world.messenger.posted[0].post.nonce == before


@pytest.mark.parametrize("after_s", [2, 80, 100, 3600])
async def test_a_lost_answer_leads_to_a_look_and_to_no_second_message(world: World, after_s: int) -> None:
    task_id = await world.finished()
    world.messenger.lost_answers = 1
    await world.deliver()
    await world.deliver(after_s=after_s)
    assert labels(world.messenger.posted) == ["v1a", "v1b"]
    assert await states(world, task_id) == ["delivered", "delivered"]


async def asked_for_now(world: World, task_id: int) -> int:
    """Its command's id tells the time on Discord's clock, which is answered."""
    now = world.messenger.now_ms()
    world.sql("UPDATE tasks SET interaction_id = ? WHERE id = ?", now - snowflake.EPOCH_MS << 22, task_id)
    return now


async def test_the_look_goes_back_to_the_command_and_names_the_take(world: World) -> None:
    asked_at = await asked_for_now(world, await world.finished())
    world.messenger.lost_answers = 1
    await world.deliver(after_s=60)
    await world.deliver(after_s=600)
    posted = world.messenger.posted[0]
    ((channel, marker, since),) = world.messenger.searched
    assert (channel, since) == (posted.channel_id, asked_at)
    assert marker.startswith("v1a-")
    assert (posted.file_name or "").endswith(f"{marker}.mp3")


@pytest.mark.parametrize("behind_s", [300, -300, 40 * 86_400])
async def test_however_far_discords_clock_is_behind_the_bots_a_lost_answer_leads_to_no_second_message(
    world: World, behind_s: int
) -> None:
    world.messenger.behind_ms = behind_s * 1000
    task_id = await world.finished()
    await asked_for_now(world, task_id)
    world.messenger.lost_answers = 1
    await world.deliver(after_s=60)
    await world.deliver(after_s=3600)
    assert labels(world.messenger.posted) == ["v1a", "v1b"]


async def test_a_clock_that_went_ahead_after_the_command_leads_to_no_second_message_either(world: World) -> None:
    task_id = await world.finished()
    await asked_for_now(world, task_id)
    world.messenger.behind_ms = 300_000
    world.clock.now += 300_000
    world.messenger.lost_answers = 1
    await world.deliver()
    await world.deliver(after_s=3600)
    assert labels(world.messenger.posted) == ["v1a", "v1b"]


@pytest.mark.parametrize(("behind_s", "earlier_s"), [(300, 300), (0, 0), (-300, 0), (40 * 86_400, 86_400)])
async def test_where_too_much_was_posted_since_the_command_the_look_starts_at_the_first_try_by_discords_clock(
    world: World, behind_s: int, earlier_s: int
) -> None:
    world.messenger.behind_ms = behind_s * 1000
    task_id = await world.finished()
    await asked_for_now(world, task_id)
    world.sql("UPDATE tasks SET created_at = ?", world.clock.now)
    world.messenger.lost_answers = 1
    await world.deliver(after_s=60)
    first_try = world.clock.now
    world.messenger.fail("find", HistoryTooLong())
    await world.deliver(after_s=3600)
    assert [since for _, _, since in world.messenger.searched][1] == first_try - earlier_s * 1000


async def test_where_too_much_was_posted_since_the_first_try_a_resend_is_a_risk_nobody_takes(world: World) -> None:
    task_id = await world.finished()
    world.messenger.lost_answers = 1
    await world.deliver()
    world.messenger.fail("find", HistoryTooLong(), HistoryTooLong())
    await world.deliver(after_s=3600)
    assert labels(world.messenger.posted) == ["v1a", "v1b"]
    assert await states(world, task_id) == ["kept", "delivered"]


async def test_where_history_is_closed_a_resend_within_a_minute_is_safe(world: World) -> None:
    task_id = await world.finished()
    world.messenger.closed_history.add(5000 + task_id)
    world.messenger.lost_answers = 1
    await world.deliver()
    await world.deliver(after_s=60)
    assert labels(world.messenger.posted) == ["v1a", "v1b"]
    assert await states(world, task_id) == ["delivered", "delivered"]


async def test_where_history_is_closed_a_later_resend_is_a_risk_nobody_takes(world: World) -> None:
    task_id = await world.finished()
    world.messenger.closed_history.add(5000 + task_id)
    world.messenger.lost_answers = 1
    await world.deliver()
    await world.deliver(after_s=61)
    assert labels(world.messenger.posted) == ["v1a", "v1b"]
    assert await states(world, task_id) == ["kept", "delivered"]
    assert (await world.deliveries(task_id))[0].attempts == 2


async def test_a_message_that_was_delivered_and_then_deleted_counts_as_delivered(world: World) -> None:
    task_id = await world.finished()
    world.messenger.fail("post", AlreadyDeleted())
    await world.deliver()
    assert labels(world.messenger.posted) == ["v1b"]
    assert [(row.state, row.message_id) for row in await world.deliveries(task_id)] == [
        ("delivered", None),
        ("delivered", 9000),
    ]


async def test_the_time_discord_names_is_waited(world: World) -> None:
    await world.finished()
    world.messenger.fail("post", MessengerUnclear(retry_after_s=33))
    await world.deliver()
    assert await world.deliverer.step() == world.clock.now + 33_000


@pytest.mark.parametrize(("named_s", "waited_s"), [(0, 1), (-7, 1), (10**9, 3600), (float("nan"), 1)])
async def test_whatever_discord_names_is_waited_within_a_second_and_an_hour(
    world: World, named_s: float, waited_s: int
) -> None:
    await world.finished()
    world.messenger.fail("post", MessengerUnclear(retry_after_s=named_s))
    await world.deliver()
    assert await world.deliverer.step() == world.clock.now + waited_s * 1000


async def test_a_rate_limit_is_no_try_however_long_it_lasts_where_history_is_closed(world: World) -> None:
    task_id = await world.finished()
    world.messenger.closed_history.add(5000 + task_id)
    world.messenger.fail("post", NotPosted(retry_after_s=90), NotPosted())
    await world.deliver()
    assert (await world.deliveries(task_id))[0].first_try_at is None
    await world.deliver(after_s=90)
    await world.deliver(after_s=90)
    assert labels(world.messenger.posted) == ["v1a", "v1b"]
    assert await states(world, task_id) == ["delivered", "delivered"]


async def test_a_rate_limit_after_a_doubtful_try_leaves_the_doubt(world: World) -> None:
    task_id = await world.finished()
    first_try = world.clock.now
    world.messenger.fail("post", MessengerUnclear(), NotPosted())
    await world.deliver()
    await world.deliver(after_s=2)
    row = (await world.deliveries(task_id))[0]
    assert (row.first_try_at, row.last_try_at) == (first_try, first_try)


async def test_no_folder_is_left_whatever_happened(world: World) -> None:
    await world.finished()
    world.media.fail(MediaUnclear(), MediaGone(), MediaRefused())
    world.messenger.fail("post", MessengerUnclear(), RuntimeError("a bug"), TooLarge(), PlaceGone())
    for _ in range(8):
        await world.deliver(after_s=300)
    assert len(labels(world.messenger.posted)) == 2
    assert len(world.media.folders) > 5
    assert [folder for folder in world.media.folders if folder.exists()] == []


async def test_a_row_that_cannot_be_recorded_ends_the_stage_instead_of_hanging(world: World) -> None:
    await world.finished()
    world.sql(
        "CREATE TRIGGER full BEFORE UPDATE ON deliveries WHEN new.state != 'sending'"
        " BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    await world.deliverer.step()
    with pytest.raises(Exception, match="full"):
        await world.deliverer.finish()


async def test_the_card_is_redrawn_once_when_the_last_take_is_out(world: World) -> None:
    task_id = await world.finished()
    await world.deliver()
    world.messenger.cards.clear()
    before = (await world.task(task_id)).card_wanted
    world.sql("UPDATE deliveries SET state = 'pending', nonce = NULL, channel_id = NULL, first_try_at = NULL")
    world.messenger.posted.clear()
    await world.deliver()
    assert (await world.task(task_id)).card_wanted == before + 1
    assert [[take.message_id for take in card.takes] for card in world.messenger.cards] == [[9000, 9001]]


async def test_what_was_kept_back_goes_out_when_it_is_shown(world: World) -> None:
    task_id = await world.running()
    member = Member(MEMBER, GUILD, CHANNEL)
    await world.service.cancel(task_id, member)
    world.musicmint.complete("mm-1")
    await world.sweep()
    await world.deliver()
    assert world.messenger.posted == []
    await world.service.show(task_id, member)
    with pytest.raises(NotFound):
        await world.service.show(task_id, member)
    await world.deliver()
    assert labels(world.messenger.posted) == ["v1a", "v1b"]


async def test_a_stopped_stage_lets_what_is_on_its_way_arrive_and_starts_nothing(world: World) -> None:
    async def stop() -> None:
        world.deliverer.stop()

    await world.finished()
    world.messenger.before_post = stop
    await world.deliverer.step()
    await world.deliverer.finish()
    await world.deliverer.step()
    assert labels(world.messenger.posted) == ["v1a"]

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import snowflake
from bot.errors import MessengerUnclear, SettingsError
from bot.ports import Message
from bot.recovery import DOUBTFUL_MS, TOKEN_LIFE_MS
from bot.service import Member
from db.states import TaskState
from tests.bot.fakes import START_MS, HastyClock
from tests.bot.world import CHANNEL, GUILD, MEMBER, World, open_world


@pytest.fixture
async def hasty(database_file: Path) -> AsyncIterator[World]:
    """Whoever waits has waited."""
    async with open_world(database_file, HastyClock()) as opened:
        yield opened


async def test_a_submit_that_was_cut_off_is_unknown_and_the_card_says_so(world: World) -> None:
    task_id = await world.queued()
    before = await world.task(task_id)
    world.sql("UPDATE tasks SET state = 'submitting', lease_token = 'dead', lease_until = 1")
    world.sql("INSERT INTO submissions (task_id, attempt, started_at) VALUES (?, 1, ?)", task_id, START_MS)
    await world.restart()
    task = await world.task(task_id)
    assert (task.state, task.lease_token, task.lease_until) == (TaskState.UNKNOWN, None, None)
    assert task.card_wanted == before.card_wanted + 1
    assert json.loads(task.error or "")["id"] == "error-service-unclear"
    assert world.sql("SELECT outcome, answered_at FROM submissions") == [("unknown", START_MS)]
    await world.submitter.step()
    assert world.musicmint.generated == []


async def test_nobody_holds_a_lease_after_a_start(world: World) -> None:
    await world.finished()
    world.sql("UPDATE deliveries SET state = 'sending', lease_token = 'dead', lease_until = ?", 2**60)
    world.sql("UPDATE leases SET token = 'dead', until = ?", 2**60)
    await world.restart()
    assert world.sql("SELECT DISTINCT state, lease_token, lease_until FROM deliveries") == [("pending", None, None)]
    assert world.sql("SELECT * FROM leases") == []


async def test_a_start_leaves_answered_submissions_and_ended_tasks_alone(world: World) -> None:
    await world.finished()
    before = world.sql("SELECT * FROM submissions"), world.sql("SELECT * FROM tasks")
    await world.clock.advance(60)
    await world.restart()
    assert (world.sql("SELECT * FROM submissions"), world.sql("SELECT * FROM tasks")) == before


async def test_an_accepted_task_whose_card_stands_is_queued(world: World) -> None:
    task_id = await world.accepted()
    world.messenger.answers["secret-1"] = Message(CHANNEL, 4711)
    await world.restart()
    task = await world.task(task_id)
    assert (task.state, task.card_channel_id, task.card_message_id) == (TaskState.QUEUED, CHANNEL, 4711)
    assert task.interaction_token is None


async def test_an_accepted_task_without_a_card_is_closed_and_costs_nothing(world: World) -> None:
    task_id = await world.accepted()
    await world.restart()
    await world.submitter.step()
    task = await world.task(task_id)
    assert (task.state, task.ended_at) == (TaskState.CLOSED, START_MS)
    assert world.messenger.asked_tokens == ["secret-1"]
    assert world.musicmint.generated == []


async def test_a_token_past_its_time_is_not_used(world: World) -> None:
    task_id = await world.accepted()
    world.messenger.answers["secret-1"] = Message(CHANNEL, 4711)
    await world.clock.advance(TOKEN_LIFE_MS / 1000)
    await world.restart()
    assert world.messenger.asked_tokens == []
    assert (await world.task(task_id)).state is TaskState.CLOSED


async def test_a_doubtful_look_for_the_card_is_repeated_before_the_task_is_closed(hasty: World) -> None:
    task_id = await hasty.accepted()
    hasty.messenger.answers["secret-1"] = Message(CHANNEL, 4711)
    hasty.messenger.fail("answered_with", MessengerUnclear(), MessengerUnclear())
    await hasty.recovery.settle(task_id)
    assert (await hasty.task(task_id)).state is TaskState.QUEUED


async def test_a_card_nobody_can_look_for_leaves_the_task_as_it_is_for_a_day(hasty: World) -> None:
    task_id = await hasty.accepted()
    hasty.messenger.fail("answered_with", *[MessengerUnclear() for _ in range(3)])
    await hasty.recovery.settle(task_id)
    assert (await hasty.task(task_id)).state is TaskState.ACCEPTED
    assert len(hasty.messenger.asked_tokens) == 3
    await hasty.clock.advance(DOUBTFUL_MS / 1000)
    hasty.messenger.fail("find_card", *[MessengerUnclear() for _ in range(3)])
    await hasty.recovery.settle(task_id)
    assert (await hasty.task(task_id)).state is TaskState.CLOSED


async def test_a_card_whose_token_is_too_old_is_found_in_its_channel(world: World) -> None:
    task_id = await world.accepted()
    world.messenger.standing_cards[task_id] = Message(CHANNEL, 4711)
    await world.clock.advance(TOKEN_LIFE_MS / 1000)
    await world.restart()
    task = await world.task(task_id)
    assert (task.state, task.card_message_id) == (TaskState.QUEUED, 4711)


@pytest.mark.parametrize("ahead_ms", [300_000, -300_000])
async def test_the_look_for_a_card_goes_back_to_its_command_by_discords_clock_and_by_ours(
    world: World, ahead_ms: int
) -> None:
    await world.accepted()
    asked_at = world.clock.now - ahead_ms
    world.sql("UPDATE tasks SET interaction_id = ?", asked_at - snowflake.EPOCH_MS << 22)
    await world.clock.advance(TOKEN_LIFE_MS / 1000)
    await world.restart()
    assert world.messenger.card_searched_since == [min(asked_at, START_MS)]


async def test_where_neither_token_nor_channel_tell_the_task_is_closed_and_forgets_its_token(world: World) -> None:
    task_id = await world.accepted()
    world.messenger.closed_history.add(CHANNEL)
    await world.restart()
    task = await world.task(task_id)
    assert (task.state, task.interaction_token) == (TaskState.CLOSED, None)


async def test_what_a_command_left_behind_is_settled_within_two_minutes(world: World) -> None:
    """Its card stands, and the write that should have said so failed."""
    task_id = await world.accepted()
    world.messenger.answers["secret-1"] = Message(CHANNEL, 4711)
    await world.watch.step()
    assert (await world.task(task_id)).state is TaskState.ACCEPTED
    await world.clock.advance(60)
    await world.watch.step()
    assert (await world.task(task_id)).state is TaskState.QUEUED


async def test_a_press_on_a_card_nobody_knew_of_lets_it_say_what_became_of_its_task(world: World) -> None:
    task_id = await world.accepted()
    await world.restart()
    assert (await world.task(task_id)).state is TaskState.CLOSED
    await world.service.card_seen(task_id, Member(MEMBER, GUILD, CHANNEL), 4711)
    await world.deliver()
    assert [card.task.state for card in world.messenger.cards] == [TaskState.CLOSED]


async def test_settling_a_task_that_went_on_changes_nothing(world: World) -> None:
    task_id = await world.running()
    before = await world.task(task_id)
    await world.recovery.settle(task_id)
    await world.recovery.settle(task_id + 1)
    assert await world.task(task_id) == before
    assert world.messenger.asked_tokens == []


async def test_a_database_belongs_to_what_it_was_first_used_with(world: World) -> None:
    await world.recovery.claim("MusicMint", "https://api.test")
    await world.recovery.claim("MusicMint", "https://api.test")
    await world.recovery.claim("application", "7")
    with pytest.raises(
        SettingsError, match=r"^DATABASE_URL: this database belongs to MusicMint https://api\.test, not"
    ):
        await world.recovery.claim("MusicMint", "http://127.0.0.1:8801")
    assert world.sql("SELECT value FROM meta WHERE name = 'MusicMint'") == [("https://api.test",)]

"""A card that came to its member in private, because its server had no place for it any more: there it is answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import NotFound
from bot.service import Member
from db.states import TaskState
from tests.bot.test_card_anew import AT_HOME, DIRECT, anew, close_channel
from tests.bot.world import CHANNEL, World


async def asked_in_private(world: World) -> int:
    task_id = await world.asking()
    close_channel(world)
    await world.deliver()
    return task_id


async def test_a_question_that_came_in_private_is_answered_there(world: World) -> None:
    other, task_id = await world.asking(), await asked_in_private(world)
    first, second = anew(world)
    await world.service.card_seen(task_id, AT_HOME, second.message_id)
    await world.service.try_again(task_id, AT_HOME)
    await world.service.leave_it(other, AT_HOME)
    assert (await world.task(task_id)).state is TaskState.QUEUED
    assert (await world.task(other)).state is TaskState.CLOSED
    world.messenger.failures.clear()
    await world.deliver()
    assert world.messenger.drawn_at == [(DIRECT, first.message_id), (DIRECT, second.message_id)]


async def test_what_came_in_private_exists_there_for_its_member_alone(world: World) -> None:
    task_id = await asked_in_private(world)
    elsewhere = await world.asking()
    other, other_place = Member(31, None, DIRECT), replace(AT_HOME, channel_id=777)
    for act in (world.service.card, world.service.try_again, world.service.leave_it, world.service.cancel):
        for stranger in (other, other_place):
            with pytest.raises(NotFound):
                await act(task_id, stranger)
        with pytest.raises(NotFound):
            await act(elsewhere, AT_HOME)
    assert (await world.task(task_id)).state is TaskState.ASKING


async def test_a_song_that_was_agreed_to_in_private_comes_to_its_channel(world: World) -> None:
    task_id = await asked_in_private(world)
    world.messenger.gone.clear()
    world.messenger.failures.clear()
    await world.service.try_again(task_id, AT_HOME)
    await world.submitter.step()
    world.messenger.no_threads = True
    world.musicmint.complete(world.api_id(task_id))
    await world.sweep()
    await world.deliver()
    assert world.messenger.in_channel(CHANNEL) == ["v1a", "v1b"]


async def test_where_nobody_may_look_a_card_that_may_stand_there_is_told_one_rung_lower(world: World) -> None:
    task_id = await world.asking()
    world.messenger.deleted.add(5000 + task_id)
    world.messenger.closed_history.add(CHANNEL)
    world.messenger.lost_answers = 1
    await world.deliver()
    await world.deliver(after_s=61)
    assert [told.channel_id for told in anew(world)] == [CHANNEL, DIRECT]
    assert (await world.task(task_id)).card_channel_id == DIRECT


async def test_where_nobody_may_look_a_card_is_sent_again_under_its_nonce_while_that_is_safe(world: World) -> None:
    task_id = await world.asking()
    world.messenger.deleted.add(5000 + task_id)
    world.messenger.closed_history.add(CHANNEL)
    world.messenger.lost_answers = 1
    await world.deliver()
    await world.deliver(after_s=30)
    assert [told.channel_id for told in anew(world)] == [CHANNEL]
    assert (await world.task(task_id)).card_channel_id == CHANNEL

"""A submission nobody heard the answer of, and what its member wants next: once more, or no more."""

from __future__ import annotations

import pytest

from bot.errors import KeyRejected, Unclear, Unreachable
from bot.requests import Concat, Upload
from bot.service import Member
from db.states import TaskState
from tests.bot.fakes import labels
from tests.bot.world import CHANNEL, GUILD, MEMBER, World

OWNER = Member(MEMBER, GUILD, CHANNEL)


async def test_a_lost_task_that_is_called_back_about_before_the_second_submission_makes_it_needless(
    world: World,
) -> None:
    task_id = await world.asking_though_made()
    await world.service.try_again(task_id, OWNER)
    assert await world.service.hint(1, "mm-1")
    await world.look()
    await world.submitter.step()
    assert (await world.task(task_id)).state is TaskState.RUNNING
    assert len(world.musicmint.submitted) == 1
    world.musicmint.complete("mm-1")
    await world.sweep()
    await world.deliver()
    assert labels(world.messenger.posted) == ["v1a", "v1b"]


async def test_a_second_submission_without_an_answer_gets_two_whole_lists_of_its_own(world: World) -> None:
    task_id = await world.asking()
    await world.service.try_again(task_id, OWNER)
    world.musicmint.fail("generate", Unclear(cause="HTTP 500"))
    await world.clock.advance(60)
    await world.submitter.step()
    states = []
    for after_s in (2, 10, 15, 10):
        await world.look(after_s)
        states.append((await world.task(task_id)).state)
    assert states == [TaskState.UNKNOWN, TaskState.UNKNOWN, TaskState.UNKNOWN, TaskState.ASKING]
    assert len(world.musicmint.submitted) == 2


async def test_a_second_submission_that_is_not_taken_at_first_gets_its_own_half_hour(world: World) -> None:
    task_id = await world.asking()
    await world.clock.advance(7200)
    await world.service.try_again(task_id, OWNER)
    world.musicmint.fail("generate", KeyRejected())
    await world.submitter.step()
    assert (await world.task(task_id)).state is TaskState.QUEUED


@pytest.mark.parametrize("agreed", [False, True])
async def test_a_cancel_where_a_submission_was_never_answered_does_not_lose_what_it_made(
    world: World, agreed: bool
) -> None:
    task_id = await world.asking_though_made()
    if agreed:
        await world.service.try_again(task_id, OWNER)
    stopped = await world.service.cancel(task_id, OWNER)
    assert stopped.state is TaskState.CLOSED
    assert "error-asking-cancelled" in (stopped.error or "")
    world.musicmint.unlisted.clear()
    world.musicmint.complete("mm-1")
    await world.look(3600)
    await world.sweep()
    await world.deliver()
    assert world.messenger.posted == []
    await world.service.show(task_id, OWNER)
    await world.deliver()
    assert labels(world.messenger.posted) == ["v1a", "v1b"]
    assert len(world.musicmint.submitted) == 1


async def test_a_cancel_while_a_second_submission_is_refused_for_now_does_not_lose_the_first(world: World) -> None:
    task_id = await world.asking_though_made()
    await world.service.try_again(task_id, OWNER)

    async def cancel() -> None:
        await world.service.cancel(task_id, OWNER)

    world.musicmint.during_call = cancel
    world.musicmint.fail("generate", Unreachable())
    await world.clock.advance(60)
    await world.submitter.step()
    assert (await world.task(task_id)).state is TaskState.CLOSED


async def test_what_a_blocking_call_may_have_made_is_not_said_to_turn_up(world: World) -> None:
    take = await world.a_take()
    world.musicmint.fail("concat", Unclear(cause="HTTP 500"), Unclear(cause="HTTP 500"))
    left, dropped = [await world.called(Concat(clip_id=take.clip.clip_id), take) for _ in range(2)]
    await world.service.leave_it(left, OWNER)
    await world.service.cancel(dropped, OWNER)
    for task_id in (left, dropped):
        task = await world.task(task_id)
        assert (task.state, "error-asking-dropped" in (task.error or "")) == (TaskState.CLOSED, True)


async def test_a_hummed_upload_that_was_sent_twice_is_not_looked_for_among_songs(world: World) -> None:
    """An upload stands in no list, so what stands there from that moment is somebody else's."""
    world.musicmint.fail("upload", Unclear(cause="HTTP 500"))
    task_id = await world.queued(Upload(audio_url="https://cdn.test/hum.mp3", file_name="hum.mp3", hummed=True))
    await world.call_out()
    stranger = world.musicmint.make()
    await world.service.try_again(task_id, OWNER)
    await world.call_out()
    await world.clock.advance(60)
    world.musicmint.fail("sample", Unclear(cause="HTTP 500"))
    await world.submitter.step()
    assert (await world.task(task_id)).state is TaskState.UNKNOWN
    await world.look(2)
    await world.look(30)
    assert (await world.task(task_id)).state is TaskState.ASKING
    assert world.sql("SELECT count(*) FROM submissions WHERE api_task_id = ?", stranger) == [(0,)]


async def test_the_question_about_a_hummed_song_is_over_after_a_day_too(world: World) -> None:
    world.musicmint.fail("upload", Unclear(cause="HTTP 500"))
    task_id = await world.queued(Upload(audio_url="https://cdn.test/hum.mp3", file_name="hum.mp3", hummed=True))
    await world.call_out()
    await world.service.try_again(task_id, OWNER)
    await world.call_out()
    await world.clock.advance(60)
    world.musicmint.fail("sample", Unclear(cause="HTTP 500"))
    await world.submitter.step()
    await world.look(2)
    await world.look(30)
    assert (await world.task(task_id)).state is TaskState.ASKING
    await world.look(24 * 3600)
    assert (await world.task(task_id)).state is TaskState.CLOSED


async def test_who_agrees_to_another_after_a_cancel_may_cancel_that_one_too(world: World) -> None:
    task_id = await world.queued()

    async def cancel() -> None:
        world.musicmint.during_call = None
        await world.service.cancel(task_id, OWNER)

    world.musicmint.during_call = cancel
    world.musicmint.fail("generate", Unclear(cause="HTTP 500"))
    await world.submitter.step()
    await world.look(2)
    await world.look(30)
    await world.service.try_again(task_id, OWNER)
    assert (await world.task(task_id)).cancel_requested_at is None
    assert (await world.service.cancel(task_id, OWNER)).state is TaskState.CLOSED
    await world.clock.advance(60)
    await world.submitter.step()
    assert len(world.musicmint.submitted) == 1

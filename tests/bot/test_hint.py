"""What a callback may change: when a task is read next, and nothing else."""

from __future__ import annotations

import pytest

from db.states import TaskState
from tests.bot.world import World


async def test_a_callback_lets_the_task_be_read_at_once(world: World) -> None:
    task_id = await world.running()
    world.musicmint.complete("mm-1")
    world.woken.clear()
    assert await world.service.hint(1, "mm-1")
    assert world.woken == ["poll", "resolve"]
    await world.poller.step()
    assert (await world.task(task_id)).state is TaskState.FINISHED


async def test_a_callback_alone_finishes_nothing(world: World) -> None:
    """What became of the task is read with the key; MusicMint says it still works."""
    task_id = await world.running()
    assert await world.service.hint(1, "mm-1")
    await world.poller.step()
    assert (await world.task(task_id)).state is TaskState.RUNNING


@pytest.mark.parametrize(("submission_id", "api_task_id"), [(1, "mm-2"), (2, "mm-1"), (99, "mm-1"), (1, "elsewhere")])
async def test_a_callback_about_another_task_changes_nothing(
    world: World, submission_id: int, api_task_id: str
) -> None:
    await world.running()
    before = world.sql("SELECT * FROM tasks"), world.sql("SELECT * FROM submissions")
    world.woken.clear()
    assert not await world.service.hint(submission_id, api_task_id)
    assert (world.sql("SELECT * FROM tasks"), world.sql("SELECT * FROM submissions")) == before
    assert world.woken == []


async def test_a_replay_changes_nothing(world: World) -> None:
    await world.running()
    assert await world.service.hint(1, "mm-1")
    await world.poller.step()
    before = world.sql("SELECT * FROM tasks")
    world.woken.clear()
    for _ in range(100):
        assert not await world.service.hint(1, "mm-1")
    assert world.sql("SELECT * FROM tasks") == before
    assert world.woken == []


async def test_a_callback_that_overtakes_the_answer_is_remembered(world: World) -> None:
    task_id = await world.queued()

    async def call_back() -> None:
        assert await world.service.hint(1, "mm-1")

    world.musicmint.during_call = call_back
    await world.submitter.step()
    assert (await world.task(task_id)).state is TaskState.RUNNING
    assert world.sql("SELECT hinted_task_id FROM submissions") == [("mm-1",)]

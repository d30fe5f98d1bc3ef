from __future__ import annotations

import json
import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from bot.errors import KeyRejected
from bot.poller import GIVE_UP_MS
from db.states import MOST_FAULTS, TaskState
from tests.bot.world import World


async def test_a_task_that_cannot_be_brought_on_is_parked_after_five_faults_and_the_others_are_delivered(
    world: World,
) -> None:
    poison, fine = await world.running(), await world.running()
    world.musicmint.broken["mm-1"] = RuntimeError("a bug")
    for _ in range(3):
        await world.sweep(after_s=60)
    world.musicmint.complete("mm-2")
    for _ in range(5):
        await world.sweep(after_s=60)
    assert (await world.task(fine)).state is TaskState.FINISHED
    assert world.musicmint.read.count("mm-1") == 5
    parked = await world.task(poison)
    assert (parked.state, json.loads(parked.error or "")["id"]) == (TaskState.RUNNING, "error-parked")
    await world.sweep(after_s=GIVE_UP_MS / 1000)
    assert await world.task(poison) == parked


async def test_a_task_that_the_key_may_not_read_holds_up_no_other(world: World) -> None:
    forbidden, fine = await world.running(), await world.running()
    world.musicmint.broken["mm-1"] = KeyRejected()
    world.musicmint.complete("mm-2")
    await world.sweep()
    assert (await world.task(fine)).state is TaskState.FINISHED
    assert (await world.task(forbidden)).state is TaskState.RUNNING


async def test_beside_tasks_that_go_on_it_makes_no_card_speak_of_the_key(world: World) -> None:
    tasks = [await world.running() for _ in range(3)]
    world.musicmint.complete("mm-1")
    world.musicmint.broken["mm-1"] = KeyRejected()
    assert await world.sweep() == world.clock.now + 5000
    assert [(await world.task(task_id)).error for task_id in tasks] == [None] * 3


async def test_a_full_disk_is_no_fault_of_the_task_and_parks_nothing(world: World) -> None:
    task_id = await world.running()
    world.musicmint.complete("mm-1")

    def full(*_: object) -> None:
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr("bot.harvest.clips.add", full)
        for _ in range(MOST_FAULTS + 1):
            with pytest.raises(OperationalError, match="full"):
                await world.sweep(after_s=60)
    assert (await world.task(task_id)).faults == 0
    await world.sweep(after_s=60)
    assert (await world.task(task_id)).state is TaskState.FINISHED


async def test_faults_are_given_more_and_more_time(world: World) -> None:
    await world.running()
    world.musicmint.broken["mm-1"] = RuntimeError("a bug")
    waits = [(await world.sweep(after_s=60) or 0) - world.clock.now for _ in range(4)]
    assert waits == [5000, 10_000, 20_000, 40_000]


async def test_faults_that_passed_are_forgotten(world: World) -> None:
    task_id = await world.running()
    for _ in range(3):
        world.musicmint.broken["mm-1"] = RuntimeError("a bug")
        for _ in range(4):
            await world.sweep(after_s=60)
        del world.musicmint.broken["mm-1"]
        await world.sweep(after_s=60)
        assert (await world.task(task_id)).faults == 0


async def test_an_answer_whose_row_cannot_be_read_parks_that_task_alone(world: World) -> None:
    poison, fine = await world.running(), await world.running()
    world.sql("UPDATE tasks SET request = '{\"nonsense\": 1}' WHERE id = ?", poison)
    world.musicmint.complete("mm-1")
    for _ in range(6):
        await world.sweep(after_s=60)
    world.musicmint.complete("mm-2")
    await world.sweep()
    assert (await world.task(fine)).state is TaskState.FINISHED
    assert (await world.task(poison)).faults == MOST_FAULTS

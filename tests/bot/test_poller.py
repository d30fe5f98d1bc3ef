from __future__ import annotations

import json

import pytest

from bot.errors import KeyRejected, RateLimited, RequestRejected, ResultExpired, ServiceError, Unclear, Unreachable
from bot.musicmint.models import TaskStatus
from bot.poller import ADOPT_MS, GIVE_UP_MS
from bot.requests import Generate
from bot.service import Member
from db.states import TaskState
from tests.bot.fake_musicmint import clip_item
from tests.bot.fakes import START_MS
from tests.bot.world import CHANNEL, GUILD, MEMBER, World


async def test_nothing_is_asked_while_nothing_runs(world: World) -> None:
    await world.queued()
    assert await world.sweep() is None
    assert world.musicmint.requests == 0


async def test_nothing_is_asked_before_the_interval_is_over(world: World) -> None:
    await world.running()
    due = await world.poller.step()
    assert due == START_MS + 5000
    assert world.musicmint.read == []


async def test_one_or_two_tasks_are_read_directly(world: World) -> None:
    await world.running()
    await world.running()
    await world.sweep()
    await world.sweep()
    assert world.musicmint.read == ["mm-1", "mm-2"] * 2
    assert world.musicmint.listed == []


async def test_a_finish_writes_clips_deliveries_title_and_state_at_once(world: World) -> None:
    task_id = await world.running()
    world.musicmint.complete("mm-1", clip_item("c-a", title="Rain", duration=84.2), clip_item("c-b", title="Rain"))
    await world.sweep()
    task = await world.task(task_id)
    assert (task.state, task.ended_at, task.error) == (TaskState.FINISHED, world.clock.now, None)
    assert world.sql("SELECT clip_id, position, title, duration_ms FROM clips") == [
        ("c-a", 0, "Rain", 84_200),
        ("c-b", 1, "Rain", 84_200),
    ]
    assert world.sql("SELECT part, kind, state, rung FROM deliveries") == [
        (0, "take", "pending", "thread"),
        (1, "take", "pending", "thread"),
    ]
    assert world.sql("SELECT title FROM songs") == [("Rain",)]


async def test_a_finish_that_cannot_be_written_whole_writes_nothing(world: World) -> None:
    task_id = await world.running()
    world.sql("CREATE TRIGGER full BEFORE INSERT ON deliveries BEGIN SELECT RAISE(ABORT, 'full'); END")
    world.musicmint.complete("mm-1")
    await world.sweep()
    assert (await world.task(task_id)).state is TaskState.RUNNING
    assert world.sql("SELECT count(*) FROM clips") == [(0,)]
    world.sql("DROP TRIGGER full")
    await world.sweep()
    assert (await world.task(task_id)).state is TaskState.FINISHED
    assert len(await world.deliveries(task_id)) == 2


async def test_a_finish_is_written_once_however_often_it_is_read(world: World) -> None:
    task_id = await world.running()
    world.musicmint.complete("mm-1")
    await world.sweep()
    await world.sweep()
    assert world.musicmint.read == ["mm-1"]
    assert len(await world.deliveries(task_id)) == 2


async def test_a_result_listed_twice_is_one_take(world: World) -> None:
    task_id = await world.running()
    world.musicmint.complete("mm-1", clip_item("same"), clip_item("same"), clip_item("other"))
    await world.sweep()
    assert [(take.label, take.clip.clip_id) for take in await world.takes(task_id)] == [
        ("v1a", "same"),
        ("v1b", "other"),
    ]


async def test_a_song_that_has_a_title_keeps_it(world: World) -> None:
    await world.finished(Generate(prompt="la", title="Mine"))
    assert world.sql("SELECT title FROM songs") == [("Mine",)]


async def test_a_title_too_long_for_a_request_still_lets_the_song_go_on(world: World) -> None:
    task_id = await world.running()
    world.musicmint.complete("mm-1", clip_item("c-a", title="long " * 100))
    await world.sweep()
    task = await world.task(task_id)
    await world.queued(Generate(prompt="more"), song_id=task.song_id)
    ((title,),) = world.sql("SELECT title FROM songs")
    assert len(str(title)) <= 200


async def test_a_take_that_continues_another_says_so(world: World) -> None:
    parent = (await world.takes(await world.finished()))[0].clip
    request = Generate(prompt="more", continue_clip_id=parent.clip_id, continue_at=42)
    card = await world.service.ask(world.an_ask(request, parent_clip_id=parent.id))
    await world.service.card_posted(card.task.id, CHANNEL, 1)
    await world.submitter.step()
    world.musicmint.complete("mm-2")
    await world.sweep()
    clip = (await world.takes(card.task.id))[0].clip
    assert (clip.parent_clip_id, clip.change, clip.changed) == (parent.id, "extended", "42")


async def test_what_arrives_after_a_cancel_is_kept_and_not_posted(world: World) -> None:
    task_id = await world.running()
    await world.service.cancel(task_id, Member(MEMBER, GUILD, CHANNEL))
    before = await world.task(task_id)
    world.musicmint.complete("mm-1")
    await world.sweep()
    task = await world.task(task_id)
    assert task.state is TaskState.FINISHED
    assert task.card_wanted == before.card_wanted + 1
    assert len(await world.takes(task_id)) == 2
    assert await world.deliveries(task_id) == []


async def test_a_cancel_while_the_result_is_being_read_still_counts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = await world.running()
    world.musicmint.complete("mm-1")
    read = world.musicmint.get_task

    async def meanwhile(task_id_there: str) -> object:
        await world.service.cancel(task_id, Member(MEMBER, GUILD, CHANNEL))
        return await read(task_id_there)

    monkeypatch.setattr(world.musicmint, "get_task", meanwhile)
    await world.sweep()
    assert (await world.task(task_id)).state is TaskState.FINISHED
    assert await world.deliveries(task_id) == []


async def test_a_failed_task_says_why(world: World) -> None:
    task_id = await world.running()
    world.musicmint.report("mm-1", TaskStatus.FAILED, "lyrics too long" * 100)
    await world.sweep()
    task = await world.task(task_id)
    said = json.loads(task.error or "")
    assert (task.state, task.ended_at, said["id"]) == (TaskState.FAILED, world.clock.now, "error-task-failed")
    assert said["arguments"]["reason"] == ("lyrics too long" * 100)[:300]


@pytest.mark.parametrize("status", [TaskStatus.COMPLETED, "archived"])
async def test_a_strange_answer_leaves_the_task_running(world: World, status: TaskStatus | str) -> None:
    task_id = await world.running()
    world.musicmint.report("mm-1", status)
    await world.sweep()
    assert (await world.task(task_id)).state is TaskState.RUNNING
    world.musicmint.complete("mm-1")
    await world.sweep()
    assert (await world.task(task_id)).state is TaskState.FINISHED


@pytest.mark.parametrize("error", [RequestRejected(reason="who?"), Unclear(cause="another task's id")], ids=repr)
async def test_a_task_that_cannot_be_read_holds_nobody_up(world: World, error: Exception) -> None:
    broken, fine = await world.running(), await world.running()
    world.musicmint.broken["mm-1"] = error
    world.musicmint.complete("mm-2")
    await world.sweep()
    assert (await world.task(fine)).state is TaskState.FINISHED
    for _ in range(5):
        await world.sweep()
    assert (await world.task(broken)).state is TaskState.RUNNING
    await world.sweep(after_s=GIVE_UP_MS / 1000)
    assert (await world.task(broken)).state is TaskState.EXPIRED


async def test_a_task_whose_result_is_past_its_time_fails_with_that_word(world: World) -> None:
    task_id = await world.running()
    world.musicmint.broken["mm-1"] = ResultExpired()
    await world.sweep()
    task = await world.task(task_id)
    assert task.state is TaskState.FAILED
    assert json.loads(task.error or "")["id"] == "error-result-expired"


async def test_after_half_an_hour_the_member_is_told_and_it_is_asked_seldom(world: World) -> None:
    task_id = await world.running()
    await world.sweep(after_s=GIVE_UP_MS / 1000 - 1)
    assert (await world.task(task_id)).state is TaskState.RUNNING
    due = await world.sweep()
    task = await world.task(task_id)
    assert (task.state, due) == (TaskState.EXPIRED, world.clock.now + 60_000)
    assert json.loads(task.error or "")["id"] == "error-took-too-long"
    card = task.card_wanted
    await world.sweep(after_s=60)
    assert (await world.task(task_id)).card_wanted == card


async def test_a_task_given_up_that_ends_within_a_day_is_delivered_all_the_same(world: World) -> None:
    task_id = await world.running()
    await world.sweep(after_s=GIVE_UP_MS / 1000)
    world.musicmint.complete("mm-1")
    await world.sweep(after_s=(ADOPT_MS - GIVE_UP_MS) / 1000 - 1)
    task = await world.task(task_id)
    assert (task.state, task.error) == (TaskState.FINISHED, None)
    assert len(await world.deliveries(task_id)) == 2


async def test_after_a_day_it_is_asked_no_more(world: World) -> None:
    await world.running()
    await world.sweep(after_s=GIVE_UP_MS / 1000)
    await world.sweep(after_s=ADOPT_MS / 1000)
    asked = world.musicmint.requests
    for _ in range(3):
        await world.sweep(after_s=3600)
    assert world.musicmint.requests == asked


@pytest.mark.parametrize("error", [Unclear(cause="HTTP 502"), Unreachable(), RateLimited()], ids=repr)
async def test_a_service_that_keeps_failing_is_told_on_the_cards_and_taken_back_after(
    world: World, error: ServiceError
) -> None:
    task_id = await world.running()
    world.musicmint.fail("get_task", *[error] * 3)
    waits: list[int] = []
    for _ in range(3):
        assert (await world.task(task_id)).error is None
        due = await world.sweep(after_s=60)
        waits.append((due or 0) - world.clock.now)
    assert waits == [5000, 10_000, 20_000]
    told = await world.task(task_id)
    assert json.loads(told.error or "")["id"] == "error-poll-service"
    await world.sweep(after_s=60)
    task = await world.task(task_id)
    assert (task.state, task.error) == (TaskState.RUNNING, None)
    assert task.card_wanted == told.card_wanted + 1


async def test_a_rejected_key_is_told_on_the_cards_at_once_and_asked_about_every_minute(world: World) -> None:
    task_id = await world.running()
    world.musicmint.fail("get_task", KeyRejected())
    due = await world.sweep()
    task = await world.task(task_id)
    assert (task.state, due) == (TaskState.RUNNING, world.clock.now + 60_000)
    assert json.loads(task.error or "")["id"] == "error-poll-key"
    await world.sweep(after_s=60)
    assert (await world.task(task_id)).error is None


@pytest.mark.parametrize(("named", "waited"), [(1.0, 5), (120.0, 120), (10.0**9, 300)])
async def test_the_time_the_api_names_is_waited(world: World, named: float, waited: int) -> None:
    await world.running()
    world.musicmint.fail("get_task", RateLimited(retry_after_s=named))
    assert await world.sweep() == world.clock.now + waited * 1000


async def test_a_failing_service_is_not_asked_more_often_about_tasks_given_up(world: World) -> None:
    await world.running()
    await world.sweep(after_s=GIVE_UP_MS / 1000)
    world.musicmint.fail("get_task", Unclear())
    assert await world.sweep(after_s=60) == world.clock.now + 60_000


async def test_three_steps_of_progress_redraw_the_card_and_no_more(world: World) -> None:
    task_id = await world.running()
    before = (await world.task(task_id)).card_wanted
    drawn: list[int] = []
    for _ in range(60):
        await world.sweep()
        if (await world.task(task_id)).card_wanted > before + len(drawn):
            drawn.append((world.clock.now - START_MS) // 1000)
    assert drawn == [10, 25, 60]


async def test_tasks_of_different_ages_all_get_their_steps(world: World) -> None:
    first = await world.running()
    await world.clock.advance(2)
    second = await world.running()
    before = [(await world.task(task_id)).card_wanted for task_id in (first, second)]
    for _ in range(70):
        await world.sweep(after_s=1)
    assert [(await world.task(task_id)).card_wanted for task_id in (first, second)] == [wanted + 3 for wanted in before]


async def test_somebody_elses_lease_is_respected_and_taken_over_when_it_is_old(world: World) -> None:
    await world.running()
    world.sql("INSERT INTO leases VALUES ('poll:key', 'somebody', ?)", START_MS + 20_000)
    due = await world.sweep()
    assert world.musicmint.read == []
    assert due is not None
    assert due > world.clock.now
    await world.sweep(after_s=15)
    assert world.musicmint.read == ["mm-1"]


async def test_the_lease_is_left_when_the_poller_ends(world: World) -> None:
    await world.running()
    await world.sweep()
    assert world.sql("SELECT count(*) FROM leases") == [(1,)]
    await world.poller.finish()
    assert world.sql("SELECT count(*) FROM leases") == [(0,)]


async def test_running_tasks_are_polled_on_after_a_restart(world: World) -> None:
    task_id = await world.running()
    world.musicmint.complete("mm-1")
    await world.restart()
    await world.sweep()
    assert (await world.task(task_id)).state is TaskState.FINISHED
    assert len(world.musicmint.generated) == 1


async def test_a_stop_amid_a_sweep_lets_go_of_nothing_that_was_not_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        await world.running()
    read = world.musicmint.get_task

    async def stopped(task_id: str) -> object:
        world.poller.stop()
        return await read(task_id)

    monkeypatch.setattr(world.musicmint, "get_task", stopped)
    due = await world.sweep(after_s=ADOPT_MS / 1000)
    assert world.musicmint.read == ["mm-1"]
    assert due == world.clock.now + 60_000

"""A submit without an answer: found, or asked about; never sent again by itself."""

from __future__ import annotations

import json

import pytest

from bot.errors import KeyRejected, RequestRejected, Unclear
from bot.musicmint.models import TaskStatus
from bot.requests import Generate, Midi, Remaster
from bot.service import Member
from db.states import TaskState
from tests.bot.fake_musicmint import clip_item
from tests.bot.fakes import labels
from tests.bot.world import CHANNEL, GUILD, MEMBER, World

DAY_S = 24 * 3600
OWNER = Member(MEMBER, GUILD, CHANNEL)


async def said(world: World, task_id: int) -> str:
    return str(json.loads((await world.task(task_id)).error or "{}").get("id"))


async def test_a_lost_answer_is_looked_for_after_two_seconds(world: World) -> None:
    task_id = await world.unheard()
    task = await world.task(task_id)
    assert (task.state, await said(world, task_id)) == (TaskState.UNKNOWN, "error-service-unclear")
    assert "resolve" in world.woken
    assert await world.look(1) == task.due_at == world.clock.now + 1000
    assert world.musicmint.listed == []


async def test_a_task_that_the_list_shows_is_found_and_posted_and_not_sent_again(world: World) -> None:
    task_id = await world.unheard()
    await world.look(2)
    assert (await world.task(task_id)).state is TaskState.RUNNING
    assert world.sql("SELECT outcome, api_task_id FROM submissions") == [("created", "mm-1")]
    world.musicmint.complete("mm-1")
    await world.sweep()
    await world.deliver()
    assert labels(world.messenger.posted) == ["v1a", "v1b"]
    assert len(world.musicmint.submitted) == 1


async def test_after_a_death_in_the_middle_of_a_submit_its_task_is_found(world: World) -> None:
    """The process never heard the answer, and learns of it at its next start."""
    task_id = await world.unheard()
    world.sql("UPDATE tasks SET state = 'submitting', lease_token = 'dead', lease_until = 1")
    world.sql("UPDATE submissions SET outcome = NULL, answered_at = NULL")
    await world.clock.advance(3600)
    await world.restart()
    assert (await world.task(task_id)).state is TaskState.UNKNOWN
    await world.look(2)
    assert (await world.task(task_id)).state is TaskState.RUNNING


async def test_two_whole_lists_half_a_minute_apart_that_show_nothing_end_in_one_question(world: World) -> None:
    task_id = await world.queued()
    world.musicmint.fail("generate", Unclear(cause="HTTP 500"))
    await world.submitter.step()
    states = []
    for after_s in (2, 3, 5, 10, 10):
        await world.look(after_s)
        states.append((await world.task(task_id)).state)
    assert states == [TaskState.UNKNOWN] * 5
    await world.look(2)
    task = await world.task(task_id)
    assert (task.state, await said(world, task_id)) == (TaskState.UNKNOWN, "error-service-unclear")
    await world.look(13)
    task = await world.task(task_id)
    assert (task.state, await said(world, task_id)) == (TaskState.ASKING, "error-asking-missing")
    wanted = task.card_wanted
    await world.look(600)
    assert (await world.task(task_id)).card_wanted == wanted
    assert len(world.musicmint.submitted) == 1


async def test_lists_that_cannot_be_read_prove_nothing(world: World) -> None:
    task_id = await world.queued()
    world.musicmint.fail("generate", Unclear(cause="HTTP 500"))
    await world.submitter.step()
    world.musicmint.fail("list_tasks", *[Unclear(cause="HTTP 502")] * 5, KeyRejected())
    for _ in range(6):
        await world.look(60)
    assert (await world.task(task_id)).state is TaskState.UNKNOWN
    assert world.sql("SELECT missed_at FROM submissions") == [(None,)]


async def test_a_service_that_shows_no_list_for_ten_minutes_does_not_keep_the_member_waiting(world: World) -> None:
    task_id = await world.unheard()
    world.musicmint.fail("list_tasks", *[Unclear(cause="HTTP 502")] * 30)
    for _ in range(11):
        await world.look(60)
    assert (await world.task(task_id)).state is TaskState.ASKING
    assert await said(world, task_id) == "error-asking-lost"


async def test_the_task_of_another_submission_is_never_taken(world: World) -> None:
    lost = await world.queued(Generate(prompt="lost"))
    world.musicmint.fail("generate", Unclear(cause="HTTP 500"))
    await world.submitter.step()
    heard = await world.queued(Generate(prompt="heard"))
    await world.clock.advance(20)
    await world.submitter.step()
    await world.look()
    await world.look(40)
    assert (await world.task(heard)).state is TaskState.RUNNING
    assert (await world.task(lost)).state is TaskState.ASKING


async def test_after_a_lost_answer_the_next_submit_waits_until_nothing_can_be_confused(world: World) -> None:
    await world.unheard()
    second = await world.queued()
    due = await world.submitter.step()
    assert due == world.clock.now + 20_000
    assert (await world.task(second)).state is TaskState.QUEUED
    await world.clock.advance(20)
    await world.submitter.step()
    assert (await world.task(second)).state is TaskState.RUNNING


async def test_once_the_lost_task_is_found_the_next_submit_waits_no_longer(world: World) -> None:
    await world.unheard()
    second = await world.queued()
    await world.look(2)
    await world.submitter.step()
    assert (await world.task(second)).state is TaskState.RUNNING


async def test_of_two_candidates_none_is_guessed_and_the_member_hears_so(world: World) -> None:
    task_id = await world.unheard()
    world.musicmint.make()
    await world.look(2)
    await world.look(30)
    assert (await world.task(task_id)).state is TaskState.ASKING
    assert await said(world, task_id) == "error-asking-several"


async def test_candidates_that_have_ended_are_told_apart_by_their_words(world: World) -> None:
    task_id = await world.unheard(Generate(prompt="la la", title="Night Bus"))
    world.musicmint.complete("mm-1", clip_item("c1", title="Night Bus").model_copy(update={"prompt": "la la"}))
    world.musicmint.complete(world.musicmint.make(), clip_item("c2", title="Day Train"))
    await world.look(2)
    assert (await world.task(task_id)).state is TaskState.RUNNING
    assert world.sql("SELECT api_task_id FROM submissions") == [("mm-1",)]


async def test_a_key_that_others_use_too_makes_time_alone_no_proof(world: World) -> None:
    task_id = await world.unheard()
    await world.clock.advance(60)
    world.musicmint.make()
    await world.look()
    assert (await world.task(task_id)).state is TaskState.UNKNOWN
    await world.look(60)
    assert (await world.task(task_id)).state is TaskState.ASKING


async def test_tasks_from_before_this_database_are_not_taken_for_somebody_elses(world: World) -> None:
    for _ in range(3):
        world.musicmint.make()
    await world.clock.advance(3600)
    task_id = await world.unheard()
    await world.look(2)
    assert (await world.task(task_id)).state is TaskState.RUNNING


async def test_a_task_is_found_behind_many_pages_of_others_that_are_known(world: World) -> None:
    other = await world.running()
    task_id = await world.unheard()
    for number in range(250):
        world.musicmint.make()
        world.sql(
            "INSERT INTO submissions (task_id, attempt, started_at, outcome, api_task_id)"
            " VALUES (?, ?, ?, 'created', ?)",
            other,
            number + 2,
            world.clock.now,
            f"mm-{number + 3}",
        )
    await world.look(2)
    assert (await world.task(task_id)).state is TaskState.RUNNING
    assert [page for page, _ in world.musicmint.listed] == [1, 2, 3]


async def test_a_clock_of_musicmint_that_is_an_hour_ahead_hides_nothing(world: World) -> None:
    world.musicmint.skew = 3_600_000
    task_id = await world.unheard()
    await world.look(2)
    assert (await world.task(task_id)).state is TaskState.RUNNING


@pytest.mark.parametrize("state", ["asking", "closed"])
async def test_a_task_that_turns_up_within_a_day_is_brought_on_late(world: World, state: str) -> None:
    task_id = await world.asking_though_made()
    if state == "closed":
        await world.service.leave_it(task_id, OWNER)
    assert (await world.task(task_id)).state == state
    await world.look(3600)
    world.musicmint.unlisted.clear()
    world.musicmint.complete("mm-1")
    await world.look(300)
    await world.sweep()
    await world.deliver()
    assert (await world.task(task_id)).state is TaskState.FINISHED
    assert labels(world.messenger.posted) == ["v1a", "v1b"]


async def test_after_a_day_the_question_is_over_and_nobody_looks_any_more(world: World) -> None:
    task_id = await world.asking()
    await world.look(DAY_S)
    assert (await world.task(task_id)).state is TaskState.CLOSED
    assert await said(world, task_id) == "error-asking-over"
    asked = len(world.musicmint.listed)
    assert await world.look(3600) is None
    assert len(world.musicmint.listed) == asked


async def test_a_callback_tells_whose_task_it_is_though_the_list_shows_several(world: World) -> None:
    task_id = await world.unheard()
    world.musicmint.make()
    assert await world.service.hint(1, "mm-1")
    assert "resolve" in world.woken
    await world.look()
    assert (await world.task(task_id)).state is TaskState.RUNNING
    assert world.sql("SELECT api_task_id FROM submissions") == [("mm-1",)]
    assert world.musicmint.listed == []


async def test_a_callback_that_came_before_the_answer_was_lost_counts_too(world: World) -> None:
    task_id = await world.queued()

    async def call_back() -> None:
        await world.service.hint(1, "mm-1")

    world.musicmint.during_call = call_back
    world.musicmint.lost_answers += 1
    world.musicmint.unlisted.add("mm-1")
    await world.submitter.step()
    await world.look(2)
    assert (await world.task(task_id)).state is TaskState.RUNNING


async def test_a_callback_that_names_a_task_nobody_knows_is_checked_once_and_believed_never(world: World) -> None:
    task_id = await world.asking()
    assert await world.service.hint(1, "made-up")
    for _ in range(5):
        await world.look(60)
    assert world.musicmint.read == ["made-up"]
    assert (await world.task(task_id)).state is TaskState.ASKING


async def test_a_callback_that_names_the_task_of_another_song_gives_nobody_elses_song_away(world: World) -> None:
    heard = await world.running()
    await world.clock.advance(60)
    lost = await world.unheard()
    assert await world.service.hint(2, "mm-1")
    await world.look(2)
    assert world.sql("SELECT task_id, api_task_id FROM submissions") == [(heard, "mm-1"), (lost, "mm-2")]


async def test_a_hint_that_cannot_be_read_just_now_is_tried_again(world: World) -> None:
    task_id = await world.unheard()
    world.musicmint.unlisted.add("mm-1")
    await world.service.hint(1, "mm-1")
    world.musicmint.fail("get_task", Unclear(cause="HTTP 500"))
    await world.look()
    assert (await world.task(task_id)).state is TaskState.UNKNOWN
    await world.look(2)
    assert (await world.task(task_id)).state is TaskState.RUNNING


async def test_a_blocking_call_without_an_answer_is_asked_about_at_once_and_never_looked_for(world: World) -> None:
    take = await world.a_take()
    task_id = await world.from_take(Midi(clip_id=take.clip.clip_id), take)
    world.musicmint.fail("midi", Unclear(cause="TimeoutError"))
    await world.call_out()
    assert (await world.task(task_id)).state is TaskState.ASKING
    assert await said(world, task_id) == "error-asking-lost"
    listed = len(world.musicmint.listed)
    await world.look(60)
    assert len(world.musicmint.listed) == listed
    await world.look(DAY_S)
    assert (await world.task(task_id)).state is TaskState.CLOSED


async def test_who_agrees_to_a_second_submission_gets_exactly_one(world: World) -> None:
    task_id = await world.asking()
    await world.service.try_again(task_id, OWNER)
    await world.submitter.step()
    await world.submitter.step()
    task = await world.task(task_id)
    assert (task.state, len(world.musicmint.submitted)) == (TaskState.RUNNING, 2)
    assert world.sql("SELECT attempt, outcome FROM submissions") == [(1, "unknown"), (2, "created")]


async def test_a_bot_that_was_off_for_days_looks_for_what_was_lost_before_it_gives_up(world: World) -> None:
    task_id = await world.unheard()
    await world.clock.advance(3 * DAY_S)
    await world.restart()
    await world.look()
    assert (await world.task(task_id)).state is TaskState.RUNNING


async def test_a_bot_that_was_off_for_days_still_asks_the_member_who_was_not_asked_yet(world: World) -> None:
    task_id = await world.unheard()
    world.musicmint.unlisted.add("mm-1")
    await world.look(2)
    await world.clock.advance(3 * DAY_S)
    await world.restart()
    await world.look()
    await world.look(30)
    assert (await world.task(task_id)).state is TaskState.ASKING


async def test_what_is_older_than_a_week_is_not_looked_for(world: World) -> None:
    task_id = await world.unheard()
    await world.clock.advance(8 * DAY_S)
    await world.restart()
    await world.look()
    assert (await world.task(task_id)).state is TaskState.CLOSED
    assert world.musicmint.listed == []


async def test_no_question_is_over_before_a_whole_list_was_read(world: World) -> None:
    task_id = await world.unheard()
    world.musicmint.fail("list_tasks", *[Unclear(cause="HTTP 502")] * 400)
    for _ in range(25):
        await world.look(3600)
    assert (await world.task(task_id)).state is TaskState.ASKING
    world.musicmint.failures.clear()
    await world.look(3600)
    assert (await world.task(task_id)).state is TaskState.RUNNING


async def test_a_refused_second_submission_still_lets_the_first_turn_up(world: World) -> None:
    task_id = await world.asking_though_made()
    await world.service.try_again(task_id, OWNER)
    world.musicmint.fail("generate", RequestRejected(reason="no"))
    await world.submitter.step()
    assert (await world.task(task_id)).state is TaskState.REFUSED
    world.musicmint.unlisted.clear()
    await world.look(60)
    assert (await world.task(task_id)).state is TaskState.RUNNING


async def test_a_list_whose_total_lies_is_not_read_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.resolver.MOST_PAGES", 3)
    task_id = await world.unheard(Remaster(clip_id="c"))
    for _ in range(450):
        world.musicmint.make()
    await world.look(2)
    assert [page for page, _ in world.musicmint.listed] == [1, 2, 3]
    assert world.sql("SELECT missed_at FROM submissions") == [(None,)]
    assert (await world.task(task_id)).state is TaskState.UNKNOWN


async def test_a_failed_task_that_is_found_is_told_as_failed(world: World) -> None:
    task_id = await world.unheard()
    world.musicmint.report("mm-1", TaskStatus.FAILED, "no voice")
    await world.look(2)
    await world.sweep()
    assert (await world.task(task_id)).state is TaskState.FAILED


async def test_a_damaged_row_is_asked_about_and_stops_nobody_elses_search(world: World) -> None:
    damaged = await world.unheard(Generate(prompt="la", title="Night Bus"))
    world.musicmint.complete("mm-1")
    world.musicmint.complete(world.musicmint.make())
    world.sql("UPDATE tasks SET request = '{' WHERE id = ?", damaged)
    await world.clock.advance(60)
    fine = await world.unheard()
    await world.look(2)
    assert (await world.task(fine)).state is TaskState.RUNNING
    await world.look(60)
    assert (await world.task(damaged)).state is TaskState.ASKING

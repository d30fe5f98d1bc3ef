from __future__ import annotations

import asyncio
import json
from unittest.mock import AsyncMock

import pytest

from bot import harvest
from bot.errors import (
    KeyRejected,
    MediaRefused,
    MediaUnclear,
    RequestRejected,
    ResultExpired,
    ServiceError,
    Unclear,
    Unreachable,
)
from bot.requests import (
    Concat,
    Generate,
    Lane,
    Midi,
    Persona,
    Recover,
    Request,
    Sample,
    Show,
    Stem,
    Timeline,
    Upload,
    Wav,
    Waveform,
    kinds_of,
)
from bot.service import Member
from db.states import TaskState
from tests.bot.world import CHANNEL, GUILD, World

CLIP = "clip-1"
MEMBER = Member(30, GUILD, CHANNEL)
BLOCKING: dict[str, Request] = {
    "upload": Upload(audio_url="https://cdn.discordapp.com/a.mp3", file_name="a.mp3"),
    "concat": Concat(clip_id=CLIP),
    "persona": Persona(clip_id=CLIP, name="Nightingale"),
    "stem": Stem(clip_id=CLIP),
    "midi": Midi(clip_id=CLIP),
}
READS: dict[str, Request] = {
    "timeline": Timeline(clip_id=CLIP),
    "waveform": Waveform(clip_id=CLIP),
    "wav": Wav(clip_id=CLIP),
    "get_music": Show(clip_id=CLIP),
    "get_task": Recover(task_id="mm-lost"),
}


def test_every_request_that_is_answered_by_its_own_call_is_tried_here() -> None:
    assert {request.kind for request in (BLOCKING | READS).values()} == kinds_of(Lane.BLOCK, Lane.READ)


@pytest.mark.parametrize("method", BLOCKING)
async def test_a_paid_call_is_made_once_and_ends_its_task(world: World, method: str) -> None:
    take = await world.a_take()
    task_id = await world.called(BLOCKING[method], take)
    await world.call_out()
    assert world.musicmint.submitted[1:] == [(await world.service.card(task_id, MEMBER)).request]
    task = await world.task(task_id)
    assert (task.state, task.error) == (TaskState.FINISHED, None)
    assert world.sql("SELECT attempt, outcome FROM submissions WHERE task_id = ?", task_id) == [(1, "created")]


@pytest.mark.parametrize("method", BLOCKING)
async def test_a_paid_call_without_a_clear_answer_is_never_made_again_by_itself(world: World, method: str) -> None:
    take = await world.a_take()
    world.musicmint.fail(method, Unclear(cause="reset"))
    task_id = await world.called(BLOCKING[method], take)
    await world.clock.advance(3600)
    await world.call_out()
    assert len(world.musicmint.submitted) == 2
    assert (await world.task(task_id)).state is TaskState.ASKING


@pytest.mark.parametrize("method", BLOCKING)
async def test_a_paid_call_that_a_crash_cut_off_is_asked_about_after_the_restart(world: World, method: str) -> None:
    take = await world.a_take()
    task_id = await world.from_take(BLOCKING[method], take)
    world.sql("UPDATE tasks SET state = 'submitting', lease_token = 'dead', lease_until = 1 WHERE id = ?", task_id)
    world.sql("INSERT INTO submissions (task_id, attempt, started_at) VALUES (?, 1, 1)", task_id)
    paid = len(world.musicmint.submitted)
    await world.restart()
    await world.call_out()
    assert (await world.task(task_id)).state is TaskState.ASKING
    assert len(world.musicmint.submitted) == paid


async def test_a_call_that_a_stop_cuts_off_is_asked_about_before_the_process_ends(world: World) -> None:
    take = await world.a_take()
    task_id = await world.from_take(BLOCKING["stem"], take)
    reached, never = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        reached.set()
        await never.wait()

    world.musicmint.during_call = hang
    running = asyncio.create_task(world.caller.run())
    await reached.wait()
    world.caller.stop()
    await asyncio.wait([running], timeout=0.1)  # it now waits for the call alone
    running.cancel()
    await asyncio.wait([running])
    assert (await world.task(task_id)).state is TaskState.ASKING


@pytest.mark.parametrize("method", READS)
@pytest.mark.parametrize("error", [Unclear(cause="HTTP 502"), Unreachable(), KeyRejected()], ids=repr)
async def test_a_read_is_tried_again(world: World, method: str, error: ServiceError) -> None:
    take = await world.a_take()
    world.musicmint.report("mm-lost", "completed")
    world.musicmint.fail(method, error)
    task_id = await world.called(READS[method], take)
    waiting = await world.task(task_id)
    assert waiting.state is TaskState.QUEUED
    assert waiting.error is not None or isinstance(error, Unclear)
    await world.clock.advance(60)
    await world.call_out()
    assert (await world.task(task_id)).state in (TaskState.FINISHED, TaskState.RUNNING)


async def test_a_read_that_a_crash_cut_off_is_simply_made_again(world: World) -> None:
    take = await world.a_take()
    task_id = await world.from_take(READS["wav"], take)
    world.sql("UPDATE tasks SET state = 'submitting', lease_token = 'dead' WHERE id = ?", task_id)
    await world.restart()
    assert (await world.task(task_id)).state is TaskState.QUEUED
    await world.clock.advance(5)
    await world.call_out()
    assert (await world.task(task_id)).state is TaskState.FINISHED


async def test_a_song_asked_back_twice_at_once_is_fetched_once_and_the_second_is_told(world: World) -> None:
    world.musicmint.report("mm-lost", "completed")
    first, second = [await world.queued(Recover(task_id="mm-lost")) for _ in range(2)]
    await world.call_out()
    states = [(await world.task(task_id)).state for task_id in (first, second)]
    assert sorted(states) == [TaskState.REFUSED, TaskState.RUNNING]
    refused = await world.task(first if states[0] is TaskState.REFUSED else second)
    assert "error-recover-known" in (refused.error or "")
    assert len(world.sql("SELECT id FROM submissions")) == 2


async def test_a_read_that_breaks_what_reads_it_is_tried_later_each_time_and_not_for_ever(world: World) -> None:
    take = await world.a_take()
    world.musicmint.fail("wav", *[LookupError("nobody foresaw this")] * 40)
    task_id = await world.called(READS["wav"], take)
    waits = []
    for _ in range(40):
        task = await world.task(task_id)
        if task.state is not TaskState.QUEUED:
            break
        waits.append((task.due_at - world.clock.now) / 1000)
        await world.clock.advance(waits[-1])
        await world.call_out()
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300, 300, 300]
    assert (await world.task(task_id)).state is TaskState.REFUSED


async def test_an_answer_that_cannot_be_brought_in_is_asked_about_and_stops_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = await world.a_take()
    monkeypatch.setattr(harvest, "bring_in", AsyncMock(side_effect=LookupError("nobody foresaw this")))
    task_id = await world.called(Midi(clip_id=take.clip.clip_id), take)
    assert (await world.task(task_id)).state is TaskState.ASKING
    await world.call_out()


async def test_a_stop_between_an_answer_and_its_row_keeps_what_was_answered(world: World) -> None:
    take = await world.a_take()
    task_id = await world.from_take(Midi(clip_id=take.clip.clip_id), take)
    holds, let_go = asyncio.Event(), asyncio.Event()

    async def hold_the_writer() -> None:
        async with world.database.write():
            holds.set()
            await let_go.wait()

    async def answer_into_a_held_database() -> None:
        world.musicmint.during_call = None
        holding.append(asyncio.create_task(hold_the_writer()))
        await holds.wait()

    holding: list[asyncio.Task[None]] = []
    world.musicmint.during_call = answer_into_a_held_database
    await world.caller.step()
    await holds.wait()
    finishing = asyncio.create_task(world.caller.finish())
    await asyncio.wait([finishing], timeout=0.1)  # it now waits for the writer's turn
    finishing.cancel()
    await asyncio.wait([finishing], timeout=0.1)
    let_go.set()
    await asyncio.wait([finishing, *holding])
    assert (await world.task(task_id)).state is TaskState.FINISHED
    assert world.sql("SELECT outcome FROM submissions WHERE task_id = ?", task_id) == [("created",)]


async def test_a_stop_that_comes_in_the_middle_of_a_step_waits_for_no_call(world: World) -> None:
    take = await world.a_take()
    task_id = await world.from_take(Midi(clip_id=take.clip.clip_id), take)
    reached, never = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        reached.set()
        await never.wait()

    async def cancelled_in_a_step() -> None:
        try:
            await never.wait()
        finally:
            await world.caller.finish()

    world.musicmint.during_call = hang
    await world.caller.step()
    await reached.wait()
    stage = asyncio.create_task(cancelled_in_a_step())
    await asyncio.sleep(0)
    stage.cancel()
    await asyncio.wait_for(asyncio.wait([stage]), 30)
    assert (await world.task(task_id)).state is TaskState.ASKING


@pytest.mark.parametrize("error", [RequestRejected(reason="too old"), ResultExpired()], ids=repr)
async def test_a_refusal_ends_the_task_and_says_why(world: World, error: ServiceError) -> None:
    take = await world.a_take()
    world.musicmint.fail("stem", error)
    task = await world.task(await world.called(BLOCKING["stem"], take))
    assert task.state is TaskState.REFUSED
    assert error.sentence_id in (task.error or "")


async def test_calls_are_made_side_by_side_and_no_more_than_four(world: World) -> None:
    take = await world.a_take()
    at_work, most, may_end = 0, 0, asyncio.Event()

    async def hold() -> None:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await may_end.wait()
        at_work -= 1

    for _ in range(6):
        await world.from_take(Stem(clip_id=CLIP), take)
    world.musicmint.during_call = hold
    assert await world.caller.step() is None
    while most < 4:
        await asyncio.sleep(0)
    may_end.set()
    await world.caller.finish()
    await world.call_out()
    assert (most, len(world.musicmint.submitted)) == (4, 7)


async def test_a_call_of_minutes_holds_up_no_song(world: World) -> None:
    take = await world.a_take()
    may_end = asyncio.Event()
    await world.from_take(Concat(clip_id=CLIP), take)
    world.musicmint.during_call = lambda: _until(may_end)
    await world.caller.step()
    await asyncio.sleep(0)
    world.musicmint.during_call = None
    song = await world.running()
    assert (await world.task(song)).state is TaskState.RUNNING
    may_end.set()
    await world.caller.finish()


async def _until(event: asyncio.Event) -> None:
    await event.wait()


@pytest.mark.parametrize("rule", ["type", "size", "length"])
async def test_an_upload_that_is_no_song_is_refused_before_the_call(world: World, rule: str) -> None:
    world.media.upload_failures.append(MediaRefused(rule=rule))
    task_id = await world.queued(BLOCKING["upload"])
    await world.call_out()
    assert world.musicmint.submitted == []
    task = await world.task(task_id)
    assert task.state is TaskState.REFUSED
    assert rule in (task.error or "")


async def test_an_upload_that_breaks_what_reads_it_was_never_sent_and_counts_for_nothing(world: World) -> None:
    world.media.upload_failures.append(RuntimeError("a bug"))
    task_id = await world.queued(BLOCKING["upload"])
    await world.call_out()
    assert world.musicmint.submitted == []
    task = await world.task(task_id)
    assert (task.state, json.loads(task.error or "")["id"]) == (TaskState.REFUSED, "error-upload-type")
    assert world.sql("SELECT outcome FROM submissions WHERE task_id = ?", task_id) == [("refused",)]


async def test_an_upload_whose_file_cannot_be_reached_is_tried_again(world: World) -> None:
    world.media.upload_failures.append(MediaUnclear(cause="timeout"))
    task_id = await world.queued(BLOCKING["upload"])
    await world.call_out()
    assert (await world.task(task_id)).state is TaskState.QUEUED
    await world.clock.advance(60)
    await world.call_out()
    assert (await world.task(task_id)).state is TaskState.FINISHED
    assert len(world.musicmint.submitted) == 1


async def test_a_hummed_melody_is_uploaded_and_then_becomes_a_song(world: World) -> None:
    humming = Upload(audio_url="https://cdn.discordapp.com/hum.ogg", title="Hum", hummed=True, retention_days=9)
    task_id = await world.queued(humming)
    await world.call_out()
    waiting = await world.task(task_id)
    assert (waiting.state, waiting.kind) == (TaskState.QUEUED, "sample")
    await world.submitter.step()
    assert world.musicmint.submitted == [humming, Sample(clip_id="up-1", title="Hum", retention_days=9)]
    world.musicmint.complete(world.api_id(task_id))
    await world.sweep()
    clips = world.sql("SELECT change, changed FROM clips WHERE task_id = ?", task_id)
    assert clips == [("hummed", "up-1"), ("hummed", "up-1")]


async def test_a_hummed_melody_that_was_cancelled_during_its_upload_makes_no_song(world: World) -> None:
    task_id = await world.queued(Upload(audio_url="https://cdn.discordapp.com/hum.ogg", hummed=True))

    async def cancel() -> None:
        await world.service.cancel(task_id, MEMBER)

    world.musicmint.during_call = cancel
    await world.call_out()
    await world.submitter.step()
    assert [request.kind for request in world.musicmint.submitted] == ["upload"]
    assert (await world.task(task_id)).state is TaskState.CANCELLED


async def test_a_recovered_task_is_polled_like_any_other(world: World) -> None:
    world.musicmint.complete("mm-lost")
    task_id = await world.queued(READS["get_task"])
    await world.call_out()
    assert (await world.task(task_id)).state is TaskState.RUNNING
    await world.sweep()
    assert len(await world.takes(task_id)) == 2


async def test_a_task_musicmint_does_not_know_is_not_recovered(world: World) -> None:
    task_id = await world.queued(READS["get_task"])
    await world.call_out()
    assert (await world.task(task_id)).state is TaskState.REFUSED


async def test_a_submit_carries_the_address_of_its_own_submission(world: World) -> None:
    await world.running()
    await world.running(Generate(prompt="two"))
    assert world.musicmint.callback_urls == ["https://bot.test/1", "https://bot.test/2"]

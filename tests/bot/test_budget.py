"""What a member and a server may spend in a day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.budget import DAY_MS, Budget
from bot.errors import KeyRejected, OverBudget, RequestRejected, Unclear, Unreachable
from bot.requests import Upload, Wav
from bot.service import Member
from db.states import TaskState
from tests.bot.fakes import FakeClock
from tests.bot.world import CHANNEL, GUILD, MEMBER, World, open_world

OWNER = Member(MEMBER, GUILD, CHANNEL)
NEIGHBOUR = Member(31, GUILD, CHANNEL)
ELSEWHERE = Member(MEMBER, 11, CHANNEL)
IN_PRIVATE = Member(MEMBER, None, 777)


@pytest.fixture
async def frugal(database_file: Path, clock: FakeClock) -> AsyncIterator[World]:
    """Each member may make two songs a day, and all of a server three."""
    async with open_world(database_file, clock, budget=Budget(per_member=2, per_server=3)) as opened:
        yield opened


async def refused(world: World, member: Member = OWNER) -> str:
    rows = world.sql("SELECT count(*) FROM tasks"), world.sql("SELECT count(*) FROM songs")
    with pytest.raises(OverBudget) as caught:
        await world.service.ask(world.an_ask(member=member))
    assert rows == (world.sql("SELECT count(*) FROM tasks"), world.sql("SELECT count(*) FROM songs"))
    return caught.value.sentence_id


async def test_a_hundred_commands_at_once_against_a_budget_of_one_make_exactly_one_task(
    database_file: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.service.ACCEPT_WITHIN_S", 3600)  # on a busy machine the last ones would not be in time
    async with open_world(database_file, clock, budget=Budget(per_member=1)) as world:
        asks = [world.service.ask(world.an_ask()) for _ in range(100)]
        answers = await asyncio.gather(*asks, return_exceptions=True)
        assert world.sql("SELECT count(*) FROM tasks") == [(1,)]
        assert sum(isinstance(answer, OverBudget) for answer in answers) == 99


async def test_without_a_budget_members_make_as_many_as_they_like(world: World) -> None:
    for _ in range(30):
        await world.queued()
    assert world.sql("SELECT count(*) FROM tasks") == [(30,)]


async def test_a_member_is_told_when_their_songs_of_the_day_are_used_and_when_new_ones_come(frugal: World) -> None:
    await frugal.running()
    await frugal.queued()
    with pytest.raises(OverBudget) as caught:
        await frugal.service.ask(frugal.an_ask())
    midnight = frugal.clock.now - frugal.clock.now % DAY_MS + DAY_MS
    assert caught.value.arguments == {"most": 2, "again": str(midnight // 1000)}


async def test_a_member_has_one_budget_in_all_places_and_a_server_one_for_all_members(frugal: World) -> None:
    await frugal.queued(member=ELSEWHERE)
    await frugal.queued(member=IN_PRIVATE)
    assert await refused(frugal) == "error-budget-member"
    await frugal.queued(member=NEIGHBOUR)
    await frugal.queued(member=NEIGHBOUR)
    await frugal.queued(member=Member(32, GUILD, CHANNEL))
    assert await refused(frugal, Member(33, GUILD, CHANNEL)) == "error-budget-server"


async def test_everybody_together_has_a_budget_too_in_every_place(database_file: Path, clock: FakeClock) -> None:
    async with open_world(database_file, clock, budget=Budget(overall=2)) as world:
        await world.running(member=ELSEWHERE)
        await world.running(member=IN_PRIVATE)
        assert await refused(world, NEIGHBOUR) == "error-budget-overall"
        await world.clock.advance(DAY_MS / 1000)
        await world.queued(member=NEIGHBOUR)


async def test_a_budget_of_none_stops_what_costs_money_and_nothing_else(database_file: Path, clock: FakeClock) -> None:
    async with open_world(database_file, clock, budget=Budget(overall=0)) as world:
        assert await refused(world) == "error-budget-overall"
        await world.queued(Wav(clip_id="c"))


async def test_a_new_day_brings_a_new_budget(frugal: World) -> None:
    await frugal.running()
    await frugal.running()
    await refused(frugal)
    await frugal.clock.advance((DAY_MS - frugal.clock.now % DAY_MS) / 1000)
    await frugal.queued()


async def test_what_still_waits_at_midnight_counts_for_the_new_day(frugal: World) -> None:
    await frugal.queued()
    await frugal.clock.advance(DAY_MS / 1000)
    await frugal.queued()
    assert await refused(frugal) == "error-budget-member"


async def test_a_song_that_is_sung_counts_whatever_becomes_of_it(frugal: World) -> None:
    first = await frugal.finished()
    second = await frugal.running()
    frugal.musicmint.report(frugal.api_id(second), "failed", "no voice")
    await frugal.sweep()
    assert (await frugal.task(first)).state is TaskState.FINISHED
    assert (await frugal.task(second)).state is TaskState.FAILED
    await refused(frugal)


async def test_what_musicmint_did_not_make_is_given_back(frugal: World) -> None:
    await frugal.queued()
    frugal.musicmint.fail("generate", RequestRejected(reason="no"))
    await frugal.submitter.step()
    cancelled = await frugal.queued()
    await frugal.service.cancel(cancelled, OWNER)
    await frugal.accepted()
    await frugal.restart()  # its card never stood: closed
    await frugal.running()
    await frugal.running()
    await refused(frugal)


@pytest.mark.parametrize("error", [Unreachable(), KeyRejected()], ids=repr)
async def test_a_song_that_waits_to_be_submitted_again_counts_once(frugal: World, error: Exception) -> None:
    frugal.musicmint.fail("generate", error, error, error)
    await frugal.queued()
    for _ in range(3):
        await frugal.submitter.step()
        await frugal.clock.advance(60)
    await frugal.queued()
    await refused(frugal)


async def test_a_song_of_which_nobody_knows_counts_and_so_does_the_second_try(frugal: World) -> None:
    task_id = await frugal.asking()
    await frugal.service.try_again(task_id, OWNER)
    await refused(frugal)


async def test_who_has_nothing_left_cannot_agree_to_a_second_try(frugal: World) -> None:
    task_id = await frugal.asking()
    await frugal.queued()
    with pytest.raises(OverBudget):
        await frugal.service.try_again(task_id, OWNER)
    assert (await frugal.task(task_id)).state is TaskState.ASKING


async def test_a_hummed_song_is_uploaded_and_sung_and_counts_once(frugal: World) -> None:
    upload = Upload(audio_url="https://cdn.discordapp.com/a.mp3", file_name="a.mp3", hummed=True)
    await frugal.queued(upload)
    await frugal.call_out()
    await frugal.queued()
    await refused(frugal)
    await frugal.submitter.step()
    await refused(frugal)


async def hummed(world: World) -> int:
    """A hummed song that was uploaded and waits to be sung."""
    task_id = await world.queued(Upload(audio_url="https://cdn.discordapp.com/a.mp3", file_name="a.mp3", hummed=True))
    await world.call_out()
    return task_id


async def sing_in_vain(world: World, task_id: int) -> None:
    """MusicMint does not say what became of it, and so its member is asked."""
    world.musicmint.fail("sample", Unclear(cause="HTTP 500"))
    await world.submitter.step()
    await world.look(2)
    await world.look(30)
    assert (await world.task(task_id)).state is TaskState.ASKING


async def test_each_time_a_member_agrees_to_sing_a_hummed_song_again_counts_one(
    database_file: Path, clock: FakeClock
) -> None:
    async with open_world(database_file, clock, budget=Budget(per_member=3)) as world:
        task_id = await hummed(world)
        await sing_in_vain(world, task_id)
        await world.service.try_again(task_id, OWNER)
        await sing_in_vain(world, task_id)
        await world.service.try_again(task_id, OWNER)
        await refused(world)  # the third waits to be made
        await sing_in_vain(world, task_id)
        with pytest.raises(OverBudget):
            await world.service.try_again(task_id, OWNER)
        assert [request.kind for request in world.musicmint.submitted] == ["upload", "sample", "sample", "sample"]


@pytest.mark.parametrize("error", [Unreachable(), KeyRejected()], ids=repr)
async def test_a_hummed_song_that_was_surely_not_sung_yet_still_counts_once(frugal: World, error: Exception) -> None:
    frugal.musicmint.fail("sample", error, error)
    task_id = await hummed(frugal)
    for _ in range(2):
        await frugal.submitter.step()
        await frugal.clock.advance(60)
    await frugal.queued()
    await refused(frugal)
    await frugal.submitter.step()
    assert (await frugal.task(task_id)).state is TaskState.RUNNING
    await refused(frugal)


async def test_who_has_nothing_left_cannot_have_a_hummed_song_sung_again(frugal: World) -> None:
    task_id = await hummed(frugal)
    await sing_in_vain(frugal, task_id)
    await frugal.queued()
    with pytest.raises(OverBudget):
        await frugal.service.try_again(task_id, OWNER)


async def test_a_hummed_song_whose_upload_was_agreed_to_twice_is_sung_for_nothing_more(frugal: World) -> None:
    frugal.musicmint.fail("upload", Unclear(cause="HTTP 500"))
    task_id = await hummed(frugal)
    await frugal.service.try_again(task_id, OWNER)
    await frugal.call_out()
    await refused(frugal)
    await frugal.clock.advance(60)  # after a lost answer the next submit waits
    await sing_in_vain(frugal, task_id)
    with pytest.raises(OverBudget):
        await frugal.service.try_again(task_id, OWNER)


async def test_a_song_that_turned_up_does_not_make_its_second_try_free(frugal: World) -> None:
    task_id = await frugal.asking()
    await frugal.service.try_again(task_id, OWNER)
    frugal.musicmint.fail("generate", Unclear(cause="HTTP 500"))
    await frugal.submitter.step()
    frugal.sql("UPDATE submissions SET outcome = 'created', api_task_id = 'mm-late' WHERE attempt = 1")
    await refused(frugal)


async def test_what_costs_nothing_needs_no_budget(frugal: World) -> None:
    take = await frugal.a_take()
    await frugal.queued()
    await refused(frugal)
    await frugal.called(Wav(clip_id=take.clip.clip_id), take)


async def test_an_interaction_that_is_replayed_is_no_second_song(frugal: World) -> None:
    await frugal.queued()
    last = frugal.an_ask()
    card = await frugal.service.ask(last)
    assert (await frugal.service.ask(last)).task.id == card.task.id


async def test_an_unclear_submit_does_not_give_its_share_back(frugal: World) -> None:
    frugal.musicmint.fail("generate", Unclear(cause="HTTP 500"))
    await frugal.running()
    await frugal.queued()
    await refused(frugal)

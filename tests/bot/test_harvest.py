from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import NotFound, Unclear
from bot.musicmint.models import ResultItem
from bot.phrasebook import Sentence
from bot.requests import (
    AddInstrumental,
    AddVocals,
    Concat,
    Cover,
    Generate,
    Infill,
    Lyrics,
    Midi,
    Persona,
    Remaster,
    Request,
    Show,
    SoundEffect,
    Stem,
    Timeline,
    Upload,
    Wav,
    Waveform,
)
from bot.service import Member
from db.states import DeliveryState, TaskState
from tests.bot.fake_musicmint import clip_item
from tests.bot.world import CHANNEL, GUILD, World

CLIP = "mm-1-a"
MEMBER = Member(30, GUILD, CHANNEL)
NEIGHBOUR = Member(31, GUILD, CHANNEL)

CHANGES: list[tuple[Request, str, str | None]] = [
    (Generate(prompt="more", continue_clip_id=CLIP, continue_at=40), "extended", "40"),
    (Generate(prompt="other words", tags="folk"), "revised", "lyrics"),
    (Generate(prompt="la la", tags="punk"), "revised", "style"),
    (Cover(clip_id=CLIP, tags="salsa"), "covered", "salsa"),
    (Remaster(clip_id=CLIP), "remastered", None),
    (Infill(clip_id=CLIP, start_s=12, end_s=24.5, prompt="new"), "replaced", "12-24.5"),
    (AddVocals(clip_id=CLIP, start_s=8, prompt="ooh"), "sung", "8-"),
    (AddVocals(clip_id=CLIP, prompt="ooh"), "sung", None),
    (AddInstrumental(clip_id=CLIP, start_s=1, end_s=9), "backed", "1-9"),
]


@pytest.mark.parametrize(("request_", "change", "what"), CHANGES)
async def test_every_clip_knows_what_it_came_from_and_what_changed(
    world: World, request_: Request, change: str, what: str | None
) -> None:
    take = await world.a_take()
    task_id = await world.from_take(request_, take)
    await world.submitter.step()
    world.musicmint.complete(world.api_id(task_id))
    await world.sweep()
    rows = world.sql("SELECT parent_clip_id, change, changed FROM clips WHERE task_id = ?", task_id)
    assert rows == [(take.clip.id, change, what)] * 2
    assert [made.label for made in await world.takes(task_id)] == ["v2a", "v2b"]


async def test_a_song_of_its_own_comes_from_nothing(world: World) -> None:
    task_id = await world.finished(SoundEffect(description="rain"))
    assert world.sql("SELECT DISTINCT parent_clip_id, change FROM clips WHERE task_id = ?", task_id) == [(None, None)]


async def test_the_full_length_song_is_a_take_of_its_own(world: World) -> None:
    take = await world.a_take()
    task_id = await world.called(Concat(clip_id=CLIP), take)
    (full,) = await world.takes(task_id)
    assert (full.label, full.clip.change, full.clip.parent_clip_id) == ("v2a", "joined", take.clip.id)
    await world.deliver()
    assert world.messenger.posted[-1].label == "v2a"


async def test_a_full_length_song_that_is_here_already_is_posted_again_and_not_stored_twice(world: World) -> None:
    take = await world.a_take()
    await world.called(Concat(clip_id=CLIP), take)
    again = await world.called(Concat(clip_id=CLIP), take)
    assert (await world.task(again)).state is TaskState.FINISHED
    assert world.sql("SELECT count(*) FROM clips WHERE change = 'joined'") == [(1,)]
    await world.deliver()
    assert [message.label for message in world.messenger.posted[-2:]] == ["v2a", "v2a"]


async def test_a_full_length_song_that_another_member_of_the_server_had_made_is_that_take(world: World) -> None:
    take = await world.a_take()
    await world.called(Concat(clip_id=CLIP), take)
    theirs = await world.called(Concat(clip_id=CLIP), take, member=NEIGHBOUR)
    task = await world.task(theirs)
    assert (task.state, task.error) == (TaskState.FINISHED, None)
    assert world.sql("SELECT count(*) FROM clips WHERE change = 'joined'") == [(1,)]
    await world.deliver()
    assert [message.label for message in world.messenger.posted[-2:]] == ["v2a", "v2a"]


async def test_a_full_length_song_that_is_here_already_and_was_cancelled_too_late_is_shown_on_demand(
    world: World,
) -> None:
    take = await world.a_take()
    await world.called(Concat(clip_id=CLIP), take)
    await world.deliver()
    again = await world.from_take(Concat(clip_id=CLIP), take)

    async def cancel() -> None:
        await world.service.cancel(again, MEMBER)

    world.musicmint.during_call = cancel
    await world.call_out()
    posted = len(world.messenger.posted)
    await world.deliver()
    assert len(world.messenger.posted) == posted
    await world.service.show(again, MEMBER)
    await world.deliver()
    assert [message.label for message in world.messenger.posted[posted:]] == ["v2a"]


@pytest.mark.parametrize("place", ["guild_id = 99", "guild_id = NULL", "guild_id = NULL, requester_id = 31"])
async def test_a_clip_of_another_place_is_never_handed_over_nor_paid_for_again(world: World, place: str) -> None:
    take = await world.a_take()
    await world.called(Concat(clip_id=CLIP), take)
    world.sql(f"UPDATE tasks SET {place} WHERE kind = 'concat'")
    again = await world.called(Concat(clip_id=CLIP), take)
    task = await world.task(again)
    assert (task.state, task.error) == (TaskState.FAILED, Sentence("error-not-for-here").to_json())
    assert (task.ended_at, task.card_wanted > task.card_shown) == (world.clock.now, True)
    assert await world.deliveries(again) == []
    assert (await world.service.card(again, MEMBER)).takes == ()
    assert world.sql("SELECT outcome FROM submissions WHERE task_id = ?", again) == [("created",)]
    with pytest.raises(NotFound):
        await world.service.try_again(again, MEMBER)


async def test_in_private_nobody_is_given_what_another_member_had_made_there(world: World) -> None:
    take = await world.a_take()
    await world.called(Concat(clip_id=CLIP), take, member=Member(30, None, 777))
    theirs = await world.called(Concat(clip_id=CLIP), take, member=Member(31, None, 778))
    assert (await world.task(theirs)).state is TaskState.FAILED
    assert await world.deliveries(theirs) == []
    mine = await world.called(Concat(clip_id=CLIP), take, member=Member(30, None, 777))
    assert (await world.task(mine)).state is TaskState.FINISHED


async def test_a_clip_of_another_place_does_not_cost_the_other_take(world: World) -> None:
    elsewhere = await world.finished(member=Member(30, 99, CHANNEL))
    task_id = await world.running()
    world.musicmint.complete(world.api_id(task_id), clip_item("mm-1-a"), clip_item("mm-2-b"))
    await world.sweep()
    assert (await world.task(task_id)).state is TaskState.FINISHED
    assert [take.clip.clip_id for take in await world.takes(task_id)] == ["mm-2-b"]
    assert [take.clip.clip_id for take in await world.takes(elsewhere)] == ["mm-1-a", "mm-1-b"]
    assert len(await world.deliveries(task_id)) == 1


async def test_an_upload_is_a_take_named_after_its_file(world: World) -> None:
    task_id = await world.queued(Upload(audio_url="https://cdn.discordapp.com/x", file_name="Demo 3.m4a"))
    await world.call_out()
    (take,) = await world.takes(task_id)
    assert (take.clip.title, take.clip.duration_ms, take.song_title) == ("Demo 3", 30_000, "Demo 3")
    await world.deliver()
    assert [message.label for message in world.messenger.posted] == ["v1a"]


async def test_a_lyric_stays_with_its_card_and_names_its_song(world: World) -> None:
    task_id = await world.running(Lyrics(prompt="a night bus"))
    draft = ResultItem(title="Last Stop", prompt="[Verse]\nRain on the window")
    world.musicmint.complete(world.api_id(task_id), draft)
    await world.sweep()
    card = await world.service.card(task_id, MEMBER)
    assert (card.draft, card.title, card.task.version) == (draft, "Last Stop", None)
    assert await world.deliveries(task_id) == []
    assert card.task.card_wanted > card.task.card_shown


async def test_a_lyric_without_words_is_waited_for(world: World) -> None:
    task_id = await world.running(Lyrics(prompt="a night bus"))
    world.musicmint.complete(world.api_id(task_id), ResultItem(prompt="  "))
    await world.sweep()
    assert (await world.task(task_id)).state is TaskState.RUNNING


async def test_a_song_after_a_lyric_is_its_first_version(world: World) -> None:
    lyric = await world.running(Lyrics(prompt="a night bus"))
    song_id = (await world.task(lyric)).song_id
    song = await world.queued(song_id=song_id)
    assert (await world.task(song)).version == 1


EXPORTS: list[tuple[Request, str]] = [
    (Stem(clip_id=CLIP), "vocals"),
    (Midi(clip_id=CLIP), "midi"),
    (Wav(clip_id=CLIP), "wav"),
    (Timeline(clip_id=CLIP), "karaoke"),
    (Waveform(clip_id=CLIP), "waveform"),
]


@pytest.mark.parametrize(("request_", "name"), EXPORTS)
async def test_an_export_is_posted_once_as_a_file_and_takes_no_version(
    world: World, request_: Request, name: str
) -> None:
    take = await world.a_take()
    task_id = await world.called(request_, take)
    await world.deliver()
    await world.deliver(600)
    assert len(world.messenger.posted) == 3
    posted = world.messenger.posted[-1]
    assert f"-v1a-{name}-" in (posted.file_name or "")
    assert (await world.task(task_id)).version is None
    (delivery,) = await world.deliveries(task_id)
    assert (delivery.state, delivery.kind) == (DeliveryState.DELIVERED, "export")


@pytest.mark.parametrize(("request_", "name"), EXPORTS)
async def test_an_export_whose_answer_was_lost_is_found_and_not_posted_twice(
    world: World, request_: Request, name: str
) -> None:
    take = await world.a_take()
    await world.called(request_, take)
    world.messenger.lost_answers = 1
    await world.deliver()
    await world.deliver(600)
    assert len(world.messenger.posted) == 3
    assert world.messenger.searched[-1][1].startswith(f"v1a-{name}-")


async def test_two_exports_of_one_take_are_two_messages(world: World) -> None:
    take = await world.a_take()
    for _ in range(2):
        await world.called(Stem(clip_id=CLIP), take)
    await world.deliver()
    assert len({message.file_name for message in world.messenger.posted[-2:]}) == 2


@pytest.mark.parametrize(
    ("request_", "lack"),
    [(Midi(clip_id=CLIP), "error-no-notes"), (Timeline(clip_id=CLIP), "error-nothing-there")],
)
async def test_an_export_with_nothing_in_it_says_so(world: World, request_: Request, lack: str) -> None:
    take = await world.a_take()
    world.musicmint.notes, world.musicmint.words = {}, ()
    task = await world.task(await world.called(request_, take))
    assert (task.state, lack in (task.error or "")) == (TaskState.FAILED, True)
    assert await world.deliveries(task.id) == []


async def test_an_export_that_was_cancelled_late_is_kept_until_it_is_shown(world: World) -> None:
    take = await world.a_take()
    task_id = await world.from_take(Stem(clip_id=CLIP), take)

    async def cancel() -> None:
        await world.service.cancel(task_id, MEMBER)

    world.musicmint.during_call = cancel
    await world.call_out()
    assert await world.deliveries(task_id) == []
    await world.service.show(task_id, MEMBER)
    await world.deliver()
    assert "-vocals-" in (world.messenger.posted[-1].file_name or "")


async def test_a_shown_take_arrives_where_it_was_asked_for_with_a_fresh_link(world: World) -> None:
    take = await world.a_take()
    world.musicmint.fresh[CLIP] = replace_link(clip_item(CLIP), "https://cdn.test/fresh.mp3")
    elsewhere = replace(MEMBER, channel_id=77)
    task_id = await world.called(Show(clip_id=CLIP), take, member=elsewhere)
    await world.deliver()
    assert world.messenger.posted[-1].channel_id == 77
    assert world.messenger.posted[-1].label == "v1a"
    assert world.media.links[-1] == "https://cdn.test/fresh.mp3"
    card = await world.service.card(task_id, MEMBER)
    assert [posted.label for posted in card.takes] == ["v1a"]
    assert card.task.version is None


def replace_link(item: ResultItem, link: str) -> ResultItem:
    return item.model_copy(update={"audio_url": link})


async def test_a_singer_is_known_by_name_in_its_server_alone(world: World) -> None:
    take = await world.a_take()
    await world.called(Persona(clip_id=CLIP, name="The  Nightingale"), take)
    found = await world.service.singer("the nightingale", MEMBER)
    assert found.persona_id == "persona-2"
    assert await world.service.singers(replace(MEMBER, guild_id=11)) == []
    assert await world.service.singers(replace(MEMBER, guild_id=None)) == []


async def test_a_singer_whose_name_was_taken_meanwhile_gets_a_number(world: World) -> None:
    take = await world.a_take()
    first = await world.from_take(Persona(clip_id=CLIP, name="Robin"), take)
    second = await world.from_take(Persona(clip_id=CLIP, name="robin"), take)
    await world.call_out()
    assert [singer.name for singer in await world.service.singers(MEMBER)] == ["Robin", "robin 2"]
    assert first < second


async def test_a_song_is_finished_with_times_and_a_picture(world: World) -> None:
    await world.a_take()
    assert world.media.finishes[0].words == world.musicmint.words
    assert world.media.finishes[0].levels == world.musicmint.levels


async def test_an_instrumental_is_not_asked_for_the_times_of_its_words(world: World) -> None:
    await world.finished(Generate(tags="piano", instrumental=True))
    await world.deliver()
    assert {name for name, _ in world.musicmint.looked_at} == {"waveform"}


async def test_a_song_goes_out_without_a_picture_rather_than_late(world: World) -> None:
    world.musicmint.fail("waveform", Unclear(), Unclear())
    world.musicmint.fail("timeline", Unclear(), Unclear())
    await world.a_take()
    assert world.media.finishes[0].levels == ()
    assert len(world.messenger.posted) == 2

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import NotAllowed, NotFound
from bot.requests import Midi, Persona, Stem
from bot.service import Member
from tests.bot.world import CHANNEL, GUILD, World

MEMBER = Member(30, GUILD, CHANNEL)
OTHER = replace(MEMBER, user_id=31)


async def nightingale(world: World) -> None:
    await world.called(Persona(clip_id="mm-1-a", name="Nightingale"), await world.a_take())


async def test_a_second_singer_of_a_name_is_refused_before_anything_is_spent(world: World) -> None:
    await nightingale(world)
    with pytest.raises(NotAllowed) as refused:
        await world.service.ask(world.an_ask(Persona(clip_id="mm-1-a", name=" NIGHTINGALE ")))
    assert refused.value.sentence_id == "error-singer-exists"
    assert world.sql("SELECT count(*) FROM tasks WHERE kind = 'persona'") == [(1,)]


async def test_the_same_name_in_private_is_another_singer(world: World) -> None:
    await nightingale(world)
    alone = replace(MEMBER, guild_id=None)
    card = await world.service.ask(world.an_ask(Persona(clip_id="mm-1-a", name="Nightingale"), member=alone))
    assert card.task.kind == "persona"


async def test_only_who_made_a_singer_or_a_moderator_removes_it(world: World) -> None:
    await nightingale(world)
    with pytest.raises(NotAllowed) as refused:
        await world.service.remove_singer("Nightingale", OTHER)
    assert refused.value.arguments["owner"] == str(MEMBER.user_id)
    assert (await world.service.remove_singer("nightingale", replace(OTHER, moderator=True))).name == "Nightingale"
    with pytest.raises(NotFound):
        await world.service.singer("Nightingale", MEMBER)


async def test_singers_are_found_by_what_was_typed(world: World) -> None:
    await nightingale(world)
    assert [singer.name for singer in await world.service.singers(MEMBER, "Gale")] == ["Nightingale"]
    assert await world.service.singers(MEMBER, "owl") == []


async def test_notes_are_heard_through_the_newest_stem_of_a_take(world: World) -> None:
    take = await world.a_take()
    assert await world.service.stem_id(take.clip.id) == ""
    await world.called(Stem(clip_id="mm-1-a"), take)
    await world.called(Midi(clip_id="mm-1-a"), take)
    assert await world.service.stem_id(take.clip.id) == "stem-mm-1-a"


async def test_a_task_is_known_to_its_server_by_musicmints_id(world: World) -> None:
    task_id = await world.running()
    known = await world.service.known_task("mm-1", OTHER)
    assert known is not None
    assert known.task.id == task_id
    assert await world.service.known_task("mm-9", MEMBER) is None
    with pytest.raises(NotFound) as refused:
        await world.service.known_task("mm-1", replace(MEMBER, guild_id=11))
    assert refused.value.sentence_id == "error-task-elsewhere"


async def test_a_message_leads_to_its_take_in_its_own_channel_alone(world: World) -> None:
    take = await world.a_take()
    posted = world.messenger.posted[0]
    here = replace(MEMBER, channel_id=posted.channel_id)
    assert (await world.service.message_take(posted.message_id, here)).clip.id == take.clip.id
    for stranger in (MEMBER, replace(here, guild_id=11)):
        with pytest.raises(NotFound):
            await world.service.message_take(posted.message_id, stranger)

"""The commands that make music, as a member uses them."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import discord
import pytest

from bot.errors import RequestRejected, Unreachable
from db.states import TaskState
from tests.cogs.house import House, Scene, buttons_of, embed_of, forged_command, takes_in, thread_of


async def test_song_answers_at_once_with_a_card_that_says_what_was_understood(house: House, scene: Scene) -> None:
    result = await scene.ann.slash(
        scene.channel, "song", lyrics="[Verse] streetlight", style="indie folk", title="Night Bus"
    )

    assert result.response is not None
    assert not result.response.ephemeral
    card = embed_of(result)
    assert card.title == "Night Bus · v1"
    assert card.description is not None
    asked, _, state, bar = card.description.splitlines()
    assert asked == f"<@{scene.ann.id}> asked for a song with these lyrics"
    assert state == "**⏳ Waiting · next in line**"
    assert bar == "▱" * 10
    assert [(field.name, field.value) for field in card.fields] == [
        ("Style", "indie folk"),
        ("Lyrics", r"\[Verse\] streetlight"),
    ]
    assert buttons_of(result.response.message) == {"Cancel": "m1:cancel:1"}


async def test_a_task_is_queued_with_its_card_and_forgets_the_token(house: House, scene: Scene) -> None:
    result = await scene.ann.slash(scene.channel, "song", lyrics="la", style="folk")

    task = await house.task()
    assert task.state is TaskState.QUEUED
    assert result.response is not None
    assert (task.card_channel_id, task.card_message_id) == (scene.channel.id, result.response.id)
    assert task.interaction_token is None
    assert (task.requester_id, task.guild_id) == (scene.ann.id, scene.guild.id)


async def test_no_card_no_song(house: House, scene: Scene) -> None:
    house.env.inject_error("POST", "/interactions/*/callback", status=500)

    await scene.ann.slash(scene.channel, "song", lyrics="la", style="folk")
    await house.play()

    assert (await house.task()).state is TaskState.CLOSED
    assert house.studio.generated == []


async def test_a_card_whose_answer_was_lost_on_the_way_still_counts(
    house: House, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = discord.InteractionResponse.send_message

    async def send_and_break(*args: Any, **options: Any) -> None:
        await send(*args, **options)
        raise aiohttp.ServerDisconnectedError

    monkeypatch.setattr(discord.InteractionResponse, "send_message", send_and_break)
    card = await scene.ann.slash(scene.channel, "song", lyrics="la", style="folk")

    assert card.response is not None
    task = await house.task()
    assert (task.state, task.card_message_id) == (TaskState.QUEUED, card.response.id)


async def test_inspire_sends_the_idea_alone(house: House, scene: Scene) -> None:
    result = await scene.ann.slash(scene.channel, "inspire", idea="a shanty about a night bus", retention=7)
    await house.submit()

    (request,) = house.studio.generated
    assert (request.description, request.prompt, request.tags) == ("a shanty about a night bus", "", "")
    assert request.retention_days == 7
    card = embed_of(result)
    assert card.title == "a shanty about a night bus · v1"
    assert "a song from this idea" in str(card.description)
    assert [field.name for field in card.fields] == ["Idea"]


@pytest.mark.parametrize(
    ("options", "sent", "fields"),
    [
        ({"style": "ambient"}, ("", "ambient", ""), ["Style"]),
        ({"description": "rain"}, ("", "", "rain"), ["Idea"]),
        ({"style": "ambient", "description": "rain"}, ("rain", "ambient", ""), ["Style", "Idea"]),
    ],
)
async def test_instrumental_takes_a_style_a_description_or_both(
    house: House, scene: Scene, options: dict[str, str], sent: tuple[str, str, str], fields: list[str]
) -> None:
    result = await scene.ann.slash(scene.channel, "instrumental", **options)
    await house.submit()

    (request,) = house.studio.generated
    assert request.instrumental
    assert (request.prompt, request.tags, request.description) == sent
    assert [field.name for field in embed_of(result).fields] == fields


@pytest.mark.parametrize(
    ("command", "options", "named"),
    [
        ("song", {"title": "Night Bus"}, "lyrics"),
        ("song", {"lyrics": "   ", "style": " "}, "lyrics"),
        ("song", {"lyrics": "a" * 4001}, "lyrics"),
        ("song", {"lyrics": "a", "style": "b" * 201}, "style"),
        ("song", {"lyrics": "a", "title": "b" * 201}, "title"),
        ("song", {"lyrics": "a", "retention": 0}, "retention"),
        ("song", {"lyrics": "a", "retention": 31}, "retention"),
        ("inspire", {"idea": " "}, "idea"),
        ("inspire", {"idea": "a" * 1001}, "idea"),
        ("inspire", {"idea": "a", "retention": -1}, "retention"),
        ("instrumental", {}, "style"),
        ("instrumental", {"description": "a" * 1001}, "description"),
        ("instrumental", {"style": "a", "description": "b" * 4001}, "description"),
    ],
)
async def test_a_broken_rule_names_its_option_and_leaves_nothing_behind(
    house: House, scene: Scene, command: str, options: dict[str, Any], named: str
) -> None:
    result = await forged_command(scene.ann, scene.channel, command, **options)

    assert f"`{named}`" in house.refusal(result)
    assert await house.tasks() == []
    await house.submit()
    assert house.studio.generated == []
    assert scene.channel.history(viewer=scene.bob) == []


async def test_a_refusal_of_the_studio_ends_on_the_card_with_its_words_escaped(house: House, scene: Scene) -> None:
    house.studio.refuses = RequestRejected("error-request-rejected", reason="**no** [x](http://evil) @everyone")
    result = await scene.ann.slash(scene.channel, "song", lyrics="la")
    await house.play()

    assert (await house.task()).state is TaskState.REFUSED
    told = str(embed_of(result).description)
    assert "❌ Not made" in told
    assert r"\*\*no\*\* \[x\](http://evil)" in told
    assert "@everyone" not in told


async def test_a_card_says_when_the_next_try_is(house: House, scene: Scene) -> None:
    house.studio.refuses = Unreachable()
    result = await scene.ann.slash(scene.channel, "song", lyrics="la")
    await house.submit()
    await house.deliver()

    task = await house.task()
    assert f"next try <t:{task.due_at // 1000}:R>" in str(embed_of(result).description)


async def test_a_failure_without_a_reason_still_reads_well(house: House, scene: Scene) -> None:
    house.studio.fails_because = ""
    result = await scene.ann.slash(scene.channel, "song", lyrics="la")
    await house.play()

    assert "“no reason given”" in str(embed_of(result).description)


async def a_song(house: House, scene: Scene, title: str = "Night Bus") -> None:
    house.studio.title = title
    await scene.ann.slash(scene.channel, "song", lyrics="la", style="folk", title=title)
    await house.play()


async def test_extend_continues_from_the_end_where_no_second_is_given(house: House, scene: Scene) -> None:
    await a_song(house, scene)
    result = await scene.ann.slash(scene.channel, "extend", take="1", lyrics="more")
    await house.submit()

    request = house.studio.generated[-1]
    assert (request.continue_clip_id, request.continue_at) == ("task-1/1", 84)
    assert (request.prompt, request.tags, request.title) == ("more", "indie folk", "Night Bus")
    card = embed_of(result)
    assert card.title == "Night Bus · v2"
    assert "a continuation of v1a from 1:24" in str(card.description)


async def test_extend_takes_a_name_typed_by_hand(house: House, scene: Scene) -> None:
    await a_song(house, scene)
    await scene.ann.slash(scene.channel, "extend", take=" V1B ", at=0)
    await house.submit()

    assert (house.studio.generated[-1].continue_clip_id, house.studio.generated[-1].continue_at) == ("task-1/2", 0)


async def test_extend_refuses_a_second_outside_the_take(house: House, scene: Scene) -> None:
    await a_song(house, scene)
    for at, told in ((85, "v1a ends at second 84"), (-1, "0 or more"), (10**12, "past the end")):
        said = house.refusal(await forged_command(scene.ann, scene.channel, "extend", take="1", at=at))
        assert said.startswith("`at`")
        assert told in said
    assert len(await house.tasks()) == 1


async def test_extend_refuses_a_take_that_is_not_here(house: House, scene: Scene) -> None:
    await a_song(house, scene)
    for take in ("", "v9z", "99999", "9" * 40, "١", "m1:extend:1"):
        result = await forged_command(scene.ann, scene.channel, "extend", take=take)
        assert "`take` names no take here" in house.refusal(result)
    assert len(await house.tasks()) == 1


async def test_a_take_of_another_server_does_not_exist_here(house: House, scene: Scene) -> None:
    await a_song(house, scene)
    elsewhere = house.env.create_guild("Elsewhere")
    channel = elsewhere.create_text_channel("songs")
    ann_there = elsewhere.add_member(scene.ann.user)

    assert await ann_there.autocomplete(channel, "extend", "take", "") == []
    result = await ann_there.slash(channel, "extend", take="1")
    assert "`take` names no take here" in house.refusal(result)


async def test_the_list_of_takes_offers_this_thread_then_ones_own(house: House, scene: Scene) -> None:
    await a_song(house, scene)
    house.studio.title = "Sea Shanty"
    await scene.bob.slash(scene.channel, "song", lyrics="ho", title="Sea Shanty")
    await house.play()

    offered = await scene.ann.autocomplete(thread_of(scene.channel, "Sea Shanty"), "extend", "take", "")
    assert [(choice["name"], choice["value"]) for choice in offered] == [
        ("v1b · 1:24 · Sea Shanty", "4"),
        ("v1a · 1:24 · Sea Shanty", "3"),
        ("v1b · 1:24 · Night Bus", "2"),
        ("v1a · 1:24 · Night Bus", "1"),
    ]
    outside = await scene.ann.autocomplete(scene.channel, "extend", "take", "")
    assert [choice["value"] for choice in outside] == ["2", "1"]
    typed = await scene.ann.autocomplete(scene.channel, "extend", "take", "V1A")
    assert [choice["value"] for choice in typed] == ["1"]


async def test_a_very_long_title_still_fits_the_list(house: House, scene: Scene) -> None:
    await a_song(house, scene, title="long " * 40)

    (first, _) = await scene.ann.autocomplete(scene.channel, "extend", "take", "")
    assert first["name"].startswith("v1b · 1:24 · long long")
    assert len(first["name"]) <= 100


async def test_a_command_in_the_thread_of_a_song_makes_its_next_version(house: House, scene: Scene) -> None:
    await a_song(house, scene)
    thread = thread_of(scene.channel)
    result = await scene.bob.slash(thread, "song", lyrics="second try")
    await house.play()

    assert embed_of(result).title == "Night Bus · v2"
    assert len(scene.channel.threads) == 1
    posted = takes_in(thread)[-2:]
    assert [message.embeds[0].title for message in posted] == ["Night Bus · v2a", "Night Bus · v2b"]
    assert result.response is not None
    for message in posted:
        assert message.reference is not None
        assert message.reference.message_id == result.response.id


async def test_an_extension_from_elsewhere_goes_to_its_songs_thread_and_the_card_links_there(
    house: House, scene: Scene
) -> None:
    await a_song(house, scene)
    elsewhere = scene.guild.create_text_channel("elsewhere")
    result = await scene.ann.slash(elsewhere, "extend", take="1")
    await house.play()

    thread = thread_of(scene.channel)
    assert elsewhere.threads == []
    assert len(takes_in(thread)) == 4
    assert takes_in(thread)[-1].reference is None
    assert f"Takes in <#{thread.id}>" in str(embed_of(result).description)


async def test_the_stored_request_is_what_was_asked(house: House, scene: Scene) -> None:
    await scene.ann.slash(scene.channel, "song", lyrics="la", style="folk", title="Night Bus", retention=3)

    stored = json.loads((await house.task()).request)
    assert stored["retention_days"] == 3
    assert (stored["prompt"], stored["tags"], stored["title"]) == ("la", "folk", "Night Bus")


async def test_what_breaks_unforeseen_gives_a_reference_and_never_the_text(
    house: House, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def explode(*_: object) -> None:
        raise RuntimeError("secret=hunter2")

    monkeypatch.setattr(house.service, "ask", explode)
    result = await scene.ann.slash(scene.channel, "song", lyrics="la")

    (error,) = house.env.errors
    assert isinstance(error, discord.app_commands.CommandInvokeError)
    assert result.response is not None
    assert result.response.ephemeral
    assert "reference" in result.response.content
    assert "hunter2" not in result.response.content

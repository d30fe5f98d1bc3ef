"""`/queue` and `/cancel`."""

from __future__ import annotations

import discord
import pytest
from simcord import ChannelHandle
from simcord.enums import ChannelType

from db.states import TaskState
from tests.cogs.house import House, Scene, embed_of


async def test_an_empty_queue_says_how_to_begin(house: House, scene: Scene) -> None:
    result = await scene.ann.slash(scene.channel, "queue")

    assert result.response is not None
    assert result.response.ephemeral
    assert embed_of(result).description == "Nothing is waiting or running here. Type `/song` to write one."


async def test_the_queue_shows_everybodys_tasks_of_this_server_and_their_place(house: House, scene: Scene) -> None:
    await scene.ann.slash(scene.channel, "song", lyrics="la", title="Night *Bus*")
    await scene.bob.slash(scene.channel, "inspire", idea="a shanty")
    elsewhere = house.env.create_guild("Elsewhere")
    eve = elsewhere.add_member(house.env.create_user("eve"))
    await eve.slash(elsewhere.create_text_channel("songs"), "inspire", idea="not theirs")

    lines = str(embed_of(await scene.mod.slash(scene.channel, "queue")).description).splitlines()
    assert lines == [
        rf"**Night \*Bus\* · v1** · <@{scene.ann.id}> · ⏳ Waiting · next in line",
        f"**a shanty · v1** · <@{scene.bob.id}> · ⏳ Waiting · one song before it",
    ]


def bot_user(house: House) -> discord.ClientUser:
    assert house.bot.user is not None
    return house.bot.user


async def test_a_song_from_a_channel_closed_to_the_member_is_not_named(house: House, scene: Scene) -> None:
    closed = scene.guild.create_text_channel(
        "backstage",
        overwrites={
            scene.guild.default_role: discord.PermissionOverwrite(view_channel=False),
            bot_user(house): discord.PermissionOverwrite(view_channel=True),
        },
    )
    boss = scene.guild.create_role("boss", permissions=discord.Permissions(administrator=True))
    chief = scene.guild.add_member(house.env.create_user("chief"), roles=[boss])
    await chief.slash(closed, "song", lyrics="a secret line")

    seen = str(embed_of(await scene.bob.slash(scene.channel, "queue")).description)
    assert "secret" not in seen
    assert "**a song in another channel**" in seen
    assert "a secret line" in str(embed_of(await chief.slash(scene.channel, "queue")).description)


async def test_a_song_from_a_private_thread_is_not_named_outside_of_it(house: House, scene: Scene) -> None:
    private = ChannelType.PRIVATE_THREAD
    secret = house.env.backend.create_thread(scene.channel.id, "surprise", scene.ann.id, type=private)
    thread = ChannelHandle(house.env, scene.guild, secret)
    await scene.ann.slash(thread, "inspire", idea="a birthday song")

    assert "birthday" not in str(embed_of(await scene.bob.slash(scene.channel, "queue")).description)
    assert "birthday" in str(embed_of(await scene.ann.slash(scene.channel, "queue")).description)


async def test_a_long_queue_is_cut_and_counted(house: House, scene: Scene) -> None:
    for number in range(17):
        await scene.ann.slash(scene.channel, "inspire", idea=f"idea {number}")

    lines = str(embed_of(await scene.ann.slash(scene.channel, "queue")).description).splitlines()
    assert len(lines) == 16
    assert lines[-1] == "… and 2 more"


async def test_in_private_a_member_sees_their_own_tasks_alone(house: House, scene: Scene) -> None:
    await scene.ann.user.slash("inspire", idea="a secret")
    await scene.ann.slash(scene.channel, "inspire", idea="a shanty")

    assert "a secret" in str(embed_of(await scene.ann.user.slash("queue")).description)
    assert "Nothing is waiting" in str(embed_of(await scene.bob.user.slash("queue")).description)
    assert "a secret" not in str(embed_of(await scene.bob.slash(scene.channel, "queue")).description)


async def test_cancel_without_a_name_stops_ones_newest_task(house: House, scene: Scene) -> None:
    await scene.ann.slash(scene.channel, "inspire", idea="first")
    await scene.ann.slash(scene.channel, "inspire", idea="second")
    await scene.bob.slash(scene.channel, "inspire", idea="not ann's")
    result = await scene.ann.slash(scene.channel, "cancel")

    assert house.refusal(result) == "**second · v1** is cancelled. Nothing was sent to the studio."
    assert [task.state for task in await house.tasks()] == [TaskState.QUEUED, TaskState.CANCELLED, TaskState.QUEUED]


async def test_cancel_without_a_name_passes_over_what_was_cancelled_before(house: House, scene: Scene) -> None:
    await scene.ann.slash(scene.channel, "inspire", idea="first")
    await house.submit()
    await scene.ann.slash(scene.channel, "cancel")

    assert "nothing here that could be cancelled" in house.refusal(await scene.ann.slash(scene.channel, "cancel"))


async def test_cancel_with_nothing_to_cancel_says_so(house: House, scene: Scene) -> None:
    await scene.bob.slash(scene.channel, "inspire", idea="not ann's")

    said = house.refusal(await scene.ann.slash(scene.channel, "cancel"))
    assert said == "You have nothing here that could be cancelled."


async def test_another_member_cannot_cancel_but_a_moderator_can(house: House, scene: Scene) -> None:
    await scene.ann.slash(scene.channel, "inspire", idea="ann's")

    refused = await scene.bob.slash(scene.channel, "cancel", task="1")
    assert house.refusal(refused) == f"Only <@{scene.ann.id}> or a moderator can cancel this."
    await scene.mod.slash(scene.channel, "cancel", task="1")
    assert (await house.task()).state is TaskState.CANCELLED


@pytest.mark.parametrize("task", ["", "999", "ann's song", "1 OR 1=1"])
async def test_cancel_of_a_task_that_is_not_here_says_so(house: House, scene: Scene, task: str) -> None:
    await scene.ann.slash(scene.channel, "inspire", idea="ann's")

    said = house.refusal(await scene.ann.slash(scene.channel, "cancel", task=task))
    assert said.startswith("`task` names nothing here.")
    assert (await house.task()).state is TaskState.QUEUED


async def test_the_list_offers_what_a_member_may_cancel_newest_first(house: House, scene: Scene) -> None:
    await scene.ann.slash(scene.channel, "inspire", idea="first *idea*")
    await scene.bob.slash(scene.channel, "inspire", idea="second idea")

    own = await scene.ann.autocomplete(scene.channel, "cancel", "task", "")
    assert [(choice["name"], choice["value"]) for choice in own] == [("first *idea* · v1", "1")]
    everybodys = await scene.mod.autocomplete(scene.channel, "cancel", "task", "IDEA")
    assert [choice["value"] for choice in everybodys] == ["2", "1"]
    assert await scene.mod.autocomplete(scene.channel, "cancel", "task", "third") == []

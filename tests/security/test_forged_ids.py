"""A `custom_id` or an option may say anything: every act with every row that is not this member's leads nowhere."""

from __future__ import annotations

import itertools
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import discord
import pytest
from simcord import ChannelHandle, InteractionResult, MemberActor
from simcord.actors import _dispatch_actor_interaction
from simcord.builders import UserHandle
from simcord.enums import InteractionType

from bot.cards.custom_id import Act
from tests.cogs.house import House, Scene, buttons_of, embed_of, forged_command, takes_in, thread_of

Actor = MemberActor | UserHandle

NOWHERE = "This button no longer leads anywhere: its song is not known here."
NO_ROW = ("999", "0", str(10**18 - 1), str(2**63), "9" * 90)
NO_NUMBER = (
    "",
    "-1",
    "+1",
    " 1",
    "1 ",
    "1\n",
    "1.0",
    "0x1",
    "1e0",
    "\u0661",
    "\uff11",
    "\u00b9",
    "1:1",
    "1;2",
    "null",
    "'",
)
TABLES = ("songs", "tasks", "submissions", "clips", "deliveries", "singers")


def rows(path: Path) -> dict[str, list[object]]:
    with closing(sqlite3.connect(path)) as connection:
        return {table: connection.execute(f"SELECT * FROM {table} ORDER BY id").fetchall() for table in TABLES}


async def press(who: Actor, message: discord.Message, custom_id: str) -> InteractionResult:
    """A press on a button of the member's own making."""
    stored = who._env.backend.get_message(message.channel.id, message.id)
    genuine = stored.components
    stored.components = [{"type": 1, "components": [{"type": 2, "style": 2, "label": "x", "custom_id": custom_id}]}]
    try:
        return await who.click(message, custom_id=custom_id)
    finally:
        stored.components = genuine


async def form(who: Actor, place: ChannelHandle, custom_id: str) -> InteractionResult:
    """A sent form nobody opened, with every field filled."""
    typed = {"lyrics": "la", "style": "folk", "title": "Mine", "at": "1", "from": "0:01", "to": "0:02", "name": "Robin"}
    fields = [
        {"type": 18, "id": number, "component": {"type": 4, "id": 100 + number, "custom_id": name, "value": value}}
        for number, (name, value) in enumerate(typed.items())
    ]
    data = {"custom_id": custom_id, "components": fields}
    return await _dispatch_actor_interaction(who, InteractionType.MODAL_SUBMIT, place, data)


def check_pressed(house: House, result: InteractionResult, act: Act, custom_id: str) -> None:
    """Paging through one's own library needs no row, so there is none to be refused: it shows what is one's own."""
    assert result.response is not None
    if act is not Act.OLDER or not result.response.embeds:
        check_refused(house, result, custom_id)
        return
    assert result.response.ephemeral
    assert not {"Night Bus", "Secret"} & set(str(embed_of(result).description).split("**")), custom_id


def check_refused(house: House, result: InteractionResult, custom_id: str) -> None:
    assert result.modal is None, custom_id
    said = house.refusal(result)
    assert said == NOWHERE, (custom_id, said)


@pytest.fixture
async def elsewhere(house: House, scene: Scene) -> tuple[MemberActor, ChannelHandle, discord.Message]:
    """Eve, who may do everything in a server of her own, a channel there, and a message of the bot's."""
    await scene.ann.slash(scene.channel, "song", lyrics="la la", title="Night Bus")
    await house.play()
    await scene.ann.slash(scene.channel, "lyrics", about="a lighthouse")
    await house.play()
    await scene.ann.slash(scene.channel, "song", lyrics="still waiting")
    guild = house.env.create_guild("Elsewhere")
    boss = guild.create_role("boss", permissions=discord.Permissions.all())
    eve = guild.add_member(house.env.create_user("eve"), roles=[boss])
    channel = guild.create_text_channel("songs")
    await house.play()
    own = await eve.slash(channel, "inspire", idea="mine")
    assert own.response is not None
    return eve, channel, own.response.message


ROWS_OF_ANN = ("1", "2", "03")
"""Her tasks and clips have these ids; a zero before one of them is the same number."""


async def test_no_act_reaches_a_row_of_another_server(
    house: House, elsewhere: tuple[MemberActor, ChannelHandle, discord.Message], tmp_path: Path
) -> None:
    eve, channel, message = elsewhere
    before = rows(tmp_path / "minstrel.db")
    for act, row in itertools.product(Act, (*ROWS_OF_ANN, *NO_ROW)):
        custom_id = f"m1:{act}:{row}"
        check_pressed(house, await press(eve, message, custom_id), act, custom_id)
        if act is not Act.SONG:  # a new song needs no row
            check_refused(house, await form(eve, channel, custom_id), custom_id)
    assert rows(tmp_path / "minstrel.db") == before


async def test_no_text_that_only_looks_like_a_row_is_one(house: House, scene: Scene, tmp_path: Path) -> None:
    """Pressed by the very author, in the very place: only the number's form is wrong."""
    card = await scene.ann.slash(scene.channel, "song", lyrics="la la", title="Night Bus")
    assert card.response is not None
    before = rows(tmp_path / "minstrel.db")
    forged = [f"m1:{act}:{row}" for act in (Act.CANCEL, Act.EXTEND) for row in NO_NUMBER]
    forged += [
        "",
        "m1",
        "m1:",
        "m1:cancel",
        "M1:cancel:1",
        "m2:cancel:1",
        "m1:CANCEL:1",
        "m1:\u217danc\u0435l:1",
        "\0",
        "{ $x }",
    ]
    for custom_id in forged:
        if custom_id:
            check_refused(house, await press(scene.ann, card.response.message, custom_id), custom_id)
        check_refused(house, await form(scene.ann, scene.channel, custom_id), custom_id)
    assert rows(tmp_path / "minstrel.db") == before


async def test_in_private_no_act_reaches_a_row_of_another_member(house: House, scene: Scene, tmp_path: Path) -> None:
    await scene.ann.user.slash("song", lyrics="a secret", title="Secret")
    await house.play()
    await scene.ann.user.slash("inspire", idea="still waiting")
    own = await scene.bob.user.slash("inspire", idea="mine")
    assert own.response is not None
    before = rows(tmp_path / "minstrel.db")
    for act, row in itertools.product(Act, ("1", "2")):
        custom_id = f"m1:{act}:{row}"
        check_pressed(house, await press(scene.bob.user, own.response.message, custom_id), act, custom_id)
        if act is not Act.SONG:
            check_refused(house, await form(scene.bob.user, scene.bob.user.dm_channel, custom_id), custom_id)
    assert rows(tmp_path / "minstrel.db") == before


COMMANDS: dict[str, dict[str, str]] = {
    "extend": {},
    "cover": {"style": "salsa"},
    "remaster": {},
    "replace": {"from": "1", "to": "2"},
    "vocals": {"lyrics": "ooh"},
    "backing": {},
    "export": {"format": "wav"},
    "show": {},
}


async def test_no_command_names_a_row_of_another_server_and_no_list_offers_one(
    house: House, elsewhere: tuple[MemberActor, ChannelHandle, discord.Message], tmp_path: Path
) -> None:
    eve, channel, _ = elsewhere
    before = rows(tmp_path / "minstrel.db")
    for name, options in COMMANDS.items():
        for take in (*ROWS_OF_ANN, *NO_ROW, *NO_NUMBER, "v1a"):
            said = house.refusal(await forged_command(eve, channel, name, take=take, **options))
            assert "`take` names no take here" in said, (name, take)
        assert await eve.autocomplete(channel, name, "take", "") == []
    for task in ("1", "2", "3", *NO_ROW, *NO_NUMBER):
        said = house.refusal(await forged_command(eve, channel, "cancel", task=task))
        assert "`task` names nothing here" in said, task
    (offered,) = await eve.autocomplete(channel, "cancel", "task", "")
    assert offered["name"].startswith("mine")
    queue = await eve.slash(channel, "queue")
    assert queue.response is not None
    shown = json.dumps([embed.to_dict() for embed in queue.response.embeds])
    assert "still waiting" not in shown
    assert rows(tmp_path / "minstrel.db") == before


async def test_no_singer_of_another_server_is_known_by_name(
    house: House, scene: Scene, elsewhere: tuple[MemberActor, ChannelHandle, discord.Message], tmp_path: Path
) -> None:
    eve, channel, _ = elsewhere
    await scene.ann.slash(scene.channel, "singer create", take="1", name="Robin")
    await house.call_out()
    assert [one["value"] for one in await scene.ann.autocomplete(scene.channel, "song", "singer", "")] == ["Robin"]
    before = rows(tmp_path / "minstrel.db")

    assert len(before["singers"]) == 1
    assert await eve.autocomplete(channel, "song", "singer", "") == []
    assert await eve.autocomplete(channel, "singer remove", "name", "") == []
    for result in (
        await eve.slash(channel, "song", lyrics="la", singer="Robin"),
        await eve.slash(channel, "singer remove", name="Robin"),
    ):
        assert house.refusal(result).startswith("There is no singer called")
    listed = await eve.slash(channel, "singer list")
    assert listed.response is not None
    assert "Robin" not in str(listed.response.embeds[0].description)
    assert rows(tmp_path / "minstrel.db") == before


async def test_the_menu_of_a_message_finds_no_take_of_another_server(
    house: House, elsewhere: tuple[MemberActor, ChannelHandle, discord.Message], tmp_path: Path
) -> None:
    eve, channel, message = elsewhere
    with closing(sqlite3.connect(tmp_path / "minstrel.db")) as connection:
        connection.execute("UPDATE deliveries SET message_id = ? WHERE id = 1", (message.id,))
        connection.commit()
    result = await eve.context_menu(channel, "Revise this take", target=message)
    assert result.modal is None
    assert house.refusal(result) == "That message is no take of mine."


async def test_an_id_of_a_button_that_was_drawn_is_one_that_is_parsed(house: House, scene: Scene) -> None:
    """Else all these refusals would prove nothing."""
    await scene.ann.slash(scene.channel, "song", lyrics="la la", title="Night Bus")
    await house.play()
    take = takes_in(thread_of(scene.channel))[0]
    for custom_id in buttons_of(take).values():
        result = await scene.ann.click(take, custom_id=custom_id)
        assert result.modal is not None or (result.response is not None and result.response.content != NOWHERE)


# Takes that a server had no place for


async def test_the_buttons_of_a_take_that_came_in_private_lead_on_there(house: House, scene: Scene) -> None:
    channel = house.narrow_channel(scene.guild, attach_files=False)
    house.env.inject_error("POST", f"/channels/{channel.id}/messages", status=403, code=50013, times=None)
    await scene.ann.slash(channel, "song", lyrics="la la", title="Night Bus")
    await house.play()
    private = scene.ann.user.dm_channel
    take = takes_in(private)[0]

    opened = await scene.ann.user.click(take, label="Cover")
    assert opened.modal is not None
    again = await scene.ann.user.click(take, label="Again")
    assert again.response is not None
    assert "Night Bus" in str(again.response.embeds[0].title)
    await house.play()

    assert len(takes_in(private)) == 4
    assert takes_in(scene.channel) == []
    task = await house.task()
    assert (task.guild_id, task.requester_id) == (None, scene.ann.id)

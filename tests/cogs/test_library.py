"""`/library`: one's own takes, and posting them."""

from __future__ import annotations

import discord
import pytest

from bot.client import MinstrelBot
from db.states import MOST_FAULTS
from tests.cogs.house import House, Scene, buttons_of, embed_of, forged_press, takes_in, thread_of


def lines(embed: discord.Embed) -> list[str]:
    return str(embed.description).splitlines()


async def test_an_empty_library_says_how_to_begin(house: House, scene: Scene) -> None:
    result = await scene.ann.slash(scene.channel, "library")
    assert result.response is not None
    assert result.response.ephemeral
    assert lines(embed_of(result)) == ["You have made nothing here yet. Type `/song` to begin."]


async def test_the_newest_takes_come_first_with_where_they_stand(house: House, scene: Scene) -> None:
    house.studio.title = "Night *Bus*"
    await scene.ann.slash(scene.channel, "song", lyrics="la", title="Night *Bus*")
    await house.play()
    shown = lines(embed_of(await scene.ann.slash(scene.channel, "library")))
    (second, first) = shown
    assert second.startswith(r"**Night \*Bus\*** · v1b · 1:24 · <t:")
    assert first.startswith(r"**Night \*Bus\*** · v1a · 1:24 · <t:")
    assert all("[where it stands](https://discord.com/channels/" in line for line in shown)


async def test_a_take_no_place_would_have_is_there_and_can_be_posted_here(house: House, scene: Scene) -> None:
    await scene.ann.slash(scene.channel, "song", lyrics="la", title="Night Bus")
    await house.submit()
    await house.poll()
    async with house.database.write() as conn:
        await conn.exec_driver_sql("UPDATE deliveries SET state = 'kept'")
    result = await scene.ann.slash(scene.channel, "library")
    assert all(line.endswith("· not posted") for line in lines(embed_of(result)))
    assert result.response is not None
    await scene.ann.click(result.response.message, label="Post here: v1a · Night Bus")
    await house.call_out()
    posted = takes_in(scene.channel)
    assert [message.attachments[0].filename[:14] for message in posted] == ["night-bus-v1a-"]


async def test_a_long_library_is_paged(house: House, scene: Scene) -> None:
    for number in range(4):
        house.studio.title = f"Song {number}"
        await scene.ann.slash(scene.channel, "song", lyrics="la", title=f"Song {number}")
        await house.play()
    result = await scene.ann.slash(scene.channel, "library")
    assert result.response is not None
    page, seen = result.response.message, []
    for _ in range(5):
        seen += [line.split("**")[1] for line in lines(embed_of(page))]
        if "Older" not in buttons_of(page):
            break
        turned = await scene.ann.click(page, label="Older")
        assert turned.response is not None
        page = turned.response.message
    assert seen == [f"Song {number}" for number in (3, 3, 2, 2, 1, 1, 0, 0)]


async def test_nobody_sees_the_takes_of_others_nor_those_of_another_server(house: House, scene: Scene) -> None:
    await scene.ann.slash(scene.channel, "song", lyrics="la", title="Hers")
    await house.play()
    elsewhere = house.env.create_guild("Elsewhere")
    ann_there = elsewhere.add_member(scene.ann.user)
    assert "Hers" not in str(embed_of(await scene.bob.slash(scene.channel, "library")).description)
    there = await ann_there.slash(elsewhere.create_text_channel("songs"), "library")
    assert "Hers" not in str(embed_of(there).description)


async def test_a_forged_button_posts_nobody_elses_take(house: House, scene: Scene) -> None:
    await scene.ann.slash(scene.channel, "song", lyrics="la", title="Hers")
    await house.play()
    message = takes_in(thread_of(scene.channel, "Hers"))[0]
    await scene.bob.slash(scene.channel, "song", lyrics="la", title="His")
    await house.play()
    his = takes_in(thread_of(scene.channel, "His"))[0]
    hers_id = buttons_of(message)["Extend"].rpartition(":")[2]
    before = len(await house.tasks())
    assert "no longer leads anywhere" in house.refusal(await forged_press(scene.bob, his, f"m1:post:{hers_id}"))
    assert len(await house.tasks()) == before


async def test_whoever_runs_the_bot_sees_in_the_queue_what_is_stuck(
    house: House, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.ann.slash(scene.channel, "song", lyrics="la")
    await house.submit()
    async with house.database.write() as conn:
        await conn.exec_driver_sql(f"UPDATE tasks SET faults = {MOST_FAULTS}")
    assert embed_of(await scene.ann.slash(scene.channel, "queue")).fields == []
    monkeypatch.setattr(MinstrelBot, "owner_user_ids", {scene.bob.id})
    (field,) = embed_of(await scene.bob.slash(scene.channel, "queue")).fields
    assert field.name == "For whoever runs the bot"
    assert field.value == "Songs that cannot be brought in, left after several tries: 1 (tasks 1)"

"""Takes as they land on Discord: where, under what name, with which file, and whom they disturb."""

from __future__ import annotations

import discord
import pytest
from simcord import ChannelHandle, InteractionResult

from bot import picture
from db import deliveries, tasks
from tests.cogs.house import House, Scene, embed_of, takes_in, thread_of


def replies_to_its_card(message: discord.Message, card: InteractionResult) -> bool:
    assert card.response is not None
    return message.reference is not None and message.reference.message_id == card.response.id


async def test_the_first_takes_grow_a_thread_from_the_card_named_after_the_song(house: House, scene: Scene) -> None:
    card = await scene.ann.slash(scene.channel, "song", lyrics="la", title="Night Bus")
    await house.play()

    assert card.response is not None
    thread = thread_of(scene.channel, "Night Bus")
    assert thread.id == card.response.id
    posted = takes_in(thread)
    assert [message.embeds[0].title for message in posted] == ["Night Bus · v1a", "Night Bus · v1b"]
    assert [message.reference for message in posted] == [None, None]


async def test_a_take_carries_its_file_and_its_cover(house: House, scene: Scene) -> None:
    await scene.ann.slash(scene.channel, "song", lyrics="la", title="Night Bus")
    await house.play()

    take = takes_in(thread_of(scene.channel))[0]
    audio, cover, waveform = take.attachments
    assert audio.filename.startswith("night-bus-v1a-")
    assert audio.filename.endswith(".mp3")
    assert audio.description == "Night Bus, take v1a"
    assert embed_of(take).thumbnail.url == f"attachment://{cover.filename}"
    assert embed_of(take).image.url == f"attachment://{waveform.filename}"
    assert [(field.name, field.value) for field in embed_of(take).fields] == [
        ("Length", "1:24"),
        ("Kept by MusicMint", "until <t:1769817600:D>"),
        ("Style", "indie folk"),
    ]


async def test_a_finished_card_links_to_its_takes(house: House, scene: Scene) -> None:
    card = await scene.ann.slash(scene.channel, "song", lyrics="la")
    await house.play()

    thread = thread_of(scene.channel)
    links = [
        f"[{label}](https://discord.com/channels/{scene.guild.id}/{thread.id}/{message.id})"
        for label, message in zip(("v1a", "v1b"), takes_in(thread), strict=True)
    ]
    assert str(embed_of(card).description).endswith(f"**✅ Done · {' · '.join(links)}**")
    assert embed_of(card).title == "Night Bus · v1"


async def test_without_a_title_the_song_is_called_what_musicmint_calls_it(house: House, scene: Scene) -> None:
    house.studio.title = "  A   very\nlong name " + "x" * 100
    await scene.ann.slash(scene.channel, "inspire", idea="a shanty")
    await house.play()

    (thread,) = scene.channel.threads
    assert str(thread.name).startswith("A very long name xxx")
    assert len(str(thread.name)) == 100


async def test_in_private_takes_reply_to_the_card(house: House, scene: Scene) -> None:
    card = await scene.ann.user.slash("song", lyrics="la")
    await house.play()

    posted = takes_in(scene.ann.user.dm_channel)
    assert len(posted) == 2
    assert all(replies_to_its_card(message, card) for message in posted)
    assert f"/channels/@me/{scene.ann.user.dm_channel.id}/" in str(embed_of(card).description)


async def test_in_a_forum_post_takes_reply_to_the_card(house: House, scene: Scene) -> None:
    forum = scene.guild.create_forum_channel("song-ideas")
    post = house.env.backend.create_thread(forum.id, "A post", scene.ann.id)
    channel = ChannelHandle(house.env, scene.guild, post)
    card = await scene.ann.slash(channel, "song", lyrics="la")
    await house.play()

    assert [replies_to_its_card(message, card) for message in takes_in(channel)] == [True, True]


@pytest.mark.parametrize("lacking", ["create_public_threads", "send_messages_in_threads"])
async def test_where_no_thread_may_grow_takes_reply_in_place(house: House, scene: Scene, lacking: str) -> None:
    channel = house.narrow_channel(scene.guild, **{lacking: False})
    card = await scene.ann.slash(channel, "song", lyrics="la")
    await house.play()

    assert channel.threads == []
    assert [replies_to_its_card(message, card) for message in takes_in(channel)] == [True, True]


async def test_where_files_may_not_be_posted_takes_come_in_private_and_no_thread_stays_empty(
    house: House, scene: Scene
) -> None:
    channel = house.narrow_channel(scene.guild, attach_files=False)
    house.env.inject_error("POST", f"/channels/{channel.id}/messages", status=403, code=50013, times=None)
    await scene.ann.slash(channel, "song", lyrics="la")
    await house.play()

    assert channel.threads == []
    assert len(takes_in(scene.ann.user.dm_channel)) == 2


async def test_a_deleted_card_does_not_keep_its_takes_from_coming(house: House, scene: Scene) -> None:
    card = await scene.ann.slash(scene.channel, "song", lyrics="la")
    assert card.response is not None
    await scene.mod.delete(card.response.message)
    await house.play()

    assert len(takes_in(scene.channel)) == 2


async def test_a_take_without_its_file_comes_with_a_link_and_the_reason(house: House, scene: Scene) -> None:
    house.files.missing = True
    await scene.ann.slash(scene.channel, "song", lyrics="la")
    await house.play()

    first = thread_of(scene.channel).history()[-2]
    assert first.attachments == []
    assert str(embed_of(first).description).splitlines() == [
        "The file could not be fetched from the music service.",
        "[Listen at the studio](https://cdn.example/task-1/1.mp3)",
    ]


async def test_a_take_that_was_posted_before_a_crash_is_found_and_not_posted_again(house: House, scene: Scene) -> None:
    await scene.ann.slash(scene.channel, "song", lyrics="la")
    await house.play()
    thread = thread_of(scene.channel)
    first = takes_in(thread)[0]
    async with house.database.read() as conn:
        task = await tasks.get(conn, 1)
        (posted, _) = await deliveries.of_task(conn, 1)
        assert task is not None
        shown = await picture.piece(conn, posted, task, 0)

    since = int(first.created_at.timestamp() * 1000)
    assert await house.messenger.find(thread.id, shown, since) == first.id
    assert await house.messenger.find(scene.channel.id, shown, since) is None


async def test_words_of_members_stay_words_and_ping_nobody(house: House, scene: Scene) -> None:
    evil = f"@everyone <@{scene.bob.id}> **b** [a](http://x.example) [c](http://y.example)"
    house.studio.title = house.studio.tags = house.studio.prompt = evil
    card = await scene.ann.slash(scene.channel, "song", lyrics=evil, style=evil[:200], title=evil)
    await house.play()

    (thread,) = scene.channel.threads
    assert card.response is not None
    for message in (card.response.message, *takes_in(thread)):
        embed = embed_of(message)
        shown = "\n".join([str(embed.title), *(str(field.value) for field in embed.fields)])
        assert "@everyone" not in shown
        assert f"<@{scene.bob.id}>" not in shown
        assert "**b**" not in shown
        assert r"\[a\](http://x.example) \[c\](http://y.example)" in shown
    for request in house.env.http_requests:
        if request.method in ("POST", "PATCH") and "/messages" in request.path and isinstance(request.json, dict):
            assert request.json.get("allowed_mentions") == {"parse": []} or "threads" in request.path

"""Every button, before and after a restart, and in the wrong hands."""

from __future__ import annotations

import aiohttp
import discord
import pytest

from db.states import TaskState
from tests.cogs.house import House, Scene, buttons_of, embed_of, forged_press, takes_in, thread_of

RESTARTED = pytest.mark.parametrize("restarted", [False, True], ids=["same process", "after a restart"])


async def a_card(house: House, scene: Scene, restarted: bool = False) -> discord.Message:
    """A waiting task's card, perhaps looked at after a restart."""
    result = await scene.ann.slash(scene.channel, "song", lyrics="[Verse]\nla *la*", style="folk", title="Night Bus")
    if restarted:
        await house.restart()
    assert result.response is not None
    return result.response.message


async def a_take(house: House, scene: Scene, restarted: bool = False) -> discord.Message:
    """The first take of a finished song."""
    await a_card(house, scene)
    await house.play()
    if restarted:
        await house.restart()
    return takes_in(thread_of(scene.channel))[0]


def now_shown(scene: Scene, message: discord.Message) -> discord.Message:
    """The message as it stands by now."""
    (found,) = [other for other in scene.channel.history() if other.id == message.id]
    return found


@RESTARTED
async def test_cancel_stops_a_waiting_task_and_the_card_says_so(house: House, scene: Scene, restarted: bool) -> None:
    card = await a_card(house, scene, restarted)
    result = await scene.ann.click(card, label="Cancel")
    await house.play()

    assert house.refusal(result) == "**Night Bus · v1** is cancelled. Nothing was sent to the studio."
    assert (await house.task()).state is TaskState.CANCELLED
    assert house.studio.generated == []
    card = now_shown(scene, card)
    assert "🚫 Cancelled · nothing was sent" in str(embed_of(card).description)
    assert buttons_of(card) == {}


async def test_cancel_is_for_the_author_and_moderators(house: House, scene: Scene) -> None:
    card = await a_card(house, scene)

    refused = await scene.bob.click(card, label="Cancel")
    assert house.refusal(refused) == f"Only <@{scene.ann.id}> or a moderator can cancel this."
    assert (await house.task()).state is TaskState.QUEUED

    await scene.mod.click(card, label="Cancel")
    assert (await house.task()).state is TaskState.CANCELLED


@RESTARTED
async def test_a_late_cancel_keeps_the_takes_until_show_is_pressed(house: House, scene: Scene, restarted: bool) -> None:
    card = await a_card(house, scene)
    await house.submit()
    result = await scene.ann.click(card, label="Cancel")
    assert "kept, not posted; it may be charged" in house.refusal(result)
    await house.deliver()
    assert "what arrives is kept, not posted" in str(embed_of(now_shown(scene, card)).description)
    assert buttons_of(now_shown(scene, card)) == {}

    await house.poll()
    await house.deliver()
    assert scene.channel.threads == []
    kept = now_shown(scene, card)
    assert "✅ Done · kept, not posted" in str(embed_of(kept).description)
    assert buttons_of(kept) == {"Show the takes": "m1:show:1"}

    if restarted:
        await house.restart()
    refused = await scene.bob.click(kept, label="Show the takes")
    assert "or a moderator can post what was kept" in house.refusal(refused)
    shown = await scene.ann.click(kept, label="Show the takes")
    assert house.refusal(shown) == "The takes are on their way."
    await house.deliver()
    assert len(takes_in(thread_of(scene.channel))) == 2
    assert buttons_of(now_shown(scene, card)) == {}


async def test_a_second_cancel_says_that_there_is_nothing_left_to_cancel(house: House, scene: Scene) -> None:
    card = await a_card(house, scene)
    await house.submit()
    await scene.ann.click(card, label="Cancel")

    assert "nothing to cancel" in house.refusal(await scene.ann.click(card, label="Cancel"))


@RESTARTED
async def test_extend_opens_a_form_filled_with_what_the_take_was_made_from(
    house: House, scene: Scene, restarted: bool
) -> None:
    take = await a_take(house, scene, restarted)
    shown = await scene.bob.click(take, label="Extend")

    assert shown.modal is not None
    assert shown.modal["title"] == "Continue v1a"
    filled = {label["component"]["custom_id"]: label["component"].get("value") for label in shown.modal["components"]}
    assert filled == {"at": "84", "lyrics": None, "style": "indie folk"}


@RESTARTED
async def test_again_asks_for_the_same_once_more_in_the_same_song(house: House, scene: Scene, restarted: bool) -> None:
    take = await a_take(house, scene, restarted)
    result = await scene.bob.click(take, label="Again")
    await house.play()

    assert house.studio.generated[0] == house.studio.generated[1]
    assert embed_of(result).title == "Night Bus · v2"
    assert (await house.task()).requester_id == scene.bob.id
    thread = thread_of(scene.channel)
    assert [message.embeds[0].title for message in takes_in(thread)[2:]] == ["Night Bus · v2a", "Night Bus · v2b"]


async def test_again_of_a_continuation_continues_the_same_take(house: House, scene: Scene) -> None:
    await a_take(house, scene)
    await scene.ann.slash(scene.channel, "extend", take="2", at=30)
    await house.play()
    result = await scene.ann.click(takes_in(thread_of(scene.channel))[-1], label="Again")
    await house.submit()

    assert "a continuation of v1b from 0:30" in str(embed_of(result).description)
    assert house.studio.generated[-1].continue_clip_id == "task-1/2"


@RESTARTED
async def test_lyrics_shows_the_whole_lyric_to_whoever_asks(house: House, scene: Scene, restarted: bool) -> None:
    take = await a_take(house, scene, restarted)
    result = await scene.bob.click(take, label="Lyrics")

    assert result.response is not None
    assert result.response.ephemeral
    assert embed_of(result).description == "\\[Verse\\]\nla \\*la\\*"
    assert embed_of(result).title == "Night Bus · v1a"


async def test_a_lyric_no_embed_can_hold_comes_as_a_text_too(house: House, scene: Scene) -> None:
    lyrics = "*" * 4000
    await scene.ann.slash(scene.channel, "song", lyrics=lyrics)
    await house.play()
    result = await scene.ann.click(takes_in(thread_of(scene.channel))[0], label="Lyrics")

    assert result.response is not None
    (whole,) = result.response.attachments
    assert whole.filename == "lyrics-v1a.txt"
    assert (await whole.read()).decode() == lyrics


async def test_an_instrumental_says_that_it_has_no_lyrics(house: House, scene: Scene) -> None:
    await scene.ann.slash(scene.channel, "instrumental", style="ambient", description="rain")
    await house.play()
    result = await scene.ann.click(takes_in(thread_of(scene.channel))[0], label="Lyrics")

    assert embed_of(result).description == "This take has no lyrics."


NOWHERE = (
    *(f"m1:{act}:999" for act in ("cancel", "show", "extend", "again", "lyrics")),
    *("m1:song:0", "m1:dance:1", "m2:cancel:1", "m1:cancel:-1", "m1:cancel:" + "9" * 19, "hello", "\n"),
)


async def test_a_press_that_leads_nowhere_is_answered_and_does_nothing(house: House, scene: Scene) -> None:
    card = await a_card(house, scene)
    for custom_id in NOWHERE:
        said = house.refusal(await forged_press(scene.ann, card, custom_id))
        assert said == "This button no longer leads anywhere: its song is not known here."
    (task,) = await house.tasks()
    assert (task.state, task.cancel_requested_at) == (TaskState.QUEUED, None)


async def test_a_row_of_another_server_cannot_be_touched(house: House, scene: Scene) -> None:
    await a_take(house, scene)
    elsewhere = house.env.create_guild("Elsewhere")
    channel = elsewhere.create_text_channel("songs")
    boss = elsewhere.create_role("boss", permissions=discord.Permissions.all())
    eve = elsewhere.add_member(house.env.create_user("eve"), roles=[boss])
    own = await eve.slash(channel, "song", lyrics="mine")
    assert own.response is not None

    for act in ("cancel", "show", "extend", "again", "lyrics"):
        result = await forged_press(eve, own.response.message, f"m1:{act}:1")
        assert "no longer leads anywhere" in house.refusal(result)
    assert len(await house.tasks()) == 2


async def test_an_apology_that_cannot_be_sent_breaks_nothing(
    house: House, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise aiohttp.ServerDisconnectedError

    card = await a_card(house, scene)
    monkeypatch.setattr(discord.InteractionResponse, "send_message", broken)
    await scene.bob.click(card, label="Cancel")

    assert house.env.errors == []


async def test_a_callback_that_breaks_gives_a_reference_and_never_the_text(
    house: House, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def explode(*_: object) -> None:
        raise RuntimeError("secret=hunter2")

    card = await a_card(house, scene)
    monkeypatch.setattr(house.service, "cancel", explode)
    said = house.refusal(await scene.ann.click(card, label="Cancel"))

    assert "reference" in said
    assert "hunter2" not in said

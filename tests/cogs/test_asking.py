"""The one question to a member: may it be sent once more?"""

from __future__ import annotations

import discord

from bot.budget import Budget
from bot.errors import Unclear
from db import tasks
from db.states import TaskState
from tests.cogs.house import House, Scene, buttons_of, embed_of
from tests.cogs.test_buttons import now_shown


async def the_question(house: House, scene: Scene) -> discord.Message:
    """A card whose song nobody can tell of."""
    result = await scene.ann.slash(scene.channel, "song", lyrics="la", title="Night Bus")
    house.studio.refuses = Unclear(cause="HTTP 500")
    await house.submit()
    house.studio.refuses = None
    for after_s in (3, 31):
        await house.env.advance_time(after_s)
        await house.resolver.step()
    await house.deliver()
    assert result.response is not None
    return now_shown(scene, result.response.message)


async def test_the_card_asks_and_says_what_it_may_cost(house: House, scene: Scene) -> None:
    card = await the_question(house, scene)
    assert "❔ Try it once more?" in str(embed_of(card).description)
    assert "it may be charged twice" in str(embed_of(card).description)
    assert list(buttons_of(card)) == ["Try again", "Leave it"]


async def test_try_again_sends_it_once_more_and_only_once(house: House, scene: Scene) -> None:
    card = await the_question(house, scene)
    await house.restart()
    first = await scene.ann.click(card, label="Try again")
    second = await scene.ann.click(card, label="Try again")
    await house.play()
    assert house.refusal(first) == "It waits to be sent once more."
    assert house.refusal(second) == "There is nothing to decide any more: that song went on."
    assert len(house.studio.submitted) == 2
    assert (await house.task()).state is TaskState.FINISHED


async def test_leave_it_closes_the_card_and_sends_nothing(house: House, scene: Scene) -> None:
    card = await the_question(house, scene)
    told = await scene.ann.click(card, label="Leave it")
    await house.play()
    assert "not sent again" in house.refusal(told)
    assert len(house.studio.submitted) == 1
    assert (await house.task()).state is TaskState.CLOSED
    card = now_shown(scene, card)
    assert buttons_of(card) == {}
    assert "It was not sent again." in str(embed_of(card).description)


async def test_the_question_is_for_who_asked_and_for_moderators(house: House, scene: Scene) -> None:
    card = await the_question(house, scene)
    for label in ("Try again", "Leave it"):
        refused = await scene.bob.click(card, label=label)
        assert house.refusal(refused) == f"Only <@{scene.ann.id}> or a moderator can decide this."
    await scene.mod.click(card, label="Leave it")
    assert (await house.task()).state is TaskState.CLOSED


async def test_a_budget_that_is_used_up_is_told_in_private(house: House, scene: Scene) -> None:
    house.budget = Budget(per_member=1)
    await house.restart()
    await scene.ann.slash(scene.channel, "song", lyrics="la")
    refused = house.refusal(await scene.ann.slash(scene.channel, "song", lyrics="la la"))
    assert refused.startswith("You have used up today's one song. New ones can be asked for <t:")
    assert len(await house.tasks()) == 1


async def test_a_song_with_an_open_question_stands_in_the_queue(house: House, scene: Scene) -> None:
    await the_question(house, scene)
    (line,) = str(embed_of(await scene.ann.slash(scene.channel, "queue")).description).splitlines()
    assert line.endswith("❔ Try it once more?")


# A question whose card is out of reach


async def test_a_question_that_was_deleted_is_asked_again_and_its_buttons_work(house: House, scene: Scene) -> None:
    card = await the_question(house, scene)
    await scene.mod.delete(card)
    await wanted_again(house)
    anew = scene.channel.history()[-1]
    assert list(buttons_of(anew)) == ["Try again", "Leave it"]
    assert str(embed_of(anew).footer.text).startswith("Posted again, for its first message is out of reach")

    await scene.ann.click(anew, label="Leave it")
    await house.deliver()
    assert "It was not sent again." in str(embed_of(now_shown(scene, anew)).description)


async def test_a_question_whose_channel_is_closed_is_answered_in_private_by_who_asked(
    house: House, scene: Scene
) -> None:
    card = await the_question(house, scene)
    place = f"/channels/{card.channel.id}/messages"
    for method, path in (("PATCH", f"{place}/*"), ("POST", place)):
        house.env.inject_error(method, path, status=403, code=50001, times=None)
    await wanted_again(house)
    (asked,) = scene.ann.user.dm_channel.history()
    agreed = await scene.ann.user.click(asked, label="Try again")
    assert house.refusal(agreed) == "It waits to be sent once more."
    await house.submit()
    assert len(house.studio.submitted) == 2
    await house.deliver()
    (asked,) = scene.ann.user.dm_channel.history()
    assert "🎶 Composing" in str(embed_of(asked).description)


async def wanted_again(house: House) -> None:
    """Its row moves on, and whatever follows from that is done."""
    async with house.database.write() as conn:
        await tasks.want_cards(conn, [(await house.task()).id])
    await house.deliver()

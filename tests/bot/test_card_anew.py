"""A card that is out of reach is posted anew, where it has to say what its member hears nowhere else."""

from __future__ import annotations

import pytest

from bot.errors import (
    AlreadyDeleted,
    MessengerError,
    MessengerUnclear,
    NotFound,
    NotPosted,
    PlaceGone,
    Rejected,
    RequestRejected,
)
from bot.musicmint.models import TaskStatus
from bot.requests import Lyrics, Persona, Request
from bot.service import Member
from db import deliveries, tasks
from db.deliveries import Delivery
from db.states import DeliveryState, Rung, TaskState
from tests.bot.fakes import Posted
from tests.bot.world import CHANNEL, GUILD, MEMBER, World

DIRECT = 700_000 + MEMBER
OWNER = Member(MEMBER, GUILD, CHANNEL)
AT_HOME = Member(MEMBER, None, DIRECT)
REFUSED = RequestRejected(code=1001, message="no", status=400)


def card_of(task_id: int) -> int:
    """The id of the card a task began with."""
    return 5000 + task_id


def delete_card(world: World, task_id: int) -> None:
    world.messenger.deleted.add(card_of(task_id))


def close_channel(world: World, *channels: int) -> None:
    """No edit and no message gets through."""
    world.messenger.gone.update(channels or (CHANNEL,))
    world.messenger.fail("redraw_card", *[PlaceGone(code=50001) for _ in range(20)])


async def outbox(world: World, task_id: int) -> list[Delivery]:
    """The promises to post its card anew."""
    async with world.database.read() as conn:
        found = await conn.exec_driver_sql("SELECT * FROM deliveries WHERE task_id = ? AND kind = 'card'", (task_id,))
        return [Delivery(**row._mapping) for row in found]


def anew(world: World) -> list[Posted]:
    return [message for message in world.messenger.posted if message.card is not None]


async def refused(world: World, request: Request | None = None) -> int:
    """A task MusicMint refuses; its card is not drawn yet."""
    task_id = await world.queued(request)
    world.musicmint.fail("generate", REFUSED)
    await world.submitter.step()
    return task_id


async def test_a_question_whose_card_was_deleted_is_asked_once_more_in_its_channel(world: World) -> None:
    task_id = await world.asking()
    delete_card(world, task_id)
    await world.deliver()
    (question,) = anew(world)
    assert question.card is not None
    assert (question.channel_id, question.card.task.state) == (CHANNEL, TaskState.ASKING)
    assert (question.file_name, question.post.reply_to) == (None, None)
    task = await world.task(task_id)
    assert (task.card_channel_id, task.card_message_id) == (CHANNEL, question.message_id)

    await world.service.try_again(task_id, OWNER)
    await world.deliver()
    assert world.messenger.drawn_at == [(CHANNEL, question.message_id)]
    assert len(anew(world)) == 1


async def test_a_failure_whose_channel_is_closed_to_us_is_told_in_private(world: World) -> None:
    task_id = await world.running()
    world.musicmint.report(world.api_id(task_id), TaskStatus.FAILED)
    await world.sweep()
    close_channel(world)
    await world.deliver()
    (told,) = anew(world)
    assert told.card is not None
    assert (told.channel_id, told.card.task.state) == (DIRECT, TaskState.FAILED)
    assert [row.state for row in await outbox(world, task_id)] == [DeliveryState.DELIVERED]
    assert (await world.task(task_id)).card_channel_id == DIRECT


async def test_where_nobody_takes_the_card_it_is_kept_and_nothing_is_tried_for_ever(world: World) -> None:
    task_id = await refused(world)
    close_channel(world)
    world.messenger.no_direct = True
    await world.deliver()
    await world.deliver(after_s=3600)
    (row,) = await outbox(world, task_id)
    assert (row.state, row.rung) == (DeliveryState.KEPT, Rung.DIRECT)
    assert anew(world) == []


@pytest.mark.parametrize("kind", ["lyrics", "persona"])
async def test_what_stands_on_the_card_alone_is_posted_anew_with_it(world: World, kind: str) -> None:
    if kind == "lyrics":
        task_id = await world.running(Lyrics(prompt="a storm"))
        world.musicmint.complete(world.api_id(task_id))
        await world.sweep()
    else:
        take = await world.a_take()
        task_id = await world.called(Persona(clip_id=take.clip.clip_id, name="Robin"), take)
    delete_card(world, task_id)
    await world.deliver()
    (told,) = anew(world)
    assert told.card is not None
    assert told.card.task.id == task_id
    assert (told.card.draft is not None, told.card.singer is not None) == (kind == "lyrics", kind == "persona")


async def test_takes_that_were_kept_are_offered_on_a_new_card(world: World) -> None:
    task_id = await world.finished()
    delete_card(world, task_id)
    world.messenger.gone |= {card_of(task_id), CHANNEL}
    world.messenger.fail("direct_channel", *[PlaceGone(code=50007) for _ in range(2)])
    await world.deliver()
    (told,) = anew(world)
    assert told.card is not None
    assert (told.channel_id, told.card.can_show) == (DIRECT, True)

    world.messenger.gone.clear()
    world.messenger.no_threads = True  # there is no thread to grow in private
    await world.service.show(task_id, AT_HOME)
    await world.deliver()
    assert world.messenger.in_channel(CHANNEL) == ["v1a", "v1b"]  # the channel's, wherever the card is
    assert len(anew(world)) == 1


async def test_takes_that_came_speak_for_themselves(world: World) -> None:
    task_id = await world.finished()
    delete_card(world, task_id)
    await world.deliver()
    assert (await outbox(world, task_id), len(world.messenger.posted)) == ([], 2)


async def test_progress_and_a_cancelled_task_are_no_reason_to_post(world: World) -> None:
    running, stopped = await world.running(), await world.queued()
    await world.service.cancel(stopped, OWNER)
    for task_id in (running, stopped):
        delete_card(world, task_id)
    await world.deliver()
    assert world.messenger.posted == []


async def test_who_wanted_no_second_try_knows_it_and_who_was_not_heard_is_told(world: World) -> None:
    left, over = await world.asking(), await world.asking()
    await world.deliver()
    for task_id in (left, over):
        delete_card(world, task_id)
    await world.service.leave_it(left, OWNER)
    await world.deliver()
    assert anew(world) == []
    await world.look(25 * 3600)
    await world.deliver()
    assert [told.card and (told.card.task.id, told.card.task.state) for told in anew(world)] == [
        (over, TaskState.CLOSED)
    ]


async def test_a_card_that_was_gone_while_it_ran_is_posted_when_it_has_an_end_to_tell(world: World) -> None:
    task_id = await world.running()
    delete_card(world, task_id)
    await world.deliver()
    assert world.messenger.posted == []
    world.musicmint.report(world.api_id(task_id), TaskStatus.FAILED)
    await world.sweep()
    await world.deliver()
    assert len(anew(world)) == 1


async def test_a_task_whose_card_nobody_knows_promises_nothing(world: World) -> None:
    task_id = await world.accepted()
    world.sql("UPDATE tasks SET state = 'failed', card_wanted = 1 WHERE id = ?", task_id)
    await world.deliver()
    assert (await outbox(world, task_id), world.messenger.posted) == ([], [])


@pytest.mark.parametrize(
    "error", [MessengerUnclear(), NotPosted(), MessengerUnclear(retry_after_s=7.0), Rejected(code=50035)], ids=repr
)
async def test_an_answer_that_does_not_say_it_is_gone_promises_nothing(world: World, error: MessengerError) -> None:
    task_id = await refused(world)
    world.messenger.fail("redraw_card", error)
    await world.deliver()
    await world.deliver(after_s=60)
    assert (await outbox(world, task_id), world.messenger.posted) == ([], [])


async def test_a_card_is_posted_anew_once_however_often_it_is_deleted(world: World) -> None:
    task_id = await world.asking()
    delete_card(world, task_id)
    await world.deliver()
    world.messenger.deleted.add(anew(world)[0].message_id)
    for _ in range(3):
        async with world.database.write() as conn:
            await tasks.want_cards(conn, [task_id])
        await world.deliver(after_s=60)
    assert len(anew(world)) == 1


async def refused_in_a_thread(world: World) -> int:
    """The thread of a song, in which a refused version's card was deleted."""
    first = await world.finished()
    await world.deliver()
    thread = card_of(first)
    task_id = await world.queued(member=Member(MEMBER, GUILD, thread))
    world.musicmint.fail("generate", REFUSED)
    await world.submitter.step()
    delete_card(world, task_id)
    return thread


async def test_a_card_in_its_songs_thread_goes_to_the_channel_when_the_thread_is_gone(world: World) -> None:
    thread = await refused_in_a_thread(world)
    world.messenger.gone.add(thread)
    await world.deliver()
    (told,) = anew(world)
    assert told.channel_id == CHANNEL


async def test_a_card_that_was_deleted_in_its_songs_thread_is_posted_there(world: World) -> None:
    thread = await refused_in_a_thread(world)
    await world.deliver()
    assert [told.channel_id for told in anew(world)] == [thread]


# Once, whatever happens on the way


async def test_a_crash_between_a_refused_edit_and_its_note_loses_no_word(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = await refused(world)
    delete_card(world, task_id)

    async def died(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("bot.redraw.tasks.cards_drawn", died)
        with pytest.raises(KeyboardInterrupt):
            await world.redraw.draw(await world.redraw.stale())
    await world.restart()
    await world.deliver()
    assert len(anew(world)) == 1


async def test_a_crash_between_the_post_and_its_record_posts_once(world: World) -> None:
    task_id = await world.asking()
    delete_card(world, task_id)

    async def died() -> None:
        raise KeyboardInterrupt

    world.messenger.after_post = died
    await world.redraw.draw(await world.redraw.stale())
    async with world.database.write() as conn:
        claimed = await deliveries.claim_next(conn, now=world.clock.now, token="t", until=world.clock.now + 1)
    assert claimed is not None
    with pytest.raises(KeyboardInterrupt):
        await world.courier.carry(claimed)
    world.messenger.after_post = None
    await world.restart()
    await world.deliver(after_s=3600)
    (question,) = anew(world)
    task = await world.task(task_id)
    assert (task.card_message_id, task.card_shown) == (question.message_id, task.card_wanted)
    assert world.messenger.drawn_at == [(CHANNEL, question.message_id)]  # who knows what the dead one had drawn


async def test_a_lost_answer_leads_to_a_look_and_to_no_second_card(world: World) -> None:
    task_id = await world.asking()
    delete_card(world, task_id)
    world.messenger.lost_answers = 1
    await world.deliver()
    assert (await world.task(task_id)).card_message_id == card_of(task_id)
    await world.deliver(after_s=600)
    (question,) = anew(world)
    assert (await world.task(task_id)).card_message_id == question.message_id
    assert [channel for channel, _, _ in world.messenger.searched] == [CHANNEL]


async def test_a_doubtful_answer_never_leads_to_private_messages(world: World) -> None:
    task_id = await refused(world)
    delete_card(world, task_id)
    world.messenger.fail("post", *[MessengerUnclear() for _ in range(5)])
    for _ in range(6):
        await world.deliver(after_s=400)
    assert [told.channel_id for told in anew(world)] == [CHANNEL]


async def test_a_card_that_was_deleted_again_before_we_heard_of_it_counts_as_told(world: World) -> None:
    task_id = await refused(world)
    delete_card(world, task_id)
    world.messenger.fail("post", AlreadyDeleted())
    await world.deliver()
    (row,) = await outbox(world, task_id)
    assert (row.state, row.message_id) == (DeliveryState.DELIVERED, None)
    assert (await world.task(task_id)).card_message_id == card_of(task_id)


# What goes on meanwhile


async def test_what_happens_while_the_card_is_sent_is_drawn_on_it_afterwards(world: World) -> None:
    task_id = await world.asking()
    delete_card(world, task_id)

    async def meanwhile() -> None:
        world.messenger.after_post = None
        await world.service.try_again(task_id, OWNER)
        await world.redraw.draw(await world.redraw.stale())  # on the card that is gone: it counts as shown

    world.messenger.after_post = meanwhile
    await world.deliver()
    (question,) = anew(world)
    assert world.messenger.drawn_at == [(CHANNEL, question.message_id)]
    assert world.messenger.cards[-1].task.state is TaskState.QUEUED


async def test_a_new_card_shows_the_row_as_it_stands_when_it_is_sent_and_is_not_drawn_twice(world: World) -> None:
    task_id = await world.asking()
    delete_card(world, task_id)
    await world.redraw.draw(await world.redraw.stale())
    await world.service.try_again(task_id, OWNER)
    await world.deliver()
    assert [told.card and told.card.task.state for told in anew(world)] == [TaskState.QUEUED]
    assert len(world.messenger.drawn_at) <= 1


async def test_takes_and_a_new_card_do_not_wait_for_each_other(world: World) -> None:
    asking, song = await world.asking(member=Member(MEMBER, GUILD, 99)), await world.finished()
    close_channel(world, 99)
    world.messenger.fail("direct_channel", *[MessengerUnclear() for _ in range(9)])
    await world.deliver()
    assert world.messenger.in_channel(card_of(song)) == ["v1a", "v1b"]
    assert [row.state for row in await outbox(world, asking)] == [DeliveryState.PENDING]


async def test_the_card_of_the_last_take_does_not_wait_for_a_card_on_its_way(world: World) -> None:
    task_id = await world.asking()
    delete_card(world, task_id)
    world.messenger.fail("post", MessengerUnclear())
    await world.deliver()
    world.sql("UPDATE tasks SET state = 'finished', card_shown = card_wanted WHERE id = ?", task_id)
    before = (await world.task(task_id)).card_wanted
    async with world.database.write() as conn:
        await deliveries.card_of_the_last(conn, task_id)
    assert (await world.task(task_id)).card_wanted == before + 1
    async with world.database.read() as conn:
        assert await deliveries.of_task(conn, task_id) == []


async def test_a_card_nobody_would_take_is_no_take_that_can_be_shown(world: World) -> None:
    task_id = await refused(world)
    close_channel(world)
    world.messenger.no_direct = True
    await world.deliver()
    with pytest.raises(NotFound):
        await world.service.show(task_id, OWNER)
    assert [row.state for row in await outbox(world, task_id)] == [DeliveryState.KEPT]

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.bell import Bell
from bot.budget import Budget
from bot.errors import Busy, NotAllowed, NotFound
from bot.requests import Generate
from bot.service import ACCEPT_WITHIN_S, Member, Service
from db.engine import BUSY_TIMEOUT_MS, Database
from db.states import TaskState
from tests.bot.fake_musicmint import clip_item
from tests.bot.fakes import START_MS
from tests.bot.world import CHANNEL, GUILD, MEMBER, World

OWNER = Member(MEMBER, GUILD, CHANNEL)
NEIGHBOUR = Member(31, GUILD, CHANNEL)
MODERATOR = Member(32, GUILD, CHANNEL, moderator=True)
STRANGER = Member(MEMBER, 11, CHANNEL, moderator=True)
IN_PRIVATE = Member(MEMBER, None, 777)
OTHER_IN_PRIVATE = Member(31, None, 778, moderator=True)


@contextmanager
def held_by_another(world: World) -> Iterator[sqlite3.Connection]:
    """Another process has the database to itself."""
    with closing(sqlite3.connect(world.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield other


async def test_a_request_is_stored_whole_before_its_card_is_shown(world: World) -> None:
    request = Generate(prompt="la", tags="folk", title="Rain", retention_days=9)
    card = await world.service.ask(world.an_ask(request))
    task = await world.task(card.task.id)
    assert card.task == task
    assert Generate.from_json(task.request) == request == card.request
    assert (task.state, task.version, task.due_at, task.created_at) == (TaskState.ACCEPTED, 1, START_MS, START_MS)
    assert (task.requester_id, task.guild_id, task.channel_id) == (MEMBER, GUILD, CHANNEL)
    assert (task.interaction_id, task.interaction_token, task.key_id) == (1001, "secret-1", "key")
    assert (task.card_wanted, task.card_shown, task.card_message_id) == (0, 0, None)
    assert world.sql("SELECT guild_id, channel_id, thread_id, title FROM songs") == [(GUILD, CHANNEL, None, "Rain")]
    assert world.woken == []


async def test_only_a_card_that_stands_lets_a_task_cost_money(world: World) -> None:
    task_id = await world.accepted()
    await world.service.card_posted(task_id, CHANNEL, 4711)
    task = await world.task(task_id)
    assert (task.state, task.card_channel_id, task.card_message_id) == (TaskState.QUEUED, CHANNEL, 4711)
    assert task.interaction_token is None
    assert world.woken == ["submit"]


async def test_a_card_that_comes_too_late_does_not_revive_a_task(world: World) -> None:
    task_id = await world.accepted()
    await world.service.cancel(task_id, OWNER)
    await world.service.card_posted(task_id, CHANNEL, 4711)
    assert (await world.task(task_id)).state is TaskState.CANCELLED


async def test_twenty_asks_at_once_make_twenty_tasks_with_versions_of_their_own(world: World) -> None:
    first = await world.service.ask(world.an_ask())
    asks = [world.an_ask(song_id=first.task.song_id) for _ in range(20)]
    cards = await asyncio.gather(*(world.service.ask(ask) for ask in asks))
    assert sorted(card.task.version or 0 for card in cards) == list(range(2, 22))
    assert len({card.task.id for card in cards}) == 20
    assert world.sql("SELECT next_version FROM songs") == [(22,)]


async def test_twenty_asks_at_once_elsewhere_make_twenty_songs(world: World) -> None:
    cards = await asyncio.gather(*(world.service.ask(world.an_ask()) for _ in range(20)))
    assert len({card.task.song_id for card in cards}) == 20
    assert {card.task.version for card in cards} == {1}


async def test_one_interaction_makes_one_task_however_often_it_is_heard(world: World) -> None:
    ask = world.an_ask()
    first = await world.service.ask(ask)
    assert (await world.service.ask(ask)).task == first.task
    assert world.sql("SELECT count(*) FROM tasks") == [(1,)]
    assert world.sql("SELECT count(*) FROM songs") == [(1,)]


async def test_a_guessed_number_names_no_take_of_somebody_elses_closed_channel(world: World) -> None:
    await world.finished()
    stranger, author = Member(99, GUILD, 4242), Member(MEMBER, GUILD, 4242)
    with pytest.raises(NotFound):
        await world.service.nameable_take(1, stranger)
    assert (await world.service.nameable_take(1, author)).clip.id == 1


async def test_a_moderator_of_one_channel_is_none_in_another(world: World) -> None:
    task_id = await world.running()
    with pytest.raises(NotAllowed):
        await world.service.cancel(task_id, Member(99, GUILD, CHANNEL + 1, moderator=True))
    await world.service.cancel(task_id, Member(99, GUILD, CHANNEL, moderator=True))


async def test_a_card_that_is_known_only_after_a_cancel_still_says_so(world: World) -> None:
    task = (await world.service.ask(world.an_ask())).task
    await world.service.cancel(task.id, Member(task.requester_id, task.guild_id, task.channel_id))
    await world.service.card_posted(task.id, CHANNEL, 77)
    await world.deliver()
    assert world.messenger.cards[-1].task.state is TaskState.CANCELLED
    assert (await world.task(task.id)).interaction_token is None


async def test_a_command_in_a_songs_thread_continues_that_song(world: World) -> None:
    first = await world.finished(Generate(prompt="la", title="Rain"))
    await world.deliver()
    card = await world.service.ask(world.an_ask(Generate(prompt="more"), member=Member(31, GUILD, 5000 + first)))
    assert (card.task.song_id, card.task.version) == ((await world.task(first)).song_id, 2)
    assert card.request.title == "Rain"


async def test_a_song_that_is_named_wins_over_the_thread(world: World) -> None:
    here = await world.finished()
    await world.deliver()
    other = (await world.task(await world.queued())).song_id
    card = await world.service.ask(world.an_ask(member=Member(MEMBER, GUILD, 5000 + here), song_id=other))
    assert (card.task.song_id, card.task.version) == (other, 2)


async def test_a_blank_title_takes_the_songs_own(world: World) -> None:
    first = await world.task(await world.queued(Generate(prompt="la", title="Rain")))
    card = await world.service.ask(world.an_ask(Generate(prompt="more", title="  "), song_id=first.song_id))
    assert card.request.title == "Rain"


async def test_a_locked_database_is_told_in_time_and_nothing_is_stored(world: World) -> None:
    assert max(ACCEPT_WITHIN_S, BUSY_TIMEOUT_MS / 1000) <= 2  # of the 3 s that Discord gives
    await world.queued()
    with held_by_another(world), pytest.raises(Busy):
        async with asyncio.timeout(20):  # far less than a stage's patience
            await world.service.ask(world.an_ask())
    assert world.sql("SELECT count(*) FROM tasks") == [(1,)]
    assert world.sql("SELECT count(*) FROM songs") == [(1,)]
    await world.queued()


async def test_a_cancel_or_show_in_a_locked_database_is_told_in_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.engine.BUSY_TIMEOUT_MS", 100)
    task_id = await world.running()
    with held_by_another(world):
        for act in (world.service.cancel, world.service.show):
            with pytest.raises(Busy):
                await asyncio.wait_for(act(task_id, OWNER), timeout=5)
    assert (await world.task(task_id)).cancel_requested_at is None


async def test_a_stage_waits_for_a_locked_database_so_that_nothing_it_paid_for_is_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.engine.BUSY_TIMEOUT_MS", 100)

    async def lock_for_a_while() -> None:
        other = sqlite3.connect(world.path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        asyncio.get_running_loop().call_later(0.3, other.close)

    task_id = await world.queued()
    world.musicmint.during_call = lock_for_a_while
    await world.submitter.step()
    assert (await world.task(task_id)).state is TaskState.RUNNING


async def test_a_writer_that_is_taken_for_long_is_told_in_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.service.ACCEPT_WITHIN_S", 0.05)
    async with world.database.write():
        with pytest.raises(Busy):
            await asyncio.wait_for(world.service.ask(world.an_ask()), timeout=5)
    assert world.sql("SELECT count(*) FROM tasks") == [(0,)]


async def test_a_row_that_was_committed_as_time_ran_out_is_answered_with_its_card(world: World) -> None:
    late = Service(
        _LateDatabase(world.database),
        world.clock,
        key_id="key",
        budget=Budget(),
        bell=Bell(),
    )
    card = await late.ask(world.an_ask())
    assert (await world.task(card.task.id)).state is TaskState.ACCEPTED


class _LateDatabase(Database):
    """Time is up just when a commit has landed."""

    def __init__(self, real: Database) -> None:
        self._real = real

    @asynccontextmanager
    async def write(self, *, patient: bool = True) -> AsyncIterator[AsyncConnection]:
        async with self._real.write(patient=patient) as conn:
            yield conn
        raise TimeoutError

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        async with self._real.read() as conn:
            yield conn


async def test_what_was_stored_just_too_late_for_its_member_is_done_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = await world.asking()

    @asynccontextmanager
    async def late(*, patient: bool = True) -> AsyncIterator[AsyncConnection]:
        async with write(patient=patient) as conn:
            yield conn
        raise TimeoutError

    write = world.database.write
    monkeypatch.setattr(world.database, "write", late)
    world.woken.clear()
    with pytest.raises(Busy):
        await world.service.try_again(task_id, OWNER)
    assert (await world.task(task_id)).state is TaskState.QUEUED
    assert "submit" in world.woken


@pytest.mark.parametrize("member", [OWNER, MODERATOR], ids=["owner", "moderator"])
async def test_the_requester_and_moderators_may_cancel(world: World, member: Member) -> None:
    task_id = await world.queued()
    before = await world.task(task_id)
    stopped = await world.service.cancel(task_id, member)
    assert (stopped.state, stopped.ended_at, stopped.card_wanted) == (
        TaskState.CANCELLED,
        START_MS,
        before.card_wanted + 1,
    )
    await world.submitter.step()
    assert world.musicmint.generated == []


async def test_a_neighbour_may_neither_cancel_nor_show(world: World) -> None:
    task_id = await world.queued()
    for act in (world.service.cancel, world.service.show):
        with pytest.raises(NotAllowed) as refused:
            await act(task_id, NEIGHBOUR)
        assert refused.value.arguments == {"owner": str(MEMBER)}
    assert (await world.task(task_id)).state is TaskState.QUEUED


async def test_a_task_of_another_server_does_not_exist_here(world: World) -> None:
    task_id = await world.queued()
    for act in (world.service.cancel, world.service.show, world.service.card):
        for stranger in (STRANGER, IN_PRIVATE):
            with pytest.raises(NotFound):
                await act(task_id, stranger)
    assert (await world.task(task_id)).cancel_requested_at is None


async def test_what_was_asked_in_private_exists_for_its_member_alone(world: World) -> None:
    task_id = await world.finished(member=IN_PRIVATE)
    clip = (await world.takes(task_id))[0].clip.id
    for act in (world.service.cancel, world.service.show, world.service.card):
        for other in (OTHER_IN_PRIVATE, OWNER):
            with pytest.raises(NotFound):
                await act(task_id, other)
    for other in (OTHER_IN_PRIVATE, OWNER):
        with pytest.raises(NotFound):
            await world.service.take(clip, other)
    assert (await world.service.take(clip, IN_PRIVATE)).clip.id == clip
    assert await world.service.takes(OTHER_IN_PRIVATE) == []


@pytest.mark.parametrize("row", [0, 999, 2**62])
async def test_a_row_that_never_was_does_not_exist(world: World, row: int) -> None:
    with pytest.raises(NotFound):
        await world.service.cancel(row, MODERATOR)
    with pytest.raises(NotFound):
        await world.service.take(row, MODERATOR)


async def test_a_cancel_of_a_running_task_keeps_it_and_says_when(world: World) -> None:
    task_id = await world.running()
    stopped = await world.service.cancel(task_id, OWNER)
    assert (stopped.state, stopped.cancel_requested_at) == (TaskState.RUNNING, START_MS)
    with pytest.raises(NotFound):
        await world.service.cancel(task_id, OWNER)


async def test_a_task_that_is_over_cannot_be_cancelled(world: World) -> None:
    task_id = await world.finished()
    with pytest.raises(NotFound) as refused:
        await world.service.cancel(task_id, OWNER)
    assert refused.value.sentence_id == "error-nothing-to-cancel"


async def test_the_queue_shows_this_server_and_in_private_oneself(world: World) -> None:
    mine = await world.queued()
    theirs = await world.queued(member=NEIGHBOUR)
    elsewhere = await world.queued(member=STRANGER)
    private = await world.queued(member=IN_PRIVATE)
    await world.queued(member=OTHER_IN_PRIVATE)
    await world.service.cancel(await world.queued(), OWNER)

    async def listed(member: Member, *, only: bool = False) -> list[int]:
        return [card.task.id for card in await world.service.outstanding(member, mine=only)]

    assert await listed(OWNER) == [mine, theirs]
    assert await listed(OWNER, only=True) == [mine]
    assert await listed(STRANGER) == [elsewhere]
    assert await listed(IN_PRIVATE) == [private]


async def test_the_place_in_the_queue_counts_who_goes_before(world: World) -> None:
    first = await world.queued()
    second = await world.queued()
    third = await world.accepted()
    places = [(await world.service.card(task_id, OWNER)).place_in_queue for task_id in (first, second, third)]
    assert places == [0, 1, 2]


async def test_takes_of_this_thread_come_first_then_ones_own_and_none_of_others(world: World) -> None:
    theirs = await world.finished(member=NEIGHBOUR)
    await world.deliver()
    mine = await world.finished()
    await world.finished(member=STRANGER)
    await world.finished(member=Member(33, GUILD, CHANNEL))
    found = await world.service.takes(Member(MEMBER, GUILD, 5000 + theirs))
    assert [(take.clip.task_id, take.label) for take in found] == [
        (theirs, "v1b"),
        (theirs, "v1a"),
        (mine, "v1b"),
        (mine, "v1a"),
    ]


async def test_takes_are_found_by_what_is_typed(world: World) -> None:
    task_id = await world.running()
    world.musicmint.complete("mm-1", clip_item("x", title="Night Bus"), clip_item("y", title="Morning Tram"))
    await world.sweep()
    for typed, label in (("TRAM", "v1b"), ("v1a", "v1a"), (" night ", "v1a")):
        assert [take.label for take in await world.service.takes(OWNER, typed)] == [label]
    assert await world.service.takes(OWNER, "%") == []
    assert len(await world.takes(task_id)) == 2


async def test_a_card_tells_the_takes_their_messages_and_its_parent(world: World) -> None:
    first = await world.finished()
    await world.deliver()
    parent = (await world.takes(first))[1]
    card = await world.service.card(first, OWNER)
    assert [(take.label, take.message_id) for take in card.takes] == [("v1a", 9000), ("v1b", 9001)]
    assert (card.thread_id, card.title, card.parent) == (5000 + first, "Night Bus", None)
    ask = world.an_ask(song_id=parent.song_id, parent_clip_id=parent.clip.id)
    assert (await world.service.ask(ask)).parent == parent

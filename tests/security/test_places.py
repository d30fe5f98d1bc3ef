"""Rows never cross: not from one server to another, and in private not from one member to another.

Every reading and every writing door of the service is tried by every member from every place on every row there is.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from bot.errors import MinstrelError, NotAllowed, NotFound
from bot.requests import Concat, Cover, Persona, Remaster
from bot.service import Member
from db.states import TaskState
from tests.bot.world import Value, World

HERE, ELSEWHERE = 10, 99
ROOM = {HERE: 20, ELSEWHERE: 21}
ANN, BOB, EVE = 30, 31, 32
VIEWERS = [
    Member(user, guild, ROOM[guild] if guild else 700_000 + user, moderator)
    for user, guild in itertools.product((ANN, BOB, EVE), (HERE, ELSEWHERE, None))
    for moderator in ({False, True} if guild else {False})
]
"""Everybody is a member of both servers; in each they come once more as a moderator."""
TABLES = ("songs", "tasks", "submissions", "clips", "deliveries", "singers")


@dataclass(frozen=True)
class Owned:
    """One finished song with a waiting sister and a singer, and whose it is. `guild` None: in private."""

    user: int
    guild: int | None
    song: int
    clip: int
    waiting: int
    message: int
    api_task: str
    singer: str

    def is_visible_to(self, member: Member) -> bool:
        """To everybody of its server; in private to its member."""
        return self.guild == member.guild_id and (self.guild is not None or self.user == member.user_id)

    def is_usable_by(self, member: Member) -> bool:
        """A take may also come to its own member in private, whichever server it was asked for in."""
        return self.is_visible_to(member) or (member.guild_id is None and self.user == member.user_id)


async def settled(world: World) -> list[Owned]:
    """A song of each member in each place."""
    owned = []
    for member in [one for one in VIEWERS if not one.moderator and one.user_id != EVE]:
        take = await world.a_take(member=member)
        name = f"singer-{member.user_id}-{member.guild_id}"
        await world.called(Persona(clip_id=take.clip.clip_id, name=name), take, member=member)
        waiting = await world.queued(member=member)
        ((message,),) = world.sql("SELECT message_id FROM deliveries WHERE clip_id = ?", take.clip.id)
        owned.append(
            Owned(
                member.user_id,
                member.guild_id,
                take.clip.task_id,
                take.clip.id,
                waiting,
                int(message or 0),
                world.api_id(take.clip.task_id),
                name,
            )
        )
    return owned


def rows(world: World) -> dict[str, list[tuple[Value, ...]]]:
    return {table: world.sql(f"SELECT * FROM {table} ORDER BY id") for table in TABLES}


Door = Callable[[World, Owned, Member], Awaitable[object]]
TASK_DOORS: dict[str, Door] = {
    "card": lambda world, row, member: world.service.card(row.song, member),
    "cancel": lambda world, row, member: world.service.cancel(row.waiting, member),
    "show": lambda world, row, member: world.service.show(row.song, member),
    "known_task": lambda world, row, member: world.service.known_task(row.api_task, member),
}
TAKE_DOORS: dict[str, Door] = {
    "take": lambda world, row, member: world.service.take(row.clip, member),
    "nameable_take": lambda world, row, member: world.service.nameable_take(row.clip, member),
}
SINGER_DOORS: dict[str, Door] = {
    "singer": lambda world, row, member: world.service.singer(row.singer, member),
    "remove_singer": lambda world, row, member: world.service.remove_singer(row.singer, member),
}
NOWHERE = ("error-no-such-task", "error-no-such-take", "error-task-elsewhere", "error-no-such-singer")


async def refusal(call: Awaitable[object]) -> MinstrelError:
    with pytest.raises(MinstrelError) as caught:
        await call
    return caught.value


async def test_no_row_of_another_place_can_be_read_or_changed(world: World) -> None:
    owned = await settled(world)
    before, tried = rows(world), 0
    for member, row in itertools.product(VIEWERS, owned):
        doors = {**TASK_DOORS, **SINGER_DOORS} if not row.is_visible_to(member) else {}
        doors |= TAKE_DOORS if not row.is_usable_by(member) else {}
        for name, door in doors.items():
            tried += 1
            error = await refusal(door(world, row, member))
            assert (type(error), error.sentence_id in NOWHERE) == (NotFound, True), (name, member, row)
    assert rows(world) == before
    assert tried > 400


async def test_every_list_holds_what_is_here_and_nothing_else(world: World) -> None:
    owned = await settled(world)
    for member in VIEWERS:
        here = [row for row in owned if row.is_visible_to(member)]
        waiting = {card.task.id for card in await world.service.outstanding(member)}
        assert waiting == {row.waiting for row in here}
        assert {singer.name for singer in await world.service.singers(member)} == {row.singer for row in here}
        own = {take.clip.task_id for take in await world.service.takes(member)}
        assert own == {row.song for row in here if row.user == member.user_id}


async def test_in_one_server_only_its_author_and_the_channels_moderators_change_a_task(world: World) -> None:
    owned = await settled(world)
    before = rows(world)
    for member, row in itertools.product(VIEWERS, owned):
        if row.is_visible_to(member) and row.user != member.user_id and not member.moderator:
            for name in ("cancel", "show"):
                assert isinstance(await refusal(TASK_DOORS[name](world, row, member)), NotAllowed)
            assert isinstance(await refusal(SINGER_DOORS["remove_singer"](world, row, member)), NotAllowed)
    assert rows(world) == before


@pytest.mark.parametrize("row", [0, -1, 999, 2**31, 2**62, 2**63 - 1])
async def test_a_row_that_is_not_there_is_refused_like_one_that_is_elsewhere(world: World, row: int) -> None:
    (ann, *_) = VIEWERS
    for call in (world.service.card, world.service.cancel, world.service.show, world.service.take):
        assert type(await refusal(call(row, ann))) is NotFound


# Takes that came to their member in private, because their place would not have them


async def test_a_take_of_a_server_can_be_used_by_its_own_member_in_private(world: World) -> None:
    take = await world.a_take(member=Member(ANN, HERE, 20))
    private = Member(ANN, None, 700_000 + ANN)
    assert (await world.service.take(take.clip.id, private)).clip.id == take.clip.id


@pytest.mark.parametrize("thread", ["there", "gone"])
async def test_what_is_made_of_it_in_private_stays_in_private(world: World, thread: str) -> None:
    """Its member may have left the server, or been shut out: nothing asked for in private is posted there."""
    take = await world.a_take(member=Member(ANN, HERE, 20))
    songs_before = world.sql("SELECT id, guild_id, next_version FROM songs")
    world.messenger.no_threads = thread == "gone"
    private = Member(ANN, None, 700_000 + ANN)
    posted_before = len(world.messenger.posted)

    request = Cover(clip_id=take.clip.clip_id, tags="salsa")
    task_id = await world.from_take(request, take, member=private)
    await world.submitter.step()
    world.musicmint.complete(world.api_id(task_id))
    await world.sweep()
    world.messenger.no_threads = True  # none grows in private
    await world.deliver()

    posted = world.messenger.posted[posted_before:]
    assert [message.channel_id for message in posted] == [private.channel_id] * 2
    assert world.sql("SELECT id, guild_id, next_version FROM songs")[: len(songs_before)] == songs_before
    ((guild, title),) = world.sql(
        "SELECT songs.guild_id, songs.title FROM songs JOIN tasks ON song_id = songs.id WHERE tasks.id = ?", task_id
    )
    assert (guild, title) == (None, take.song_title)
    # And the server sees nothing of it.
    assert await world.service.takes(Member(BOB, HERE, 20)) == []
    for guild_member in (Member(ANN, HERE, 20, moderator=True), Member(BOB, HERE, 20)):
        assert type(await refusal(world.service.card(task_id, guild_member))) is NotFound


async def test_a_song_that_is_made_of_it_keeps_its_title_in_private(world: World) -> None:
    take = await world.a_take(member=Member(ANN, HERE, 20))
    card = await world.service.ask(
        world.an_ask(
            Remaster(clip_id=take.clip.clip_id),
            member=Member(ANN, None, 700_000 + ANN),
            song_id=take.song_id,
            parent_clip_id=take.clip.id,
        )
    )
    assert card.title == take.song_title != ""
    assert card.task.version == 1


async def test_a_full_song_that_is_known_from_a_server_is_its_members_own_in_private_too(world: World) -> None:
    """MusicMint gives a joined song one id, however often it is asked for."""
    take = await world.a_take(member=Member(ANN, HERE, 20))
    private = Member(ANN, None, 700_000 + ANN)
    for member in (Member(ANN, HERE, 20), private):
        task_id = await world.called(Concat(clip_id=take.clip.clip_id), take, member=member)
        assert (await world.task(task_id)).state is TaskState.FINISHED
    assert world.sql("SELECT count(*) FROM clips WHERE clip_id LIKE 'full-%'") == [(1,)]


async def test_a_full_song_that_is_known_from_another_server_is_nobody_elses(world: World) -> None:
    take = await world.a_take(member=Member(ANN, HERE, 20))
    await world.called(Concat(clip_id=take.clip.clip_id), take, member=Member(ANN, HERE, 20))
    before = world.sql("SELECT * FROM clips")
    foreign = await world.a_take(member=Member(EVE, ELSEWHERE, 21))
    before += world.sql("SELECT * FROM clips WHERE task_id = ?", foreign.clip.task_id)

    task_id = await world.called(Concat(clip_id=take.clip.clip_id), foreign, member=Member(EVE, ELSEWHERE, 21))

    assert (await world.task(task_id)).state is not TaskState.FINISHED
    assert await world.deliveries(task_id) == []
    assert world.sql("SELECT * FROM clips") == before

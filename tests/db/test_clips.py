from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from db import clips, songs
from db.clips import letter
from db.engine import Database
from tests.db.rows import a_clip, a_song, a_task


@pytest.mark.parametrize(("position", "word"), [(0, "a"), (1, "b"), (25, "z"), (26, "27")])
def test_a_clip_of_a_task_is_called_by_a_letter(position: int, word: str) -> None:
    assert letter(position) == word


async def test_a_take_is_called_by_its_songs_version_and_its_letter(database: Database) -> None:
    async with database.write() as conn:
        first = await a_task(conn, interaction_id=1)
        task = await a_task(conn, await songs.get(conn, first.song_id), interaction_id=2)
        rows = [await a_clip(conn, task, position) for position in (1, 0)]
        takes = await clips.of_task(conn, task.id)
        assert [(take.label, take.song_title, take.version) for take in takes] == [
            ("v2a", "Rain", 2),
            ("v2b", "Rain", 2),
        ]
        assert await clips.take(conn, rows[0]) == takes[1]
        assert await clips.take(conn, 999) is None


async def test_a_clip_and_a_position_are_stored_once(database: Database) -> None:
    async with database.write() as conn:
        task = await a_task(conn)
        await a_clip(conn, task)
        with pytest.raises(IntegrityError, match="clip_id"):
            await a_clip(conn, task)


async def test_a_member_reaches_only_takes_of_this_server_and_in_private_their_own(database: Database) -> None:
    async def reach(guild_id: int | None, requester_id: int, thread_id: int) -> int:
        async with database.read() as conn:
            found = await clips.reachable(
                conn, guild_id=guild_id, requester_id=requester_id, thread_id=thread_id, limit=9
            )
        return len(found)

    async with database.write() as conn:
        song = await a_song(conn)
        await songs.set_thread(conn, song.id, 50)
        await a_clip(conn, await a_task(conn, song))
    assert await reach(1, 3, 99) == 1  # their own
    assert await reach(1, 4, 50) == 1  # of this thread
    assert await reach(1, 4, 99) == 0
    assert await reach(2, 3, 50) == 0
    assert await reach(None, 3, 50) == 0


async def test_the_first_thread_of_a_song_stays(database: Database) -> None:
    async with database.write() as conn:
        song = await a_song(conn)
        assert await songs.continue_thread(conn, 50) is None
        await songs.set_thread(conn, song.id, 50)
        await songs.set_thread(conn, song.id, 51)
        found = await songs.continue_thread(conn, 50)
        assert found is not None
        assert (found.id, found.version) == (song.id, 2)
        assert await songs.continue_thread(conn, 51) is None


async def test_a_song_is_named_once(database: Database) -> None:
    async with database.write() as conn:
        song = await a_song(conn, "")
        for title in ("", "First", "Second"):
            await songs.name(conn, song.id, title)
        assert (await songs.get(conn, song.id)).title == "First"

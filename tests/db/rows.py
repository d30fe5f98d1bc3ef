"""Rows to test with."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from db import clips, songs, tasks
from db.clips import NewClip
from db.songs import Song
from db.states import TaskState
from db.tasks import NewTask, Task

NOW = 1_800_000_000_000


async def a_song(conn: AsyncConnection, title: str = "Rain") -> Song:
    return await songs.add(conn, guild_id=1, channel_id=2, title=title, now=NOW)


async def a_task(
    conn: AsyncConnection, song: Song | None = None, *, interaction_id: int = 7, state: TaskState = TaskState.ACCEPTED
) -> Task:
    song = await songs.continue_song(conn, song.id) if song else await a_song(conn)
    new = NewTask(
        kind="generate",
        request='{"prompt":"la"}',
        song_id=song.id,
        version=song.version,
        parent_clip_id=None,
        requester_id=3,
        guild_id=1,
        channel_id=2,
        locale="en-US",
        interaction_id=interaction_id,
        interaction_token="secret",
        key_id="key",
        created_at=NOW,
    )
    task = await tasks.add(conn, new)
    if state is not TaskState.ACCEPTED:
        assert await tasks.move(conn, task.id, {TaskState.ACCEPTED}, state)
    found = await tasks.get(conn, task.id)
    assert found is not None
    return found


async def a_clip(conn: AsyncConnection, task: Task, position: int = 0) -> int:
    return await clips.add(
        conn,
        NewClip(
            clip_id=f"clip-{task.id}-{position}",
            task_id=task.id,
            position=position,
            item="{}",
            title="Rain",
            duration_ms=1000,
            expire_at=0,
            parent_clip_id=None,
            change=None,
            changed=None,
            created_at=NOW,
        ),
    )

"""Songs that were asked for before a run began: tasks of the studio, cards on Discord, and rows in Minstrel's database.

They are written where each keeps them, before it starts. To ask for thousands by command would take a submit each, one
at a time as MusicMint's are, and they would have different ages by the time the last one runs.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import aiohttp
from sqlalchemy import insert

from bot.requests import Generate
from db import migrate, schema
from db.engine import open_database
from db.states import Outcome, TaskState
from sandbox.studio.archive import Archive
from sandbox.studio.music.order import RenderedTake, TakeOrder
from sandbox.studio.tasks import Clip, Task
from tests.benchmarks.member import SONG
from tests.benchmarks.process import DISCORD_TOKEN, KEY

IN_FLIGHT = 16
DAY_MS = 24 * 3600_000
TITLE = "Night Bus"


@dataclass(frozen=True, slots=True)
class Song:
    """One of them; times in Unix ms. The card and its thread have one id."""

    task_id: str
    guild_id: int
    channel_id: int
    card_id: int
    started_at: int
    ready_at: int


async def post_cards(session: aiohttp.ClientSession, discord: str, count: int) -> Sequence[Song]:
    """Their cards, in the channel for songs of this Discord; the songs have no times yet."""
    async with session.get(f"{discord}/sandbox/v1/world") as response:
        world = await response.json()
    channel = next(channel["id"] for channel in world["channels"] if channel["name"] == "songs")
    room = asyncio.Semaphore(IN_FLIGHT)

    async def one(number: int) -> Song:
        headers = {"Authorization": f"Bot {DISCORD_TOKEN}"}
        url = f"{discord}/api/v10/channels/{channel}/messages"
        async with room, session.post(url, json={"content": f"Song {number}"}, headers=headers) as response:
            response.raise_for_status()
            card = int((await response.json())["id"])
        return Song(f"task-{number:06}", int(world["guild"]["id"]), int(channel), card, 0, 0)

    return await asyncio.gather(*(one(number) for number in range(count)))


def timed(songs: Sequence[Song], ready_at: Sequence[int], life_ms: int) -> Sequence[Song]:
    """The same songs, each ready at its time and begun `life_ms` before."""
    times = zip(songs, ready_at, strict=True)
    return [replace(song, ready_at=ready, started_at=ready - life_ms) for song, ready in times]


def tell_studio(data: Path, songs: Sequence[Song], take: RenderedTake) -> None:
    """Two takes each, which are the canned recording; a studio that starts on this folder has them."""
    archive = Archive(data)
    owner = hashlib.sha256(KEY.encode()).hexdigest()[:32]
    words = {"title": TITLE, "tags": SONG["style"], "prompt": SONG["lyrics"]}
    for number, song in enumerate(songs):
        expire_at = song.ready_at + DAY_MS
        clip_ids = tuple(f"clip-{number:06}-{letter}" for letter in "ab")
        made = take.model_copy(update=words).model_dump()
        archive.save_task(
            Task(
                id=song.task_id,
                number=number,
                owner=owner,
                order=TakeOrder(recording="", take=0),
                created_at=song.started_at,
                ready_at=song.ready_at,
                expire_at=expire_at,
                clip_ids=clip_ids,
                clips=tuple(Clip(id=clip_id, owner=owner, expire_at=expire_at, **made) for clip_id in clip_ids),
            )
        )


async def tell_minstrel(url: str, songs: Sequence[Song], member_id: int) -> None:
    """The rows of running tasks whose cards stand."""
    await asyncio.to_thread(migrate.upgrade, url)
    database = open_database(url)
    try:
        async with database.write() as conn:
            await conn.execute(insert(schema.songs), [_song_row(row, song) for row, song in enumerate(songs, 1)])
            rows = [_task_row(row, song, member_id) for row, song in enumerate(songs, 1)]
            await conn.execute(insert(schema.tasks), rows)
            await conn.execute(insert(schema.submissions), [_sent(row, song) for row, song in enumerate(songs, 1)])
    finally:
        await database.close()


def tell_bare_bot(file: Path, songs: Sequence[Song]) -> None:
    """What the bare bot reads at its start."""
    file.write_text(json.dumps([asdict(song) for song in songs]))


def _song_row(row: int, song: Song) -> dict[str, object]:
    return {
        "id": row,
        "guild_id": song.guild_id,
        "channel_id": song.channel_id,
        "title": TITLE,
        "next_version": 2,
        "created_at": song.started_at,
    }


def _task_row(row: int, song: Song, member_id: int) -> dict[str, object]:
    return {
        "id": row,
        "kind": Generate.kind,
        "request": Generate(title=TITLE, prompt=SONG["lyrics"], tags=SONG["style"]).to_json(),
        "song_id": row,
        "version": 1,
        "requester_id": member_id,
        "guild_id": song.guild_id,
        "channel_id": song.channel_id,
        "locale": "en-US",
        "interaction_id": row,
        "card_channel_id": song.channel_id,
        "card_message_id": song.card_id,
        "state": TaskState.RUNNING,
        "due_at": song.started_at,
        "attempts": 1,
        "key_id": hashlib.sha256(KEY.encode()).hexdigest()[:12],
        "created_at": song.started_at,
        "started_at": song.started_at,
    }


def _sent(row: int, song: Song) -> dict[str, object]:
    return {
        "task_id": row,
        "attempt": 1,
        "started_at": song.started_at,
        "answered_at": song.started_at,
        "outcome": Outcome.CREATED,
        "api_task_id": song.task_id,
    }

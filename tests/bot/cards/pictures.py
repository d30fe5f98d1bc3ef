"""Cards and takes as the rows would give them, for drawing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import discord

from bot.musicmint.models import ResultItem
from bot.phrasebook import Phrasebook
from bot.picture import CardPicture, TakePicture
from bot.requests import Generate
from db.clips import Clip, Take
from db.states import TaskState
from db.tasks import Task

BOOK = Phrasebook()
NOW = 1_790_000_000_000

TASK = Task(
    id=5,
    kind="generate",
    request="{}",
    song_id=3,
    version=1,
    parent_clip_id=None,
    requester_id=111_111_111_111_111_111,
    guild_id=222,
    channel_id=333,
    locale="en-US",
    interaction_id=444,
    interaction_token=None,
    card_channel_id=333,
    card_message_id=555,
    card_wanted=0,
    card_shown=0,
    state=TaskState.QUEUED,
    due_at=NOW,
    attempts=0,
    faults=0,
    lease_token=None,
    lease_until=None,
    cancel_requested_at=None,
    error=None,
    result=None,
    key_id="key",
    created_at=NOW,
    started_at=None,
    ended_at=None,
)

CARD = CardPicture(
    task=TASK,
    request=Generate(prompt="[Verse]\nstreetlight", tags="indie folk"),
    title="Night Bus",
    thread_id=None,
    parent=None,
    place_in_queue=0,
    steps=0,
    takes=(),
)

ITEM = ResultItem(
    id="clip",
    audio_url="https://cdn.example/clip.mp3",
    title="Night Bus",
    duration=84.5,
    tags="indie folk",
    expire_at=NOW,
)


def card(state: TaskState = TaskState.QUEUED, *, task: dict[str, Any] | None = None, **changes: Any) -> CardPicture:
    """`CARD` in this state, with these columns and parts instead."""
    return replace(CARD, task=replace(TASK, state=state, **(task or {})), **changes)


def take(item: ResultItem = ITEM, *, song_title: str = "Night Bus", position: int = 0, **clip: Any) -> Take:
    """A take of version 1."""
    row = Clip(
        id=9,
        clip_id=item.id,
        task_id=5,
        position=position,
        item=item.model_dump_json(),
        title=item.title,
        duration_ms=round(item.duration * 1000),
        expire_at=item.expire_at,
        parent_clip_id=None,
        change=None,
        changed=None,
        created_at=NOW,
    )
    return Take(
        clip=replace(row, **clip),
        song_id=3,
        song_title=song_title,
        thread_id=None,
        version=1,
        guild_id=222,
        requester_id=111,
        kind="generate",
        request=Generate(prompt="la").to_json(),
    )


def picture(item: ResultItem = ITEM, *, parent: Take | None = None, **clip: Any) -> TakePicture:
    """The message of `take(item)`."""
    return TakePicture(take(item, **clip), item, "en-US", parent)


def fits(embed: discord.Embed) -> bool:
    """Whether Discord would take it."""
    return (
        len(embed) <= 6000
        and len(embed.title or "") <= 256
        and len(embed.description or "") <= 4096
        and len(embed.fields) <= 25
        and all(1 <= len(str(field.name)) <= 256 and 1 <= len(str(field.value)) <= 1024 for field in embed.fields)
    )


def labels(view: discord.ui.View) -> list[str]:
    """What the buttons say."""
    return [str(item.label) for item in view.children if isinstance(item, discord.ui.Button)]

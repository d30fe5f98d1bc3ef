"""A member's own takes of one place, newest first, a page at a time: also those no channel would take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.picture import PostedTake
from db import clips, deliveries
from db.clips import Take
from db.states import DeliveryState

PAGE: Final = 5
"""Takes a page: as many buttons stand in one row."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """A take, and where it was posted last (None: nowhere)."""

    take: Take
    posted: PostedTake | None


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """`older`: the row id before which the next page begins; None on the last one."""

    guild_id: int | None
    takes: tuple[Shelved, ...]
    older: int | None


async def page(conn: AsyncConnection, *, guild_id: int | None, member_id: int, before: int | None) -> LibraryPage:
    """The page that begins before this take's row id, or the first one."""
    found = await clips.own(conn, guild_id=guild_id, requester_id=member_id, before=before, limit=PAGE + 1)
    shown = found[:PAGE]
    sent = await deliveries.of_clips(conn, [take.clip.id for take in shown])
    posted = {
        row.clip_id: PostedTake("", row.state, row.channel_id, row.message_id)
        for row in sent
        if row.state is DeliveryState.DELIVERED and row.message_id is not None
    }
    shelved = tuple(Shelved(take, posted.get(take.clip.id)) for take in shown)
    return LibraryPage(guild_id, shelved, shown[-1].clip.id if len(found) > PAGE else None)

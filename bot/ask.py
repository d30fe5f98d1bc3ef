"""What a member asks for, from where, and how it becomes a row: its song, its version, its share of the budget."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import picture
from bot.budget import PAID, Budget
from bot.errors import NotAllowed
from bot.picture import CardPicture
from bot.requests import Persona, Request
from db import singers, songs, tasks
from db.songs import Song
from db.tasks import NewTask


@dataclass(frozen=True, slots=True)
class Member:
    """Who asks, and from where. `guild_id` is None in private messages."""

    user_id: int
    guild_id: int | None
    channel_id: int
    moderator: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """A request with everything the task's row needs to know about its interaction."""

    request: Request
    member: Member
    locale: str
    """The language of what will be posted: the server's, or in private the member's."""
    interaction_id: int
    interaction_token: str = field(repr=False)
    song_id: int | None = None
    """The song it belongs to, where it comes from one of its takes."""
    parent_clip_id: int | None = None


async def accept(conn: AsyncConnection, ask: Ask, *, key_id: str, budget: Budget, now: int) -> CardPicture:
    """Store the request; its card. Raises `NotAllowed`, `OverBudget`, or `IntegrityError` for one stored before."""
    await _check_name(conn, ask)
    if ask.request.kind in PAID:
        await budget.reserve(conn, member_id=ask.member.user_id, guild_id=ask.member.guild_id, now=now)
    song = await _song_for(conn, ask, now)
    request = replace(ask.request, title=ask.request.title.strip() or song.title)
    task = await tasks.add(
        conn,
        NewTask(
            kind=request.kind,
            request=request.to_json(),
            song_id=song.id,
            version=song.version if request.makes_takes else None,
            parent_clip_id=ask.parent_clip_id,
            requester_id=ask.member.user_id,
            guild_id=ask.member.guild_id,
            channel_id=ask.member.channel_id,
            locale=ask.locale,
            interaction_id=ask.interaction_id,
            interaction_token=ask.interaction_token,
            key_id=key_id,
            created_at=now,
        ),
    )
    return await picture.card(conn, task, now, song)


async def _song_for(conn: AsyncConnection, ask: Ask, now: int) -> Song:
    """The song of the take it starts from, else of the thread it was asked in, else a new one.

    In private a server's song is not continued: what came of it would be posted there, and the member may be gone.
    """
    versions = int(ask.request.makes_takes)
    source = await songs.get(conn, ask.song_id) if ask.song_id is not None else None
    if source is not None and source.guild_id == ask.member.guild_id:
        return await songs.continue_song(conn, source.id, versions=versions)
    if song := await songs.continue_thread(conn, ask.member.channel_id, versions=versions):
        return song
    return await songs.add(
        conn,
        guild_id=ask.member.guild_id,
        channel_id=ask.member.channel_id,
        title=ask.request.title.strip() or (source.title if source else ""),
        now=now,
        versions=versions,
    )


async def _check_name(conn: AsyncConnection, ask: Ask) -> None:
    """Before anything is spent on a singer whose name another one has here."""
    if isinstance(ask.request, Persona):
        home = singers.home_of(ask.member.guild_id, ask.member.user_id)
        if await singers.named(conn, home, ask.request.name):
            raise NotAllowed("error-singer-exists", name=ask.request.name.strip())

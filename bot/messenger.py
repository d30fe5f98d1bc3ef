"""Everything the bot posts outside an interaction; turns discord.py's exceptions into `bot/errors.py`.

| what Discord answers                                               | raised             | what follows              |
|--------------------------------------------------------------------|--------------------|---------------------------|
| a code of `GONE`; any other code of its own under 403 or 404       | `PlaceGone`        | the next rung             |
| 10008 to a send under our nonce                                    | `AlreadyDeleted`   | it counts as delivered    |
| 413, 40005, 50045                                                  | `TooLarge`         | a link in place of a file |
| 429 of any kind, no connection at all, stopped by `bot/traffic.py` | `NotPosted`        | again, when it says       |
| a code of `LATER`, 401, 5xx, 403 and 404 without a code, a break   | `MessengerUnclear` | a look, and again         |
| any other 4xx                                                      | `Rejected`         | a fault; kept at the last |

Only Discord's own code is definite: a status alone may come from a proxy in between. Retries belong to the outbox:
`bot/traffic.py` keeps discord.py from repeating what is called here, and a timeout bounds each call.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

import aiohttp
import discord
from discord.http import Route

from bot.cards import export_message, take_message, task_card
from bot.cards.custom_id import Act, CustomId
from bot.cards.drawing import Drawing
from bot.closed import Act as Asked
from bot.closed import ClosedPlaces
from bot.errors import (
    AlreadyDeleted,
    HistoryClosed,
    HistoryTooLong,
    MessengerError,
    MessengerUnclear,
    NoThreadHere,
    NotPosted,
    PlaceGone,
    Rejected,
    TooLarge,
)
from bot.phrasebook import Phrasebook
from bot.picture import CardPicture, ExportPicture, Piece, TakePicture
from bot.ports import Message, Parcel, Post, TakeFile
from bot.traffic import PutOff, ours
from bot.turns import Rank

CALL_WITHIN_S: Final = 60.0
UPLOAD_WITHIN_S: Final = 180.0
THREAD_NAME: Final = 100
KEEP_OPEN_MINUTES: Final = 4320
ALT_TEXT: Final = 1024
FOR_THREADS: Final = discord.Permissions(
    create_public_threads=True, send_messages_in_threads=True, attach_files=True, embed_links=True
)
"""Without any of these a thread would stay empty."""
HISTORY_SKEW_MS: Final = 60_000
"""Our clock and Discord's may differ this much."""
MOST_READ: Final = 3_000
"""Messages one look for a piece goes through, of everybody: 30 calls, which take well below `CALL_WITHIN_S`."""

# https://docs.discord.com/developers/topics/opcodes-and-status-codes
THREAD_EXISTS: Final = 160004
UNKNOWN_MESSAGE: Final = 10008
NO_HISTORY: Final = 160002
TOO_LARGE: Final = frozenset({40005, 50045})
GONE: Final = frozenset(
    {
        10003,  # unknown channel
        10004,  # unknown server
        10013,  # unknown user
        50001,  # missing access
        50007,  # this member takes no private messages
        50008,  # no channel for messages
        50013,  # missing permissions
        50033,  # no such recipient
        50083,  # thread is archived
        160005,  # thread is locked
        160006,  # too many active threads
    }
)
LATER: Final = frozenset(
    {
        20016,  # slow mode
        20022,  # too many edits
        20028,  # too many writes in the channel
        20029,  # too many writes in the server
        40003,  # too many private channels opened
        40004,  # sending is switched off for now
        40006,  # this is switched off for now
        40062,  # the service is limited
        40333,  # Cloudflare stopped it
        130000,  # overloaded
    }
)
"""Nothing is wrong with the call or the place, whatever the status says."""


class DiscordMessenger:
    """Implements `bot.ports.Messenger` on a logged-in discord.py client."""

    def __init__(
        self, client: discord.Client, book: Phrasebook, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._book = book
        self._closed = ClosedPlaces(monotonic)

    async def start_thread(self, *, channel_id: int, card_message_id: int, name: str) -> int:
        """A thread made from a message gets that message's id, so its id is known even when it stood already."""
        try:
            async with self._at(channel_id, Asked.THREAD):
                channel = await self._channel(channel_id)
        except (PlaceGone, Rejected, discord.InvalidData):
            raise NoThreadHere from None
        if not isinstance(channel, discord.TextChannel):
            raise NoThreadHere
        if channel.guild.unavailable:
            raise MessengerUnclear
        if not channel.permissions_for(channel.guild.me).is_superset(FOR_THREADS):
            raise NoThreadHere
        card = channel.get_partial_message(card_message_id)
        try:
            async with self._at(channel_id, Asked.THREAD), _discord(CALL_WITHIN_S):
                await card.create_thread(name=_thread_name(name), auto_archive_duration=KEEP_OPEN_MINUTES)
        except Rejected as error:
            if error.arguments.get("code") != THREAD_EXISTS:
                raise NoThreadHere from None
        return card_message_id

    async def post(self, channel_id: int, piece: Piece, parcel: Parcel, post: Post) -> int:
        """One classic message: the file (a card has none), the embed, the buttons."""
        try:
            return await self._send(channel_id, piece, parcel, post)
        except PlaceGone as error:
            # Without Read Message History a reply is refused, a message of its own is not.
            if post.reply_to is None or error.arguments.get("code") != NO_HISTORY:
                raise
            return await self._send(channel_id, piece, parcel, replace(post, reply_to=None))

    async def _send(self, channel_id: int, piece: Piece, parcel: Parcel, post: Post) -> int:
        drawing = self._drawn(piece, parcel)
        alt = "" if isinstance(piece, CardPicture) else self._alt(piece)
        async with self._at(channel_id, Asked.POST), _discord(UPLOAD_WITHIN_S, sending=True):
            send = partial(
                self._client.get_partial_messageable(channel_id).send,
                embed=drawing.embed,
                view=drawing.view,
                files=_files(parcel.file, alt[:ALT_TEXT]),  # opened last: it is the send that closes them
                nonce=post.nonce,
                allowed_mentions=discord.AllowedMentions.none(),
            )
            if post.reply_to is None:
                return (await send()).id
            card = discord.MessageReference(message_id=post.reply_to, channel_id=channel_id, fail_if_not_exists=False)
            return (await send(reference=card)).id

    def _alt(self, piece: TakePicture | ExportPicture) -> str:
        title = take_message.title(piece.take, self._book, piece.locale)
        return self._book.say(piece.locale, "take-file-alt", title=title, label=piece.take.label)

    def _drawn(self, piece: Piece, parcel: Parcel) -> Drawing:
        if isinstance(piece, CardPicture):
            return task_card.draw_anew(piece, self._book)
        if isinstance(piece, ExportPicture):
            return export_message.draw(piece, parcel, self._book)
        return take_message.draw(piece, parcel, self._book)

    async def find(self, channel_id: int, piece: Piece, since_ms: int) -> int | None:
        """Looks through what we posted there since then; an empty answer counts only where we may read all of it.

        A piece is known by the end of its file's name. One that went without a file is known, a take by its buttons,
        an export and a card by its footer.
        """
        async with aclosing(self._own(channel_id, since_ms, most=MOST_READ)) as messages:
            async for message in messages:
                if _shows(message, piece):
                    return message.id
        return None

    async def find_card(self, channel_id: int, task_id: int, since_ms: int) -> Message | None:
        """A card that has not been told anything since has its Cancel button."""
        async with aclosing(self._own(channel_id, since_ms)) as messages:
            async for message in messages:
                if str(CustomId(Act.CANCEL, task_id)) in _custom_ids(message):
                    return Message(channel_id, message.id)
        return None

    async def _own(
        self, channel_id: int, since_ms: int, *, most: int | None = None
    ) -> AsyncGenerator[discord.Message, None]:
        """What we posted in a channel since then, newest first: a clock ahead of Discord's cannot ask past the end.

        Raises `HistoryTooLong` where the `most` newest of all messages do not reach so far back.
        """
        if not await self._may_read(channel_id):
            raise HistoryClosed
        since = _moment(since_ms - HISTORY_SKEW_MS)
        place = self._client.get_partial_messageable(channel_id)
        read = 0
        async with _discord(CALL_WITHIN_S):
            async for message in place.history(limit=most):
                if message.created_at < since:
                    return
                read += 1
                if message.author == self._client.user:
                    yield message
        if read == most:
            raise HistoryTooLong

    async def redraw_card(self, channel_id: int, message_id: int, card: CardPicture) -> None:
        """Edit the card in place."""
        drawing = task_card.draw(card, self._book)
        message = self._client.get_partial_messageable(channel_id).get_partial_message(message_id)
        async with self._at(channel_id, Asked.EDIT), _discord(CALL_WITHIN_S, rank=Rank.CARD):
            await message.edit(embed=drawing.embed, view=drawing.view, allowed_mentions=discord.AllowedMentions.none())

    async def answered_with(self, interaction_token: str) -> Message | None:
        """Reads `@original`; the one use of an interaction's token beyond answering it.

        What only its member sees is no card but a refusal, of a row that landed though its commit seemed to fail.
        """
        route = Route(
            "GET",
            "/webhooks/{webhook_id}/{webhook_token}/messages/@original",
            webhook_id=self._client.application_id,
            webhook_token=interaction_token,
        )
        try:
            async with _discord(CALL_WITHIN_S, rank=None):
                found = await self._client.http.request(route)
        except (PlaceGone, Rejected):
            return None
        if found.get("flags", 0) & discord.MessageFlags.ephemeral.flag:
            return None
        return Message(int(found["channel_id"]), int(found["id"]))

    async def direct_channel(self, user_id: int) -> int:
        """Opening it twice gives the same channel."""
        async with _discord(CALL_WITHIN_S):
            channel = await self._client.create_dm(discord.Object(user_id))
        return channel.id

    def place_name(self, guild_id: int | None) -> str | None:
        """The server's name, from what the gateway told."""
        guild = self._client.get_guild(guild_id) if guild_id else None
        return guild.name if guild else None

    @asynccontextmanager
    async def _at(self, channel_id: int, act: Asked) -> AsyncIterator[None]:
        """Raises `PlaceGone` unasked where this was refused a moment ago."""
        code = self._closed.why(channel_id, act)
        if code is not None:
            raise PlaceGone(code=code)
        try:
            yield
        except PlaceGone as error:
            self._closed.note(channel_id, act, error.arguments.get("code"))
            raise

    async def _channel(self, channel_id: int) -> discord.abc.GuildChannel | discord.Thread | discord.abc.PrivateChannel:
        """Of a server the gateway has not told yet, as after it connected anew, the channel's server is unavailable."""
        channel = self._client.get_channel(channel_id)
        if channel is None:  # nor are archived threads and private messages in what the gateway told
            async with _discord(CALL_WITHIN_S):
                channel = await self._client.fetch_channel(channel_id)
        return channel

    async def _may_read(self, channel_id: int) -> bool:
        channel = await self._channel(channel_id)
        if isinstance(channel, discord.abc.PrivateChannel):
            return True
        if channel.guild.unavailable:
            raise MessengerUnclear
        allowed = channel.permissions_for(channel.guild.me)
        return allowed.view_channel and allowed.read_message_history


@asynccontextmanager
async def _discord(within_s: float, *, rank: Rank | None = Rank.TAKE, sending: bool = False) -> AsyncIterator[None]:
    """Class whatever a call to Discord raises. Without a `rank` discord.py makes its own quick tries."""
    try:
        with nullcontext() if rank is None else ours(rank):
            async with asyncio.timeout(within_s):
                yield
    except discord.HTTPException as error:
        raise _classed(error, sending=sending) from None
    except discord.RateLimited as error:
        raise NotPosted(retry_after_s=error.retry_after, cause="rate limit") from None
    except PutOff as error:
        kind = NotPosted if error.nothing_done else MessengerUnclear
        raise kind(retry_after_s=error.retry_after_s, cause=str(error)) from None
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise NotPosted(cause=type(error).__name__) from None
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        # On Linux discord.py does not repeat a call that was reset or timed out; the outbox does, under the same nonce.
        raise MessengerUnclear(cause=type(error).__name__) from None


def _classed(error: discord.HTTPException, *, sending: bool) -> MessengerError:
    if error.status == 429:
        return NotPosted(cause="HTTP 429")
    if error.status >= 500 or error.status == 401 or error.code in LATER:
        return MessengerUnclear(cause=f"HTTP {error.status}, code {error.code}")
    if error.status == 413 or error.code in TOO_LARGE:
        return TooLarge()
    if error.code == 0:  # not Discord's own words: a proxy, or Cloudflare
        return MessengerUnclear(cause=f"HTTP {error.status}")
    if sending and error.code == UNKNOWN_MESSAGE:
        return AlreadyDeleted()
    if error.code in GONE or error.status in (403, 404):
        # Nothing was posted, so a lower rung posts nothing twice.
        return PlaceGone(code=error.code)
    return Rejected(code=error.code)


def _shows(message: discord.Message, piece: Piece) -> bool:
    if any(piece.marker in file.filename for file in message.attachments):
        return True
    if isinstance(piece, TakePicture):
        return str(CustomId(Act.EXTEND, piece.take.clip.id)) in _custom_ids(message)
    return any(piece.marker in (embed.footer.text or "") for embed in message.embeds)


def _custom_ids(message: discord.Message) -> set[str | None]:
    rows = [row for row in message.components if isinstance(row, discord.ActionRow)]
    return {getattr(item, "custom_id", None) for row in rows for item in row.children}


def _files(file: TakeFile | None, alt: str) -> list[discord.File]:
    if file is None:
        return []
    files = [discord.File(file.audio, description=alt)]
    files.extend(discord.File(picture) for picture in (file.cover, file.waveform) if picture is not None)
    return files


def _thread_name(title: str) -> str:
    words = " ".join(title.split())
    return words if len(words) <= THREAD_NAME else words[: THREAD_NAME - 1] + "…"


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)

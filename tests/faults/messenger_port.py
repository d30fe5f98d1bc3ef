"""Discord as a port: messages as the bot draws them, in the sandbox's Discord in process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NoReturn, TypeVar

from bot.cards import export_message, take_message, task_card
from bot.cards.custom_id import Act, CustomId
from bot.cards.drawing import Drawing
from bot.errors import (
    AlreadyDeleted,
    HistoryClosed,
    MessengerError,
    MessengerUnclear,
    NoThreadHere,
    PlaceGone,
    Rejected,
    TooLarge,
)
from bot.phrasebook import Phrasebook
from bot.picture import CardPicture, ExportPicture, Piece, TakePicture
from bot.ports import Message, Parcel, Post
from sandbox.discord.model import entities
from sandbox.discord.model.entities import ChannelType, Interaction
from sandbox.discord.model.permissions import Permission
from tests.faults.discord_world import ApiError, DiscordWorld, Json, Shown
from tests.faults.wire import Life, Wire, raising

KIND: Final = "discord"
CALL_S: Final = (0.05, 0.8)
UPLOAD_S: Final = (0.2, 15.0)
SKEW_MS: Final = 10_000
EXISTS: Final = 160004
UNKNOWN_MESSAGE: Final = 10008
NO_HISTORY: Final = 160002
FOR_THREADS: Final = (
    Permission.CREATE_PUBLIC_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.ATTACH_FILES
    | Permission.EMBED_LINKS
)
T = TypeVar("T")
Error = Callable[[], MessengerError]

UNCLEAR: Final[tuple[Error, ...]] = (MessengerUnclear, lambda: MessengerUnclear(retry_after_s=3.0))
SEND_FAILS: Final[tuple[Error, ...]] = (*UNCLEAR, TooLarge, lambda: PlaceGone(code=50013), lambda: Rejected(code=50035))
THREAD_FAILS: Final[tuple[Error, ...]] = (*UNCLEAR, NoThreadHere, lambda: PlaceGone(code=50013))
DIRECT_FAILS: Final[tuple[Error, ...]] = (*UNCLEAR, lambda: PlaceGone(code=50007))
LOOK_FAILS: Final[tuple[Error, ...]] = (*UNCLEAR, HistoryClosed)


class CountedMessenger:
    """Implements `bot.ports.Messenger`, and answers interactions as the cogs do."""

    def __init__(self, discord: DiscordWorld, book: Phrasebook, wire: Wire, life: Life) -> None:
        self._discord = discord
        self._book = book
        self._wire = wire
        self._life = life

    async def start_thread(self, *, channel_id: int, card_message_id: int, name: str) -> int:
        async def effect() -> int:
            channel = self._discord.world.channels.get(str(channel_id))
            if channel is None or channel.type is not ChannelType.TEXT:
                raise NoThreadHere
            if FOR_THREADS & ~self._discord.may(str(channel_id)):
                raise NoThreadHere
            try:
                self._discord.start_thread(str(channel_id), str(card_message_id), name[:100])
            except ApiError as error:
                if error.code != EXISTS:
                    raise
            return card_message_id

        return await self._call("start_thread", effect, THREAD_FAILS)

    async def post(self, channel_id: int, piece: Piece, parcel: Parcel, post: Post) -> int:
        name, drawing = self._drawn(piece, parcel)
        body = _body(drawing) | {"nonce": post.nonce, "enforce_nonce": True}
        names = [] if parcel.file is None else [parcel.file.audio.name]

        async def effect() -> int:
            try:
                message_id = self._sent(channel_id, body | _reply(channel_id, post), names)
            except ApiError as error:
                if error.code != NO_HISTORY:
                    raise
                message_id = self._sent(channel_id, body, names)
            if isinstance(piece, CardPicture):
                self._discord.posted_anew(str(channel_id), str(message_id), piece.marker, shown_by(piece))
            return message_id

        return await self._call(name, effect, SEND_FAILS, takes_s=UPLOAD_S, sending=True)

    def _drawn(self, piece: Piece, parcel: Parcel) -> tuple[str, Drawing]:
        """What the call is named by, and what it posts."""
        match piece:
            case CardPicture():
                return "post_card", task_card.draw_anew(piece, self._book)
            case ExportPicture():
                return "post_export", export_message.draw(piece, parcel, self._book)
            case TakePicture():
                return "post_take", take_message.draw(piece, parcel, self._book)

    def _sent(self, channel_id: int, body: Json, names: Sequence[str]) -> int:
        return int(self._discord.send(str(channel_id), body, names).id)

    async def find(self, channel_id: int, piece: Piece, since_ms: int) -> int | None:
        async def effect() -> int | None:
            self._check_may_read(channel_id)
            for message in self._discord.history(str(channel_id), since_ms - SKEW_MS):
                if shows(message, piece):
                    return int(message.id)
            return None

        return await self._call("find", effect, LOOK_FAILS)

    async def find_card(self, channel_id: int, task_id: int, since_ms: int) -> Message | None:
        async def effect() -> Message | None:
            self._check_may_read(channel_id)
            wanted = str(CustomId(Act.CANCEL, task_id))
            for message in self._discord.history(str(channel_id), since_ms - SKEW_MS):
                if wanted in custom_ids(message):
                    return Message(channel_id, int(message.id))
            return None

        return await self._call("find_card", effect, LOOK_FAILS)

    def _check_may_read(self, channel_id: int) -> None:
        allowed = self._discord.may(str(channel_id))
        if not allowed & Permission.VIEW_CHANNEL or not allowed & Permission.READ_MESSAGE_HISTORY:
            raise HistoryClosed

    async def redraw_card(self, channel_id: int, message_id: int, card: CardPicture) -> None:
        body, shown = _body(task_card.draw(card, self._book)), shown_by(card)

        async def effect() -> None:
            self._discord.edit(str(channel_id), str(message_id), body, shown)

        await self._call("redraw_card", effect, UNCLEAR)

    async def answered_with(self, interaction_token: str) -> Message | None:
        async def effect() -> Message | None:
            try:
                found = self._discord.original(interaction_token)
            except ApiError as error:
                if error.status == 401:
                    raise
                return None
            return Message(int(found.channel_id), int(found.id))

        return await self._call("answered_with", effect, UNCLEAR)

    async def direct_channel(self, user_id: int) -> int:
        async def effect() -> int:
            return int(self._discord.direct(str(user_id)).id)

        return await self._call("direct_channel", effect, DIRECT_FAILS)

    def place_name(self, guild_id: int | None) -> str | None:
        return self._discord.world.guild.name if guild_id else None

    async def answer(self, interaction: Interaction, card: CardPicture) -> int:
        """Answer a command with its card; the card's id. Raises `MessengerError`."""
        body, shown = _body(task_card.draw(card, self._book)), shown_by(card)

        async def effect() -> int:
            return int(self._discord.answer(interaction, body, shown).id)

        return await self._call("answer", effect, UNCLEAR)

    async def _call(
        self,
        name: str,
        effect: Callable[[], Awaitable[T]],
        fails: Sequence[Error],
        *,
        takes_s: tuple[float, float] = CALL_S,
        sending: bool = False,
    ) -> T:
        async def classed() -> T:
            try:
                return await effect()
            except ApiError as error:
                raise _classed(error, sending=sending) from None

        instead: list[Callable[[], Awaitable[NoReturn]]] = [raising(fail) for fail in fails]
        lost: list[Callable[[], Awaitable[NoReturn]]] = [raising(fail) for fail in UNCLEAR]
        return await self._wire.call(self._life, KIND, name, classed, instead=instead, lost=lost, takes_s=takes_s)


def _classed(error: ApiError, *, sending: bool) -> MessengerError:
    if error.status >= 500 or error.status in (401, 429):
        return MessengerUnclear()
    if error.status == 413 or error.code == 40005:
        return TooLarge()
    if sending and error.code == UNKNOWN_MESSAGE:
        return AlreadyDeleted()
    if error.status in (403, 404) or error.code in (50083, 160005, 160006):
        return PlaceGone(code=error.code)
    return Rejected(code=error.code)


def _body(drawing: Drawing) -> Json:
    return {
        "embeds": [drawing.embed.to_dict()],
        "components": drawing.view.to_components(),
        "allowed_mentions": {"parse": []},
    }


def _reply(channel_id: int, post: Post) -> Json:
    if post.reply_to is None:
        return {}
    target = {"message_id": str(post.reply_to), "channel_id": str(channel_id), "fail_if_not_exists": False}
    return {"message_reference": target}


def shown_by(card: CardPicture) -> Shown:
    """What a drawing of this card tells its member."""
    return Shown(str(card.task.state), card.can_show)


def shows(message: entities.Message, piece: Piece) -> bool:
    """Whether this message posts the piece, by the same marks the bot looks for."""
    if any(piece.marker in file.filename for file in message.attachments):
        return True
    if isinstance(piece, TakePicture):
        return str(CustomId(Act.EXTEND, piece.take.clip.id)) in custom_ids(message)
    return any(piece.marker in embed.get("footer", {}).get("text", "") for embed in message.embeds)


def custom_ids(message: entities.Message) -> list[str]:
    """Of its buttons."""
    return [part["custom_id"] for row in message.components for part in row["components"] if "custom_id" in part]

"""The sandbox's Discord in process: what stands in its channels is what members see."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sandbox.discord.model.bodies import CallbackBody, MessageBody, ThreadFromMessageBody
from sandbox.discord.model.clock import Clock
from sandbox.discord.model.entities import AnswerType, Channel, Interaction, InteractionType, Message
from sandbox.discord.model.errors import ApiError
from sandbox.discord.model.files import Upload
from sandbox.discord.model.model import Model
from sandbox.discord.model.permissions import Permission
from tests.faults.virtual_time import VirtualClock

ANSWER_WITHIN_S: Final = 3.0
MEMBERS: Final = ("ben", "chiyo", "ada")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a card says: the state it was drawn in, and whether it owns up to takes that were kept."""

    state: str
    kept: bool


class DiscordWorld:
    """One server with a channel of songs, its members and the bot."""

    def __init__(self, folder: Path, clock: VirtualClock, rng: random.Random, nonce_window_ms: int) -> None:
        self.model = Model(folder, Clock(lambda: clock.now_ms() / 1000), rng)
        self.world = self.model.core.world
        self.world.settings.nonce_window_ms = nonce_window_ms
        self.world.settings.old_edit_limit = 0
        self.bot_id = self.world.bot_id
        self.songs = next(channel for channel in self.world.channels.values() if channel.name == "songs")
        self.guild_id = int(self.world.guild.id)
        self.shown: dict[str, Shown] = {}
        """By the card's id."""
        self.cards: set[str] = set()
        self.anew: dict[str, str] = {}
        """By the id of a card that was posted anew, whose it is and where."""
        self.vanished: list[Message] = []
        """Messages that stood in a place somebody has deleted."""

    # -- what members do ---------------------------------------------------------------------------------------------

    def member(self, number: int) -> str:
        """The id of one of them."""
        username = MEMBERS[number % len(MEMBERS)]
        return next(user.id for user in self.world.users.values() if user.username == username)

    def command(self, user_id: str) -> Interaction:
        """A member runs a command in the channel of songs."""
        data = {"id": "1", "name": "song", "type": 1}
        return self.model.interactions.open(InteractionType.COMMAND, user_id, self.songs.id, data)

    def card_of(self, interaction: Interaction) -> Message | None:
        """The card it was answered with, where that stands."""
        return self.world.messages.get(interaction.channel_id, {}).get(interaction.response_id or "")

    def is_thread(self, channel_id: str) -> bool:
        """Whether somebody could delete it without deleting the channel of songs."""
        return self.world.channels[channel_id].thread is not None

    def delete_thread(self, thread_id: str) -> bool:
        """A moderator deletes a thread with all that stands in it; False where there is none."""
        thread = self.world.channels.get(thread_id)
        if thread is None:
            return False
        self.vanished += self.world.messages.get(thread_id, {}).values()
        self.model.channels.delete(thread)
        return True

    def delete_message(self, message_id: str) -> None:
        """A moderator deletes one message of the channel of songs."""
        self.model.messages.delete(self.world.messages[self.songs.id][message_id])

    def close_songs(self) -> None:
        """An administrator closes the channel of songs to the bot."""
        self.model.channels.overwrite(self.songs, self.bot_id, 0, int(Permission.VIEW_CHANNEL))

    def close_history(self) -> None:
        """An administrator denies the bot to read what was posted."""
        self.model.channels.overwrite(self.songs, self.bot_id, 0, int(Permission.READ_MESSAGE_HISTORY))

    # -- what the bot does -------------------------------------------------------------------------------------------

    def answer(self, interaction: Interaction, body: Json, shown: Shown) -> Message:
        """Answer with a card. Raises `ApiError`."""
        callback = CallbackBody(type=AnswerType.MESSAGE, data=body)
        self.model.interactions.answer(interaction.id, interaction.token, callback, [])
        card = self.card_of(interaction)
        assert card is not None
        self.cards.add(card.id)
        self.shown[card.id] = shown
        return card

    def send(self, channel_id: str, body: Json, names: Sequence[str]) -> Message:
        """Post with files of these names. Raises `ApiError`."""
        uploads = []
        for index, name in enumerate(names):
            path = self.model.core.files.incoming / f"{len(self.world.nonces)}-{index}-{name}"
            path.write_bytes(b"ID3")
            uploads.append(Upload(index, name, path, 3))
        try:
            return self.model.messages.send(channel_id, self.bot_id, MessageBody.model_validate(body), uploads)
        finally:
            for upload in uploads:
                upload.path.unlink(missing_ok=True)

    def edit(self, channel_id: str, message_id: str, body: Json, shown: Shown) -> None:
        """Draw a card anew. Raises `ApiError`."""
        message = self.model.core.message(channel_id, message_id)
        self.model.messages.edit(message, self.bot_id, MessageBody.model_validate(body))
        self.shown[message_id] = shown

    def posted_anew(self, channel_id: str, message_id: str, marker: str, shown: Shown) -> None:
        """A message that was sent is a card. Sent again under its nonce it shows what it showed."""
        self.cards.add(message_id)
        self.anew[message_id] = f"{marker} in {channel_id}"
        self.shown.setdefault(message_id, shown)

    def start_thread(self, channel_id: str, message_id: str, name: str) -> Channel:
        """From a message. Raises `ApiError`."""
        message = self.model.core.message(channel_id, message_id)
        return self.model.channels.start_from_message(message, self.bot_id, ThreadFromMessageBody(name=name))

    def may(self, channel_id: str) -> Permission:
        """What the bot may do there. Raises `ApiError` where there is no such place."""
        return self.model.core.may(self.model.core.channel(channel_id), self.bot_id)

    def history(self, channel_id: str, since_ms: int) -> list[Message]:
        """What the bot posted there since, as it may read it. Raises `ApiError`."""
        seen = self.model.messages.visible(channel_id, self.bot_id)
        return [message for message in seen if message.author_id == self.bot_id and sent_ms(message) >= since_ms]

    def original(self, token: str) -> Message:
        """What an interaction was answered with. Raises `ApiError`."""
        return self.model.interactions.response(self.model.interactions.by_token(token), "@original")

    def direct(self, user_id: str) -> Channel:
        """The channel of private messages with a member. Raises `ApiError`."""
        return self.model.channels.direct(self.bot_id, user_id)

    # -- what the judge sees -----------------------------------------------------------------------------------------

    def stands(self, message_id: str) -> bool:
        """Whether nobody has deleted it."""
        return any(message_id in channel for channel in self.world.messages.values())

    def standing(self) -> list[Message]:
        """Every message of the bot that stands, but for cards."""
        every = (message for channel in self.world.messages.values() for message in channel.values())
        return [one for one in every if one.author_id == self.bot_id and one.id not in self.cards]


def sent_ms(message: Message) -> int:
    """When it was posted; its id tells."""
    return (int(message.id) >> 22) + 1_420_070_400_000


__all__ = ["ANSWER_WITHIN_S", "ApiError", "DiscordWorld", "Json", "Shown", "sent_ms"]

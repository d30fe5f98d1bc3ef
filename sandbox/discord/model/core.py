"""What every part of the model shares: the world, its clock, its ids, and the news of what changed."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.discord.model.clock import Clock
from sandbox.discord.model.entities import Channel, Interaction, Message, Role, World
from sandbox.discord.model.errors import UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, ApiError
from sandbox.discord.model.files import Files
from sandbox.discord.model.permissions import Permission, in_channel
from sandbox.discord.model.rates import Rates

EPOCH_MS = 1_420_070_400_000


Subject = Message | Channel | Interaction | Role


@dataclass(frozen=True)
class News:
    """Something changed. `name` is the gateway event's; each reader draws the `subject` for himself."""

    name: str
    subject: Subject | None = None
    channel: Channel | None = None


@dataclass
class Core:
    """The world and its surroundings. `base_url` is where the wire listens, for links to files."""

    world: World
    clock: Clock
    rng: random.Random
    files: Files
    base_url: str = ""
    readers: list[Callable[[News], None]] = field(default_factory=list)
    rates: Rates = field(init=False)

    def __post_init__(self) -> None:
        self.rates = Rates(self.clock)

    def tell(self, name: str, subject: Subject | None = None) -> None:
        """Give the news to every reader, at once and in order."""
        channel = subject if isinstance(subject, Channel) else None
        if isinstance(subject, Message | Interaction):
            channel = self.world.channels.get(subject.channel_id)
        for reader in self.readers:
            reader(News(name, subject, channel))

    def new_id(self) -> str:
        """A snowflake of now, greater than every one before."""
        made = (self.clock.now_ms() - EPOCH_MS) << 22
        self.world.last_id = max(made, self.world.last_id + 1)
        return str(self.world.last_id)

    def token(self) -> str:
        """A secret nobody guesses: 192 bits as hexadecimal digits."""
        return f"{self.rng.getrandbits(192):048x}"

    def may(self, channel: Channel, user_id: str) -> Permission:
        """What a user may do in a channel."""
        return Permission(in_channel(self.world, channel, user_id))

    def channel(self, channel_id: str) -> Channel:
        """A channel, thread or DM; 10003 when there is none."""
        found = self.world.channels.get(channel_id)
        if found is None:
            raise ApiError(*UNKNOWN_CHANNEL)
        return found

    def message(self, channel_id: str, message_id: str) -> Message:
        """A message, ephemeral ones too; 10008 when there is none."""
        found = self.world.messages.get(channel_id, {}).get(message_id)
        if found is None:
            raise ApiError(*UNKNOWN_MESSAGE)
        return found


def created_ms(snowflake: str) -> int:
    """When an id was made."""
    return (int(snowflake) >> 22) + EPOCH_MS

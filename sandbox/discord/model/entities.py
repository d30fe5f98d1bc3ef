"""What this Discord is made of. Plain state: ids are snowflakes as strings, times Unix milliseconds."""

from dataclasses import dataclass, field
from enum import IntEnum, IntFlag, StrEnum

from sandbox.discord.model.errors import Json


class ChannelType(IntEnum):
    """Discord's channel types that exist here."""

    TEXT = 0
    DM = 1
    ANNOUNCEMENT = 5
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    FORUM = 15


class MessageType(IntEnum):
    """Discord's message types that exist here."""

    DEFAULT = 0
    PIN_ADDED = 6
    THREAD_CREATED = 18
    REPLY = 19
    CHAT_INPUT_COMMAND = 20
    THREAD_STARTER = 21
    CONTEXT_MENU_COMMAND = 23


class MessageFlag(IntFlag):
    """Discord's message flags that exist here."""

    SUPPRESS_EMBEDS = 1 << 2
    HAS_THREAD = 1 << 5
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    COMPONENTS_V2 = 1 << 15


class InteractionType(IntEnum):
    """What a member did."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class AnswerType(IntEnum):
    """How the bot answers an interaction."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


class InteractionState(StrEnum):
    """How an interaction stands, in the words of the JSON API."""

    WAITING = "waiting"
    DEFERRED = "deferred"
    ANSWERED = "answered"
    MODAL = "modal"
    FAILED = "failed"


@dataclass
class User:
    """A person, or the bot."""

    id: str
    username: str
    display_name: str
    bot: bool = False


@dataclass
class Role:
    """A named set of permission bits."""

    id: str
    name: str
    permissions: int
    position: int
    managed: bool = False


@dataclass
class Member:
    """A user's place in the guild."""

    user_id: str
    roles: list[str]
    joined_ms: int
    locale: str = "en-US"


@dataclass
class Guild:
    """The one server. The role with the guild's own id is @everyone."""

    id: str
    name: str
    owner_id: str
    roles: dict[str, Role]
    members: dict[str, Member]


@dataclass
class Overwrite:
    """What a role (`type` 0) or a member (1) is allowed and denied in one channel, as permission bits."""

    type: int
    allow: int
    deny: int


@dataclass
class Thread:
    """What a thread has beyond a channel."""

    owner_id: str
    created_ms: int
    archived_at_ms: int
    auto_archive_minutes: int = 4320
    archived: bool = False
    locked: bool = False
    members: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    applied_tags: list[str] = field(default_factory=list)


@dataclass
class Tag:
    """What a forum's posts may be marked with."""

    id: str
    name: str


@dataclass
class Channel:
    """A text channel, forum (with `tags`), DM or (with `thread`) thread."""

    id: str
    type: ChannelType
    name: str = ""
    parent_id: str | None = None
    position: int = 0
    topic: str | None = None
    overwrites: dict[str, Overwrite] = field(default_factory=dict)
    last_message_id: str | None = None
    recipients: list[str] = field(default_factory=list)
    thread: Thread | None = None
    tags: list[Tag] = field(default_factory=list)
    require_tag: bool = False


@dataclass
class Attachment:
    """A stored file; its bytes lie in the data folder under its id."""

    id: str
    channel_id: str
    filename: str
    size: int
    content_type: str
    description: str | None = None
    ephemeral: bool = False


@dataclass
class Reference:
    """The message another one replies to (or, in a new thread, starts from)."""

    message_id: str
    channel_id: str


@dataclass
class Mentions:
    """Whom a message pinged: ids of users and roles, and whether everyone."""

    users: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    everyone: bool = False


@dataclass
class Message:
    """A message. `embedded` files are shown inside its embeds or components; `command` is the whole name it answers."""

    id: str
    channel_id: str
    author_id: str
    content: str = ""
    type: MessageType = MessageType.DEFAULT
    edited_ms: int | None = None
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    embedded: list[Attachment] = field(default_factory=list)
    flags: int = 0
    nonce: str | int | None = None
    reference: Reference | None = None
    interaction: Json | None = None
    command: str | None = None
    visible_to: str | None = None
    pinned_ms: int | None = None
    mentions: Mentions = field(default_factory=Mentions)


@dataclass
class Command:
    """A registered application command; `body` is what the bot registered, with Discord's defaults filled in."""

    id: str
    version: str
    guild_id: str | None
    body: Json


@dataclass
class Interaction:
    """One thing a member did, and how the bot answered it.

    `source_id` is the message with the component, `opener_id` the interaction that opened the form, `response_id` the
    message behind `@original`.
    """

    id: str
    token: str
    type: InteractionType
    user_id: str
    channel_id: str
    created_ms: int
    data: Json
    source_id: str | None = None
    opener_id: str | None = None
    state: InteractionState = InteractionState.WAITING
    acknowledged: bool = False
    ephemeral: bool = False
    response_id: str | None = None
    message_id: str | None = None
    modal: Json | None = None
    choices: list[Json] = field(default_factory=list)
    error: str | None = None


@dataclass
class Nonce:
    """The message an author sent with an enforced nonce."""

    message_id: str
    channel_id: str
    sent_ms: int


MIB = 1024 * 1024
BOOSTED = {2: 50 * MIB, 3: 100 * MIB}


@dataclass
class Settings:
    """What can be set about this Discord; API.md says what each means. A limit of requests that is 0 is off."""

    upload_limit: int = 10 * MIB
    boost_tier: int = 0
    nonce_window_ms: int = 180_000
    guild_locale: str = "en-US"
    message_limit: int = 5
    webhook_limit: int = 5
    route_limit: int = 50
    global_limit: int = 50
    rename_limit: int = 2
    old_edit_limit: int = 3
    max_concurrency: int = 1
    session_starts: int = 1000
    privileged_intents: list[str] = field(default_factory=list)

    @property
    def largest_file(self) -> int:
        """Bytes a file may have in this server."""
        return max(self.upload_limit, BOOSTED.get(self.boost_tier, 0))


@dataclass
class World:
    """Everything that survives a restart. Messages lie by channel, then id, oldest first."""

    secret: str
    bot_id: str
    guild: Guild
    users: dict[str, User]
    channels: dict[str, Channel]
    messages: dict[str, dict[str, Message]] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    nonces: dict[str, Nonce] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    last_id: int = 0
    offset_ms: int = 0

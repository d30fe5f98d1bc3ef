"""The bot's gateway sessions: what each was told, so that a dropped one can resume without losing an event."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from sandbox.discord.model import payloads
from sandbox.discord.model.core import Core, News
from sandbox.discord.model.entities import Channel, ChannelType, Interaction, Message, Role
from sandbox.discord.model.errors import Json
from sandbox.discord.model.rates import Window

GUILDS, MEMBERS, PRESENCES, GUILD_MESSAGES, DIRECT_MESSAGES = 1 << 0, 1 << 1, 1 << 8, 1 << 9, 1 << 12
MESSAGE_CONTENT = 1 << 15
PRIVILEGED = {
    "members": (MEMBERS, 1 << 15),
    "presences": (PRESENCES, 1 << 13),
    "message_content": (MESSAGE_CONTENT, 1 << 19),
}
"""The intents that must be enabled for an application: their bit, and the application's flag that says so."""
IDENTIFY_MS, DAY_MS = 5_000, 86_400_000
BUFFERED_EVENTS = 1000
RESUMABLE_MS = 5 * 60_000
FOR_PEOPLE = {"INTERACTION_UPDATE", "COMMANDS_UPDATE", "BOT_STATUS", "CLOCK_UPDATE"}
DISPATCH, RECONNECT, INVALID_SESSION = 0, 7, 9


@dataclass(frozen=True)
class Close:
    """Ends a connection with a close code."""

    code: int
    reason: str = ""


Outbox = asyncio.Queue[Json | Close]
"""What a connection still has to send."""


@dataclass
class Session:
    """One IDENTIFY. `outbox` is None while no connection carries it."""

    id: str
    intents: int
    outbox: Outbox | None
    shard: tuple[int, int] = (0, 1)
    sequence: int = 0
    sent: deque[Json] = field(default_factory=lambda: deque(maxlen=BUFFERED_EVENTS))
    lost_ms: int = 0

    def serves(self, guild_id: str | None) -> bool:
        """Whether a guild's events, or (None) those of DMs, go to this session's shard."""
        number, shards = self.shard
        return number == (0 if guild_id is None else (int(guild_id) >> 22) % shards)

    def dispatch(self, name: str, data: Json) -> None:
        """Number an event, keep it for a resume, and send it where there is a connection."""
        self.sequence += 1
        frame = {"op": DISPATCH, "s": self.sequence, "t": name, "d": data}
        self.sent.append(frame)
        if self.outbox is not None:
            self.outbox.put_nowait(frame)


class Sessions:
    """All sessions of the bot; a reader of news."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.by_id: dict[str, Session] = {}

    @property
    def online(self) -> bool:
        """Whether the bot holds a connection."""
        return any(session.outbox is not None for session in self.by_id.values())

    def reachable(self) -> bool:
        """Whether any session would still get an event, now or at its resume."""
        self._forget_old()
        return bool(self.by_id)

    def may_ask(self, intents: int) -> bool:
        """Whether every privileged intent among these is enabled."""
        enabled = self._core.world.settings.privileged_intents
        return not any(intents & bit for name, (bit, _) in PRIVILEGED.items() if name not in enabled)

    def may_identify(self, shard: tuple[int, int]) -> bool:
        """Count an IDENTIFY; False when its shard came too soon after another, or the day's starts are used up."""
        rates, settings = self._core.rates, self._core.world.settings
        if settings.session_starts and not self._starts().remaining:
            return False
        at_once = settings.max_concurrency
        if at_once and not rates.take(f"identify {shard[0] % at_once}", 1, IDENTIFY_MS):
            return False
        return rates.take("session starts", settings.session_starts, DAY_MS)

    def start_limit(self) -> Json:
        """Discord's session start limit object."""
        starts = self._starts()
        return {
            "total": starts.limit,
            "remaining": starts.remaining,
            "reset_after": starts.left_ms,
            "max_concurrency": self._core.world.settings.max_concurrency or 1,
        }

    def identify(self, intents: int, outbox: Outbox, shard: tuple[int, int] = (0, 1)) -> Session:
        """A new session: READY, then the guild where it belongs to the shard."""
        core = self._core
        session = Session(core.token()[:32], intents, outbox, shard)
        self.by_id[session.id] = session
        guild = core.world.guild.id if session.serves(core.world.guild.id) else None
        ready: Json = {
            "v": 10,
            "user": payloads.user(core.world.users[core.world.bot_id]) | {"verified": True, "mfa_enabled": False},
            "guilds": [] if guild is None else [{"id": guild, "unavailable": True}],
            "session_id": session.id,
            "resume_gateway_url": core.base_url.replace("http", "ws", 1) + "/gateway",
            "application": {"id": core.world.bot_id, "flags": application_flags(core)},
            "session_type": "normal",
            "shard": list(shard),
            "private_channels": [],
        }
        session.dispatch("READY", ready)
        if guild is not None and intents & GUILDS:
            session.dispatch("GUILD_CREATE", payloads.guild_create(core, everyone=bool(intents & MEMBERS)))
        core.tell("BOT_STATUS")
        return session

    def resume(self, session_id: str, sequence: int, outbox: Outbox) -> Session | None:
        """Take a session up again and send what came after `sequence`; None when that is no longer possible."""
        self._forget_old()
        session = self.by_id.get(session_id)
        if session is None or not self._can_replay(session, sequence):
            return None
        if session.outbox is not None:
            session.outbox.put_nowait(Close(4000, "Resumed elsewhere."))
        session.outbox = outbox
        for frame in session.sent:
            if frame["s"] > sequence:
                outbox.put_nowait(frame)
        session.dispatch("RESUMED", {})
        self._core.tell("BOT_STATUS")
        return session

    def lose(self, session: Session, outbox: Outbox, *, ended: bool) -> None:
        """A connection is gone; `ended` when the bot closed it for good (1000, 1001)."""
        if session.outbox is not outbox:
            return
        session.outbox = None
        session.lost_ms = self._core.clock.now_ms()
        if ended:
            self.by_id.pop(session.id, None)
        self._core.tell("BOT_STATUS")

    def invalidate(self, *, resumable: bool) -> None:
        """Tell every connection its session is invalid (op 9), and forget the sessions unless they may resume."""
        self.send_all({"op": INVALID_SESSION, "d": resumable})
        if not resumable:
            self.by_id.clear()

    def send_all(self, item: Json | Close) -> None:
        """Put a frame or a close on every connection."""
        for session in self.by_id.values():
            if session.outbox is not None:
                session.outbox.put_nowait(item)

    def read(self, news: News) -> None:
        """Give the news to the sessions that asked for its kind and may see its channel."""
        if news.name in FOR_PEOPLE or not self._bot_may_see(news):
            return
        needed = _intent(news)
        direct = news.channel is not None and news.channel.type is ChannelType.DM
        guild_id = None if direct else self._core.world.guild.id
        hearing = [s for s in self.by_id.values() if s.intents & needed == needed and s.serves(guild_id)]
        data = _drawn(self._core, news) if hearing else {}
        for session in hearing:
            session.dispatch(news.name, _for_intents(self._core, session, news, data))

    def _bot_may_see(self, news: News) -> bool:
        if isinstance(news.subject, Interaction):
            return True
        if isinstance(news.subject, Message) and news.subject.visible_to is not None:
            return False
        if news.channel is None or (news.channel is news.subject and news.channel.thread is None):
            return True
        return bool(self._core.may(news.channel, self._core.world.bot_id))

    def _starts(self) -> Window:
        return self._core.rates.look("session starts", self._core.world.settings.session_starts, DAY_MS)

    def _can_replay(self, session: Session, sequence: int) -> bool:
        first = session.sent[0]["s"] if session.sent else session.sequence + 1
        return first - 1 <= sequence <= session.sequence

    def _forget_old(self) -> None:
        now = self._core.clock.now_ms()
        self.by_id = {
            key: session
            for key, session in self.by_id.items()
            if session.outbox is not None or now - session.lost_ms < RESUMABLE_MS
        }


def application_flags(core: Core) -> int:
    """Which privileged intents the application says it has."""
    return sum(PRIVILEGED[name][1] for name in core.world.settings.privileged_intents)


def _intent(news: News) -> int:
    if isinstance(news.subject, Interaction):
        return 0
    if not news.name.startswith("MESSAGE_"):
        return GUILDS
    direct = news.channel is not None and news.channel.type is ChannelType.DM
    return DIRECT_MESSAGES if direct else GUILD_MESSAGES


def _for_intents(core: Core, session: Session, news: News, data: Json) -> Json:
    """Without the message content intent, what others wrote in the guild arrives empty unless it mentions the bot."""
    message = news.subject
    if not isinstance(message, Message) or "content" not in data or session.intents & MESSAGE_CONTENT:
        return data
    if core.world.bot_id in (message.author_id, *message.mentions.users) or "guild_id" not in data:
        return data
    return data | {"content": "", "embeds": [], "attachments": [], "components": []}


def _drawn(core: Core, news: News) -> Json:
    match news.subject:
        case Interaction() as interaction:
            return payloads.interaction(core, interaction)
        case Message() as message if news.name == "MESSAGE_DELETE":
            drawn = {"id": message.id, "channel_id": message.channel_id}
            direct = news.channel is not None and news.channel.type is ChannelType.DM
            return drawn if direct else drawn | {"guild_id": core.world.guild.id}
        case Message() as message:
            return payloads.message_event(core, message)
        case Channel() as channel if news.name == "THREAD_DELETE":
            names = ("id", "guild_id", "parent_id", "type")
            return {name: payloads.channel(core, channel)[name] for name in names}
        case Channel() as channel if news.name == "CHANNEL_PINS_UPDATE":
            return {"channel_id": channel.id, "guild_id": core.world.guild.id, "last_pin_timestamp": None}
        case Channel() as channel:
            drawn = payloads.channel_for_bot(core, channel)
            return drawn | {"newly_created": True} if news.name == "THREAD_CREATE" else drawn
        case Role() as role:
            return {"guild_id": core.world.guild.id, "role": payloads.role(role)}
        case None:
            return {}

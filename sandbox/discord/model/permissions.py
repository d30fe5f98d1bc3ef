"""Who may do what: Discord's permission bits, and how roles and channel overwrites add up."""

from collections.abc import Iterable
from enum import IntFlag

from sandbox.discord.model.entities import Channel, ChannelType, Guild, World


class Permission(IntFlag):
    """Discord's names of the bits this world knows."""

    CREATE_INSTANT_INVITE = 1 << 0
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CONNECT = 1 << 20
    SPEAK = 1 << 21
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    MODERATE_MEMBERS = 1 << 40
    SEND_VOICE_MESSAGES = 1 << 46
    PIN_MESSAGES = 1 << 51


P = Permission
ALL = sum(Permission)
GUEST = P.VIEW_CHANNEL | P.READ_MESSAGE_HISTORY
BOT = GUEST | P.SEND_MESSAGES | P.SEND_MESSAGES_IN_THREADS | P.CREATE_PUBLIC_THREADS | P.ATTACH_FILES | P.EMBED_LINKS
MEMBER = BOT | P.ADD_REACTIONS | P.USE_APPLICATION_COMMANDS | P.CONNECT | P.SPEAK
DIRECT = MEMBER | P.PIN_MESSAGES | P.USE_EXTERNAL_EMOJIS


def bits(names: Iterable[str]) -> int:
    """The bits of permission names as Discord writes them; KeyError for a name it does not have."""
    return sum({Permission[name] for name in names})


def in_guild(guild: Guild, user_id: str) -> int:
    """What a member may do before any channel's overwrites; 0 for a stranger."""
    member = guild.members.get(user_id)
    if member is None:
        return 0
    allowed = guild.roles[guild.id].permissions
    for role in member.roles:
        allowed |= guild.roles[role].permissions
    return ALL if user_id == guild.owner_id or allowed & P.ADMINISTRATOR else allowed


def in_channel(world: World, channel: Channel, user_id: str) -> int:
    """What a user may do in a channel, DM or thread (a thread has its parent's rules); 0 without VIEW_CHANNEL."""
    if channel.type is ChannelType.DM:
        return int(DIRECT) if user_id in channel.recipients else 0
    if channel.thread is not None and channel.parent_id is not None:
        channel = world.channels[channel.parent_id]
    allowed = in_guild(world.guild, user_id)
    if allowed & P.ADMINISTRATOR:
        return allowed
    for group in _overwrites(world.guild, channel, user_id):
        for deny, _ in group:
            allowed &= ~deny
        for _, allow in group:
            allowed |= allow
    return allowed if allowed & P.VIEW_CHANNEL else 0


def _overwrites(guild: Guild, channel: Channel, user_id: str) -> list[list[tuple[int, int]]]:
    """(deny, allow) of @everyone, then of all roles together, then of the member: the order Discord applies them in."""
    member = guild.members.get(user_id)
    roles = member.roles if member else []
    groups = [[guild.id], roles, [user_id]]
    return [
        [(found.deny, found.allow) for key in group if (found := channel.overwrites.get(key)) is not None]
        for group in groups
    ]

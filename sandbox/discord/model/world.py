"""The server a fresh sandbox starts with: The Songwriting Room, its channels, people and the bot."""

import random

from sandbox.discord.model.clock import Clock
from sandbox.discord.model.core import EPOCH_MS
from sandbox.discord.model.entities import Channel, ChannelType, Guild, Member, Role, User, World
from sandbox.discord.model.permissions import ALL, BOT, GUEST, MEMBER

PEOPLE = (("ada", "Ada", "Admin"), ("ben", "Ben", "Member"), ("chiyo", "Chiyo", "Member"), ("gus", "Gus", "Guest"))
ROLES = (("Guest", int(GUEST)), ("Member", int(MEMBER)), ("Minstrel", int(BOT)), ("Admin", ALL))
CHANNELS = (
    ("songs", ChannelType.TEXT, "Songs and their threads"),
    ("songwriting", ChannelType.TEXT, "Words, chords, ideas"),
    ("general", ChannelType.TEXT, None),
    ("finished-songs", ChannelType.FORUM, "One post, one finished song"),
)


def default_world(clock: Clock, rng: random.Random) -> World:
    """One server, four people and the bot; every id is made from the clock."""
    now = clock.now_ms()
    ids = iter(range((now - EPOCH_MS) << 22, ((now - EPOCH_MS) << 22) + 100))

    def new_id() -> str:
        return str(next(ids))

    guild_id = new_id()
    everyone = Role(guild_id, "@everyone", 0, 0)
    roles = {name: Role(new_id(), name, bits, n, name == "Minstrel") for n, (name, bits) in enumerate(ROLES, 1)}
    bot = User(new_id(), "Minstrel", "Minstrel", bot=True)
    people = [(User(new_id(), username, display), roles[role].id) for username, display, role in PEOPLE]
    members = [(bot, roles["Minstrel"].id), *people]
    guild = Guild(
        id=guild_id,
        name="The Songwriting Room",
        owner_id=people[0][0].id,
        roles={role.id: role for role in (everyone, *roles.values())},
        members={user.id: Member(user.id, [role], now) for user, role in members},
    )
    channels = [Channel(new_id(), kind, name, None, n, topic) for n, (name, kind, topic) in enumerate(CHANNELS)]
    channels += [Channel(new_id(), ChannelType.DM, recipients=[user.id, bot.id]) for user, _ in people]
    return World(
        secret=f"{rng.getrandbits(192):048x}",
        bot_id=bot.id,
        guild=guild,
        users={user.id: user for user, _ in members},
        channels={channel.id: channel for channel in channels},
        last_id=int(new_id()),
    )

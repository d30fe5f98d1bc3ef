"""Whom a message really pings: what its text names, its author may ping, and `allowed_mentions` lets through."""

import re

from sandbox.discord.model.bodies import AllowedMentions, MessageBody
from sandbox.discord.model.components import flat
from sandbox.discord.model.core import Core
from sandbox.discord.model.entities import Channel, Mentions, Message
from sandbox.discord.model.errors import field_error
from sandbox.discord.model.permissions import Permission

UNSAID = AllowedMentions(parse=["roles", "users", "everyone"], replied_user=True)


def check(allowed: AllowedMentions | None) -> None:
    """Naming single users (or roles) and all of them at once contradict each other."""
    for name in ("users", "roles"):
        if allowed is not None and name in allowed.parse and getattr(allowed, name):
            text = f'parse:["{name}"] and {name}: [ids...] are mutually exclusive.'
            raise field_error("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", text)


def pinged(core: Core, message: Message, body: MessageBody, place: Channel) -> Mentions:
    """Whom a message, already filled, pings where its author has the permissions of `place`."""
    allowed = body.allowed_mentions or UNSAID
    world = core.world
    text = " ".join([message.content, *(str(part.get("content", "")) for part in flat(message.components))])
    all_at_once = core.may(place, message.author_id) & Permission.MENTION_EVERYONE
    users = [
        user
        for user in re.findall(r"<@!?(\d+)>", text)
        if user in world.users and ("users" in allowed.parse or user in allowed.users)
    ]
    roles = [
        role
        for role in re.findall(r"<@&(\d+)>", text)
        if all_at_once and role in world.guild.roles and ("roles" in allowed.parse or role in allowed.roles)
    ]
    replied = None
    if message.reference is not None:
        replied = world.messages.get(message.reference.channel_id, {}).get(message.reference.message_id)
    if replied is not None and allowed.replied_user:
        users.append(replied.author_id)
    everyone = bool(all_at_once and "everyone" in allowed.parse and re.search("@(everyone|here)", text))
    return Mentions(list(dict.fromkeys(users)), list(dict.fromkeys(roles)), everyone)

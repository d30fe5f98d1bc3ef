"""The world as Discord writes it in JSON: users, guild, channels, messages, commands."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.discord.model.clock import iso
from sandbox.discord.model.core import Core, created_ms
from sandbox.discord.model.entities import (
    Attachment,
    Channel,
    ChannelType,
    Command,
    Interaction,
    InteractionType,
    Member,
    Message,
    MessageFlag,
    MessageType,
    Role,
    Thread,
    User,
)
from sandbox.discord.model.errors import Json
from sandbox.discord.model.files import signed_query
from sandbox.discord.model.permissions import Permission, in_channel, in_guild

REQUIRE_TAG = 1 << 4
HIDDEN_NAME, HIDDEN_FLAG = "___hidden___", 1 << 17


@cache
def _blanks() -> dict[str, Json]:
    return dict(json.loads(Path(__file__).with_name("blanks.json").read_text(encoding="utf-8")))


def blank(kind: str) -> Json:
    """The fields of a kind of Discord's objects that are the same everywhere here."""
    return dict(_blanks()[kind])


def user(someone: User) -> Json:
    """A user object."""
    return blank("user") | {
        "id": someone.id,
        "username": someone.username,
        "global_name": None if someone.bot else someone.display_name,
        "discriminator": "0000" if someone.bot else "0",
        "bot": someone.bot,
    }


def member(core: Core, who: Member, *, with_user: bool = True) -> Json:
    """A guild member object."""
    drawn = blank("member") | {"roles": who.roles, "joined_at": iso(who.joined_ms)}
    return drawn | {"user": user(core.world.users[who.user_id])} if with_user else drawn


def role(some: Role) -> Json:
    """A role object."""
    return blank("role") | {
        "id": some.id,
        "name": some.name,
        "permissions": str(some.permissions),
        "position": some.position,
        "managed": some.managed,
    }


def guild(core: Core) -> Json:
    """The guild object as REST gives it."""
    some = core.world.guild
    return blank("guild") | {
        "id": some.id,
        "name": some.name,
        "owner_id": some.owner_id,
        "roles": [role(r) for r in some.roles.values()],
        "preferred_locale": core.world.settings.guild_locale,
        "premium_tier": core.world.settings.boost_tier,
    }


def guild_create(core: Core, *, everyone: bool) -> Json:
    """The guild as GUILD_CREATE brings it to the bot: all channels, the live threads the bot can see, its members.

    Without `everyone` the bot is the only member it is told of.
    """
    world = core.world
    every = [c for c in world.channels.values() if c.type is not ChannelType.DM]
    threads = [c for c in every if c.thread is not None and not c.thread.archived and core.may(c, world.bot_id)]
    me = world.guild.members[world.bot_id]
    members = world.guild.members.values() if everyone else [me]
    return (
        guild(core)
        | blank("guild_create")
        | {
            "channels": [channel_for_bot(core, c) for c in every if c.thread is None],
            "threads": [channel(core, c) for c in threads],
            "members": [member(core, who) for who in members],
            "member_count": len(world.guild.members),
            "joined_at": iso(me.joined_ms),
        }
    )


def channel(core: Core, some: Channel) -> Json:
    """A channel, DM or thread object."""
    drawn: Json = {"id": some.id, "type": int(some.type), "last_message_id": some.last_message_id, "flags": 0}
    if some.type is ChannelType.DM:
        others = [core.world.users[u] for u in some.recipients if u != core.world.bot_id]
        return drawn | {"recipients": [user(u) for u in others]}
    drawn |= {"guild_id": core.world.guild.id, "name": some.name, "parent_id": some.parent_id, "rate_limit_per_user": 0}
    if some.thread is not None:
        return drawn | _thread(core, some, some.thread)
    drawn |= {
        "position": some.position,
        "topic": some.topic,
        "nsfw": False,
        "permission_overwrites": [
            {"id": key, "type": o.type, "allow": str(o.allow), "deny": str(o.deny)}
            for key, o in some.overwrites.items()
        ],
    }
    if some.type is ChannelType.FORUM:
        tags = [vars(tag) | {"moderated": False, "emoji_id": None, "emoji_name": None} for tag in some.tags]
        drawn |= {"available_tags": tags, "default_reaction_emoji": None, "default_forum_layout": 0}
        drawn["flags"] = REQUIRE_TAG if some.require_tag else 0
    return drawn


def channel_for_bot(core: Core, some: Channel) -> Json:
    """A channel as the gateway brings it: one the bot cannot view has its name and details blanked."""
    if core.may(some, core.world.bot_id):
        return channel(core, some)
    everyone = {"id": core.world.guild.id, "type": 0, "allow": "0", "deny": str(int(Permission.VIEW_CHANNEL))}
    return channel(core, some) | {
        "name": HIDDEN_NAME,
        "flags": HIDDEN_FLAG,
        "topic": None,
        "last_message_id": None,
        "permission_overwrites": [everyone],
    }


def _thread(core: Core, some: Channel, thread: Thread) -> Json:
    drawn = {
        "owner_id": thread.owner_id,
        "message_count": _message_count(core, some),
        "total_message_sent": thread.sent,
        "member_count": len(thread.members),
        "applied_tags": thread.applied_tags,
        "thread_metadata": {
            "archived": thread.archived,
            "locked": thread.locked,
            "auto_archive_duration": thread.auto_archive_minutes,
            "archive_timestamp": iso(thread.archived_at_ms),
            "create_timestamp": iso(thread.created_ms),
        },
    }
    joined = thread.members.get(core.world.bot_id)
    if joined is not None:
        drawn["member"] = {"id": some.id, "user_id": core.world.bot_id, "join_timestamp": iso(joined), "flags": 0}
    return drawn


def _message_count(core: Core, thread: Channel) -> int:
    """Without deleted messages, ephemeral ones, and the one the thread began with."""
    every = core.world.messages.get(thread.id, {}).values()
    counted = [m for m in every if m.visible_to is None and m.type is not MessageType.THREAD_STARTER]
    return sum(message.id != thread.id for message in counted)


def attachment(core: Core, some: Attachment) -> Json:
    """An attachment object with links that work for a day."""
    path = f"/cdn/attachments/{some.channel_id}/{some.id}/{some.filename}"
    url = f"{core.base_url}{path}?{signed_query(core.world.secret, path, core.clock.now_ms() // 1000)}&"
    drawn = {
        "id": some.id,
        "filename": some.filename,
        "size": some.size,
        "content_type": some.content_type,
        "url": url,
        "proxy_url": url,
    }
    if some.description is not None:
        drawn["description"] = some.description
    if some.ephemeral:
        drawn["ephemeral"] = True
    return drawn


def message(core: Core, some: Message, *, nested: bool = False) -> Json:
    """A message object; `nested` leaves out what Discord leaves out of a message inside another."""
    world = core.world
    author = world.users[some.author_id]
    drawn: Json = {
        "id": some.id,
        "channel_id": some.channel_id,
        "type": int(some.type),
        "content": some.content,
        "author": user(author),
        "timestamp": iso(created_ms(some.id)),
        "edited_timestamp": None if some.edited_ms is None else iso(some.edited_ms),
        "tts": False,
        "mention_everyone": some.mentions.everyone,
        "mentions": [user(world.users[someone]) for someone in some.mentions.users],
        "mention_roles": some.mentions.roles,
        "attachments": [attachment(core, a) for a in some.attachments],
        "embeds": [_linked(core, embed, some) for embed in some.embeds],
        "components": [_linked(core, component, some) for component in some.components],
        "pinned": some.pinned_ms is not None,
        "flags": some.flags,
    }
    if author.bot:
        drawn["application_id"] = world.bot_id
    if some.nonce is not None:
        drawn["nonce"] = some.nonce
    if some.interaction is not None:
        drawn["interaction_metadata"] = some.interaction
        drawn["webhook_id"] = world.bot_id
        if some.command is not None:
            known = {name: some.interaction[name] for name in ("id", "type", "user")}
            drawn["interaction"] = known | {"name": some.command}
    if some.flags & MessageFlag.HAS_THREAD and some.id in world.channels:
        drawn["thread"] = channel(core, world.channels[some.id])
    if some.reference is not None:
        drawn |= _referenced(core, some, nested)
    return drawn


def _referenced(core: Core, some: Message, nested: bool) -> Json:
    reference = some.reference
    if reference is None:
        return {}
    drawn: Json = {"message_reference": {"type": 0} | vars(reference)}
    if core.world.channels[some.channel_id].type is not ChannelType.DM:
        drawn["message_reference"]["guild_id"] = core.world.guild.id
    if not nested:
        target = core.world.messages.get(reference.channel_id, {}).get(reference.message_id)
        drawn["referenced_message"] = None if target is None else message(core, target, nested=True)
    return drawn


def message_event(core: Core, some: Message) -> Json:
    """A message as the gateway brings it: in a guild with the guild's id and the author as a member."""
    drawn = message(core, some)
    if core.world.channels[some.channel_id].type is ChannelType.DM:
        return drawn
    drawn["guild_id"] = core.world.guild.id
    author = core.world.guild.members.get(some.author_id)
    if author is not None:
        drawn["member"] = member(core, author, with_user=False)
    return drawn


def _linked(core: Core, node: Any, some: Message) -> Any:
    """Embeds and components with `attachment://name` turned into the link of that file."""
    if isinstance(node, dict):
        return {key: _linked(core, value, some) for key, value in node.items()}
    if isinstance(node, list):
        return [_linked(core, value, some) for value in node]
    if isinstance(node, str) and node.startswith("attachment://"):
        name = node.removeprefix("attachment://")
        return next((attachment(core, a)["url"] for a in some.embedded if a.filename == name), node)
    return node


def command(core: Core, some: Command, *, localized: bool = True) -> Json:
    """A command object; without `localized` the name and description tables are left out."""
    body = some.body if localized else _without_localizations(some.body)
    drawn = {"id": some.id, "application_id": core.world.bot_id, "version": some.version} | body
    return drawn if some.guild_id is None else drawn | {"guild_id": some.guild_id}


def _without_localizations(node: Any) -> Any:
    if isinstance(node, dict):
        return {k: _without_localizations(v) for k, v in node.items() if not k.endswith("_localizations")}
    return [_without_localizations(item) for item in node] if isinstance(node, list) else node


def interaction(core: Core, some: Interaction) -> Json:
    """INTERACTION_CREATE as the bot receives it."""
    world = core.world
    where = core.channel(some.channel_id)
    direct = where.type is ChannelType.DM
    who = world.users[some.user_id]
    drawn: Json = {
        "id": some.id,
        "application_id": world.bot_id,
        "type": int(some.type),
        "token": some.token,
        "version": 1,
        "data": some.data,
        "channel_id": where.id,
        "channel": channel(core, where) | {"permissions": str(in_channel(world, where, who.id))},
        "app_permissions": str(in_channel(world, where, world.bot_id)),
        "locale": world.guild.members[who.id].locale,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "authorizing_integration_owners": {"0": "0" if direct else world.guild.id},
        "context": 1 if direct else 0,
        "attachment_size_limit": world.settings.largest_file,
    }
    if direct:
        drawn["user"] = user(who)
    else:
        allowed = str(in_channel(world, where, who.id))
        drawn |= {
            "guild_id": world.guild.id,
            "guild_locale": world.settings.guild_locale,
            "guild": {"id": world.guild.id, "locale": world.settings.guild_locale, "features": []},
            "member": member(core, world.guild.members[who.id]) | {"permissions": allowed},
        }
    if some.source_id is not None:
        drawn["message"] = message(core, core.message(where.id, some.source_id))
    return drawn


def interaction_metadata(core: Core, some: Interaction) -> Json:
    """What a message tells of the interaction it answers."""
    direct = core.channel(some.channel_id).type is ChannelType.DM
    drawn = {
        "id": some.id,
        "type": int(some.type),
        "user": user(core.world.users[some.user_id]),
        "authorizing_integration_owners": {"0": "0" if direct else core.world.guild.id},
    }
    if some.type is InteractionType.COMPONENT and some.source_id is not None:
        drawn["interacted_message_id"] = some.source_id
    opener = core.world.interactions.get(some.opener_id or "")
    if opener is not None:
        drawn["triggering_interaction_metadata"] = interaction_metadata(core, opener)
    return drawn


def person(core: Core, who: Member) -> Json:
    """A member as the JSON API shows them."""
    someone = core.world.users[who.user_id]
    some = core.world.guild
    return {
        "id": someone.id,
        "username": someone.username,
        "display_name": someone.display_name,
        "bot": someone.bot,
        "roles": [some.roles[r].name for r in who.roles],
        "admin": bool(in_guild(some, someone.id) & Permission.ADMINISTRATOR),
        "locale": who.locale,
    }

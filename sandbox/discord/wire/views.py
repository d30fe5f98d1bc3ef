"""What the JSON API shows a member: Discord's objects, as far as this member may see them."""

from sandbox.discord.model import payloads
from sandbox.discord.model.core import Core, News
from sandbox.discord.model.entities import Channel, Interaction, Message
from sandbox.discord.model.errors import Json
from sandbox.discord.model.model import Model

SHOWN = {
    *(f"MESSAGE_{change}" for change in ("CREATE", "UPDATE", "DELETE")),
    *(f"CHANNEL_{change}" for change in ("CREATE", "UPDATE", "DELETE")),
    *(f"THREAD_{change}" for change in ("CREATE", "UPDATE", "DELETE")),
    "COMMANDS_UPDATE",
    "INTERACTION_UPDATE",
    "BOT_STATUS",
    "CLOCK_UPDATE",
}


def message(core: Core, some: Message) -> Json:
    """A message, and whose eyes alone it is for."""
    return payloads.message(core, some) | {"visible_to": some.visible_to}


def interaction(core: Core, some: Interaction) -> Json:
    """How an interaction stands."""
    found = core.world.messages.get(some.channel_id, {}).get(some.message_id or "")
    return {
        "id": some.id,
        "type": int(some.type),
        "state": some.state.value,
        "ephemeral": some.ephemeral,
        "message": None if found is None else message(core, found),
        "modal": some.modal,
        "error": some.error,
    }


def world(model: Model, user_id: str) -> Json:
    """The server as a member sees it."""
    core = model.core
    guild = core.world.guild
    return {
        "now_ms": core.clock.now_ms(),
        "me": payloads.person(core, guild.members[user_id]),
        "guild": {"id": guild.id, "name": guild.name},
        "members": [payloads.person(core, who) for who in guild.members.values()],
        "channels": [payloads.channel(core, channel) for channel in model.people.channels(user_id)],
        "commands": commands(core),
        "settings": vars(core.world.settings),
        "bot_online": model.sessions.online,
    }


def commands(core: Core) -> list[Json]:
    """All registered commands."""
    return [payloads.command(core, command) for command in core.world.commands]


def event(model: Model, news: News, user_id: str) -> Json | None:
    """The data of a member's event; None when it is not for their eyes."""
    core = model.core
    if news.name not in SHOWN:
        return None
    if news.channel is not None and not core.may(news.channel, user_id):
        return None
    match news.subject:
        case Interaction() as some:
            return interaction(core, some) if some.user_id == user_id else None
        case Message() as some:
            if some.visible_to not in (None, user_id):
                return None
            gone = news.name == "MESSAGE_DELETE"
            return {"id": some.id, "channel_id": some.channel_id} if gone else message(core, some)
        case Channel() as some:
            return payloads.channel(core, some)
        case _ if news.name == "BOT_STATUS":
            return {"online": model.sessions.online}
        case _ if news.name == "CLOCK_UPDATE":
            return {"now_ms": core.clock.now_ms()}
        case _:
            return {"commands": commands(core)}

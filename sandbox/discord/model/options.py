"""What Discord's own client does with a command's options before it sends them: check, type and resolve them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord.model import payloads
from sandbox.discord.model.core import Core
from sandbox.discord.model.entities import Attachment, Channel
from sandbox.discord.model.errors import Json, Refusal
from sandbox.discord.model.permissions import in_channel

STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(3, 12)
KINDS: dict[int, tuple[type, ...]] = {STRING: (str,), INTEGER: (int,), BOOLEAN: (bool,), NUMBER: (int, float)}
NOUNS = {STRING: "text", INTEGER: "a whole number", BOOLEAN: "true or false", NUMBER: "a number"}


@dataclass
class Resolved:
    """The things the ids in an interaction's data stand for."""

    core: Core
    channel: Channel
    found: dict[str, dict[str, Json]] = field(default_factory=dict)

    def add(self, kind: int, value: str) -> None:
        """Look an id up as the option or select type says; a Refusal when there is no such thing."""
        world = self.core.world
        if kind in (USER, MENTIONABLE) and value in world.guild.members:
            self._add_user(value)
        elif kind == CHANNEL and value in world.channels:
            permissions = str(in_channel(world, world.channels[value], world.bot_id))
            drawn = payloads.channel(self.core, world.channels[value]) | {"permissions": permissions}
            self.found.setdefault("channels", {})[value] = drawn
        elif kind in (ROLE, MENTIONABLE) and value in world.guild.roles:
            self.found.setdefault("roles", {})[value] = payloads.role(world.guild.roles[value])
        else:
            raise Refusal(f"Nothing here has the id {value}.", 404)

    def add_attachment(self, attachment: Attachment) -> None:
        """A file the member gave."""
        self.found.setdefault("attachments", {})[attachment.id] = payloads.attachment(self.core, attachment)

    def _add_user(self, user_id: str) -> None:
        world = self.core.world
        self.found.setdefault("users", {})[user_id] = payloads.user(world.users[user_id])
        drawn = payloads.member(self.core, world.guild.members[user_id], with_user=False)
        drawn["permissions"] = str(in_channel(world, self.channel, user_id))
        self.found.setdefault("members", {})[user_id] = drawn


@dataclass(frozen=True)
class Given:
    """What a member typed, and how strictly to look at it. `attach` makes a given file an attachment."""

    values: Mapping[str, Any]
    unchecked: bool = False
    focused: str | None = None
    attach: Callable[[Any], Attachment] | None = None


def typed(node: Json, given: Given, resolved: Resolved) -> list[Json]:
    """The options of a (sub-)command as the interaction carries them; raises a Refusal in a person's words."""
    registered = {option["name"]: option for option in node.get("options", [])}
    for name in given.values:
        if name not in registered:
            raise Refusal(f"The command has no option {name}.")
    if given.focused is None:
        missing = [n for n, o in registered.items() if o.get("required") and n not in given.values]
        if missing:
            raise Refusal(f"The option {missing[0]} is required.")
    elif not registered.get(given.focused, {}).get("autocomplete"):
        raise Refusal(f"The option {given.focused} has no suggestions.")
    return [_option(registered[name], value, given, resolved) for name, value in given.values.items()]


def _option(option: Json, value: Any, given: Given, resolved: Resolved) -> Json:
    name, kind = option["name"], option["type"]
    drawn = {"name": name, "type": kind, "value": value}
    if given.focused == name:
        return drawn | {"value": str(value), "focused": True}
    if kind == ATTACHMENT:
        if given.attach is None:
            raise Refusal(f"The option {name} takes a file.")
        attachment = given.attach(value)
        resolved.add_attachment(attachment)
        return drawn | {"value": attachment.id}
    if kind not in KINDS:
        resolved.add(kind, str(value))
        return drawn | {"value": str(value)}
    if not isinstance(value, KINDS[kind]) or (isinstance(value, bool) and kind != BOOLEAN):
        raise Refusal(f"The option {name} must be {NOUNS[kind]}.")
    if not given.unchecked and given.focused is None:
        _check_range(option, value)
    return drawn


def _check_range(option: Json, value: Any) -> None:
    name = option["name"]
    choices = option.get("choices")
    if choices and value not in [choice["value"] for choice in choices]:
        raise Refusal(f"The option {name} must be one of {', '.join(str(c['value']) for c in choices)}.")
    size, unit = (len(value), " characters") if isinstance(value, str) else (value, "")
    suffix = "length" if unit else "value"
    least, most = option.get(f"min_{suffix}"), option.get(f"max_{suffix}", 6000 if unit else None)
    if least is not None and size < least:
        raise Refusal(f"The option {name} must be at least {least}{unit}.")
    if most is not None and size > most:
        raise Refusal(f"The option {name} must be at most {most}{unit}.")

"""The bot's registered commands: registering, changing, and finding them by what a member types."""

import re
from collections import Counter
from collections.abc import Sequence

from sandbox.discord.model.bodies import CommandBody, Option
from sandbox.discord.model.core import Core
from sandbox.discord.model.entities import Command
from sandbox.discord.model.errors import ApiError, Json, Refusal, field_error

CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3
MOST = {CHAT_INPUT: 100, USER_MENU: 15, MESSAGE_MENU: 15}
SUB_COMMANDS = (1, 2)
CHARACTERS = 8000
NAME = re.compile(r"[-_'\w]{1,32}")


class Commands:
    """Global commands (`guild_id` None) and the guild's own."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def of(self, guild_id: str | None) -> list[Command]:
        """The commands registered globally or for the guild."""
        return [command for command in self._core.world.commands if command.guild_id == guild_id]

    def get(self, command_id: str, guild_id: str | None) -> Command:
        """One command; 10063 when there is none."""
        for command in self.of(guild_id):
            if command.id == command_id:
                return command
        raise ApiError(404, 10063, "Unknown application command")

    def replace(self, guild_id: str | None, bodies: Sequence[CommandBody]) -> list[Command]:
        """Register exactly these; a command of the same name and type keeps its id, and unchanged its version."""
        for index, body in enumerate(bodies):
            _check(body, f"{index}.")
        names = Counter((body.type, body.name) for body in bodies)
        if any(times > 1 for times in names.values()):
            text = "Application command names must be unique"
            raise field_error("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", text)
        for kind, times in Counter(body.type for body in bodies).items():
            if times > MOST[kind]:
                raise ApiError(400, 30032, f"Maximum number of application commands reached ({MOST[kind]})")
        known = {_key(command): command for command in self.of(guild_id)}
        fresh = [self._made(guild_id, body, known.get((body.type, body.name))) for body in bodies]
        self._keep(guild_id, fresh)
        return fresh

    def put(self, guild_id: str | None, body: CommandBody) -> Command:
        """Register one more command, or overwrite the one of its name and type."""
        _check(body, "")
        old = {_key(command): command for command in self.of(guild_id)}
        made = self._made(guild_id, body, old.get((body.type, body.name)))
        others = [command for key, command in old.items() if key != _key(made)]
        self._keep(guild_id, [*others, made])
        return made

    def change(self, command: Command, body: CommandBody) -> Command:
        """Give a registered command another body; it keeps its id."""
        _check(body, "")
        made = self._made(command.guild_id, body, command)
        self._keep(command.guild_id, [made if c is command else c for c in self.of(command.guild_id)])
        return made

    def remove(self, command: Command) -> None:
        """Unregister a command."""
        self._keep(command.guild_id, [other for other in self.of(command.guild_id) if other is not command])

    def find(self, name: str, kind: int) -> tuple[Command, list[str], Json]:
        """The command `name` ("song", "group sub") calls, its sub-names, and the node with its options."""
        top, *path = name.split()
        for command in self._core.world.commands:
            if _key(command) == (kind, name):
                return command, [], command.body
            if kind == CHAT_INPUT and _key(command) == (kind, top):
                return command, path, _descend(command, path)
        raise Refusal(f"There is no command /{name}.", 404)

    def _keep(self, guild_id: str | None, commands: list[Command]) -> None:
        others = [command for command in self._core.world.commands if command.guild_id != guild_id]
        self._core.world.commands = others + commands
        self._core.tell("COMMANDS_UPDATE")

    def _made(self, guild_id: str | None, body: CommandBody, old: Command | None) -> Command:
        drawn = _drawn(body)
        if old is None:
            made = self._core.new_id()
            return Command(made, self._core.new_id(), guild_id, drawn)
        return old if old.body == drawn else Command(old.id, self._core.new_id(), guild_id, drawn)


def whole_name(data: Json) -> str:
    """The name of a called command with its group and sub-command, from an interaction's data."""
    inner = [option for option in data.get("options", []) if option["type"] in SUB_COMMANDS]
    return " ".join([data["name"], *(whole_name(option) for option in inner)])


def _key(command: Command) -> tuple[int, str]:
    return command.body["type"], command.body["name"]


def _drawn(body: CommandBody) -> Json:
    """A command as Discord gives it back: top fields complete, options without what is default."""
    drawn = body.model_dump(mode="json")
    drawn["dm_permission"] = body.dm_permission is not False
    drawn["integration_types"] = body.integration_types or [0]
    drawn["options"] = [_drawn_option(option) for option in body.options]
    return drawn


def _drawn_option(option: Option) -> Json:
    always = {
        "type": option.type,
        "name": option.name,
        "name_localizations": option.name_localizations,
        "description": option.description,
        "description_localizations": option.description_localizations,
    }
    drawn = always | option.model_dump(mode="json", exclude_defaults=True)
    if option.choices:
        drawn["choices"] = [choice.model_dump(mode="json") for choice in option.choices]
    if option.options:
        drawn["options"] = [_drawn_option(inner) for inner in option.options]
    return drawn


def _descend(command: Command, path: list[str]) -> Json:
    node = command.body
    for name in path:
        inner = {o["name"]: o for o in node.get("options", []) if o["type"] in SUB_COMMANDS}
        if name not in inner:
            raise Refusal(f"/{command.body['name']} has no sub-command {name}.", 404)
        node = inner[name]
    if any(o["type"] in SUB_COMMANDS for o in node.get("options", [])):
        names = ", ".join(o["name"] for o in node["options"])
        raise Refusal(f"/{' '.join([command.body['name'], *path])} needs one of its sub-commands: {names}.")
    return node


def _check(body: CommandBody, path: str) -> None:
    if body.type != CHAT_INPUT:
        if body.description or body.options:
            text = "Context menu commands cannot have a description or options"
            raise field_error(f"{path}description", "APPLICATION_COMMAND_INVALID_DESCRIPTION", text)
        return
    if not body.description:
        raise field_error(f"{path}description", "BASE_TYPE_REQUIRED", "This field is required")
    _check_name(body.name, path)
    _check_options(body.options, path)
    if _length(body) > CHARACTERS:
        text = "Command exceeds maximum size (8000)"
        raise field_error(path.rstrip(".") or "name", "APPLICATION_COMMAND_TOO_LARGE", text)


def _check_name(name: str, path: str) -> None:
    if not NAME.fullmatch(name) or name != name.lower():
        raise field_error(f"{path}name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _check_options(options: Sequence[Option], path: str) -> None:
    seen_optional = False
    if len({option.name for option in options}) < len(options):
        text = "Option names must be unique"
        raise field_error(f"{path}options", "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", text)
    for index, option in enumerate(options):
        inside = f"{path}options.{index}."
        _check_name(option.name, inside)
        if option.required and seen_optional:
            text = "Required options must be placed before non-required options"
            raise field_error(f"{path}options", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", text)
        if option.autocomplete and option.choices:
            text = "Autocomplete options cannot have choices"
            raise field_error(f"{inside}autocomplete", "APPLICATION_COMMAND_AUTOCOMPLETE_WITH_CHOICES", text)
        seen_optional = seen_optional or (option.type > 2 and not option.required)
        _check_options(option.options, inside)


def _length(node: CommandBody | Option) -> int:
    """The characters that count against the 8000: names, descriptions and choices."""
    choices = node.choices if isinstance(node, Option) else []
    own = len(node.name) + len(node.description)
    return own + sum(len(c.name) + len(str(c.value)) for c in choices) + sum(_length(o) for o in node.options)

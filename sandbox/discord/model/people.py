"""What a person can do: write, run a command, ask for suggestions, press a button, send a form."""

import base64
import binascii
from typing import Any

from sandbox.discord.model import calls, payloads
from sandbox.discord.model.bodies import MessageBody, parse
from sandbox.discord.model.commands import CHAT_INPUT, USER_MENU, Commands
from sandbox.discord.model.components import ComponentType, flat
from sandbox.discord.model.core import Core
from sandbox.discord.model.entities import (
    Attachment,
    Channel,
    ChannelType,
    Command,
    Interaction,
    InteractionState,
    InteractionType,
    Message,
)
from sandbox.discord.model.errors import ApiError, Json, Refusal
from sandbox.discord.model.files import Upload, clean_name, content_type
from sandbox.discord.model.forms import ENTITIES, submitted
from sandbox.discord.model.interactions import Interactions
from sandbox.discord.model.messages import Messages
from sandbox.discord.model.options import USER, Given, Resolved, typed
from sandbox.discord.model.permissions import Permission, in_guild


class People:
    """The members' side. Everything refused is a Refusal, in words for the person."""

    def __init__(self, core: Core, messages: Messages, commands: Commands, interactions: Interactions) -> None:
        self._core = core
        self._messages = messages
        self._commands = commands
        self._interactions = interactions

    def channel(self, user_id: str, channel_id: str) -> Channel:
        """A channel the member can see."""
        if user_id not in self._core.world.guild.members:
            raise Refusal(f"Nobody here has the id {user_id}.", 404)
        channel = self._core.world.channels.get(channel_id)
        if channel is None or not self._core.may(channel, user_id):
            raise Refusal("There is no such channel, or you cannot see it.", 404)
        return channel

    def channels(self, user_id: str) -> list[Channel]:
        """All channels, threads and DMs the member can see."""
        return [channel for channel in self._core.world.channels.values() if self._core.may(channel, user_id)]

    def write(self, call: calls.Writing, channel_id: str) -> Message:
        """A message of a member."""
        self.channel(call.member, channel_id)
        uploads = [self._upload(index, file) for index, file in enumerate(call.files)]
        try:
            return self._messages.send(channel_id, call.member, parse(MessageBody, {"content": call.content}), uploads)
        except ApiError as fault:
            raise Refusal(f"Discord does not take this message: {fault}.", fault.status) from fault

    def command(self, call: calls.Command) -> Interaction:
        """Run a command, or a user's or message's menu."""
        channel = self._may_use_commands(call)
        command, path, node = self._commands.find(call.name, call.type)
        self._check_allowed(call.member, channel, command)
        resolved = Resolved(self._core, channel)
        if call.type != CHAT_INPUT:
            data = self._menu(call, channel, resolved)
        else:
            given = Given(call.options, call.unchecked, attach=lambda file: self._attach(channel, file))
            data = _nested(path, typed(node, given, resolved))
        data = _named(command, data, resolved)
        return self._interactions.open(InteractionType.COMMAND, call.member, channel.id, data)

    def suggest(self, call: calls.Typing) -> Interaction:
        """Ask the bot for choices."""
        channel = self._may_use_commands(call)
        command, path, node = self._commands.find(call.name, CHAT_INPUT)
        self._check_allowed(call.member, channel, command)
        resolved = Resolved(self._core, channel)
        given = Given({call.focused: ""} | call.options, focused=call.focused)
        options = typed(node, given, resolved)
        data = _named(command, _nested(path, options), resolved)
        return self._interactions.open(InteractionType.AUTOCOMPLETE, call.member, channel.id, data)

    def press(self, call: calls.Press) -> Interaction:
        """Press a button or pick in a select."""
        channel = self.channel(call.member, call.channel)
        message = self._message(channel, call.message, call.member)
        part = next((c for c in flat(message.components) if c.get("custom_id") == call.custom_id), None)
        if part is None:
            raise Refusal("The message has no such button or select.", 404)
        if part.get("disabled"):
            raise Refusal("The button is disabled.")
        data: Json = {"custom_id": call.custom_id, "component_type": part["type"], "id": part["id"]}
        if part["type"] != ComponentType.BUTTON:
            data |= self._picked(channel, part, call.values or [])
        return self._interactions.open(InteractionType.COMPONENT, call.member, channel.id, data, message.id)

    def send_form(self, call: calls.Form) -> Interaction:
        """Send the modal an interaction opened."""
        opener = self.interaction(call.member, call.interaction)
        if opener.modal is None or opener.state is not InteractionState.MODAL:
            raise Refusal("This interaction has no open form.")
        channel = self.channel(call.member, opener.channel_id)
        resolved = Resolved(self._core, channel)
        given = Given(call.fields, call.unchecked, attach=lambda file: self._attach(channel, file))
        parts = submitted(opener.modal["components"], given, resolved)
        data: Json = {"custom_id": opener.modal["custom_id"], "components": parts}
        if resolved.found:
            data["resolved"] = resolved.found
        kind = InteractionType.MODAL
        return self._interactions.open(kind, call.member, channel.id, data, opener.source_id, opener.id)

    def interaction(self, user_id: str, interaction_id: str) -> Interaction:
        """One of the member's own interactions."""
        found = self._core.world.interactions.get(interaction_id)
        if found is None or found.user_id != user_id:
            raise Refusal("You have no such interaction.", 404)
        return found

    def _message(self, channel: Channel, message_id: str, user_id: str) -> Message:
        found = self._core.world.messages.get(channel.id, {}).get(message_id)
        if found is None or found.visible_to not in (None, user_id):
            raise Refusal("There is no such message.", 404)
        return found

    def _may_use_commands(self, call: calls.Command | calls.Typing) -> Channel:
        channel = self.channel(call.member, call.channel)
        if channel.type is ChannelType.FORUM:
            raise Refusal("Commands run inside a post, not in the forum itself.")
        if not self._core.may(channel, call.member) & Permission.USE_APPLICATION_COMMANDS:
            raise Refusal("You may not use application commands here.", 403)
        if channel.thread is not None and channel.thread.locked:
            raise Refusal("The thread is locked.", 403)
        return channel

    def _check_allowed(self, user_id: str, channel: Channel, command: Command) -> None:
        direct = channel.type is ChannelType.DM
        contexts = command.body["contexts"]
        if (1 if direct else 0) not in (contexts if contexts is not None else [0, 1]):
            raise Refusal(f"/{command.body['name']} does not work {'in a DM' if direct else 'in a server'}.")
        if direct and (command.guild_id is not None or not command.body["dm_permission"]):
            raise Refusal(f"/{command.body['name']} does not work in a DM.")
        needed = command.body["default_member_permissions"]
        allowed = in_guild(self._core.world.guild, user_id)
        if needed is None or direct or allowed & Permission.ADMINISTRATOR:
            return
        if int(needed) == 0 or int(needed) & ~allowed:
            raise Refusal(f"You may not use /{command.body['name']}.", 403)

    def _menu(self, call: calls.Command, channel: Channel, resolved: Resolved) -> Json:
        if call.target is None:
            raise Refusal("A menu command needs a target.")
        if call.type == USER_MENU:
            resolved.add(USER, call.target)
            return {"target_id": call.target}
        message = self._message(channel, call.target, call.member)
        resolved.found["messages"] = {message.id: payloads.message(self._core, message)}
        return {"target_id": message.id}

    def _picked(self, channel: Channel, part: Json, values: list[str]) -> Json:
        if not part.get("min_values", 1) <= len(values) <= part.get("max_values", 1):
            raise Refusal(f"Pick {part.get('min_values', 1)} to {part.get('max_values', 1)} values.")
        if part["type"] == ComponentType.STRING_SELECT:
            if set(values) - {option["value"] for option in part["options"]}:
                raise Refusal("The select has no such value.")
            return {"values": values}
        resolved = Resolved(self._core, channel)
        for value in values:
            resolved.add(ENTITIES[part["type"]], value)
        return {"values": values, "resolved": resolved.found}

    def _attach(self, channel: Channel, file: Any) -> Attachment:
        upload = self._upload(0, file)
        name = clean_name(upload.filename)
        attachment = Attachment(self._core.new_id(), channel.id, name, upload.size, content_type(name), ephemeral=True)
        self._core.files.keep(upload, attachment.id)
        return attachment

    def _upload(self, index: int, file: Any) -> Upload:
        try:
            name, data = str(file["filename"]), base64.b64decode(file["data"], validate=True)
        except (KeyError, TypeError, ValueError, binascii.Error) as fault:
            raise Refusal('A file is {"filename": ..., "data": <base64>}.') from fault
        if len(data) > self._core.world.settings.largest_file:
            raise Refusal(f"{name} is larger than the upload limit.", 413)
        path = self._core.files.incoming / self._core.token()
        path.write_bytes(data)
        return Upload(index, name, path, len(data))


def _nested(path: list[str], options: list[Json]) -> Json:
    """Options inside the sub-command and group they were typed in: types 1 (innermost) and 2."""
    for depth, name in enumerate(reversed(path)):
        options = [{"type": 1 if depth == 0 else 2, "name": name, "options": options}]
    return {"options": options}


def _named(command: Command, data: Json, resolved: Resolved) -> Json:
    drawn = {"id": command.id, "name": command.body["name"], "type": command.body["type"]} | data
    if command.guild_id is not None:
        drawn["guild_id"] = command.guild_id
    return drawn | {"resolved": resolved.found} if resolved.found else drawn

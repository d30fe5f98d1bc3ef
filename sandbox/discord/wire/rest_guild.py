"""REST routes of the bot itself, its commands, the guild and its people."""

from typing import Any

from sandbox.discord.model import payloads
from sandbox.discord.model.bodies import CommandBody, parse
from sandbox.discord.model.entities import ChannelType
from sandbox.discord.model.errors import MISSING_ACCESS, ApiError
from sandbox.discord.model.model import Model
from sandbox.discord.model.permissions import in_guild
from sandbox.discord.model.sessions import application_flags
from sandbox.discord.wire.rest import Call, Route


class GuildRoutes:
    """What the bot asks about itself and the server, and what it registers."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._core = model.core

    def routes(self) -> list[Route]:
        """The routes."""
        application, guild = "/applications/{application}", "/guilds/{guild}"
        bases = (f"{application}/commands", f"{application}{guild}/commands")
        return [
            Route("GET", "/users/@me", self._me),
            Route("GET", "/users/@me/guilds", self._my_guilds),
            Route("GET", "/users/{user}", self._user),
            Route("GET", "/oauth2/applications/@me", self._application),
            Route("GET", "/applications/@me", self._application),
            Route("GET", "/gateway", self._gateway, open=True),
            Route("GET", "/gateway/bot", self._gateway_bot),
            *(Route("GET", base, self._commands) for base in bases),
            *(Route("PUT", base, self._replace_commands) for base in bases),
            *(Route("POST", base, self._put_command, 201) for base in bases),
            *(Route("GET", f"{base}/{{command}}", self._command) for base in bases),
            *(Route("PATCH", f"{base}/{{command}}", self._patch_command) for base in bases),
            *(Route("DELETE", f"{base}/{{command}}", self._delete_command) for base in bases),
            Route("GET", guild, self._guild),
            Route("GET", f"{guild}/channels", self._channels),
            Route("GET", f"{guild}/threads/active", self._active_threads),
            Route("GET", f"{guild}/roles", self._roles),
            Route("GET", f"{guild}/members/{{user}}", self._member),
        ]

    def _me(self, call: Call) -> Any:
        bot = self._core.world.users[self._core.world.bot_id]
        return payloads.user(bot) | {"verified": True, "mfa_enabled": False, "locale": "en-US"}

    def _my_guilds(self, call: Call) -> Any:
        world = self._core.world
        if world.bot_id not in world.guild.members or "after" in call.query:
            return []
        whole = payloads.guild(self._core)
        part = {name: whole[name] for name in ("id", "name", "icon", "features")}
        return [part | {"banner": None, "owner": False, "permissions": str(in_guild(world.guild, world.bot_id))}]

    def _user(self, call: Call) -> Any:
        found = self._core.world.users.get(call.path["user"])
        if found is None:
            raise ApiError(404, 10013, "Unknown User")
        return payloads.user(found)

    def _application(self, call: Call) -> Any:
        world, flags = self._core.world, application_flags(self._core)
        return payloads.blank("application") | {
            "id": world.bot_id,
            "flags": flags,
            "flags_new": str(flags),
            "owner": payloads.user(world.users[world.guild.owner_id]),
            "bot": payloads.user(world.users[world.bot_id]),
        }

    def _gateway(self, call: Call) -> Any:
        return {"url": self._core.base_url.replace("http", "ws", 1) + "/gateway"}

    def _gateway_bot(self, call: Call) -> Any:
        return self._gateway(call) | {"shards": 1, "session_start_limit": self._model.sessions.start_limit()}

    def _scope(self, call: Call) -> str | None:
        if call.path["application"] != self._core.world.bot_id:
            raise ApiError(403, 20012, "You are not authorized to perform this action on this application")
        return self._in_guild(call) if "guild" in call.path else None

    def _in_guild(self, call: Call) -> str:
        guild = self._core.world.guild
        if call.path["guild"] != guild.id:
            raise ApiError(404, 10004, "Unknown Guild")
        if self._core.world.bot_id not in guild.members:
            raise ApiError(*MISSING_ACCESS)
        return guild.id

    def _commands(self, call: Call) -> Any:
        localized = call.query.get("with_localizations", "").lower() in ("1", "true")
        found = self._model.commands.of(self._scope(call))
        return [payloads.command(self._core, command, localized=localized) for command in found]

    def _replace_commands(self, call: Call) -> Any:
        bodies = parse(list[CommandBody], call.body)
        return [payloads.command(self._core, c) for c in self._model.commands.replace(self._scope(call), bodies)]

    def _put_command(self, call: Call) -> Any:
        body = parse(CommandBody, call.body)
        return payloads.command(self._core, self._model.commands.put(self._scope(call), body))

    def _command(self, call: Call) -> Any:
        return payloads.command(self._core, self._model.commands.get(call.path["command"], self._scope(call)))

    def _patch_command(self, call: Call) -> Any:
        command = self._model.commands.get(call.path["command"], self._scope(call))
        body = parse(CommandBody, command.body | (call.body or {}))
        return payloads.command(self._core, self._model.commands.change(command, body))

    def _delete_command(self, call: Call) -> Any:
        self._model.commands.remove(self._model.commands.get(call.path["command"], self._scope(call)))

    def _guild(self, call: Call) -> Any:
        self._in_guild(call)
        return payloads.guild(self._core)

    def _channels(self, call: Call) -> Any:
        self._in_guild(call)
        every = self._core.world.channels.values()
        seen = [c for c in every if c.type is not ChannelType.DM and self._core.may(c, self._core.world.bot_id)]
        return [payloads.channel(self._core, channel) for channel in seen if channel.thread is None]

    def _active_threads(self, call: Call) -> Any:
        self._in_guild(call)
        every = [c for c in self._core.world.channels.values() if c.thread is not None and not c.thread.archived]
        drawn = [payloads.channel(self._core, c) for c in every if self._core.may(c, self._core.world.bot_id)]
        members = [thread["member"] for thread in drawn if "member" in thread]
        return {"threads": drawn, "members": members, "has_more": False}

    def _roles(self, call: Call) -> Any:
        self._in_guild(call)
        return [payloads.role(role) for role in self._core.world.guild.roles.values()]

    def _member(self, call: Call) -> Any:
        self._in_guild(call)
        found = self._core.world.guild.members.get(call.path["user"])
        if found is None:
            raise ApiError(404, 10007, "Unknown Member")
        return payloads.member(self._core, found)

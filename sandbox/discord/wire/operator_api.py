"""The JSON API on the wire, second half: what no member could do, such as limits, time, faults and the ledger."""

import re

from aiohttp import web

from sandbox.discord.model import payloads
from sandbox.discord.model.bodies import ChannelPatch
from sandbox.discord.model.errors import Json, Refusal
from sandbox.discord.model.model import Model
from sandbox.discord.model.permissions import bits
from sandbox.discord.model.sessions import RECONNECT, Close
from sandbox.discord.wire import api_bodies as bodies
from sandbox.discord.wire.door import body_of, mount, number
from sandbox.discord.wire.faults import Fault, Faults
from sandbox.discord.wire.ledger import KEPT, Ledger


class OperatorApi:
    """The calls that change this Discord itself."""

    def __init__(self, model: Model, faults: Faults, ledger: Ledger) -> None:
        self._model = model
        self._core = model.core
        self._faults = faults
        self._ledger = ledger

    def mount(self, app: web.Application) -> None:
        """Add the calls."""
        calls = (
            ("PATCH", "/settings", self._settings),
            ("PATCH", "/members/{member}", self._patch_member),
            ("PUT", "/permissions", self._permissions),
            ("PATCH", "/channels/{channel}", self._patch_channel),
            ("DELETE", "/channels/{channel}", self._delete_channel),
            ("DELETE", "/channels/{channel}/messages/{message}", self._delete_message),
            ("POST", "/time", self._time),
            ("POST", "/gateway", self._gateway),
            ("POST", "/faults", self._script_fault),
            ("DELETE", "/faults", self._clear_faults),
            ("GET", "/ledger", self._requests),
        )
        mount(app, calls)

    async def _settings(self, request: web.Request) -> Json:
        body = await body_of(request, bodies.SettingsBody)
        settings = self._core.world.settings
        for name, value in body.model_dump(exclude_none=True).items():
            setattr(settings, name, value)
        self._model.saver.later()
        return vars(settings)

    async def _patch_member(self, request: web.Request) -> Json:
        body = await body_of(request, bodies.PersonBody)
        member = self._core.world.guild.members.get(request.match_info["member"])
        if member is None:
            raise Refusal(f"Nobody here has the id {request.match_info['member']}.", 404)
        member.locale = body.locale
        self._model.saver.later()
        return payloads.person(self._core, member)

    async def _permissions(self, request: web.Request) -> Json:
        body = await body_of(request, bodies.PermissionsBody)
        try:
            allow, deny = bits(body.allow), bits(body.deny)
        except KeyError as fault:
            raise Refusal(f"There is no permission {fault.args[0]}.") from fault
        user_id = self._core.world.bot_id if body.member == "bot" else body.member
        if user_id not in self._core.world.guild.members:
            raise Refusal(f"Nobody here has the id {user_id}.", 404)
        if body.channel is None:
            self._model.members.allow(user_id, allow, deny)
        else:
            self._model.channels.overwrite(self._core.channel(body.channel), user_id, allow, deny)
        return {}

    async def _patch_channel(self, request: web.Request) -> Json:
        body = await body_of(request, bodies.ChannelStateBody)
        channel = self._core.channel(request.match_info["channel"])
        if body.tags is not None or body.require_tag is not None:
            self._model.channels.tag(channel, body.tags, body.require_tag)
        if body.locked is not None or body.archived is not None:
            if channel.thread is None:
                raise Refusal("Only a thread can be locked or archived.")
            self._model.channels.patch(channel, None, ChannelPatch(locked=body.locked, archived=body.archived))
        return payloads.channel(self._core, channel)

    async def _delete_channel(self, request: web.Request) -> Json:
        self._model.channels.delete(self._core.channel(request.match_info["channel"]))
        return {}

    async def _delete_message(self, request: web.Request) -> Json:
        path = request.match_info
        self._model.messages.delete(self._core.message(path["channel"], path["message"]))
        return {}

    async def _time(self, request: web.Request) -> Json:
        self._core.clock.advance((await body_of(request, bodies.TimeBody)).advance_ms)
        self._core.tell("CLOCK_UPDATE")
        return {"now_ms": self._core.clock.now_ms()}

    async def _gateway(self, request: web.Request) -> Json:
        sessions = self._model.sessions
        match (await body_of(request, bodies.GatewayBody)).action:
            case "reconnect":
                sessions.send_all({"op": RECONNECT, "d": None})
            case "drop":
                sessions.send_all(Close(4000, "Dropped"))
            case action:
                sessions.invalidate(resumable=action == "resumable_session")
        return {"sessions": len(sessions.by_id)}

    async def _script_fault(self, request: web.Request) -> Json:
        body = await body_of(request, bodies.FaultBody)
        try:
            pattern = re.compile(body.path)
        except re.error as fault:
            raise Refusal(f"path is not a regular expression: {fault}.") from fault
        self._faults.add(Fault(**body.model_dump() | {"path": pattern}))
        return {}

    async def _clear_faults(self, request: web.Request) -> Json:
        self._faults.clear()
        return {}

    async def _requests(self, request: web.Request) -> Json:
        return self._ledger.drawn(number(request, "limit", KEPT))

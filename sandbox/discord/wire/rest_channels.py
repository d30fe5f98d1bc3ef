"""REST routes of channels, messages, threads and pins."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sandbox.discord.model import payloads
from sandbox.discord.model.bodies import (
    ChannelPatch,
    DirectChannelBody,
    MessageBody,
    ThreadBody,
    ThreadFromMessageBody,
    parse,
)
from sandbox.discord.model.clock import iso
from sandbox.discord.model.entities import Channel, Message
from sandbox.discord.model.errors import MISSING_ACCESS, MISSING_PERMISSIONS, UNKNOWN_MESSAGE, ApiError, field_error
from sandbox.discord.model.model import Model
from sandbox.discord.model.permissions import Permission
from sandbox.discord.wire.rest import DELETE, SEND, Call, Route


class ChannelRoutes:
    """What the bot does in channels."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._core = model.core

    def routes(self) -> list[Route]:
        """The routes, in Discord's order of templates."""
        channel, message = "/channels/{channel}", "/channels/{channel}/messages/{message}"
        pin, unpin = partial(self._pin, pinned=True), partial(self._pin, pinned=False)
        pins, member = f"{channel}/messages/pins", f"{channel}/thread-members"
        return [
            Route("GET", channel, self._channel),
            Route("PATCH", channel, self._patch_channel),
            Route("DELETE", channel, self._delete_channel),
            Route("POST", f"{channel}/typing", self._typing),
            Route("GET", pins, self._pins),
            Route("GET", f"{channel}/pins", self._old_pins),
            *(Route("PUT", f"{base}/{{message}}", pin) for base in (pins, f"{channel}/pins")),
            *(Route("DELETE", f"{base}/{{message}}", unpin) for base in (pins, f"{channel}/pins")),
            Route("GET", f"{channel}/messages", self._history),
            Route("POST", f"{channel}/messages", self._send, bucket=SEND),
            Route("GET", message, self._message),
            Route("PATCH", message, self._edit, bucket=SEND),
            Route("DELETE", message, self._delete, bucket=DELETE),
            Route("POST", f"{message}/threads", self._thread_from_message, 201),
            Route("POST", f"{channel}/threads", self._thread, 201),
            Route("PUT", f"{member}/@me", partial(self._join, joined=True)),
            Route("DELETE", f"{member}/@me", partial(self._join, joined=False)),
            Route("POST", "/users/@me/channels", self._direct),
        ]

    @property
    def _bot(self) -> str:
        return self._core.world.bot_id

    def _seen(self, call: Call) -> Channel:
        channel = self._core.channel(call.path["channel"])
        if not self._core.may(channel, self._bot):
            raise ApiError(*MISSING_ACCESS)
        return channel

    def _found(self, call: Call) -> Message:
        return self._model.messages.read(call.path["channel"], call.path["message"], self._bot)

    def _channel(self, call: Call) -> Any:
        return payloads.channel(self._core, self._seen(call))

    def _patch_channel(self, call: Call) -> Any:
        channel = self._model.channels.patch(self._seen(call), self._bot, parse(ChannelPatch, call.body))
        return payloads.channel(self._core, channel)

    def _delete_channel(self, call: Call) -> Any:
        channel = self._seen(call)
        drawn = payloads.channel(self._core, channel)
        self._model.channels.delete(channel, self._bot)
        return drawn

    def _typing(self, call: Call) -> Any:
        channel = self._seen(call)
        needed = Permission.SEND_MESSAGES if channel.thread is None else Permission.SEND_MESSAGES_IN_THREADS
        if not self._core.may(channel, self._bot) & needed:
            raise ApiError(*MISSING_PERMISSIONS)

    def _pins(self, call: Call) -> Any:
        found = self._model.messages.pinned(call.path["channel"], self._bot)
        items = [{"pinned_at": iso(m.pinned_ms or 0), "message": payloads.message(self._core, m)} for m in found]
        return {"items": items, "has_more": False}

    def _old_pins(self, call: Call) -> Any:
        return [item["message"] for item in self._pins(call)["items"]]

    def _pin(self, call: Call, *, pinned: bool) -> Any:
        self._model.messages.pin(self._found(call), self._bot, pinned=pinned)

    def _history(self, call: Call) -> Any:
        self._seen(call)
        messages = self._model.messages.visible(call.path["channel"], self._bot)
        messages = [message for message in messages if message.visible_to is None]
        return [payloads.message(self._core, message) for message in reversed(_page(messages, call))]

    def _send(self, call: Call) -> Any:
        body = parse(MessageBody, call.body or {})
        message = self._model.messages.send(call.path["channel"], self._bot, body, call.uploads)
        return payloads.message(self._core, message)

    def _message(self, call: Call) -> Any:
        return payloads.message(self._core, self._found(call))

    def _public(self, call: Call) -> Message:
        message = self._core.message(self._seen(call).id, call.path["message"])
        if message.visible_to is not None:
            raise ApiError(*UNKNOWN_MESSAGE)
        return message

    def _edit(self, call: Call) -> Any:
        message = self._public(call)
        self._model.messages.edit(message, self._bot, parse(MessageBody, call.body or {}), call.uploads)
        return payloads.message(self._core, message)

    def _delete(self, call: Call) -> Any:
        self._model.messages.delete(self._public(call), self._bot)

    def _thread_from_message(self, call: Call) -> Any:
        body = parse(ThreadFromMessageBody, call.body)
        thread = self._model.channels.start_from_message(self._public(call), self._bot, body)
        return payloads.channel(self._core, thread)

    def _thread(self, call: Call) -> Any:
        body = parse(ThreadBody, call.body)
        thread, first = self._model.channels.start(self._seen(call), self._bot, body, call.uploads)
        drawn = payloads.channel(self._core, thread)
        return drawn if first is None else drawn | {"message": payloads.message(self._core, first)}

    def _join(self, call: Call, *, joined: bool) -> Any:
        self._model.channels.join(self._seen(call), self._bot, joined=joined)

    def _direct(self, call: Call) -> Any:
        body = parse(DirectChannelBody, call.body)
        return payloads.channel(self._core, self._model.channels.direct(self._bot, body.recipient_id))


def _page(messages: Sequence[Message], call: Call) -> Sequence[Message]:
    """At most `limit` (1-100, default 50) messages before, after or around an id, or the newest; oldest first."""
    limit = _number(call, "limit", 50)
    if not 1 <= limit <= 100:
        raise field_error("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    if "around" in call.query:
        pivot = _number(call, "around", 0)
        older = [message for message in messages if int(message.id) < pivot]
        rest = [message for message in messages if int(message.id) >= pivot]
        return older[-(limit // 2) :] + rest[: limit - limit // 2]
    if "after" in call.query:
        after = _number(call, "after", 0)
        return [message for message in messages if int(message.id) > after][:limit]
    before = _number(call, "before", 2**63)
    return [message for message in messages if int(message.id) < before][-limit:]


def _number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, str(default))
    if not text.isdecimal():
        raise field_error(name, "NUMBER_TYPE_COERCE", f'Value "{text}" is not int.')
    return int(text)

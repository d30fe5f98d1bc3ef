"""Messages: sending, editing, deleting, pinning and reading them, with the permissions each needs."""

import json
from collections.abc import Sequence
from itertools import takewhile

from sandbox.discord.model import mentions
from sandbox.discord.model import message_rules as rules
from sandbox.discord.model.bodies import AttachmentBody, MessageBody, ReferenceBody
from sandbox.discord.model.components import numbered
from sandbox.discord.model.core import Core, created_ms
from sandbox.discord.model.entities import (
    Attachment,
    Channel,
    ChannelType,
    Message,
    MessageFlag,
    MessageType,
    Nonce,
    Reference,
)
from sandbox.discord.model.errors import (
    MISSING_ACCESS,
    MISSING_PERMISSIONS,
    UNKNOWN_MESSAGE,
    ApiError,
    RateLimited,
    field_error,
)
from sandbox.discord.model.files import Upload, clean_name, content_type
from sandbox.discord.model.permissions import Permission

SETTABLE = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.SUPPRESS_NOTIFICATIONS | MessageFlag.COMPONENTS_V2
HOUR_MS = 3_600_000
REPLYABLE = {MessageType.DEFAULT, MessageType.REPLY, MessageType.CHAT_INPUT_COMMAND, MessageType.CONTEXT_MENU_COMMAND}


class Messages:
    """The messages of the world. Methods with an `author_id` check what that user may do; the rest do not ask."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def send(self, channel_id: str, author_id: str, body: MessageBody, uploads: Sequence[Upload] = ()) -> Message:
        """A new message by its author; with an enforced nonce sent before, the message of then."""
        core = self._core
        channel = core.channel(channel_id)
        self._check_may_send(channel, author_id, body, uploads)
        known = self._known_nonce(author_id, body)
        if known is not None:
            return core.message(known.channel_id, known.message_id)
        message = Message(core.new_id(), channel_id, author_id, nonce=body.nonce)
        message.reference = self._reply_to(channel, body.message_reference)
        message.type = MessageType.REPLY if message.reference else MessageType.DEFAULT
        self.fill(message, body, uploads)
        if body.nonce is not None and body.enforce_nonce:
            key = f"{author_id}:{body.nonce}"
            core.world.nonces[key] = Nonce(message.id, channel_id, core.clock.now_ms())
        self.publish(message)
        return message

    def edit(self, message: Message, author_id: str, body: MessageBody, uploads: Sequence[Upload] = ()) -> Message:
        """Change the fields the body sets; only the author may, and not in an archived thread."""
        channel = self._core.channel(message.channel_id)
        if message.author_id != author_id:
            raise ApiError(403, 50005, "Cannot edit a message authored by another user")
        if channel.thread is not None and channel.thread.archived:
            raise ApiError(400, 50083, "Thread is archived")
        if self._core.clock.now_ms() - created_ms(message.id) > HOUR_MS:
            limit = self._core.world.settings.old_edit_limit
            text = "Maximum number of edits to messages older than 1 hour reached. Try again later"
            self._core.rates.spend(f"old edits {channel.id}", limit, HOUR_MS, RateLimited("user", 30046, text))
        self.fill(message, body, uploads)
        message.edited_ms = self._core.clock.now_ms()
        self._core.tell("MESSAGE_UPDATE", message)
        return message

    def fill(
        self, message: Message, body: MessageBody, uploads: Sequence[Upload], place: Channel | None = None
    ) -> None:
        """Give a message what the body sets. Everything is checked before anything changes.

        `place` is where its author's permissions are looked up, for a message whose own channel is still to come.
        """
        given = body.model_fields_set
        mentions.check(body.allowed_mentions)
        flags = message.flags | ((body.flags or 0) & SETTABLE)
        if "flags" in given and not (body.flags or 0) & MessageFlag.SUPPRESS_EMBEDS:
            flags &= ~MessageFlag.SUPPRESS_EMBEDS
        content = (body.content or "") if "content" in given else message.content
        embeds = rules.as_json(body.embeds or []) if "embeds" in given else message.embeds
        components = rules.as_json(body.components or []) if "components" in given else message.components
        kept = self._kept_files(message, body)
        names = {a.filename for a in kept} | {clean_name(u.filename) for u in uploads}
        rules.check(body, names, flags)
        rules.check_not_empty(content, embeds, len(names), components, bool(flags & MessageFlag.COMPONENTS_V2))
        files = kept + [self._attach(message, upload, body.attachments or []) for upload in uploads]
        message.flags, message.content = flags & ~MessageFlag.LOADING, content
        message.embeds, message.components = [{"type": "rich"} | embed for embed in embeds], numbered(components)
        shown = json.dumps([embeds, components])
        message.embedded = [a for a in files if f'"attachment://{a.filename}"' in shown]
        message.attachments = [a for a in files if a not in message.embedded]
        if given & {"content", "components", "allowed_mentions"}:
            message.mentions = mentions.pinged(
                self._core, message, body, place or self._core.channel(message.channel_id)
            )

    def publish(self, message: Message) -> None:
        """Put a message into its channel; a message in an archived thread opens the thread again."""
        core = self._core
        channel = core.channel(message.channel_id)
        thread = channel.thread
        if thread is not None and thread.archived:
            thread.archived = False
            core.tell("THREAD_UPDATE", channel)
        core.world.messages.setdefault(channel.id, {})[message.id] = message
        if message.visible_to is None:
            channel.last_message_id = message.id
        if message.visible_to is None and thread is not None:
            thread.sent += message.type is not MessageType.THREAD_STARTER
            thread.members.setdefault(message.author_id, core.clock.now_ms())
        core.tell("MESSAGE_CREATE", message)

    def delete(self, message: Message, author_id: str | None = None) -> None:
        """Delete a message: one's own, with MANAGE_MESSAGES anyone's, without an author no one asks."""
        core = self._core
        if author_id is not None and message.author_id != author_id:
            allowed = core.may(core.channel(message.channel_id), author_id)
            if not allowed & Permission.MANAGE_MESSAGES:
                raise ApiError(*MISSING_PERMISSIONS)
        for file in message.attachments + message.embedded:
            core.files.drop(file.id)
        del core.world.messages[message.channel_id][message.id]
        core.tell("MESSAGE_DELETE", message)

    def read(self, channel_id: str, message_id: str, user_id: str) -> Message:
        """One message as a user may read it; another's ephemeral message is unknown."""
        channel = self._core.channel(channel_id)
        allowed = self._core.may(channel, user_id)
        if not allowed & Permission.VIEW_CHANNEL or not allowed & Permission.READ_MESSAGE_HISTORY:
            raise ApiError(*MISSING_ACCESS)
        message = self._core.message(channel_id, message_id)
        if message.visible_to not in (None, user_id):
            raise ApiError(*UNKNOWN_MESSAGE)
        return message

    def visible(self, channel_id: str, user_id: str) -> list[Message]:
        """A channel's messages as a user may read them, oldest first; none without READ_MESSAGE_HISTORY."""
        allowed = self._core.may(self._core.channel(channel_id), user_id)
        if not allowed & Permission.VIEW_CHANNEL:
            raise ApiError(*MISSING_ACCESS)
        if not allowed & Permission.READ_MESSAGE_HISTORY:
            return []
        every = self._core.world.messages.get(channel_id, {}).values()
        return [message for message in every if message.visible_to in (None, user_id)]

    def pinned(self, channel_id: str, user_id: str) -> list[Message]:
        """The pinned messages a user may read, last pinned first."""
        found = [message for message in self.visible(channel_id, user_id) if message.pinned_ms is not None]
        return sorted(found, key=lambda message: -(message.pinned_ms or 0))

    def pin(self, message: Message, user_id: str, pinned: bool) -> None:
        """Pin or unpin a message; needs PIN_MESSAGES."""
        channel = self._core.channel(message.channel_id)
        if not self._core.may(channel, user_id) & Permission.PIN_MESSAGES:
            raise ApiError(*MISSING_PERMISSIONS)
        if pinned == (message.pinned_ms is not None):
            return
        message.pinned_ms = self._core.clock.now_ms() if pinned else None
        self._core.tell("MESSAGE_UPDATE", message)
        self._core.tell("CHANNEL_PINS_UPDATE", channel)
        if pinned:
            note = Message(self._core.new_id(), channel.id, user_id, type=MessageType.PIN_ADDED)
            note.reference = Reference(message.id, channel.id)
            self.publish(note)

    def _check_may_send(self, channel: Channel, author_id: str, body: MessageBody, uploads: Sequence[Upload]) -> None:
        allowed = self._core.may(channel, author_id)
        if not allowed:
            raise ApiError(*MISSING_ACCESS)
        if channel.type is ChannelType.FORUM:
            raise ApiError(400, 50008, "Cannot send messages in a non-text channel")
        if channel.thread is None:
            needed = Permission.SEND_MESSAGES
        else:
            needed = Permission.SEND_MESSAGES_IN_THREADS
            if channel.thread.locked and not allowed & Permission.MANAGE_THREADS:
                raise ApiError(400, 160005, "Thread is locked")
        if uploads:
            needed |= Permission.ATTACH_FILES
        if body.embeds:
            needed |= Permission.EMBED_LINKS
        if needed & ~allowed:
            raise ApiError(*MISSING_PERMISSIONS)
        if body.message_reference is not None and not allowed & Permission.READ_MESSAGE_HISTORY:
            raise ApiError(403, 160002, "Cannot reply without permission to read message history")

    def _known_nonce(self, author_id: str, body: MessageBody) -> Nonce | None:
        world, now = self._core.world, self._core.clock.now_ms()
        oldest = now - world.settings.nonce_window_ms
        for key, _ in list(takewhile(lambda item: item[1].sent_ms <= oldest, world.nonces.items())):
            del world.nonces[key]
        if body.nonce is None or not body.enforce_nonce:
            return None
        return world.nonces.get(f"{author_id}:{body.nonce}")

    def _reply_to(self, channel: Channel, wanted: ReferenceBody | None) -> Reference | None:
        if wanted is None:
            return None
        target = self._core.world.messages.get(channel.id, {}).get(wanted.message_id)
        if target is None or wanted.channel_id not in (None, channel.id):
            if wanted.fail_if_not_exists:
                raise field_error("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
            return None
        if target.type not in REPLYABLE:
            text = "Cannot reply to a system message"
            raise field_error("message_reference", "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE", text)
        return Reference(target.id, channel.id)

    def _kept_files(self, message: Message, body: MessageBody) -> list[Attachment]:
        files = message.attachments + message.embedded
        if "attachments" not in body.model_fields_set:
            return files
        kept = {item.id for item in body.attachments or []}
        return [file for file in files if file.id in kept]

    def _attach(self, message: Message, upload: Upload, described: list[AttachmentBody]) -> Attachment:
        about = next((item for item in described if item.id == str(upload.index)), None)
        name = clean_name((about and about.filename) or upload.filename)
        attachment = Attachment(
            id=self._core.new_id(),
            channel_id=message.channel_id,
            filename=name,
            size=upload.size,
            content_type=content_type(name),
            description=about.description if about else None,
            ephemeral=message.visible_to is not None,
        )
        self._core.files.keep(upload, attachment.id)
        return attachment

"""Threads, forum posts and direct channels: starting, changing and deleting them."""

from collections.abc import Sequence

from sandbox.discord.model.bodies import ChannelPatch, ThreadBody, ThreadFromMessageBody
from sandbox.discord.model.core import Core
from sandbox.discord.model.entities import (
    Channel,
    ChannelType,
    Message,
    MessageFlag,
    MessageType,
    Overwrite,
    Reference,
    Tag,
    Thread,
)
from sandbox.discord.model.errors import MISSING_ACCESS, MISSING_PERMISSIONS, ApiError, RateLimited
from sandbox.discord.model.files import Upload
from sandbox.discord.model.messages import Messages
from sandbox.discord.model.permissions import Permission

MEMBER = 1
AUTO_ARCHIVE_MINUTES = 4320
RENAME_MS = 600_000
THREAD_PARENTS = {ChannelType.TEXT, ChannelType.ANNOUNCEMENT}


class Channels:
    """The channels of the world, with what a user needs to change them."""

    def __init__(self, core: Core, messages: Messages) -> None:
        self._core = core
        self._messages = messages

    def start_from_message(self, message: Message, user_id: str, body: ThreadFromMessageBody) -> Channel:
        """The public thread of a message; it has the message's id."""
        parent = self._core.channel(message.channel_id)
        if parent.type not in THREAD_PARENTS:
            raise _wrong_type()
        self._need(parent, user_id, Permission.CREATE_PUBLIC_THREADS)
        if message.id in self._core.world.channels:
            raise ApiError(400, 160004, "A thread has already been created for this message")
        thread = self._open(message.id, ChannelType.PUBLIC_THREAD, parent, user_id, body)
        starter = Message(self._core.new_id(), thread.id, message.author_id, type=MessageType.THREAD_STARTER)
        starter.reference = Reference(message.id, parent.id)
        self._messages.publish(starter)
        message.flags |= MessageFlag.HAS_THREAD
        self._core.tell("MESSAGE_UPDATE", message)
        return thread

    def start(
        self, parent: Channel, user_id: str, body: ThreadBody, uploads: Sequence[Upload]
    ) -> tuple[Channel, Message | None]:
        """A thread without a message, or a forum post with its first message, which has the post's id."""
        if parent.type is ChannelType.FORUM:
            return self._post(parent, user_id, body, uploads)
        if parent.type not in THREAD_PARENTS:
            raise _wrong_type()
        kind = ChannelType(body.type) if body.type != 10 else ChannelType.PUBLIC_THREAD
        private = kind is ChannelType.PRIVATE_THREAD
        self._need(parent, user_id, Permission.CREATE_PRIVATE_THREADS if private else Permission.CREATE_PUBLIC_THREADS)
        thread = self._open(self._core.new_id(), kind, parent, user_id, body)
        if not private:
            note = Message(self._core.new_id(), parent.id, user_id, body.name, MessageType.THREAD_CREATED)
            note.reference = Reference(thread.id, thread.id)
            self._messages.publish(note)
        return thread, None

    def patch(self, channel: Channel, user_id: str | None, body: ChannelPatch) -> Channel:
        """Change a channel or thread; without a user no one asks what they may."""
        given = body.model_dump(exclude_unset=True, exclude_none=True)
        if user_id is not None:
            self._check_may_patch(channel, user_id, given)
        if channel.parent_id is not None:
            _check_tags(self._core.channel(channel.parent_id), given.get("applied_tags", []))
        if user_id is not None and given.get("name", channel.name) != channel.name:
            limit = self._core.world.settings.rename_limit
            self._core.rates.spend(f"names {channel.id}", limit, RENAME_MS, RateLimited("shared"))
        channel.name = given.get("name", channel.name)
        if channel.thread is None:
            channel.topic = given.get("topic", channel.topic)
            self._core.tell("CHANNEL_UPDATE", channel)
            return channel
        thread = channel.thread
        if given.get("archived", thread.archived) != thread.archived:
            thread.archived_at_ms = self._core.clock.now_ms()
        thread.archived = given.get("archived", thread.archived)
        thread.locked = given.get("locked", thread.locked)
        thread.auto_archive_minutes = given.get("auto_archive_duration", thread.auto_archive_minutes)
        thread.applied_tags = given.get("applied_tags", thread.applied_tags)
        self._core.tell("THREAD_UPDATE", channel)
        return channel

    def delete(self, channel: Channel, user_id: str | None = None) -> None:
        """Delete a channel with its threads and messages; without a user no one asks."""
        if user_id is not None:
            whole = channel.thread is None
            self._need(channel, user_id, Permission.MANAGE_CHANNELS if whole else Permission.MANAGE_THREADS)
        if channel.type is ChannelType.DM:
            raise _wrong_type()
        world = self._core.world
        for thread in [c for c in world.channels.values() if c.parent_id == channel.id]:
            self.delete(thread)
        for message in world.messages.pop(channel.id, {}).values():
            for file in message.attachments + message.embedded:
                self._core.files.drop(file.id)
        self._core.tell("CHANNEL_DELETE" if channel.thread is None else "THREAD_DELETE", channel)
        del world.channels[channel.id]

    def join(self, channel: Channel, user_id: str, joined: bool) -> None:
        """Join or leave a thread."""
        self._need(channel, user_id, Permission.VIEW_CHANNEL)
        thread = channel.thread
        if thread is None:
            raise _wrong_type()
        if joined:
            thread.members.setdefault(user_id, self._core.clock.now_ms())
        else:
            thread.members.pop(user_id, None)
        self._core.tell("THREAD_UPDATE", channel)

    def direct(self, user_id: str, other_id: str) -> Channel:
        """The DM of two users, made at its first use."""
        if other_id not in self._core.world.users or other_id == user_id:
            raise ApiError(400, 50033, "Invalid Recipient(s)")
        pair = {user_id, other_id}
        for channel in self._core.world.channels.values():
            if channel.type is ChannelType.DM and set(channel.recipients) == pair:
                return channel
        made = Channel(self._core.new_id(), ChannelType.DM, recipients=[other_id, user_id])
        self._core.world.channels[made.id] = made
        self._core.tell("CHANNEL_CREATE", made)
        return made

    def overwrite(self, channel: Channel, user_id: str, allow: int, deny: int) -> None:
        """Say what one user may and may not do in a channel, or in a thread's parent."""
        if channel.thread is not None and channel.parent_id is not None:
            channel = self._core.channel(channel.parent_id)
        channel.overwrites[user_id] = Overwrite(MEMBER, allow, deny)
        self._core.tell("CHANNEL_UPDATE", channel)

    def tag(self, forum: Channel, names: Sequence[str] | None, require: bool | None) -> None:
        """Give a forum these tags; one of a name it had keeps its id."""
        if forum.type is not ChannelType.FORUM:
            raise _wrong_type()
        if names is not None:
            known = {tag.name: tag for tag in forum.tags}
            forum.tags = [known.get(name) or Tag(self._core.new_id(), name) for name in names]
        forum.require_tag = forum.require_tag if require is None else require
        self._core.tell("CHANNEL_UPDATE", forum)

    def _open(
        self,
        thread_id: str,
        kind: ChannelType,
        parent: Channel,
        user_id: str,
        body: ThreadFromMessageBody,
        tags: Sequence[str] = (),
    ) -> Channel:
        now = self._core.clock.now_ms()
        minutes = body.auto_archive_duration or AUTO_ARCHIVE_MINUTES
        state = Thread(user_id, now, now, minutes, members={user_id: now}, applied_tags=list(tags))
        thread = Channel(thread_id, kind, body.name, parent.id, thread=state)
        self._core.world.channels[thread.id] = thread
        self._core.tell("THREAD_CREATE", thread)
        return thread

    def _post(
        self, forum: Channel, user_id: str, body: ThreadBody, uploads: Sequence[Upload]
    ) -> tuple[Channel, Message]:
        self._need(forum, user_id, Permission.SEND_MESSAGES)
        if body.message is None:
            raise ApiError(400, 50006, "Cannot send an empty message")
        if forum.require_tag and not body.applied_tags:
            raise ApiError(400, 40067, "A tag is required to create a forum post in this channel")
        _check_tags(forum, body.applied_tags)
        post_id = self._core.new_id()
        first = Message(post_id, post_id, user_id)
        self._messages.fill(first, body.message, uploads, forum)
        post = self._open(post_id, ChannelType.PUBLIC_THREAD, forum, user_id, body, body.applied_tags)
        self._messages.publish(first)
        return post, first

    def _need(self, channel: Channel, user_id: str, permission: Permission) -> None:
        allowed = self._core.may(channel, user_id)
        if not allowed:
            raise ApiError(*MISSING_ACCESS)
        if permission & ~allowed:
            raise ApiError(*MISSING_PERMISSIONS)

    def _check_may_patch(self, channel: Channel, user_id: str, given: dict[str, object]) -> None:
        if channel.thread is None:
            self._need(channel, user_id, Permission.MANAGE_CHANNELS)
            return
        thread = channel.thread
        owns = thread.owner_id == user_id and not thread.locked and "locked" not in given
        self._need(channel, user_id, Permission.VIEW_CHANNEL if owns else Permission.MANAGE_THREADS)
        if thread.archived and given.get("archived") is not False:
            raise ApiError(400, 50083, "Thread is archived")


def _check_tags(forum: Channel, wanted: Sequence[str]) -> None:
    if set(wanted) - {tag.id for tag in forum.tags}:
        raise ApiError(404, 10087, "Unknown Tag")


def _wrong_type() -> ApiError:
    return ApiError(400, 50024, "Cannot execute action on this channel type")

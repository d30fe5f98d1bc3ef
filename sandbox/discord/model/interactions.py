"""The life of an interaction: sent to the bot, answered within 3 seconds, followed up for 15 minutes."""

from collections.abc import Sequence

from sandbox.discord.model import message_rules, payloads
from sandbox.discord.model.bodies import CallbackBody, ChoicesBody, MessageBody, ModalBody, parse
from sandbox.discord.model.commands import CHAT_INPUT, whole_name
from sandbox.discord.model.components import numbered
from sandbox.discord.model.core import Core
from sandbox.discord.model.entities import (
    AnswerType,
    Interaction,
    InteractionState,
    InteractionType,
    Message,
    MessageFlag,
    MessageType,
    Reference,
)
from sandbox.discord.model.errors import UNKNOWN_INTERACTION, UNKNOWN_MESSAGE, ApiError, Json, field_error
from sandbox.discord.model.files import Upload
from sandbox.discord.model.messages import Messages

ANSWER_MS = 3_000
TOKEN_MS = 15 * 60_000
KEPT_MS = 24 * 3_600_000
NO_ANSWER = "The application did not respond"


class Interactions:
    """All interactions of the last day. The bot's side asks by id and token, and gets Discord's errors."""

    def __init__(self, core: Core, messages: Messages) -> None:
        self._core = core
        self._messages = messages

    def open(
        self,
        kind: InteractionType,
        user_id: str,
        channel_id: str,
        data: Json,
        source_id: str | None = None,
        opener_id: str | None = None,
    ) -> Interaction:
        """A member did something: tell the bot, and wait for its answer until `expire`."""
        core = self._core
        now = core.clock.now_ms()
        made = Interaction(core.new_id(), core.token(), kind, user_id, channel_id, now, data, source_id, opener_id)
        kept = core.world.interactions
        core.world.interactions = {i: old for i, old in kept.items() if now - old.created_ms < KEPT_MS}
        core.world.interactions[made.id] = made
        core.tell("INTERACTION_CREATE", made)
        return made

    def expire(self, interaction: Interaction, *, offline: bool = False) -> None:
        """Fail an interaction that nobody answered in time, or (`offline`) that nobody could be told of."""
        late = self._core.clock.now_ms() - interaction.created_ms >= ANSWER_MS
        if not interaction.acknowledged and (late or offline):
            interaction.error = NO_ANSWER
            self._move(interaction, InteractionState.FAILED)

    def answer(self, interaction_id: str, token: str, body: CallbackBody, uploads: Sequence[Upload]) -> Json:
        """The bot's first answer; gives Discord's callback response object."""
        found = self._core.world.interactions.get(interaction_id)
        if found is None or found.token != token:
            raise ApiError(*UNKNOWN_INTERACTION)
        if found.acknowledged:
            raise ApiError(400, 40060, "Interaction has already been acknowledged.")
        self.expire(found)
        if found.state is InteractionState.FAILED:
            raise ApiError(*UNKNOWN_INTERACTION)
        self._check_fits(found, body.type)
        message = self._answered(found, body, uploads)
        found.acknowledged = True
        return self._callback_response(found, body.type, message)

    def by_token(self, token: str) -> Interaction:
        """The interaction behind a webhook token; 50027 after 15 minutes, 10015 before the first answer."""
        found = next((i for i in self._core.world.interactions.values() if i.token == token), None)
        if found is None or self._core.clock.now_ms() - found.created_ms >= TOKEN_MS:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        if not found.acknowledged:
            raise ApiError(404, 10015, "Unknown Webhook")
        return found

    def response(self, interaction: Interaction, which: str) -> Message:
        """`@original` or a message id: a message this interaction made or changed."""
        wanted = interaction.response_id if which == "@original" else which
        message = self._core.world.messages.get(interaction.channel_id, {}).get(wanted or "")
        if message is None:
            raise ApiError(*UNKNOWN_MESSAGE)
        own = message.interaction is not None and message.interaction["id"] == interaction.id
        if not own and message.id != interaction.response_id:
            raise ApiError(*UNKNOWN_MESSAGE)
        return message

    def edit(self, interaction: Interaction, which: str, body: MessageBody, uploads: Sequence[Upload]) -> Message:
        """Edit a response; the first edit of a deferred one makes it the answer."""
        message = self.response(interaction, which)
        self._messages.fill(message, body, uploads)
        message.edited_ms = self._core.clock.now_ms()
        self._core.tell("MESSAGE_UPDATE", message)
        self._settle(interaction, message)
        return message

    def follow_up(self, interaction: Interaction, body: MessageBody, uploads: Sequence[Upload]) -> Message:
        """A further message; the first one after a deferred answer becomes that answer."""
        original = self._core.world.messages.get(interaction.channel_id, {}).get(interaction.response_id or "")
        if original is not None and original.flags & MessageFlag.LOADING:
            return self.edit(interaction, "@original", body, uploads)
        ephemeral = bool((body.flags or 0) & MessageFlag.EPHEMERAL)
        message = self._made(interaction, MessageType.REPLY, ephemeral)
        if original is not None:
            message.reference = Reference(original.id, original.channel_id)
        self._messages.fill(message, body, uploads)
        self._messages.publish(message)
        self._settle(interaction, message)
        return message

    def delete(self, interaction: Interaction, which: str) -> None:
        """Delete a response."""
        self._messages.delete(self.response(interaction, which))

    def _check_fits(self, interaction: Interaction, answer: AnswerType) -> None:
        kind = interaction.type
        fits = (answer is AnswerType.CHOICES) == (kind is InteractionType.AUTOCOMPLETE)
        if answer is AnswerType.UPDATE and interaction.source_id is None:
            fits = False
        if answer is AnswerType.DEFERRED_UPDATE and kind is InteractionType.COMMAND:
            fits = False
        if answer is AnswerType.MODAL and kind is InteractionType.MODAL:
            fits = False
        if not fits:
            raise field_error("type", "INTERACTION_CALLBACK_TYPE_INVALID", "Invalid interaction callback type")

    def _answered(self, interaction: Interaction, body: CallbackBody, uploads: Sequence[Upload]) -> Message | None:
        """Do what the answer says; the message it made or changed."""
        data = body.data or {}
        match body.type:
            case AnswerType.MESSAGE | AnswerType.DEFERRED_MESSAGE:
                deferred = body.type is AnswerType.DEFERRED_MESSAGE
                message = self._first_message(interaction, data, uploads, deferred=deferred)
                interaction.response_id, interaction.ephemeral = message.id, message.visible_to is not None
                self._move(interaction, InteractionState.DEFERRED if deferred else InteractionState.ANSWERED)
                return message
            case AnswerType.DEFERRED_UPDATE:
                interaction.response_id = interaction.source_id
                self._move(interaction, InteractionState.DEFERRED)
                return None
            case AnswerType.UPDATE:
                return self._update_source(interaction, parse(MessageBody, data), uploads)
            case AnswerType.CHOICES:
                choices = parse(ChoicesBody, data).choices
                interaction.choices = [choice.model_dump(mode="json", exclude_none=True) for choice in choices]
                self._move(interaction, InteractionState.ANSWERED)
                return None
            case AnswerType.MODAL:
                modal = parse(ModalBody, data)
                parts = numbered(message_rules.as_json(modal.components))
                message_rules.check_components(parts)
                interaction.modal = {"custom_id": modal.custom_id, "title": modal.title, "components": parts}
                self._move(interaction, InteractionState.MODAL)
                return None

    def _first_message(
        self, interaction: Interaction, data: Json, uploads: Sequence[Upload], *, deferred: bool
    ) -> Message:
        body = parse(MessageBody, data)
        kind = MessageType.REPLY
        if interaction.type is InteractionType.COMMAND:
            menu = interaction.data["type"] != CHAT_INPUT
            kind = MessageType.CONTEXT_MENU_COMMAND if menu else MessageType.CHAT_INPUT_COMMAND
        message = self._made(interaction, kind, bool((body.flags or 0) & MessageFlag.EPHEMERAL))
        if interaction.type is InteractionType.COMMAND:
            message.command = whole_name(interaction.data)
        if kind is MessageType.REPLY and interaction.source_id is not None:
            message.reference = Reference(interaction.source_id, interaction.channel_id)
        if deferred:
            message.flags |= MessageFlag.LOADING
        else:
            self._messages.fill(message, body, uploads)
        self._messages.publish(message)
        return message

    def _update_source(self, interaction: Interaction, body: MessageBody, uploads: Sequence[Upload]) -> Message:
        interaction.response_id = interaction.source_id
        message = self.response(interaction, "@original")
        self._messages.fill(message, body, uploads)
        message.edited_ms = self._core.clock.now_ms()
        self._core.tell("MESSAGE_UPDATE", message)
        interaction.message_id = message.id
        self._move(interaction, InteractionState.ANSWERED)
        return message

    def _made(self, interaction: Interaction, kind: MessageType, ephemeral: bool) -> Message:
        core = self._core
        message = Message(core.new_id(), interaction.channel_id, core.world.bot_id, type=kind)
        message.interaction = payloads.interaction_metadata(core, interaction)
        if ephemeral:
            message.flags |= MessageFlag.EPHEMERAL
            message.visible_to = interaction.user_id
        return message

    def _settle(self, interaction: Interaction, message: Message) -> None:
        if interaction.state is InteractionState.DEFERRED:
            interaction.message_id = message.id
            self._move(interaction, InteractionState.ANSWERED)

    def _move(self, interaction: Interaction, state: InteractionState) -> None:
        interaction.state = state
        if interaction.message_id is None:
            interaction.message_id = interaction.response_id
        self._core.tell("INTERACTION_UPDATE", interaction)

    def _callback_response(self, interaction: Interaction, answer: AnswerType, message: Message | None) -> Json:
        drawn: Json = {"id": interaction.id, "type": int(interaction.type)}
        if message is None:
            return {"interaction": drawn}
        drawn |= {
            "response_message_id": message.id,
            "response_message_loading": bool(message.flags & MessageFlag.LOADING),
            "response_message_ephemeral": message.visible_to is not None,
            "channel_id": interaction.channel_id,
        }
        resource = {"type": int(answer), "message": payloads.message(self._core, message)}
        return {"interaction": drawn, "resource": resource}

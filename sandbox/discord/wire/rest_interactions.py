"""REST routes of interaction answers and of the webhook that follows them."""

from typing import Any

from sandbox.discord.model import payloads
from sandbox.discord.model.bodies import CallbackBody, MessageBody, parse
from sandbox.discord.model.entities import Interaction, Message
from sandbox.discord.model.errors import ApiError
from sandbox.discord.model.model import Model
from sandbox.discord.wire.rest import WEBHOOK, Call, Route


class InteractionRoutes:
    """What the bot does with an interaction's token; the token is the authorisation."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._interactions = model.interactions

    def routes(self) -> list[Route]:
        """The routes."""
        webhook = "/webhooks/{application}/{token}"
        message = f"{webhook}/messages/{{message}}"
        return [
            Route("POST", "/interactions/{interaction}/{token}/callback", self._answer, open=True, bucket=None),
            Route("POST", webhook, self._follow_up, open=True, bucket=WEBHOOK),
            Route("GET", message, self._message, open=True, bucket=WEBHOOK),
            Route("PATCH", message, self._edit, open=True, bucket=WEBHOOK),
            Route("DELETE", message, self._delete, open=True, bucket=WEBHOOK),
        ]

    def _answer(self, call: Call) -> Any:
        body = parse(CallbackBody, call.body)
        drawn = self._interactions.answer(call.path["interaction"], call.path["token"], body, call.uploads)
        return drawn if call.query.get("with_response") in ("1", "true") else None

    def _follow_up(self, call: Call) -> Any:
        body = parse(MessageBody, call.body or {})
        return self._drawn(self._interactions.follow_up(self._found(call), body, call.uploads))

    def _message(self, call: Call) -> Any:
        return self._drawn(self._interactions.response(self._found(call), call.path["message"]))

    def _edit(self, call: Call) -> Any:
        body = parse(MessageBody, call.body or {})
        return self._drawn(self._interactions.edit(self._found(call), call.path["message"], body, call.uploads))

    def _delete(self, call: Call) -> Any:
        self._interactions.delete(self._found(call), call.path["message"])

    def _found(self, call: Call) -> Interaction:
        if call.path["application"] != self._model.core.world.bot_id:
            raise ApiError(404, 10015, "Unknown Webhook")
        return self._interactions.by_token(call.path["token"])

    def _drawn(self, message: Message) -> Any:
        return payloads.message(self._model.core, message)

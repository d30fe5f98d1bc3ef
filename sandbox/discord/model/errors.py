"""The two ways to say no: Discord's error objects for the bot, and sentences for people."""

from typing import Any

Json = dict[str, Any]
"""A JSON object whose inside belongs to Discord's documentation."""


class ApiError(Exception):
    """An answer of Discord's REST API other than success: HTTP status, Discord's own code and message."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.errors = errors

    def body(self) -> Json:
        """The JSON Discord answers with."""
        nested = {} if self.errors is None else {"errors": self.errors}
        return {"message": str(self), "code": self.code} | nested


class Refusal(Exception):
    """What a person asked for cannot be done; the sentence says why."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


def unknown_channel() -> ApiError:
    """The channel does not exist."""
    return ApiError(404, 10003, "Unknown Channel")


def unknown_message() -> ApiError:
    """The message does not exist, or is another's ephemeral."""
    return ApiError(404, 10008, "Unknown Message")


def unknown_interaction() -> ApiError:
    """The interaction does not exist or went unanswered for 3 seconds."""
    return ApiError(404, 10062, "Unknown interaction")


def missing_access() -> ApiError:
    """The bot cannot see the channel."""
    return ApiError(403, 50001, "Missing Access")


def missing_permissions() -> ApiError:
    """The bot sees the channel but may not do this in it."""
    return ApiError(403, 50013, "Missing Permissions")


def invalid_form(errors: Json) -> ApiError:
    """The body breaks a rule; `errors` is Discord's tree of field names that ends in `_errors` lists."""
    return ApiError(400, 50035, "Invalid Form Body", errors)


def field_error(path: str, code: str, message: str) -> ApiError:
    """One broken rule at a dotted path such as `embeds.0.title`."""
    tree: Json = {"_errors": [{"code": code, "message": message}]}
    for name in reversed(path.split(".")):
        tree = {name: tree}
    return invalid_form(tree)

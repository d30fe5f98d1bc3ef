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


class RateLimited(ApiError):
    """429: come back in `retry_after` seconds. `scope` is `user`, `shared` (by all who use the thing) or `global`."""

    def __init__(
        self, scope: str = "user", code: int = 0, message: str = "You are being rate limited.", retry_after: float = 1.0
    ) -> None:
        super().__init__(429, code, message)
        self.scope = scope
        self.retry_after = retry_after

    def body(self) -> Json:
        """The JSON Discord answers with."""
        drawn: Json = {"message": str(self), "retry_after": self.retry_after, "global": self.scope == "global"}
        return drawn | {"code": self.code} if self.code else drawn


class Refusal(Exception):
    """What a person asked for cannot be done; the sentence says why."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


UNKNOWN_CHANNEL = (404, 10003, "Unknown Channel")
UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
"""The message does not exist, or is another's ephemeral."""
UNKNOWN_INTERACTION = (404, 10062, "Unknown interaction")
"""The interaction does not exist or went unanswered for 3 seconds."""
MISSING_ACCESS = (403, 50001, "Missing Access")
"""The user cannot see the channel."""
MISSING_PERMISSIONS = (403, 50013, "Missing Permissions")
"""The user sees the channel but may not do this in it."""


def invalid_form(errors: Json) -> ApiError:
    """The body breaks a rule; `errors` is Discord's tree of field names that ends in `_errors` lists."""
    return ApiError(400, 50035, "Invalid Form Body", errors)


def field_error(path: str, code: str, message: str) -> ApiError:
    """One broken rule at a dotted path such as `embeds.0.title`."""
    tree: Json = {"_errors": [{"code": code, "message": message}]}
    for name in reversed(path.split(".")):
        tree = {name: tree}
    return invalid_form(tree)

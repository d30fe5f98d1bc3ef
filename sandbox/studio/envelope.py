"""The envelope around every MusicMint answer, and the refusals this stand-in answers with."""

from enum import Enum

from pydantic import JsonValue, ValidationError


class ApiError(Exception):
    """A refusal in MusicMint's own words: an HTTP status, an envelope code and a sentence."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class Rule(Enum):
    """Why a call is refused. Codes 1003, 1004 and 4005 and their messages are MusicMint's; its docs list no other code
    and no HTTP status, so the rest is this stand-in's own."""

    NO_KEY = 401, 1001, "Send an AppKey: Authorization: Bearer sk-mm-..."
    DISABLED_KEY = 403, 1003, "AppKey is disabled"
    DELETED_KEY = 403, 1004, "AppKey is deleted"
    NO_OBJECT = 400, 2001, "The body must be a JSON object"
    WRONG_FIELD = 400, 2002, "A field is wrong"
    MISSING_FIELD = 400, 2003, "Something is missing"
    FIELDS_AT_ODDS = 400, 2004, "Fields exclude each other"
    NOT_FETCHED = 400, 2005, "audio_url cannot be fetched"
    NO_AUDIO = 400, 2006, "No audio"
    NO_ENDPOINT = 404, 4001, "There is no such endpoint"
    WRONG_METHOD = 405, 4002, "This endpoint has another method"
    UNKNOWN = 404, 4004, "Unknown"
    EXPIRED = 410, 4005, "Music result has expired"
    NOT_MADE = 500, 5000, "Processing failed"

    def broken(self, detail: str = "") -> ApiError:
        """The refusal, with what broke the rule."""
        status, code, sentence = self.value
        return ApiError(status, code, f"{sentence}: {detail}" if detail else sentence)


FIELD_RULES = {
    "missing": Rule.MISSING_FIELD,
    "string_too_short": Rule.MISSING_FIELD,
    "missing_input": Rule.MISSING_FIELD,
    "conflicting_fields": Rule.FIELDS_AT_ODDS,
}


def refused_fields(error: ValidationError) -> ApiError:
    """The first broken rule of a body."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    detail = f"{where}: {first['msg']}" if where else first["msg"]
    return FIELD_RULES.get(first["type"], Rule.WRONG_FIELD).broken(detail)


def answered(request_id: str, code: int = 0, message: str = "ok", **data: JsonValue) -> dict[str, JsonValue]:
    """The envelope; that of a refusal has no `data`."""
    return {"code": code, "message": message, "request_id": request_id, **data}

"""The envelope around every MusicMint answer, and the errors this stand-in answers with.

Codes 1003, 1004 and 4005 and their messages are MusicMint's. Its docs list no other code and no HTTP status,
so the codes 1001, 20xx, 4004 and 5001 and every status below are this stand-in's own.
"""

from pydantic import JsonValue, ValidationError


class ApiError(Exception):
    """A refusal in MusicMint's own words: an HTTP status, an envelope code and a sentence."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def bad_key() -> ApiError:
    """No Authorization header, or one that holds no AppKey."""
    return ApiError(401, 1001, "Send an AppKey: Authorization: Bearer sk-mm-...")


def disabled_key() -> ApiError:
    """The account switched this key off."""
    return ApiError(403, 1003, "AppKey is disabled")


def deleted_key() -> ApiError:
    """The account deleted this key."""
    return ApiError(403, 1004, "AppKey is deleted")


def bad_body(why: str) -> ApiError:
    """The body is not a JSON object."""
    return ApiError(400, 2001, f"The body must be a JSON object: {why}")


def unknown(what: str, name: str) -> ApiError:
    """No such task or clip belongs to this key."""
    return ApiError(404, 4004, f"Unknown {what}: {name}")


def expired() -> ApiError:
    """The result is past its `expire_at`."""
    return ApiError(410, 4005, "Music result has expired")


def not_built(method: str, path: str) -> ApiError:
    """A path this stand-in does not have."""
    return ApiError(501, 5001, f"The MusicMint stand-in has no {method} {path}")


WRONG_FIELD = 2002
FIELD_CODES = {"missing_input": 2003, "conflicting_fields": 2004}


def refused_fields(error: ValidationError) -> ApiError:
    """The first broken rule of a body: 2002 type or range, 2003 nothing to work from, 2004 fields at odds."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    message = f"{where}: {first['msg']}" if where else first["msg"]
    return ApiError(400, FIELD_CODES.get(first["type"], WRONG_FIELD), message)


def success(request_id: str, data: JsonValue) -> dict[str, JsonValue]:
    """The envelope of an answer."""
    return {"code": 0, "message": "ok", "request_id": request_id, "data": data}


def failure(request_id: str, code: int, message: str) -> dict[str, JsonValue]:
    """The envelope of a refusal; it has no `data`."""
    return {"code": code, "message": message, "request_id": request_id}

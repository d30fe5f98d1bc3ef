"""The envelope around every answer, and what its refusals mean.

Source: docs.musicmint.ai, quickstart and appkey. The docs give no HTTP statuses and three codes, so an answer counts as
MusicMint's own word only as a JSON object with an integer `code`. Anything else may come from a proxy in between.
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import from_json

from bot.errors import KeyRejected, RateLimited, RequestRejected, ResultExpired, ServiceError
from bot.http_date import unix_ms

MAX_REASON = 200
"""Characters of the API's own words that are handed on."""

MAX_REQUEST_ID = 100

MAX_RETRY_AFTER_S = 3600.0

KEY_ERRORS_BY_CODE = {1003: "error-key-disabled", 1004: "error-key-deleted"}
KEY_ERRORS_BY_STATUS = {401: "error-key-rejected", 402: "error-no-credit", 403: "error-key-rejected"}
EXPIRED = 4005
TOO_MANY_REQUESTS = 429

HALF = re.compile(rb"\\u[dD][89a-fA-F]")
ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)
"""Whole pairs first, then what is half of one, then any other escape, so that an escaped backslash begins none."""
REPLACEMENT = rb"\ufffd"


def plain_line(text: object, limit: int) -> str:
    """Foreign text as one printable line: no control, format or surrogate characters; empty where it is no text."""
    if not isinstance(text, str):
        return ""
    spaced = " ".join(text.split())
    return "".join(letter for letter in spaced if unicodedata.category(letter)[0] != "C")[:limit]


def without_halves(body: bytes) -> bytes:
    """JSON without escapes of half a character, such as a cut through an emoji leaves; nothing else is touched.

    The parser would refuse the whole answer for one, and with it a song that was paid for.
    """
    return ESCAPES.sub(_mended, body) if HALF.search(body) else body


def _mended(escape: re.Match[bytes]) -> bytes:
    return REPLACEMENT if escape["half"] else escape[0]


class Envelope(BaseModel):
    """`code`, `message`, `request_id` and `data`, whatever `data` is. Only `code` decides."""

    model_config = ConfigDict(frozen=True)

    code: Annotated[int, Field(strict=True)]
    message: Annotated[str, BeforeValidator(lambda text: plain_line(text, MAX_REASON))] = ""
    request_id: Annotated[str | None, BeforeValidator(lambda text: plain_line(text, MAX_REQUEST_ID) or None)] = None
    data: object = None

    @classmethod
    def parse(cls, body: bytes) -> Self | None:
        """None for everything that is not an envelope: HTML, cut or nested JSON, arrays, NaN, invalid UTF-8."""
        try:
            return cls.model_validate(from_json(without_halves(body), allow_inf_nan=False))
        except ValueError:
            return None

    def refusal(self, status: int, retry_after_s: float | None) -> ServiceError:
        """What `code != 0` at an HTTP status below 500 means. A code says more than a status, so it is read first."""
        if self.code == EXPIRED:
            return ResultExpired(request_id=self.request_id)
        key_error = KEY_ERRORS_BY_CODE.get(self.code) or KEY_ERRORS_BY_STATUS.get(status)
        if key_error is not None:
            return KeyRejected(key_error, request_id=self.request_id)
        if status == TOO_MANY_REQUESTS:
            return RateLimited(retry_after_s=retry_after_s, request_id=self.request_id)
        return RequestRejected(request_id=self.request_id, reason=self.message)


def retry_after_s(header: str | None, now_ms: int) -> float | None:
    """Seconds of a `Retry-After` (RFC 9110: seconds or a date), at most an hour; None for garbage and for the past."""
    if header is None:
        return None
    is_number = re.fullmatch(r"[0-9]+(\.[0-9]+)?", header)
    seconds = float(header) if is_number else _seconds_until(header, now_ms)
    return min(seconds, MAX_RETRY_AFTER_S) if seconds >= 0 else None


def _seconds_until(date: str, now_ms: int) -> float:
    moment_ms = unix_ms(date)
    return -math.inf if moment_ms is None else (moment_ms - now_ms) / 1000

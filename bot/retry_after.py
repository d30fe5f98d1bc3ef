"""When Discord says to come back: what a refusal names, in its body or its header, kept within a written range."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

from pydantic_core import from_json

from bot.http_date import unix_ms

SHORTEST_S: Final = 1.0
LONGEST_S: Final = 3600.0
"""Whatever is named is kept within these: 0 would make a loop, and a slip of the far end would park a song for days."""

NUMBER: Final = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")


def clamped(seconds: float) -> float:
    """`seconds` within `SHORTEST_S` and `LONGEST_S`; for no number at all (NaN) the shortest."""
    return max(SHORTEST_S, min(LONGEST_S, seconds)) if not math.isnan(seconds) else SHORTEST_S


def named(headers: Mapping[str, str], body: bytes, now_ms: int) -> float | None:
    """The seconds a refusal names, clamped; None where it names none that can be read.

    Discord's own JSON is read first: its `retry_after` is exact, while the header is rounded up. Cloudflare sends the
    header alone, as seconds or as a date (RFC 9110). `now_ms` is Unix milliseconds, for the date.
    """
    seconds = _in_body(body)
    if seconds is None:
        seconds = _in_header(headers.get("Retry-After", "").strip(), now_ms)
    return None if seconds is None else clamped(seconds)


def _in_body(body: bytes) -> float | None:
    try:
        answer = from_json(body, allow_inf_nan=False)
    except ValueError:
        return None
    seconds = answer.get("retry_after") if isinstance(answer, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return float(min(max(seconds, 0), LONGEST_S))  # before it is a float: JSON's integers have no end


def _in_header(header: str, now_ms: int) -> float | None:
    if NUMBER.fullmatch(header):
        return float(header)
    moment_ms = unix_ms(header)
    return None if moment_ms is None else (moment_ms - now_ms) / 1000

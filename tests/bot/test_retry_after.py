from __future__ import annotations

import math

import pytest

from bot import retry_after
from tests.bot.fakes import START_MS

DATE = "Fri, 15 Jan 2027 08:01:30 GMT"
"""90 seconds after `START_MS`."""

NAMED = [
    # Discord's JSON is exact; the header is its rounding.
    ("3", b'{"message": "slow", "retry_after": 2.25, "global": false}', 2.25),
    ("", b'{"retry_after": 64}', 64),
    # Cloudflare: no JSON.
    ("90", b"error code: 1015", 90),
    ("90.5", b"", 90.5),
    (DATE, b"", 90),
    (DATE.replace("GMT", "-0000"), b"", 90),
    # A body that says nothing leaves it to the header.
    ("7", b'{"retry_after": "soon"}', 7),
    ("7", b'{"retry_after": null}', 7),
    ("7", b'{"retry_after": true}', 7),
    ("7", b'{"retry_after": NaN}', 7),
    ("7", b"[1]", 7),
    ("7", b'{"retry_after": {', 7),
    ("7", b"\xff\xfe", 7),
    # Kept within 1 s and 1 h.
    ("", b'{"retry_after": 0.02}', 1),
    ("", b'{"retry_after": 0}', 1),
    ("", b'{"retry_after": -3}', 1),
    ("", b'{"retry_after": 1e9}', 3600),
    ("", b'{"retry_after": 1' + b"0" * 400 + b"}", 3600),
    ("0", b"", 1),
    ("-5", b"", 1),
    ("1000000000", b"", 3600),
    ("Fri, 15 Jan 2027 07:00:00 GMT", b"", 1),
    ("Fri, 15 Jan 2100 08:00:00 GMT", b"", 3600),
    # Nothing that can be read: the caller's own backoff decides.
    ("", b"", None),
    ("soon", b"", None),
    ("Fri, 45 Jan 2027 08:00:00 GMT", b"", None),
    ("9" * 21, b"", None),
    ("1e9", b"", None),
    ("٣", b"", None),
    ("3 s", b"", None),
]


@pytest.mark.parametrize(("header", "body", "seconds"), NAMED)
def test_the_time_discord_names_is_read_and_kept_within_its_range(
    header: str, body: bytes, seconds: float | None
) -> None:
    headers = {"Retry-After": header} if header else {}
    assert retry_after.named(headers, body, START_MS) == seconds


@pytest.mark.parametrize(
    ("seconds", "kept"), [(-1.0, 1.0), (0.0, 1.0), (90.5, 90.5), (1e9, 3600.0), (math.inf, 3600.0), (math.nan, 1.0)]
)
def test_a_wait_is_never_shorter_than_a_second_nor_longer_than_an_hour(seconds: float, kept: float) -> None:
    assert retry_after.clamped(seconds) == kept

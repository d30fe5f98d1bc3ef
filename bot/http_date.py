"""Dates of HTTP headers (RFC 9110), which hold whole seconds."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime


def unix_ms(date: str | None) -> int | None:
    """The Unix ms of an HTTP date; None for what is none."""
    try:
        moment = parsedate_to_datetime(date or "")
        return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None

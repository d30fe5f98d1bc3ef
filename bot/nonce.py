"""The nonce of a delivery: the same message tried again has the same one, so Discord posts it once."""

from __future__ import annotations

import base64
import hashlib

LENGTH = 25
"""Characters Discord accepts; at 5 bits each that leaves 125 bits."""


def nonce(task_id: int, part: int, kind: str, channel_id: int) -> str:
    """Derived, so it survives crashes. The channel counts: on the next rung it is another message."""
    digest = hashlib.sha256(f"m1|{task_id}|{part}|{kind}|{channel_id}".encode()).digest()
    return base64.b32encode(digest).decode()[:LENGTH]

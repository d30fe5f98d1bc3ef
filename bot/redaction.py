"""Takes secrets out of a text before anybody reads it: the configured ones, and whatever has the shape of one.

It is the last thing that happens to a log line, because the text of a library's error is not ours to choose: the `repr`
of aiohttp's errors prints request headers, and their `str` the whole address with its query.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

HIDDEN: Final = "***"
SHORTEST: Final = 4
"""Characters. Hiding every "a" of a log would hide the log and tell the secret."""

SHAPES: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"sk-mm-[\w.~+/=-]+", f"sk-mm-{HIDDEN}"),
        (r"whsec[_-][\w.~+/=-]+", f"whsec_{HIDDEN}"),
        # A bot's token: its id in base64, a time, and an HMAC.
        (r"\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}", HIDDEN),
        (r"\b(Bearer|Authorization\W{1,6}Bot) +[\w.~+/=-]+", rf"\1 {HIDDEN}"),
        # An interaction's token, by itself and where it stands in Discord's routes.
        (r"\baW50ZXJhY3Rpb24[\w+/=-]+", HIDDEN),
        (r"(/(?:webhooks|interactions)/\d+/)[^/\s?'\"]+", rf"\1{HIDDEN}"),
        (r"(/musicmint/\d+\.)[0-9a-fA-F]+", rf"\1{HIDDEN}"),
        # A signed address: what signs it stands in its query.
        (r"\?[\w.%~-]+=[^\s'\"<>)\]}]*", f"?{HIDDEN}"),
    )
)


class Redaction:
    """Knows the configured secrets. It prints none of them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        written = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
        # The longest first: one secret may hold another.
        self._secrets = sorted(written, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text without them."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        for shape, replacement in SHAPES:
            text = shape.sub(replacement, text)
        return text


def _forms(secret: str) -> set[str]:
    """As it is, and as Python, JSON and an address would write it."""
    return {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], quote(secret, safe="")}

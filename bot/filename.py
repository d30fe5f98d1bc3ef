"""File names of takes: `<slug>-v2b-<id8>.mp3`. The form is frozen: a posted take is recognised by its end for ever."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata

MAX_SLUG = 40


def stem(title: str, label: str, clip_id: str) -> str:
    """The name without its ending: ASCII letters, digits and `-` only, whatever the title holds."""
    return f"{slug(title)}-{marker(label, clip_id)}"


def marker(label: str, clip_id: str) -> str:
    """The part no other take shares: `v2b-k3jq7w2p`."""
    digest = hashlib.sha256(clip_id.encode()).digest()
    return f"{label}-{base64.b32encode(digest).decode()[:8].lower()}"


def slug(title: str) -> str:
    """The title in plain ASCII words; `song` where nothing of it is left. The real title stands in tags and embed."""
    ascii_only = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:MAX_SLUG].rstrip("-") or "song"

"""File names of takes: `<slug>-v2b-<id8>.mp3`. The form is frozen: a posted take is recognised by its end for ever."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata

MAX_SLUG = 40
MAX_NAME = 60
"""Characters of a whole name, its ending included."""
LONGEST_ENDING = "-waveform.png"
"""Of the files that are named after one stem."""


def stem(title: str, marked: str) -> str:
    """The name without its ending: ASCII letters, digits and `-` only, whatever the title holds.

    Only the title's part makes room: by the rest a posted file is recognised.
    """
    room = MAX_NAME - len(LONGEST_ENDING) - len(marked) - 1
    return f"{slug(title)[:room].rstrip('-')}-{marked}"


def marker(label: str, identity: str) -> str:
    """The part no other message shares: `v2b-k3jq7w2p`. `identity`: the clip's id, or what an export is known by."""
    digest = hashlib.sha256(identity.encode()).digest()
    return f"{label}-{base64.b32encode(digest).decode()[:8].lower()}"


def slug(title: str) -> str:
    """The title in plain ASCII words; `song` where nothing of it is left. The real title stands in tags and embed."""
    ascii_only = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:MAX_SLUG].rstrip("-") or "song"

"""The `custom_id` of every button and form: `m1:<act>:<row id>`. Frozen: messages live for ever, so do buttons.

An id says only what was pressed. Whether that row is this member's to touch is checked on every use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

_FORM = re.compile(r"m1:(?P<act>[a-z]+):(?P<row>[0-9]{1,18})")


class Act(StrEnum):
    """What a press does. The row is a task's for the first five, a clip's for the rest; `SONG` needs none."""

    CANCEL = "cancel"
    RETRY = "retry"
    """Agree to a second submission of a task whose first one nobody knows the outcome of."""
    LEAVE = "leave"
    """Want none."""
    SHOW = "show"
    SING = "sing"
    """Make a song of the lyric that this task drafted."""
    EXTEND = "extend"
    COVER = "cover"
    AGAIN = "again"
    LYRICS = "lyrics"
    MORE = "more"
    REVISE = "revise"
    REPLACE = "replace"
    VOCALS = "vocals"
    BACKING = "backing"
    REMASTER = "remaster"
    STEM = "stem"
    MIDI = "midi"
    WAV = "wav"
    KARAOKE = "karaoke"
    WAVEFORM = "waveform"
    FULL = "full"
    SINGER = "singer"
    POST = "post"
    """Bring this take into the channel where the button was pressed."""
    OLDER = "older"
    """Page through one's library: from this take on, or from the newest one for row 0."""
    SONG = "song"


@dataclass(frozen=True, slots=True)
class CustomId:
    """A parsed `custom_id`."""

    act: Act
    row: int = 0

    def __str__(self) -> str:
        return f"m1:{self.act}:{self.row}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """None for anything that is not of our form."""
        match = _FORM.fullmatch(text)
        if match is None or match["act"] not in list(Act):
            return None
        return cls(Act(match["act"]), int(match["row"]))

"""What is read about a clip. Source: docs.musicmint.ai, audio/timeline, audio/waveform, audio/wav."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, ConfigDict, Field, OnErrorOmit, model_validator
from pydantic.types import FailFast

from bot.musicmint.models.base import KEEP_SOME, Address, Answer, Seconds, Text

MAX_POINTS: Final = 100_000
"""Values of a waveform; the docs are silent on how many come."""


class Word(Answer):
    """One sung word (in Chinese perhaps several characters), as it came: line ends included. Times in seconds."""

    model_config = ConfigDict(extra="ignore")

    word: Text
    start: Seconds
    end: Seconds


def _in_time_order(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """A word that ends before it starts keeps its start."""
    mended = (word if word.end >= word.start else word.model_copy(update={"end": word.start}) for word in words)
    return tuple(sorted(mended, key=lambda word: (word.start, word.end)))


class Timing(Answer):
    """When each word is sung, in order of time and `end >= start`."""

    aligned: Annotated[tuple[OnErrorOmit[Word], ...], KEEP_SOME, AfterValidator(_in_time_order)]

    @model_validator(mode="before")
    @classmethod
    def _null_is_no_words(cls, data: object) -> object:
        """The docs are silent on instrumentals: null, like an empty list, says that nobody sings; a lack does not."""
        if isinstance(data, Mapping) and "aligned" in data and data["aligned"] is None:
            return {**data, "aligned": ()}
        return data


def _clamped(level: float) -> float:
    return min(1.0, max(0.0, level))


Level = Annotated[float, Field(allow_inf_nan=False), AfterValidator(_clamped)]

Waveform = Annotated[tuple[Level, ...], FailFast(), Field(max_length=MAX_POINTS)]
"""The envelope, 0 to 1, evenly spaced over the clip. Here `data` is the array itself."""

WavAddress = Address
"""Where the clip lies as WAV. Here `data` is the string itself."""

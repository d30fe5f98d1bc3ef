"""The ground every answer stands on: what an id, a text, a time and an address may be.

An answer may belong to a call that was paid for. So only what its use needs is strict; a field that is merely nice to
have counts as absent when it makes no sense (`LooseText`, `LooseSeconds`), and a list keeps the items that do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from typing import Annotated, Final, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasGenerator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic.alias_generators import to_camel

MAX_ID: Final = 200
"""Characters of an id; the documented ones have 11 to 24."""

MAX_ADDRESS: Final = 4096

DAY_S: Final = 86_400.0

BIGINT_MAX: Final = 2**63 - 1

DONE: Final = frozenset({"completed", "complete"})
"""Docs disagree: tasks end as `completed`; stems, personas and MIDI as `complete`. Either word is taken everywhere."""

T = TypeVar("T")


def either_case(*names: str) -> AliasChoices:
    """Docs disagree: most answers are snake_case, those of upload, concat and persona camelCase. Both are taken."""
    return AliasChoices(*dict.fromkeys(spelled for name in names for spelled in (name, to_camel(name))))


def or_else(default: object) -> WrapValidator:
    """An unusable value counts as absent."""

    def validate(value: object, handler: ValidatorFunctionWrapHandler) -> object:
        try:
            return handler(value)
        except ValidationError:
            return default

    return WrapValidator(validate)


def _keep_some(items: Sized, handler: Callable[[Sized], tuple[T, ...]]) -> tuple[T, ...]:
    kept = handler(items)
    if items and not kept:
        raise ValueError("no item is usable")
    return kept


KEEP_SOME: Final = WrapValidator(_keep_some)
"""For a tuple of `OnErrorOmit` items: some may be left out, but not all."""


def _check_id(text: str) -> str:
    """An id goes into paths and unique columns: visible ASCII, and no step up a path."""
    if not text.isascii() or not all("!" <= letter <= "~" for letter in text) or not text.strip("."):
        raise ValueError("an id must be visible ASCII and more than dots")
    return text


def _check_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or not text.isprintable() or " " in text:
        raise ValueError("must be an address")
    return text


def _without_nul(text: str) -> str:
    """PostgreSQL stores no NUL in text."""
    return text.replace("\0", "")


Id = Annotated[str, Field(strict=True, min_length=1, max_length=MAX_ID), AfterValidator(_check_id)]
Address = Annotated[str, Field(max_length=MAX_ADDRESS), AfterValidator(_check_address)]
Text = Annotated[str, AfterValidator(_without_nul)]
LooseText = Annotated[Text, or_else("")]
Millis = Annotated[int, Field(ge=0, le=BIGINT_MAX)]
LooseMillis = Annotated[Millis, or_else(0)]
Seconds = Annotated[float, Field(ge=0, le=DAY_S, allow_inf_nan=False)]
"""Docs disagree: a duration is a float in results, an integer in upload and concat. It is a float here."""
LooseSeconds = Annotated[Seconds, or_else(0.0)]


def _is_blank(value: object) -> bool:
    return isinstance(value, str) and not _without_nul(value)


class Answer(BaseModel):
    """A frozen answer. Fields the API adds one day are kept; null and empty text count as absent."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        validate_by_name=True,
        validate_by_alias=True,
        alias_generator=AliasGenerator(validation_alias=either_case),
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_is_absent(cls, data: object) -> object:
        if isinstance(data, Mapping):
            return {name: value for name, value in data.items() if value is not None and not _is_blank(value)}
        return data

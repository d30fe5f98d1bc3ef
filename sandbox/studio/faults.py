"""Scripted faults: the next n calls that match fail as told."""

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class Reset(StrEnum):
    """When a connection breaks: before the call took effect, or after it, with the answer lost."""

    BEFORE = "before"
    AFTER = "after"


class Fault(BaseModel):
    """What goes wrong, and for which paths; with a delay alone the call is only late."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    times: Annotated[int, Field(ge=1)] = 1
    status: Annotated[int, Field(ge=200, le=599)] | None = None
    code: int | None = None
    message: str | None = None
    body: str | None = None
    content_type: str | None = None
    retry_after: float | None = None
    delay_ms: Annotated[int, Field(ge=0)] = 0
    reset: Reset | None = None

    @field_validator("path")
    @classmethod
    def _is_a_pattern(cls, path: str) -> str:
        try:
            re.compile(path)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return path

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.reset is None and not self.answers and not self.delay_ms:
            raise ValueError("say what happens: status, code, message, body, reset or delay_ms")
        return self

    @property
    def answers(self) -> bool:
        """Whether the fault answers in the place of the API."""
        return any(part is not None for part in (self.status, self.code, self.message, self.body))


class Faults:
    """The scripted faults, oldest first, each with the calls it still waits for."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Fault, int]] = []

    def script(self, fault: Fault) -> None:
        """Add a fault behind those already waiting."""
        self._waiting.append((fault, fault.times))

    def clear(self) -> None:
        """Forget every fault that has not happened."""
        self._waiting.clear()

    def take(self, path: str) -> Fault | None:
        """The fault that meets this call, one time less from now on."""
        for place, (fault, left) in enumerate(self._waiting):
            if re.search(fault.path, path):
                self._waiting[place : place + 1] = [(fault, left - 1)] if left > 1 else []
                return fault
        return None

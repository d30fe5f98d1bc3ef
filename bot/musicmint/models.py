"""What MusicMint answers, as frozen models. Fields it adds one day are kept, nulls count as absent.

Source: docs.musicmint.ai, tasks/get, tasks/list, music/get. A submit says `task_id` where every read says `id`; both
are taken everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, model_validator

MAX_ID = 200
"""Characters of an id; the documented ones have 11 to 24."""

BIGINT_MAX = 2**63 - 1


class TaskStatus(StrEnum):
    """The life of a task at MusicMint."""

    QUEUING = "queuing"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def number(self) -> int:
        """How the filter of the task list calls this status; answers use the word."""
        return list(TaskStatus).index(self)


def _check_id(text: str) -> str:
    """An id goes into paths and unique columns: visible ASCII, and no step up a path."""
    if not text.isascii() or not all("!" <= letter <= "~" for letter in text) or not text.strip("."):
        raise ValueError("an id must be visible ASCII and more than dots")
    return text


def _without_nul(text: str) -> str:
    """PostgreSQL stores no NUL in text."""
    return text.replace("\0", "")


Id = Annotated[str, Field(strict=True, min_length=1, max_length=MAX_ID), AfterValidator(_check_id)]
Text = Annotated[str, AfterValidator(_without_nul)]
Status = Annotated[TaskStatus | Text, Field(union_mode="left_to_right")]
"""A status the docs do not know stays the plain string it is."""
Millis = Annotated[int, Field(ge=0, le=BIGINT_MAX)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", validate_by_name=True, validate_by_alias=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: object) -> object:
        if isinstance(data, Mapping):
            return {name: value for name, value in data.items() if value is not None}
        return data


class SubmittedTask(_Answer):
    """A task that was created, and so may be charged."""

    task_id: Id = Field(validation_alias=AliasChoices("task_id", "id"))
    status: Status = TaskStatus.QUEUING


class ResultItem(_Answer):
    """One clip. Only the id is certain: a lyrics task has words in `prompt` and perhaps nothing else."""

    id: Id
    audio_url: Text = ""
    image_url: Text = ""
    title: Text = ""
    duration: Seconds = 0.0
    tags: Text = ""
    prompt: Text = ""
    expire_at: Millis = 0
    """Unix milliseconds; 0 means never."""


class TaskListItem(_Answer):
    """A task as the list shows it: without results, and without an echo of the request."""

    id: Id = Field(validation_alias=AliasChoices("id", "task_id"))
    status: Status
    created_at: Millis = 0
    """Unix milliseconds."""
    error: Text | None = None

    @property
    def ended(self) -> bool:
        """Completed or failed; an unknown status counts as still going."""
        return self.status in (TaskStatus.COMPLETED, TaskStatus.FAILED)


class TaskReport(TaskListItem):
    """A task read by itself; a completed one carries its results."""

    results: tuple[ResultItem, ...] = ()


class TaskPage(_Answer):
    """A page of the task list, newest first. `total` is required, so that `{}` is never read as an empty list."""

    items: tuple[TaskListItem, ...] = ()
    total: int = Field(ge=0)
    page: int = 1

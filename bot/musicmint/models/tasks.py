"""Tasks and their results. Source: docs.musicmint.ai, tasks/get, tasks/list, music/get."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, OnErrorOmit
from pydantic.types import FailFast

from bot.musicmint.models.base import (
    DONE,
    KEEP_SOME,
    Answer,
    Id,
    LooseMillis,
    LooseSeconds,
    LooseText,
    Millis,
    Text,
    either_case,
    or_else,
)

TOLD: Final = either_case("task_id", "id")
READ: Final = either_case("id", "task_id")
"""Docs disagree: a submit and a callback say `task_id`, every read says `id`. Both are taken everywhere."""


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


def _status_word(status: object) -> object:
    """Docs disagree: answers hold words, the list's filter numbers. A number in an answer is read as the filter's."""
    if isinstance(status, int) and not isinstance(status, bool) and 0 <= status < len(TaskStatus):
        return list(TaskStatus)[status]
    if isinstance(status, str) and status in DONE:
        return TaskStatus.COMPLETED
    return status


Status = Annotated[TaskStatus | Text, Field(union_mode="left_to_right"), BeforeValidator(_status_word)]
"""A status the docs do not know stays the plain string it is."""


class SubmittedTask(Answer):
    """A task that was created, and so may be charged: all but its id is forgiven."""

    task_id: Id = Field(validation_alias=TOLD)
    status: Annotated[Status, or_else(TaskStatus.QUEUING)] = TaskStatus.QUEUING


class ResultItem(Answer):
    """One clip. The docs are silent on a lyrics task's item: it has words in `prompt`, perhaps nothing else, no id."""

    id: Id = ""
    audio_url: LooseText = ""
    image_url: LooseText = ""
    title: LooseText = ""
    duration: LooseSeconds = 0.0
    tags: LooseText = ""
    prompt: LooseText = ""
    expire_at: LooseMillis = 0
    """Unix milliseconds; 0 means never."""


class TaskListItem(Answer):
    """A task as the list shows it: without results, and without an echo of the request."""

    id: Id = Field(validation_alias=READ)
    status: Status
    created_at: Millis = 0
    """Unix milliseconds. Not forgiven: a submit without an answer is found again by it."""
    error: Annotated[Text | None, or_else(None)] = None

    @property
    def ended(self) -> bool:
        """Completed or failed; an unknown status counts as still going."""
        return self.status in (TaskStatus.COMPLETED, TaskStatus.FAILED)


class TaskReport(TaskListItem):
    """A task read by itself; a completed one carries its results, without those nothing can be made of."""

    results: Annotated[tuple[OnErrorOmit[ResultItem], ...], KEEP_SOME] = ()


class TaskPage(Answer):
    """A page of the task list, newest first. `total` is required, so that `{}` is never read as an empty list.

    One unusable item makes the page unusable: the list has to show that a task is not there.
    """

    items: Annotated[tuple[TaskListItem, ...], FailFast()] = ()
    total: int = Field(ge=0)
    page: int = 1

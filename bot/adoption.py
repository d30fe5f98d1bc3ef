"""Which task of MusicMint's list is the one a submit without an answer has made; pure, and never a guess.

The list echoes nothing of a request, so a task is known by when it was created. It is adopted only where it is the one
candidate of its submission and its submission the one that could have made it: to give A's song to B is worse than to
ask. Where other software uses the key too, time alone proves nothing, and only a result that echoes the request counts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.musicmint.models import TaskListItem, TaskReport, TaskStatus
from bot.requests import Cover, Generate, Request

BEFORE_MS: Final = 5_000
"""How much earlier than the submit began a task may seem created: a `Date` header is exact to a second."""
AFTER_MS: Final = 15_000
"""How much later than its connection broke: a proxy may have handed it on late."""
LONGEST_SUBMIT_MS: Final = 60_000
"""No submit waits longer for its answer; a process that died in one may have learnt so an hour later."""
APART_MS: Final = BEFORE_MS + AFTER_MS
"""Submits that far apart cannot be taken for one another."""


@dataclass(frozen=True, slots=True)
class Window:
    """When a submission can have made a task, in MusicMint's Unix ms."""

    submission_id: int
    from_ms: int
    until_ms: int

    def holds(self, item: TaskListItem) -> bool:
        """Whether the task was created in it."""
        return self.from_ms <= item.created_at <= self.until_ms


def window(submission_id: int, started_at: int, ended_at: int, skew_ms: int) -> Window:
    """`ended_at`: when we learnt that no answer comes; `skew_ms`: how far MusicMint's clock is ahead of ours."""
    until = min(max(ended_at, started_at), started_at + LONGEST_SUBMIT_MS)
    return Window(submission_id, started_at + skew_ms - BEFORE_MS, until + skew_ms + AFTER_MS)


def candidates(windows: Sequence[Window], strangers: Sequence[TaskListItem]) -> Mapping[int, list[TaskListItem]]:
    """By submission: the tasks nobody of ours is known to have made that its window holds."""
    return {one.submission_id: [item for item in strangers if one.holds(item)] for one in windows}


def unique(found: Mapping[int, list[TaskListItem]]) -> dict[int, str]:
    """MusicMint's task id by submission, where each is the other's only candidate."""
    claims: dict[str, int] = {}
    for items in found.values():
        for item in items:
            claims[item.id] = claims.get(item.id, 0) + 1
    only = {submission_id: items[0].id for submission_id, items in found.items() if len(items) == 1}
    return {submission_id: task_id for submission_id, task_id in only.items() if claims[task_id] == 1}


def foreign(windows: Sequence[Window], strangers: Sequence[TaskListItem]) -> list[str]:
    """Tasks that no submission of ours can have made: somebody else uses the key."""
    return [item.id for item in strangers if not any(one.holds(item) for one in windows)]


def echoed(request: Request, reports: Sequence[TaskReport]) -> str | None:
    """The one task whose results repeat what was asked for, once all candidates have ended; None where none stands out.

    Only completed tasks carry their title and words.
    """
    if not all(report.ended for report in reports):
        return None
    same = [report.id for report in reports if echoes(request, report)]
    return same[0] if len(same) == 1 else None


def echoes(request: Request, report: TaskReport) -> bool:
    """Whether a result has the words of the request, letter by letter but for spaces and marks."""
    wanted = {words for text in _sent_words(request) if (words := _letters(text))}
    if report.status != TaskStatus.COMPLETED or not wanted:
        return False
    return any(_repeats(wanted, (item.title, item.prompt, item.tags)) for item in report.results)


def _sent_words(request: Request) -> tuple[str, ...]:
    """What a result can repeat: the other endpoints send neither title nor words."""
    return (request.title, request.sheet.lyrics) if isinstance(request, Generate | Cover) else ()


def _repeats(wanted: Collection[str], shown: Collection[str]) -> bool:
    return set(wanted) <= {_letters(text) for text in shown}


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())

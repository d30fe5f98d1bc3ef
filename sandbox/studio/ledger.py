"""What the studio was asked: every generate call with its outcome, and how often each route was called."""

from collections import Counter
from dataclasses import dataclass

from pydantic import JsonValue


@dataclass(slots=True)
class LedgerLine:
    """One generate POST; `body` is its raw text when it is no JSON, `task_id` stays None when it made no task."""

    at_ms: int
    key_ends: str
    body: JsonValue
    task_id: str | None = None

    def as_json(self) -> dict[str, JsonValue]:
        """This line as the sandbox API shows it."""
        return {"at_ms": self.at_ms, "key_ends": self.key_ends, "body": self.body, "task_id": self.task_id}


class Ledger:
    """Counts since this start; it is not stored."""

    def __init__(self) -> None:
        self.lines: list[LedgerLine] = []
        self.calls: Counter[str] = Counter()

    def as_json(self) -> dict[str, JsonValue]:
        """The whole ledger as the sandbox API shows it."""
        return {"generate": [line.as_json() for line in self.lines], "calls": dict(self.calls)}

"""What the studio was asked: every paid call with its outcome, and how often each route was called."""

from collections import Counter
from dataclasses import asdict, dataclass

from pydantic import JsonValue

GENERATE = "music/generate"


@dataclass(slots=True)
class LedgerLine:
    """One paid POST to an endpoint, a path below /api/v1/; `body` is its raw text when it is no JSON.

    `task_id` stays None when it made no task, `result_id` when it made no upload, song, persona or stem.
    """

    at_ms: int
    endpoint: str
    key_ends: str
    body: JsonValue
    task_id: str | None = None
    result_id: str | None = None


class Ledger:
    """Counts since this start; it is not stored."""

    def __init__(self) -> None:
        self.lines: list[LedgerLine] = []
        self.calls: Counter[str] = Counter()

    def as_json(self) -> dict[str, JsonValue]:
        """The whole ledger as the sandbox API shows it."""
        generate = ("at_ms", "key_ends", "body", "task_id")
        return {
            "generate": [
                {name: getattr(line, name) for name in generate} for line in self.lines if line.endpoint == GENERATE
            ],
            "paid": [asdict(line) for line in self.lines],
            "calls": dict(self.calls),
        }

"""What the bot did: its REST requests in memory and, if wanted, appended to a file."""

import json
from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sandbox.discord.model.errors import Json

KEPT = 20_000


@dataclass
class Entry:
    """One request; `path` is relative to /api/v10 and without query, `status` None until answered."""

    at_ms: int
    method: str
    path: str
    json: Any
    files: list[str] = field(default_factory=list)
    status: int | None = None


class Ledger:
    """The last requests, and a recording of all of them."""

    def __init__(self, record: Path | None) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._record = record

    def add(self, entry: Entry) -> None:
        """Note a request as it arrives."""
        self._entries.append(entry)
        if self._record is not None:
            line = {"method": entry.method, "path": entry.path, "json": entry.json, "files": entry.files}
            with self._record.open("a", encoding="utf-8") as out:
                out.write(json.dumps(line, ensure_ascii=False) + "\n")

    def drawn(self) -> list[Json]:
        """The requests, oldest first."""
        return [asdict(entry) for entry in self._entries]

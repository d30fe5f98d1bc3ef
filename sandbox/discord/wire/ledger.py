"""What passed between the bot and this Discord: REST requests (if wanted, appended to a file) and gateway frames."""

import json
from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sandbox.discord.model.errors import Json

KEPT, KEPT_FRAMES = 20_000, 500


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
    """The last requests and frames, and a recording of all requests."""

    def __init__(self, record: Path | None) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._frames: deque[Json] = deque(maxlen=KEPT_FRAMES)
        self._record = record

    def add(self, entry: Entry) -> None:
        """Note a request as it arrives."""
        self._entries.append(entry)
        if self._record is not None:
            line = {"method": entry.method, "path": entry.path, "json": entry.json, "files": entry.files}
            with self._record.open("a", encoding="utf-8") as out:
                out.write(json.dumps(line, ensure_ascii=False) + "\n")

    def pass_frame(self, at_ms: int, direction: str, frame: Json) -> None:
        """Note a gateway frame that was `sent` to the bot or `received` from it, without the bot's token."""
        data = frame.get("d")
        if isinstance(data, dict) and direction == "received":
            data = {name: value for name, value in data.items() if name != "token"}
        drawn = {"at_ms": at_ms, "direction": direction, "op": frame["op"], "t": frame.get("t"), "s": frame.get("s")}
        self._frames.append(drawn | {"d": data})

    def drawn(self, limit: int = KEPT) -> Json:
        """The newest `limit` requests and frames, oldest first."""
        newest = list(self._entries)[-limit:] if limit else []
        frames = list(self._frames)[-limit:] if limit else []
        return {"requests": [asdict(entry) for entry in newest], "gateway": frames}

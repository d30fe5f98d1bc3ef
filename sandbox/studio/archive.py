"""The data folder: one JSON file a task and an item, one for the studio's own state, and the files of the clips."""

import logging
import os
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from sandbox.studio.state import StudioState
from sandbox.studio.tasks import Clip, Holding, Persona, Stem, Task

log = logging.getLogger(__name__)

RecordT = TypeVar("RecordT", bound=BaseModel)


class Archive:
    """Keeps a studio across restarts. A task is its own file, so that a submit costs the same after ten thousand."""

    def __init__(self, folder: Path) -> None:
        self._state = folder / "state.json"
        self._tasks = folder / "tasks"
        self._items = folder / "items"
        for part in (self._tasks, self._items, folder / "files"):
            part.mkdir(parents=True, exist_ok=True)

    def load_state(self) -> StudioState:
        """What the last run left, or a new state."""
        return read(self._state, StudioState) or StudioState()

    def save_state(self, state: StudioState) -> None:
        """Replace the stored state."""
        _write(self._state, state)

    def load_tasks(self) -> list[Task]:
        """Every stored task, oldest first."""
        tasks = [task for file in self._tasks.glob("*.json") if (task := read(file, Task))]
        return sorted(tasks, key=lambda task: task.number)

    def save_task(self, task: Task) -> None:
        """Replace the stored copy of this task."""
        _write(self._tasks / f"{task.id}.json", task)

    def load_items(self) -> list[Clip | Stem | Persona]:
        """Every stored upload, joined song, stem and singer."""
        return [holding.root for file in self._items.glob("*.json") if (holding := read(file, Holding))]

    def save_item(self, item: Clip | Stem | Persona) -> None:
        """Store a new one."""
        _write(self._items / f"{item.id}.json", item)


def read(path: Path, model: type[RecordT]) -> RecordT | None:
    """A record, or None where there is none or it is of another form; the latter is logged."""
    try:
        return model.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        log.warning("%s was written by another version of the studio and is ignored", path)
        return None


def _write(path: Path, record: BaseModel) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(record.model_dump_json(), encoding="utf-8")
    os.replace(draft, path)

"""The data folder: one JSON file a task, one for the studio's own state, and the files of the clips."""

import os
from pathlib import Path

from pydantic import BaseModel

from sandbox.studio.state import StudioState
from sandbox.studio.tasks import Task


class Archive:
    """Keeps a studio across restarts. A task is its own file, so that a submit costs the same after ten thousand."""

    def __init__(self, folder: Path) -> None:
        self._state = folder / "state.json"
        self._tasks = folder / "tasks"
        self.files = folder / "files"
        self._tasks.mkdir(parents=True, exist_ok=True)
        self.files.mkdir(exist_ok=True)

    def load_state(self) -> StudioState | None:
        """What the last run left, or nothing in a new folder."""
        return StudioState.model_validate_json(self._state.read_bytes()) if self._state.exists() else None

    def save_state(self, state: StudioState) -> None:
        """Replace the stored state."""
        _write(self._state, state)

    def load_tasks(self) -> list[Task]:
        """Every stored task, oldest first."""
        tasks = [Task.model_validate_json(file.read_bytes()) for file in self._tasks.glob("*.json")]
        return sorted(tasks, key=lambda task: task.number)

    def save_task(self, task: Task) -> None:
        """Replace the stored copy of this task."""
        _write(self._tasks / f"{task.id}.json", task)


def _write(path: Path, record: BaseModel) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(record.model_dump_json(), encoding="utf-8")
    os.replace(draft, path)

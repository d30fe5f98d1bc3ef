"""The world on disk: one JSON file in the data folder, replaced as a whole."""

import asyncio
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from sandbox.discord.model.core import Core, News
from sandbox.discord.model.entities import World
from sandbox.discord.model.errors import Refusal

WAIT_S = 0.5
WORLD = TypeAdapter(World)


def load(folder: Path) -> World | None:
    """The world last saved in a data folder; None in an empty one, a Refusal where it cannot be read."""
    file = folder / "world.json"
    if not file.exists():
        return None
    try:
        return WORLD.validate_json(file.read_bytes())
    except ValidationError as fault:
        raise Refusal(f"{file} holds no world this version can read. Move it away to start afresh.") from fault


class Saver:
    """Writes the world half a second after news of it, and when it closes."""

    def __init__(self, core: Core, folder: Path) -> None:
        self._core = core
        self._file = folder / "world.json"
        self._due: asyncio.TimerHandle | None = None

    def read(self, news: News) -> None:
        """A reader of news."""
        self.later()

    def later(self) -> None:
        """Write the world soon."""
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(WAIT_S, self.save)

    def save(self) -> None:
        """Write the world now."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        self._core.world.offset_ms = self._core.clock.offset_ms
        fresh = self._file.with_suffix(".new")
        fresh.write_bytes(WORLD.dump_json(self._core.world))
        fresh.replace(self._file)

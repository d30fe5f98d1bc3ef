"""The world on disk: one JSON file in the data folder, replaced as a whole."""

import asyncio
import time
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from sandbox.discord.model.core import Core, News
from sandbox.discord.model.entities import World
from sandbox.discord.model.errors import Refusal

WAIT_S = 0.5
SHARE = 0.05
"""The part of its time a busy world is written in; a large one is written more seldom."""
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
    """Writes the world half a second after news of it (a large one later), and when it closes."""

    def __init__(self, core: Core, folder: Path) -> None:
        self._core = core
        self._file = folder / "world.json"
        self._due: asyncio.TimerHandle | None = None
        self._took_s = 0.0

    def read(self, news: News) -> None:
        """A reader of news."""
        self.later()

    def later(self) -> None:
        """Write the world soon."""
        if self._due is None:
            wait = max(WAIT_S, self._took_s / SHARE)
            self._due = asyncio.get_running_loop().call_later(wait, self.save)

    def save(self) -> None:
        """Write the world now."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        began = time.monotonic()
        self._core.world.offset_ms = self._core.clock.offset_ms
        fresh = self._file.with_suffix(".new")
        fresh.write_bytes(WORLD.dump_json(self._core.world))
        fresh.replace(self._file)
        self._took_s = time.monotonic() - began

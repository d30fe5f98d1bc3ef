"""The one recording that a canned studio answers every task with, as long as real ones are."""

from __future__ import annotations

from pathlib import Path

from sandbox.studio.booth import CANNED
from sandbox.studio.music import door
from sandbox.studio.music.order import RenderedTake, TakeOrder

BARS = 38
"""Some 90 s of music at 192 kbit/s: about 2 MB a take, as the real ones."""


def record(data: Path) -> RenderedTake:
    """Put it where a studio on this data folder finds it. Takes some seconds; blocks."""
    files = data / "files"
    files.mkdir(parents=True)
    take = door.make(files, TakeOrder(recording=CANNED, take=0, title="Sound Check", tags="pop", bars=BARS))
    (files / f"{CANNED}.take.json").write_text(take.model_dump_json(), encoding="utf-8")
    return take

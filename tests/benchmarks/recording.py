"""The one recording that a canned studio answers every task with, as long as real ones are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sandbox.studio.booth import CANNED, CANNED_ORDER
from sandbox.studio.music import door
from sandbox.studio.music.order import RenderedTake, TakeOrder

LONG = replace(CANNED_ORDER, bars=38)
"""Some 90 s of music at 192 kbit/s: about 2 MB a take, as the real ones."""


def record(data: Path, order: TakeOrder = LONG) -> RenderedTake:
    """Put it where a studio on this data folder finds it. Takes some seconds; blocks."""
    files = data / "files"
    files.mkdir(parents=True)
    take = door.make(files, order)
    (files / f"{CANNED}.take.json").write_text(take.model_dump_json(), encoding="utf-8")
    return take

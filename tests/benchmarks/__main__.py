"""`python -m tests.benchmarks`: measure, print the table, write `build/bench.json`. About three minutes."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import delivery, idle_and_load, local_discord
from tests.benchmarks.process import ROOT
from tests.benchmarks.row import Row, store, table

RESULTS = ROOT / "build" / "bench.json"


async def _measure(folder: Path) -> list[Row]:
    rows: list[Row] = []
    for part in (local_discord, idle_and_load, delivery):
        scene = folder / part.__name__.rpartition(".")[2]
        scene.mkdir()
        rows += await part.measure(scene)
    return rows


def main() -> int:
    """Nothing fails here but what does not run: a shared machine is no judge of time."""
    with tempfile.TemporaryDirectory(prefix="minstrel-bench-") as folder:
        rows = asyncio.run(_measure(Path(folder)))
    store(rows, RESULTS)
    sys.stdout.write(f"{table(rows)}\n\nwritten to {RESULTS.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.benchmarks [PART ...]`: measure, print the table, write `build/bench.json`. All take six minutes."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import delivery, idle_and_load, load, local_discord
from tests.benchmarks.process import ROOT
from tests.benchmarks.row import Row, store, table

RESULTS = ROOT / "build" / "bench.json"
PARTS = {
    "local_discord": local_discord.measure,
    "idle_and_load": idle_and_load.measure,
    "delivery": delivery.measure,
    "load": load.measure,
}


async def _measure(folder: Path, parts: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    for part in parts:
        scene = folder / part
        scene.mkdir()
        rows += await PARTS[part](scene)
    return rows


def main() -> int:
    """Nothing fails here but what does not run: a shared machine is no judge of time."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=", ".join(PARTS))
    parts = parser.parse_args().parts or list(PARTS)
    with tempfile.TemporaryDirectory(prefix="minstrel-bench-") as folder:
        rows = asyncio.run(_measure(Path(folder), parts))
    store(rows, RESULTS)
    sys.stdout.write(f"{table(rows)}\n\nwritten to {RESULTS.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

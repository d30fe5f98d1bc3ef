"""`make faults SEED=...` plays a schedule again, call by call the same, whatever process it is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SEED = "43"


def played(hash_seed: str) -> list[str]:
    """What the program prints; Python orders sets otherwise under another hash seed."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--seed", SEED],
        cwd=ROOT,
        env={"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.splitlines()


def test_a_seed_is_the_same_run_in_every_process_and_the_last_line_sums_it_up() -> None:
    first = played("1")
    assert first == played("2")
    assert sum("kill" in line for line in first) >= 1
    assert re.fullmatch("1 runs, 0 lost, 0 charged twice, 0 posted twice", first[-1])

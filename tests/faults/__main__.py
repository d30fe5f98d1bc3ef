"""`make faults`: every kill point, 1,200 schedules, real processes; the table goes to `docs/faults.md` and README."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from tests.faults import real_processes
from tests.faults.plans import SCHEDULES, Point, Result, kill_points, parse_point, play, tried
from tests.faults.play import CONVERGES_WITHIN_S
from tests.faults.scenes import scenes
from tests.faults.table import PART, Tally, page, quoted
from tests.faults.trial import make_template

PAGE: Final = Path(__file__).parents[2] / "docs" / "faults.md"
README: Final = Path(__file__).parents[2] / "README.md"
SCHEDULED: Final = 1200
WORKERS: Final = 2
RUN_WITHIN_S: Final = 300.0
"""A run takes half a second; one that hangs ends the whole."""
PROGRESS_EVERY_S: Final = 20.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", help="play one schedule again and show every call")
    parser.add_argument("--point", help="the same for one kill point, as a failure prints it")
    parser.add_argument("--schedules", type=int, default=SCHEDULED, help="how many schedules")
    parser.add_argument("--every", type=int, default=1, help="only every so many-th kill point")
    parser.add_argument("--kills", type=int, default=real_processes.KILLS, help="SIGKILLs of real processes (0: none)")
    parser.add_argument("--write", action="store_true", help="write the table although it is only a part")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="minstrel-faults-") as folder:
        template = make_template(Path(folder))
        if asked.seed or asked.point:
            point = parse_point(asked.point) if asked.point else Point(SCHEDULES, asked.seed)
            tally = show(point, template)
        else:
            tally = play_all(template, asked.schedules, asked.every)
            if asked.kills:
                real_processes.play_into(tally, asked.kills)
            write(tally, asked.schedules, asked.every, asked.kills, part_too=asked.write)
    sys.exit(report(tally))


def write(tally: Tally, schedules: int, every: int, kills: int, *, part_too: bool) -> None:
    """Into the page and the README, where all was played or it is asked for."""
    part = schedules < SCHEDULED or every > 1 or kills < real_processes.KILLS
    if part and not part_too:
        return
    note = PART.format(every=every, schedules=schedules, kills=kills) if part else ""
    PAGE.write_text(page(tally, CONVERGES_WITHIN_S, note))
    README.write_text(quoted(README.read_text(), tally))


def show(point: Point, template: Path) -> Tally:
    """One run, call by call."""
    outcome = play(point, template)
    for number, passed in enumerate(outcome.passed, 1):
        print(number, passed)
    tally = Tally()
    count(tally, point, outcome)
    return tally


def play_all(template: Path, schedules: int, every: int) -> Tally:
    points = [point for scene in scenes() for point in kill_points(scene, template)][::every]
    points += [Point(SCHEDULES, str(seed)) for seed in range(1, schedules + 1)]
    tally, began_s, told_s = Tally(), time.monotonic(), time.monotonic()
    print(f"{len(points)} runs on {WORKERS} processes", flush=True)
    with multiprocessing.get_context("spawn").Pool(WORKERS) as pool:
        results = pool.imap(partial(tried, template=template), points)
        for number, point in enumerate(points, 1):
            count(tally, point, results.next(timeout=RUN_WITHIN_S))
            if time.monotonic() - told_s > PROGRESS_EVERY_S:
                told_s = time.monotonic()
                print(f"{number} of {len(points)}, {told_s - began_s:.0f} s", flush=True)
    return tally


def count(tally: Tally, point: Point, result: Result) -> None:
    group = tally.group(point.group)
    group.runs += 1
    if isinstance(result, str):
        group.lost += 1
        tally.broken.append(f"{point}: {result}")
        return
    verdict = result.verdict
    group.lost += len(verdict.lost)
    group.charged += len(verdict.charged)
    group.posted += len(verdict.posted)
    group.acknowledged += verdict.acknowledged
    group.longest_s = max(group.longest_s, result.settled_s)
    if not verdict.clean:
        found = "; ".join((*verdict.lost, *verdict.charged, *verdict.posted))
        tally.broken.append(f"make faults {point}: {found}")
        print(tally.broken[-1], flush=True)


def report(tally: Tally) -> int:
    """Print it all; the exit code."""
    lines: Sequence[str] = (*tally.lines(), "", *tally.broken, tally.bound(), tally.last_line())
    print("\n".join(lines))
    total = tally.total()
    return int(bool(total.lost or total.charged or total.posted))


if __name__ == "__main__":
    main()

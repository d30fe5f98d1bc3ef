"""A row of the benchmark's table: a value, what it is held against, and their ratio."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement; `against` is the same thing of something bare, in the same unit and the same run.

    Its pass line is a value to stay below or to reach, where it has one.
    """

    name: str
    value: float
    unit: str
    against: float
    at_most: float | None = None
    at_least: float | None = None

    @property
    def ratio(self) -> float:
        """How many times what it is held against."""
        return self.value / self.against if self.against else math.nan

    @property
    def held(self) -> bool | None:
        """Whether the pass line was held; None where there is none."""
        if self.at_most is None and self.at_least is None:
            return None
        most = math.inf if self.at_most is None else self.at_most
        least = -math.inf if self.at_least is None else self.at_least
        return least <= self.value <= most

    @property
    def line(self) -> str:
        """The pass line and whether it was held, in a few words."""
        if self.held is None:
            return ""
        wanted = f"<= {self.at_most:g}" if self.at_most is not None else f">= {self.at_least:g}"
        return f"{wanted} {'held' if self.held else 'NOT HELD'}"


@dataclass(frozen=True, slots=True)
class Pair:
    """The samples of one thing: ours and the bare bot's."""

    ours: Sequence[float]
    bare: Sequence[float]

    def percentile(self, name: str, unit: str, percent: int, at_most: float | None = None) -> Row:
        """A row of this percentile, by nearest rank: it is a sample that was seen."""
        ours, bare = _percentile(self.ours, percent), _percentile(self.bare, percent)
        return Row(f"{name}, p{percent}", ours, unit, bare, at_most)

    def median(self, name: str, unit: str) -> Row:
        """A row of the median."""
        return Row(f"{name}, p50", statistics.median(self.ours), unit, statistics.median(self.bare))

    def worst(self, name: str, unit: str) -> Row:
        """A row of the maximum, where there are too few samples for a high percentile."""
        return Row(f"{name}, worst of {len(self.ours)}", max(self.ours), unit, max(self.bare))


def _percentile(samples: Sequence[float], percent: int) -> float:
    return sorted(samples)[math.ceil(len(samples) * percent / 100) - 1] if samples else math.nan


def table(rows: Sequence[Row]) -> str:
    """The rows for a terminal."""
    width = max(len(row.name) for row in rows)
    lines = [f"{'':{width}}  {'measured':>10}  {'against':>10}  {'unit':5}  {'ratio':>6}  pass line"]
    lines += [
        f"{row.name:{width}}  {row.value:10.1f}  {row.against:10.1f}  {row.unit:5}  {row.ratio:6.2f}  {row.line}"
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def store(rows: Sequence[Row], file: Path) -> None:
    """The rows as JSON."""
    listed = [
        {
            "name": row.name,
            "value": _rounded(row.value, 2),
            "unit": row.unit,
            "against": _rounded(row.against, 2),
            "ratio": _rounded(row.ratio, 3),
            "at_most": row.at_most,
            "at_least": row.at_least,
            "held": row.held,
        }
        for row in rows
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")


def _rounded(value: float, places: int) -> float | None:
    """JSON knows no NaN."""
    return round(value, places) if math.isfinite(value) else None

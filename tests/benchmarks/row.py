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
    """One measurement; `against` is the same thing of something bare, in the same unit and the same run."""

    name: str
    value: float
    unit: str
    against: float

    @property
    def ratio(self) -> float:
        """How many times what it is held against."""
        return self.value / self.against


@dataclass(frozen=True, slots=True)
class Pair:
    """The samples of one thing: ours and the bare bot's."""

    ours: Sequence[float]
    bare: Sequence[float]

    def percentile(self, name: str, unit: str, percent: int) -> Row:
        """A row of this percentile, by nearest rank: it is a sample that was seen."""
        return Row(f"{name}, p{percent}", _percentile(self.ours, percent), unit, _percentile(self.bare, percent))

    def median(self, name: str, unit: str) -> Row:
        """A row of the median."""
        return Row(f"{name}, p50", statistics.median(self.ours), unit, statistics.median(self.bare))

    def worst(self, name: str, unit: str) -> Row:
        """A row of the maximum, where there are too few samples for a high percentile."""
        return Row(f"{name}, worst of {len(self.ours)}", max(self.ours), unit, max(self.bare))


def _percentile(samples: Sequence[float], percent: int) -> float:
    return sorted(samples)[math.ceil(len(samples) * percent / 100) - 1]


def table(rows: Sequence[Row]) -> str:
    """The rows for a terminal."""
    width = max(len(row.name) for row in rows)
    lines = [f"{'':{width}}  {'measured':>10}  {'against':>10}  {'unit':4}  {'ratio':>6}"]
    lines += [
        f"{row.name:{width}}  {row.value:10.1f}  {row.against:10.1f}  {row.unit:4}  {row.ratio:6.2f}" for row in rows
    ]
    return "\n".join(lines)


def store(rows: Sequence[Row], file: Path) -> None:
    """The rows as JSON."""
    listed = [
        {
            "name": row.name,
            "value": round(row.value, 2),
            "unit": row.unit,
            "against": round(row.against, 2),
            "ratio": round(row.ratio, 3),
        }
        for row in rows
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")

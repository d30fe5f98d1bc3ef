"""Which runs there are: every kill point of every scene, and schedules drawn from seeds."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.faults.scenes import Scene, random_scene, scenes
from tests.faults.trial import Outcome, attempt
from tests.faults.wire import Fault, Mode, Passed

SEED: Final = "0"
"""Of the latencies at kill points."""
SCHEDULES: Final = "schedules"
READ_MODES: Final = (Mode.KILL_BEFORE, Mode.INSTEAD)
"""A read that happened before a kill is one that did not."""

CALLS_EACH: Final = {"musicmint": 12, "discord": 14, "media": 5, "write": 45, "read": 100}
"""About so many calls of a kind a member's wish takes."""
WEIGHTS: Final = {"musicmint": 30, "discord": 30, "media": 8, "write": 26, "read": 6}


Result = Outcome | str
"""Of a run that broke: why."""


@dataclass(frozen=True, slots=True)
class Point:
    """One kill point or one schedule: enough to play it again."""

    group: str
    seed: str
    faults: tuple[Fault, ...] = ()
    delay: int = 0

    def __str__(self) -> str:
        if self.group == SCHEDULES:
            return f"SEED={self.seed}"
        (fault,) = self.faults
        return f"POINT='{self.group}:{fault.at}:{fault.mode.name}:{fault.pick}:{self.delay}'"


def play(point: Point, template: Path) -> Outcome:
    """Play it and judge it."""
    if point.group == SCHEDULES:
        scene, faults = schedule(point.seed)
        return attempt(scene, point.seed, faults, template)
    found = next(one for one in scenes() if one.name == point.group)
    delays_s = found.place.delays_s
    turned = delays_s[point.delay :] + delays_s[: point.delay]
    return attempt(replace(found, place=replace(found.place, delays_s=turned)), point.seed, point.faults, template)


def tried(point: Point, template: Path) -> Result:
    """A run in a process of the pool; a line where it broke."""
    try:
        return play(point, template)
    except Exception as error:  # noqa: BLE001 - it counts as lost, with its name
        return f"the run broke: {error!r}"


def parse_point(text: str) -> Point:
    """The inverse of what a `Point` prints after `POINT=`."""
    group, at, mode, pick, delay = text.rsplit(":", 4)
    return Point(group, SEED, (Fault(int(at), Mode[mode], int(pick)),), int(delay))


def kill_points(scene: Scene, template: Path) -> Iterator[Point]:
    """Every call between the first and the last that matter, in every way it can go wrong."""
    whole = attempt(scene, SEED, (), template)
    yield from points_of(scene, whole.passed, whole.first_call, whole.last_call)


def points_of(scene: Scene, passed: Sequence[Passed], first: int, last: int) -> Iterator[Point]:
    """The same from a walk that is known."""
    for at in range(first, last + 1):
        kind = passed[at - 1].kind
        if kind not in scene.kinds:
            continue
        for number, mode in enumerate(READ_MODES if kind == "read" else Mode):
            yield Point(scene.name, SEED, (Fault(at, mode, pick=at),), delay=(at + number) % len(scene.place.delays_s))


def schedule(seed: str) -> tuple[Scene, tuple[Fault, ...]]:
    """Members, songs, a place, 1 to 3 kills and some faults."""
    rng = random.Random(f"schedule {seed}")
    scene = random_scene(rng)
    kills = [_kill(rng) for _ in range(rng.randint(1, 3))]
    others = [_other(rng) for _ in range(rng.randint(0, 6))]
    return scene, (*kills, *others)


def _kill(rng: random.Random) -> Fault:
    kind, at = _where(rng)
    return Fault(at, rng.choice((Mode.KILL_BEFORE, Mode.KILL_AFTER)), kind=kind)


def _other(rng: random.Random) -> Fault:
    kind, at = _where(rng)
    calls = rng.choice((1, 1, 1, 2, 4)) if kind in ("write", "read") else rng.choice((1, 1, 2, 5, 15))
    return Fault(at, rng.choice((Mode.INSTEAD, Mode.LOST)), rng.randrange(100), kind, calls)


def _where(rng: random.Random) -> tuple[str, int]:
    kind = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    return kind, rng.randint(1, CALLS_EACH[kind] * 2)

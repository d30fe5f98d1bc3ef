"""A run as it is asked for and as it came out: small enough to cross to another process and back."""

from __future__ import annotations

import atexit
import logging
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import structlog

from db.migrate import upgrade
from tests.faults.judge import Verdict, judge
from tests.faults.play import Play, perform
from tests.faults.scenes import Scene
from tests.faults.sqlite_at_once import sqlite_at_once
from tests.faults.virtual_time import run_virtually
from tests.faults.wire import Fault, Passed

MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended; times in virtual seconds."""

    verdict: Verdict
    passed: tuple[Passed, ...]
    first_call: int
    last_call: int
    """The calls between which there is something to break."""
    starts: int
    settled_s: float
    """From the last fault, or the last thing a member did, to rest."""


@contextmanager
def quiet_logs() -> Iterator[None]:
    """What the bot would say of thousands of faults that were meant is not written."""
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL), cache_logger_on_first_use=False
    )
    try:
        yield
    finally:
        structlog.configure(**before)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="minstrel-faults-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)


@cache
def _kept_scratch() -> tuple[Path, ExitStack]:
    """The folder of every run of this process, one after the other."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(scratch()), stack


def make_template(folder: Path) -> Path:
    """A migrated database that every run begins with a copy of."""
    path = folder / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


def attempt(scene: Scene, seed: str, faults: tuple[Fault, ...], template: Path) -> Outcome:
    """Play a scene once and judge it."""
    seen: list[Outcome] = []

    def look(play: Play) -> None:
        wire = play.wire
        settled_s = play.rested_s - min(play.rested_s, max(wire.last_fault_s, play.ended_s, play.host.started_s))
        passed = tuple(wire.passed)
        seen.append(Outcome(judge(play), passed, play.first_call, play.last_call, play.host.starts, settled_s))

    folder, _ = _kept_scratch()
    with quiet_logs(), sqlite_at_once():
        run_virtually(lambda: perform(scene, seed, faults, template, folder, look))
    return seen[0]

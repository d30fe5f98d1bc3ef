"""The counter every port call passes, and what a run does to the call of a number: kill, refuse, or lose its answer."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NoReturn, TypeVar

T = TypeVar("T")


class Killed(BaseException):
    """SIGKILL: no handler of the program runs on, no commit lands."""


class Mode(StrEnum):
    """What happens to one call."""

    KILL_BEFORE = "kill before"
    KILL_AFTER = "kill after"
    """It took effect, and nobody lives to hear of it."""
    INSTEAD = "fault instead"
    """It did not take effect; an error of the port's own tree comes back."""
    LOST = "answer lost"
    """It took effect, and an error comes back. A commit that fails is undone."""


@dataclass(frozen=True, slots=True)
class Fault:
    """For the call number `at`, of all or of one kind (`KINDS`), and the `calls - 1` after it of the same kind.

    `pick` chooses among the errors.
    """

    at: int
    mode: Mode
    pick: int = 0
    kind: str | None = None
    calls: int = 1

    def __str__(self) -> str:
        burst = f" and {self.calls - 1} more" if self.calls > 1 else ""
        return f"{self.mode} ({self.pick}) at {self.kind or 'call'} {self.at}{burst}"


KINDS: Final = ("musicmint", "discord", "media", "write", "read")
"""Of calls: the ports, the database's two ways apart."""


class Life:
    """One process: alive until killed."""

    def __init__(self) -> None:
        self.dead = False
        self.killed = asyncio.Event()

    def kill(self) -> NoReturn:
        """From now on every call of it ends the same way."""
        self.dead = True
        self.killed.set()
        raise Killed

    def check(self) -> None:
        """Raises `Killed` in a process that is dead."""
        if self.dead:
            raise Killed


@dataclass
class _Burst:
    kind: str
    fault: Fault
    left: int


@dataclass(frozen=True, slots=True)
class Passed:
    """A call that was made."""

    kind: str
    name: str
    at_s: float
    fault: Fault | None

    def __str__(self) -> str:
        return f"{self.at_s:.3f} {self.kind} {self.name}{f' {self.fault.mode}' if self.fault else ''}"


@dataclass
class Wire:
    """Numbers the calls of a whole run, over all its processes; the time each takes comes from the run's own chance."""

    rng: random.Random
    faults: Sequence[Fault]
    lands_after_death: bool = True
    """A request that was on its way when its process died still arrives."""
    passed: list[Passed] = field(default_factory=list)
    last_fault_s: float = 0.0
    _counts: Counter[str] = field(default_factory=Counter)
    _bursts: list[_Burst] = field(default_factory=list)
    _flights: set[asyncio.Task[object]] = field(default_factory=set)

    @property
    def count(self) -> int:
        """How many calls there were."""
        return len(self.passed)

    def number(self, kind: str, name: str) -> Fault | None:
        """Count a call; what is to happen to it."""
        self._counts[kind] += 1
        now_s = asyncio.get_running_loop().time()
        fault = self._fault(kind)
        self.passed.append(Passed(kind, name, now_s, fault))
        if fault is not None:
            self.last_fault_s = now_s
        return fault

    def _fault(self, kind: str) -> Fault | None:
        for fault in self.faults:
            number = self.count + 1 if fault.kind is None else self._counts[kind]
            if fault.at == number and fault.kind in (None, kind):
                if fault.calls > 1:
                    self._bursts.append(_Burst(kind, fault, fault.calls - 1))
                return fault
        for burst in self._bursts:
            if burst.kind == kind and burst.left:
                burst.left -= 1
                return burst.fault
        return None

    async def call(
        self,
        life: Life,
        kind: str,
        name: str,
        effect: Callable[[], Awaitable[T]],
        *,
        instead: Sequence[Callable[[], Awaitable[T]]],
        lost: Sequence[Callable[[], Awaitable[T]]],
        takes_s: tuple[float, float],
    ) -> T:
        """One call over the network. `instead` and `lost` answer (mostly by raising) where it fails."""
        life.check()
        fault = self.number(kind, name)
        mode = fault.mode if fault else None
        there_s, back_s = (self.rng.uniform(*takes_s) / 2 for _ in range(2))
        if mode is Mode.KILL_BEFORE:
            life.kill()
        if fault is not None and mode is Mode.INSTEAD:
            await asyncio.sleep(there_s)
            life.check()
            return await instead[fault.pick % len(instead)]()
        try:
            answer = await asyncio.shield(self._send(life, effect, there_s))
        finally:
            if mode is Mode.KILL_AFTER:
                life.kill()
        await asyncio.sleep(back_s)
        life.check()
        if fault is not None and mode is Mode.LOST:
            return await lost[fault.pick % len(lost)]()
        return answer

    def _send(self, life: Life, effect: Callable[[], Awaitable[T]], there_s: float) -> asyncio.Task[T]:
        async def arrive() -> T:
            await asyncio.sleep(there_s)
            if not self.lands_after_death:
                life.check()
            return await effect()

        flight = asyncio.create_task(arrive())
        self._flights.add(flight)
        flight.add_done_callback(self._landed)
        return flight

    def _landed(self, flight: asyncio.Task[object]) -> None:
        self._flights.discard(flight)
        if not flight.cancelled():
            flight.exception()  # it belongs to the caller, who may be dead

    async def land(self) -> None:
        """Let everything that is on its way arrive."""
        while self._flights:
            await asyncio.wait(self._flights)


def raising(error: Callable[[], Exception]) -> Callable[[], Awaitable[NoReturn]]:
    """An answer that is this error."""

    async def fail() -> NoReturn:
        raise error()

    return fail

"""Runs a bot as it is and notes how late its event loop is: `watched.py LAGS bot run`, or `watched.py LAGS script.py`.

A script that imports nothing of ours. Every `TICK_S` the loop is owed a turn; a line in `LAGS` says when one was due
(seconds by `time.monotonic`, which all processes of a machine share) and how many ms later it came. A turn that is
missed is still owed, so a loop that stands still for a second is late a hundred times, as a hundred events would be.
"""

from __future__ import annotations

import asyncio
import runpy
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TextIO, TypeVar

TICK_S = 0.01

T = TypeVar("T")

run_unwatched = asyncio.run


async def watch(lags: TextIO) -> None:
    """Note until cancelled."""
    due = time.monotonic()
    while True:
        due += TICK_S
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        lags.write(f"{due:.4f} {max(0.0, time.monotonic() - due) * 1000:.3f}\n")


async def _watched(lags: Path, main: Coroutine[Any, Any, T]) -> T:
    with lags.open("w", encoding="utf-8") as file:
        watching = asyncio.create_task(watch(file))
        try:
            return await main
        finally:
            watching.cancel()


def main() -> None:
    """Run the program that the rest of the command line names, in the place of this one."""
    lags, program, *arguments = sys.argv[1:]
    asyncio.run = lambda main, **more: run_unwatched(_watched(Path(lags), main), **more)
    sys.path.pop(0)  # the folder of this script, whose modules a program must not meet
    sys.argv = [program, *arguments]
    if program.endswith(".py"):
        runpy.run_path(program, run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()

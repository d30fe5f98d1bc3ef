"""Lets aiosqlite answer at once instead of from a thread: SQLite, its files and SQLAlchemy stay the real ones.

A thread would make the order of things differ from run to run, and virtual time would run away while it works.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import aiosqlite.core

Order = tuple["asyncio.Future[Any] | None", Callable[[], Any]]


class _AtOnce:
    """Stands where the thread's queue is, and does what is put into it."""

    def put_nowait(self, order: Order) -> None:
        future, work = order
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - it belongs to whoever awaits the future
            if future is not None:
                future.set_exception(error)
        else:
            if future is not None:
                future.set_result(result)


class _NoThread:
    """Stands where the thread is."""

    daemon = False

    def __init__(self, **_: object) -> None:
        pass

    def start(self) -> None:
        pass


@contextmanager
def sqlite_at_once() -> Iterator[None]:
    """For connections opened in the block."""
    with (
        mock.patch.object(aiosqlite.core, "SimpleQueue", _AtOnce),
        mock.patch.object(aiosqlite.core, "Thread", _NoThread),
    ):
        yield

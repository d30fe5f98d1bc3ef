from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

# A machine may be as busy as it likes: how long an example takes is no property of the code.
settings.register_profile("busy", deadline=None)
settings.load_profile("busy")

END_TO_END = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """End to end first: those tests mostly wait, and what waits must not be what the others wait for at the end."""
    items.sort(key=lambda item: item.path.parent != END_TO_END)


@pytest.fixture(autouse=True)
def own_logs() -> Iterator[None]:
    """What a test sets up, as the program does at its start, holds for none of those that come after it."""
    root, ours = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**ours)

from __future__ import annotations

from pathlib import Path

import pytest

END_TO_END = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """End to end first: those tests mostly wait, and what waits must not be what the others wait for at the end."""
    items.sort(key=lambda item: item.path.parent != END_TO_END)

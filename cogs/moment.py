"""A moment of a take as members write it: `84`, `84.5`, or `1:24` as the cards do."""

from __future__ import annotations

import re
from typing import Final

from bot.errors import InvalidRequest

MOMENT: Final = re.compile(r"(?:(?P<minutes>[0-9]{1,3}):)?(?P<seconds>[0-9]{1,6}(?:\.[0-9]{1,3})?)(?<!:[6-9][0-9])")


def second(option: str, text: str | None) -> float | None:
    """Seconds; None if it is empty. Raises `InvalidRequest` that names the option."""
    if text is None or not text.strip():
        return None
    match = MOMENT.fullmatch(text.strip())
    if match is None or (match["minutes"] and float(match["seconds"]) >= 60):
        raise InvalidRequest("error-at-negative", option=option)
    return int(match["minutes"] or 0) * 60 + float(match["seconds"])


def whole_second(option: str, text: str | None) -> int | None:
    """Where the API takes whole seconds. Raises `InvalidRequest` that names the option."""
    found = second(option, text)
    if found is not None and found != int(found):
        raise InvalidRequest("error-at-negative", option=option)
    return None if found is None else int(found)

"""The ids Discord gives: each tells when it was given, by Discord's own clock."""

from __future__ import annotations

from typing import Final

EPOCH_MS: Final = 1_420_070_400_000
"""The first second of 2015: https://docs.discord.com/developers/reference#snowflakes"""


def given_at(snowflake: int) -> int:
    """Unix ms."""
    return (snowflake >> 22) + EPOCH_MS

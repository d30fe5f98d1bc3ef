"""The same local Discord, for other client libraries."""

from tests.sandbox.discord.conftest import strict

__all__ = ["strict"]

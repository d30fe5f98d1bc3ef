"""What Discord lets the bot do where it was invited, as `python -m bot check` reads it once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChannelSeen:
    """A channel the bot sees. `lacks`: permissions by the names Discord's client shows in English."""

    name: str
    lacks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServerSeen:
    """A server. `lacks` is missing in the whole of it; a channel names what is missing there beside that."""

    name: str
    lacks: tuple[str, ...]
    channels: tuple[ChannelSeen, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """`privileged`: intents that are switched on and not needed. `starts_left`: connects Discord allows today."""

    bot_name: str
    privileged: tuple[str, ...]
    starts_left: int
    servers: tuple[ServerSeen, ...]
    unread: tuple[str, ...]
    """Servers that could not be looked at."""
    more: bool
    """There are more servers than were looked at."""

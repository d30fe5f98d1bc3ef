"""The sockets around the model: REST, gateway, CDN, the JSON API and the page."""

from sandbox.discord.wire.server import Discord, open_discord
from sandbox.discord.wire.surroundings import BotKeeper

__all__ = ["BotKeeper", "Discord", "open_discord"]

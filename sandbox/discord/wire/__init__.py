"""The sockets around the model: REST, gateway, CDN, the JSON API and the page."""

from sandbox.discord.wire.server import Discord, open_discord

__all__ = ["Discord", "open_discord"]

"""The Discord face: slash commands and the callbacks of buttons and forms. Thin: parse, ask the service, reply."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.client import MinstrelBot


async def setup(bot: MinstrelBot) -> None:
    """Called by discord.py when `bot/client.py` loads this package by its name."""
    from cogs.help import Help
    from cogs.queue import Queue
    from cogs.songs import Songs
    from cogs.ui.buttons import Press
    from cogs.ui.forms import Forms

    bot.add_dynamic_items(Press)
    for cog in (Songs(bot), Queue(bot), Help(bot), Forms(bot)):
        await bot.add_cog(cog)

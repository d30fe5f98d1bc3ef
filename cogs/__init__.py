"""The Discord face: slash commands and the callbacks of buttons and forms. Thin: parse, ask the service, reply."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.client import MinstrelBot


async def setup(bot: MinstrelBot) -> None:
    """Called by discord.py when `bot/client.py` loads this package by its name."""
    from discord import app_commands

    from cogs.exports import Exports
    from cogs.help import Help
    from cogs.library import Library
    from cogs.queue import Queue
    from cogs.singers import Singers
    from cogs.songs import Songs
    from cogs.sounds import Sounds
    from cogs.ui.buttons import Press
    from cogs.ui.forms import Forms
    from cogs.versions import Versions
    from cogs.words import MENUS, Words

    bot.add_dynamic_items(Press)
    cogs = (Songs, Versions, Sounds, Words, Singers, Exports, Library, Queue, Help, Forms)
    for cog in cogs:
        await bot.add_cog(cog(bot))
    for name, callback in MENUS.items():
        bot.tree.add_command(app_commands.ContextMenu(name=name, callback=callback))

"""`/help`: what to type first, and what the bot may do here."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.cards.drawing import WORKING
from bot.client import REQUIRED_PERMISSIONS, Interaction, MinstrelBot

ONLY_THREADS = {"create_public_threads", "send_messages_in_threads"}
ONLY_HISTORY = {"read_message_history"}


class Help(commands.Cog):
    """One ephemeral page."""

    def __init__(self, bot: MinstrelBot) -> None:
        self._bot = bot

    @app_commands.command(name="help", description="command-help")
    async def help(self, interaction: Interaction) -> None:
        """The missing permissions are those of this very channel."""
        locale = str(interaction.locale)
        say = self._bot.book.say
        lines = [say(locale, f"help-{part}") for part in ("start", "more", "takes", "own", "queue")]
        if interaction.guild_id is not None:
            lines.append(self._permissions(interaction, locale))
        embed = discord.Embed(title=say(locale, "help-heading"), description="\n\n".join(lines), colour=WORKING)
        await interaction.response.send_message(embed=embed, ephemeral=True)

    def _permissions(self, interaction: Interaction, locale: str) -> str:
        say = self._bot.book.say
        allowed = interaction.app_permissions
        missing = [name for name, needed in REQUIRED_PERMISSIONS if needed and not getattr(allowed, name)]
        if not missing or allowed.administrator:
            return say(locale, "help-permissions-fine")
        effect = "help-effect-files"
        if set(missing) <= ONLY_THREADS:
            effect = "help-effect-threads"
        elif set(missing) <= ONLY_HISTORY:
            effect = "help-effect-history"
        names = ", ".join(say(locale, f"permission-{name}") for name in missing)
        return say(locale, "help-permissions-missing", names=names, effect=say(locale, effect))

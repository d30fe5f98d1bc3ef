"""`/library`: one's own takes, newest first, and posting any of them here."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.cards import library_page
from bot.client import Interaction, MinstrelBot
from cogs.answer import member_of


class Library(commands.Cog):
    """What a member has made here, wherever it stands now."""

    def __init__(self, bot: MinstrelBot) -> None:
        self._bot = bot

    @app_commands.command(name="library", description="command-library")
    async def library(self, interaction: Interaction) -> None:
        """The first page."""
        page = await self._bot.service.library(member_of(interaction))
        drawing = library_page.draw(page, self._bot.book, str(interaction.locale))
        await interaction.response.send_message(embed=drawing.embed, view=drawing.view, ephemeral=True)


async def turn(interaction: Interaction, before: int) -> None:
    """The next page, in the place of this one; never in the place of a message that others see."""
    bot = interaction.client
    page = await bot.service.library(member_of(interaction), before=before)
    drawing = library_page.draw(page, bot.book, str(interaction.locale))
    if interaction.message is not None and interaction.message.flags.ephemeral:
        await interaction.response.edit_message(embed=drawing.embed, view=drawing.view)
    else:
        await interaction.response.send_message(embed=drawing.embed, view=drawing.view, ephemeral=True)

"""`/lyrics` drafts words; the menu "Sing this message" takes somebody's."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.cards.forms import FormBook
from bot.client import Interaction, MinstrelBot
from bot.errors import NotFound
from bot.requests import Lyrics
from cogs.answer import begin, member_of


class Words(commands.Cog):
    """Words before there is a song."""

    def __init__(self, bot: MinstrelBot) -> None:
        self._bot = bot

    @app_commands.command(name="lyrics", description="command-lyrics")
    @app_commands.describe(
        about="option-about",
        topics="option-topics",
        mood="option-mood",
        style="option-lyric-style",
        keywords="option-keywords",
    )
    async def lyrics(
        self,
        interaction: Interaction,
        about: str | None = None,
        topics: str | None = None,
        mood: str | None = None,
        style: str | None = None,
        keywords: str | None = None,
    ) -> None:
        """The draft arrives on the card, with a button to change and sing it."""
        request = Lyrics(
            prompt=about or "",
            topics=topics or "",
            moods=mood or "",
            style=style or "",
            keyword=keywords or "",
            retention_days=self._bot.retention_days,
        )
        await begin(interaction, request)


async def revise_message(interaction: Interaction, message: discord.Message) -> None:
    """The menu "Revise this take": a form filled with what the take was made from."""
    bot = interaction.client
    take = await bot.service.message_take(message.id, member_of(interaction))
    await interaction.response.send_modal(FormBook(bot.book, str(interaction.locale)).revise(take))


async def sing_message(interaction: Interaction, message: discord.Message) -> None:
    """The menu "Sing this message": the song's form, filled with its words."""
    bot = interaction.client
    if not message.content.strip():
        raise NotFound("error-no-words-in-message")
    await interaction.response.send_modal(FormBook(bot.book, str(interaction.locale)).song(message.content))


MENUS = {"Revise this take": revise_message, "Sing this message": sing_message}

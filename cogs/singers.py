"""`/singer`: voices made from takes, used by name in other songs."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.cards.drawing import WORKING, plain
from bot.client import Interaction, MinstrelBot
from bot.requests import MAX_NAME, Persona
from bot.service import MOST_CHOICES
from cogs import takes
from cogs.answer import begin_from, member_of

LINES = 40


class Singers(commands.GroupCog, group_name="singer", group_description="command-singer"):
    """Create, list, remove."""

    def __init__(self, bot: MinstrelBot) -> None:
        self._bot = bot

    @app_commands.command(name="create", description="command-singer-create")
    @app_commands.describe(take="option-take", name="option-singer-name")
    @app_commands.autocomplete(take=takes.offered)
    async def create(self, interaction: Interaction, take: str, name: app_commands.Range[str, 1, MAX_NAME]) -> None:
        """The voice of a take."""
        source = await takes.named(self._bot, member_of(interaction), take)
        await begin_from(interaction, Persona(clip_id=source.clip.clip_id, name=name), source)

    @app_commands.command(name="list", description="command-singer-list")
    async def show_all(self, interaction: Interaction) -> None:
        """Everybody's of this server; in private, one's own."""
        book, locale = self._bot.book, str(interaction.locale)
        found = await self._bot.service.singers(member_of(interaction))
        lines = [
            book.say(locale, "singer-line", name=plain(one.name, MAX_NAME), owner=str(one.owner_id))
            for one in found[:LINES]
        ]
        embed = discord.Embed(
            title=book.say(locale, "singers-heading"),
            description="\n".join(lines) or book.say(locale, "singers-none"),
            colour=WORKING,
        )
        await interaction.response.send_message(embed=embed, ephemeral=True)

    @app_commands.command(name="remove", description="command-singer-remove")
    @app_commands.describe(name="option-singer")
    async def remove(self, interaction: Interaction, name: str) -> None:
        """Its maker's, or a moderator's, to do."""
        removed = await self._bot.service.remove_singer(name, member_of(interaction))
        said = self._bot.book.say(str(interaction.locale), "singer-removed", name=plain(removed.name, MAX_NAME))
        await interaction.response.send_message(said, ephemeral=True)

    @remove.autocomplete("name")
    async def _names(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        return await offered(interaction, current)


async def offered(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
    """The singers of this place."""
    found = await interaction.client.service.singers(member_of(interaction), current)
    return [app_commands.Choice(name=singer.name, value=singer.name) for singer in found[:MOST_CHOICES]]

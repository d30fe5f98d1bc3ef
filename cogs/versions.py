"""New takes from a take: `/cover`, `/remaster`, `/replace`, `/vocals`, `/backing`."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot import lineage
from bot.client import Interaction, MinstrelBot
from cogs import takes
from cogs.answer import begin_from, member_of
from cogs.moment import second

RANGE = {"start": "from", "end": "to"}


class Versions(commands.Cog):
    """Each names a take and answers with its card."""

    def __init__(self, bot: MinstrelBot) -> None:
        self._bot = bot

    @app_commands.command(name="cover", description="command-cover")
    @app_commands.describe(take="option-take", lyrics="option-lyrics", style="option-style", title="option-title")
    @app_commands.autocomplete(take=takes.offered)
    async def cover(
        self,
        interaction: Interaction,
        take: str,
        lyrics: str | None = None,
        style: str | None = None,
        title: str | None = None,
    ) -> None:
        """What is left out stays as it is."""
        source = await takes.named(self._bot, member_of(interaction), take)
        request = lineage.cover(
            source,
            lyrics=lyrics or "",
            style=style or "",
            title=title or "",
            retention_days=self._bot.retention_days,
        )
        await begin_from(interaction, request, source)

    @app_commands.command(name="remaster", description="command-remaster")
    @app_commands.describe(take="option-take")
    @app_commands.autocomplete(take=takes.offered)
    async def remaster(self, interaction: Interaction, take: str) -> None:
        """Nothing but the take is needed."""
        source = await takes.named(self._bot, member_of(interaction), take)
        await begin_from(interaction, lineage.remaster(source, self._bot.retention_days), source)

    @app_commands.command(name="replace", description="command-replace")
    @app_commands.rename(**RANGE)
    @app_commands.describe(
        take="option-take", start="option-from", end="option-to", lyrics="option-lyrics", style="option-style"
    )
    @app_commands.autocomplete(take=takes.offered)
    async def replace(
        self,
        interaction: Interaction,
        take: str,
        start: str,
        end: str,
        lyrics: str | None = None,
        style: str | None = None,
    ) -> None:
        """Everything outside the stretch stays."""
        source = await takes.named(self._bot, member_of(interaction), take)
        request = lineage.infill(
            source,
            start_s=second("from", start) or 0.0,
            end_s=second("to", end) or 0.0,
            lyrics=lyrics or "",
            style=style or "",
            retention_days=self._bot.retention_days,
        )
        await begin_from(interaction, request, source)

    @app_commands.command(name="vocals", description="command-vocals")
    @app_commands.rename(**RANGE)
    @app_commands.describe(
        take="option-take", lyrics="option-lyrics", style="option-style", start="option-from", end="option-to"
    )
    @app_commands.autocomplete(take=takes.offered)
    async def vocals(
        self,
        interaction: Interaction,
        take: str,
        lyrics: str | None = None,
        style: str | None = None,
        start: str | None = None,
        end: str | None = None,
    ) -> None:
        """Without a stretch, over all of it."""
        source = await takes.named(self._bot, member_of(interaction), take)
        request = lineage.vocals(
            source,
            start_s=second("from", start),
            end_s=second("to", end),
            lyrics=lyrics or "",
            style=style or "",
            retention_days=self._bot.retention_days,
        )
        await begin_from(interaction, request, source)

    @app_commands.command(name="backing", description="command-backing")
    @app_commands.rename(**RANGE)
    @app_commands.describe(take="option-take", start="option-from", end="option-to")
    @app_commands.autocomplete(take=takes.offered)
    async def backing(
        self, interaction: Interaction, take: str, start: str | None = None, end: str | None = None
    ) -> None:
        """Meant for a voice that was uploaded."""
        source = await takes.named(self._bot, member_of(interaction), take)
        request = lineage.backing(
            source, self._bot.retention_days, start_s=second("from", start), end_s=second("to", end)
        )
        await begin_from(interaction, request, source)

"""The commands that make music: `/song`, `/inspire`, `/instrumental`, `/extend`."""

from __future__ import annotations

from dataclasses import replace

from discord import app_commands
from discord.ext import commands

from bot import lineage
from bot.cards.forms import FormBook
from bot.client import Interaction, MinstrelBot
from bot.requests import MAX_RETENTION_DAYS, Generate
from cogs import singers, takes
from cogs.answer import begin, begin_from, member_of

Retention = app_commands.Range[int, 1, MAX_RETENTION_DAYS]


class Songs(commands.Cog):
    """Each command builds a request and answers with its card."""

    def __init__(self, bot: MinstrelBot) -> None:
        self._bot = bot

    @app_commands.command(name="song", description="command-song")
    @app_commands.describe(
        lyrics="option-lyrics",
        style="option-style",
        title="option-title",
        singer="option-singer",
        retention="option-retention",
    )
    @app_commands.autocomplete(singer=singers.offered)
    async def song(
        self,
        interaction: Interaction,
        lyrics: str | None = None,
        style: str | None = None,
        title: str | None = None,
        singer: str | None = None,
        retention: Retention | None = None,
    ) -> None:
        """Lyrics and style; with nothing given, a form, because an option holds one line only."""
        if all(given is None for given in (lyrics, style, title, singer, retention)):
            await interaction.response.send_modal(FormBook(self._bot.book, str(interaction.locale)).song())
            return
        request = Generate(
            prompt=lyrics or "", tags=style or "", title=title or "", retention_days=self._days(retention)
        )
        await begin(interaction, await self._sung_by(interaction, request, singer))

    @app_commands.command(name="inspire", description="command-inspire")
    @app_commands.describe(
        idea="option-idea", title="option-title", singer="option-singer", retention="option-retention"
    )
    @app_commands.autocomplete(singer=singers.offered)
    async def inspire(
        self,
        interaction: Interaction,
        idea: str,
        title: str | None = None,
        singer: str | None = None,
        retention: Retention | None = None,
    ) -> None:
        """The API's inspiration mode."""
        request = Generate(description=idea, title=title or "", retention_days=self._days(retention))
        await begin(interaction, await self._sung_by(interaction, request, singer))

    @app_commands.command(name="instrumental", description="command-instrumental")
    @app_commands.describe(
        style="option-style", description="option-description", title="option-title", retention="option-retention"
    )
    async def instrumental(
        self,
        interaction: Interaction,
        style: str | None = None,
        description: str | None = None,
        title: str | None = None,
        retention: Retention | None = None,
    ) -> None:
        """With a style, the description goes where lyrics would: the API takes an idea only by itself."""
        request = Generate(
            prompt=(description or "") if style else "",
            tags=style or "",
            description="" if style else (description or ""),
            title=title or "",
            instrumental=True,
            retention_days=self._days(retention),
        )
        await begin(interaction, request)

    @app_commands.command(name="extend", description="command-extend")
    @app_commands.describe(
        take="option-take", at="option-at", lyrics="option-lyrics", style="option-style", retention="option-retention"
    )
    @app_commands.autocomplete(take=takes.offered)
    async def extend(
        self,
        interaction: Interaction,
        take: str,
        at: app_commands.Range[int, 0] | None = None,
        lyrics: str | None = None,
        style: str | None = None,
        retention: Retention | None = None,
    ) -> None:
        """Continue a take of this thread, or one of the member's own."""
        source = await takes.named(self._bot, member_of(interaction), take)
        request = lineage.extension(
            source, at=at, lyrics=lyrics or "", style=style or "", retention_days=self._days(retention)
        )
        await begin_from(interaction, request, source)

    async def _sung_by(self, interaction: Interaction, request: Generate, name: str | None) -> Generate:
        """The same song with a singer of this place. Raises `NotFound`."""
        if not name or not name.strip():
            return request
        singer = await self._bot.service.singer(name, member_of(interaction))
        return replace(request, persona_id=singer.persona_id, persona_name=singer.name)

    def _days(self, given: int | None) -> int:
        return self._bot.retention_days if given is None else given

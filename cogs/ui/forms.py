"""Every form that is sent, matched by its `custom_id` alone: one that was open during a restart still lands."""

from __future__ import annotations

from collections.abc import Mapping

import discord
from discord.ext import commands

from bot import lineage
from bot.cards import forms
from bot.cards.custom_id import Act, CustomId
from bot.client import Interaction, MinstrelBot, apologise
from bot.errors import NotFound
from bot.requests import Generate, Persona, Request
from cogs.answer import begin, begin_from, member_of, of_a_button
from cogs.moment import second, whole_second
from db.clips import Take


class Forms(commands.Cog):
    """discord.py drops a form it did not open itself, so forms are read from the raw interaction."""

    def __init__(self, bot: MinstrelBot) -> None:
        self._bot = bot

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Called for every interaction; only sent forms are ours."""
        if interaction.type is not discord.InteractionType.modal_submit or interaction.data is None:
            return
        data: Mapping[str, object] = {**interaction.data}
        try:
            await self._sent(interaction, CustomId.parse(str(data.get("custom_id"))), forms.values(data))
        except Exception as error:  # noqa: BLE001 - told to the member, and logged with a reference unless it is ours
            await apologise(interaction, of_a_button(error))

    async def _sent(self, interaction: Interaction, form: CustomId | None, typed: Mapping[str, str]) -> None:
        if form is None:
            raise NotFound("error-button-gone")
        if form.act is Act.SONG:
            await begin(interaction, self._song(typed))
        elif form.act is Act.SING:
            card = await self._bot.service.card(form.row, member_of(interaction))
            if card.draft is None:
                raise NotFound("error-button-gone")
            await begin(interaction, self._song(typed), song_id=card.task.song_id)
        else:
            take = await self._bot.service.take(form.row, member_of(interaction))
            await begin_from(interaction, self._of_take(form.act, take, typed), take)

    def _song(self, typed: Mapping[str, str]) -> Generate:
        return Generate(
            prompt=typed.get("lyrics", ""),
            tags=typed.get("style", ""),
            title=typed.get("title", ""),
            retention_days=self._bot.retention_days,
        )

    def _of_take(self, act: Act, take: Take, typed: Mapping[str, str]) -> Request:
        days = self._bot.retention_days
        lyrics, style = typed.get("lyrics", ""), typed.get("style", "")
        start_s, end_s = second("from", typed.get("from")), second("to", typed.get("to"))
        match act:
            case Act.EXTEND:
                at = whole_second("at", typed.get("at"))
                return lineage.extension(take, at=at, lyrics=lyrics, style=style, retention_days=days)
            case Act.REVISE:
                return self._song(typed)
            case Act.COVER:
                # Words that were left as they stood are the take's own: the cover keeps them by itself.
                words = "" if lyrics.strip() == lineage.lyrics_of(take).strip() else lyrics
                return lineage.cover(take, lyrics=words, style=style, retention_days=days)
            case Act.REPLACE:
                return lineage.infill(
                    take, start_s=start_s or 0.0, end_s=end_s or 0.0, lyrics=lyrics, style=style, retention_days=days
                )
            case Act.VOCALS:
                return lineage.vocals(
                    take, start_s=start_s, end_s=end_s, lyrics=lyrics, style=style, retention_days=days
                )
            case Act.SINGER:
                return Persona(clip_id=take.clip.clip_id, name=typed.get("name", ""))
        raise NotFound("error-button-gone")

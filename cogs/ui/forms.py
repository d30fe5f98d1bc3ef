"""Every form that is sent, matched by its `custom_id` alone: one that was open during a restart still lands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import discord
from discord.ext import commands

from bot import lineage
from bot.cards import forms
from bot.cards.custom_id import Act, CustomId
from bot.client import Interaction, MinstrelBot, apologise
from bot.errors import InvalidRequest, NotFound
from bot.requests import Generate
from cogs.answer import begin, member_of, of_a_button

MOMENT: Final = re.compile(r"(?:(?P<minutes>[0-9]{1,3}):)?(?P<seconds>[0-9]{1,6})(?<!:[6-9][0-9])")


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
        lyrics, style = typed.get("lyrics", ""), typed.get("style", "")
        match form:
            case CustomId(act=Act.SONG):
                title, days = typed.get("title", ""), self._bot.retention_days
                await begin(interaction, Generate(prompt=lyrics, tags=style, title=title, retention_days=days))
            case CustomId(act=Act.EXTEND, row=clip_row_id):
                take = await self._bot.service.take(clip_row_id, member_of(interaction))
                request = lineage.extension(
                    take,
                    at=_second(typed.get("at", "")),
                    lyrics=lyrics,
                    style=style,
                    retention_days=self._bot.retention_days,
                )
                await begin(interaction, request, source=take, parent_clip_id=take.clip.id)
            case _:
                raise NotFound("error-button-gone")


def _second(text: str) -> int | None:
    """A form's field is text: `84`, or `1:24` as the cards write it; None if it is empty. Raises `InvalidRequest`."""
    if not text.strip():
        return None
    match = MOMENT.fullmatch(text.strip())
    if match is None:
        raise InvalidRequest("error-at-negative", option="at")
    return int(match["minutes"] or 0) * 60 + int(match["seconds"])

"""Every button of a card or a take. Found by its `custom_id`, so it works for as long as its message exists."""

from __future__ import annotations

import re
from typing import Any, Self

import discord

from bot import lineage
from bot.cards import forms, take_message
from bot.cards.custom_id import Act, CustomId
from bot.client import Interaction, MinstrelBot, apologise
from bot.errors import NotFound
from cogs.answer import begin, member_of, of_a_button
from cogs.queue import said

ANY = r"[\s\S]+"
"""Every press ends here, so that one on a button nobody knows any more is answered too."""


class Press(discord.ui.DynamicItem[discord.ui.Button[Any]], template=ANY):
    """One press of one of our buttons."""

    def __init__(self, item: discord.ui.Button[Any]) -> None:
        super().__init__(item)
        self._pressed = CustomId.parse(item.custom_id or "")

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """discord.py swallows what is raised here, so an unknown act is refused in the callback."""
        if not isinstance(item, discord.ui.Button):
            raise TypeError(f"{match[0]} is not a button")
        return cls(item)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Errors of a callback would only be logged by discord.py: the member must hear of them."""
        try:
            if self._pressed is None:
                raise NotFound("error-button-gone")
            await _act(interaction, self._pressed)
        except Exception as error:  # noqa: BLE001 - told to the member, and logged with a reference unless it is ours
            await apologise(interaction, of_a_button(error))


async def _act(interaction: Interaction, pressed: CustomId) -> None:
    match pressed.act:
        case Act.CANCEL:
            await _cancel(interaction, pressed.row)
        case Act.SHOW:
            await _show(interaction, pressed.row)
        case Act.EXTEND:
            await _extend(interaction, pressed.row)
        case Act.AGAIN:
            await _again(interaction, pressed.row)
        case Act.LYRICS:
            await _lyrics(interaction, pressed.row)
        case _:
            raise NotFound("error-button-gone")


async def _cancel(interaction: Interaction, task_id: int) -> None:
    bot, member = interaction.client, member_of(interaction)
    stopped = await bot.service.cancel(task_id, member)
    card = await bot.service.card(task_id, member)
    await interaction.response.send_message(said(bot, card, stopped, str(interaction.locale)), ephemeral=True)


async def _show(interaction: Interaction, task_id: int) -> None:
    bot = interaction.client
    await bot.service.show(task_id, member_of(interaction))
    await interaction.response.send_message(bot.book.say(str(interaction.locale), "show-done"), ephemeral=True)


async def _extend(interaction: Interaction, clip_row_id: int) -> None:
    bot: MinstrelBot = interaction.client
    take = await bot.service.take(clip_row_id, member_of(interaction))
    form = forms.extend_form(take, lineage.style_of(take), bot.book, str(interaction.locale))
    await interaction.response.send_modal(form)


async def _again(interaction: Interaction, clip_row_id: int) -> None:
    bot: MinstrelBot = interaction.client
    take = await bot.service.take(clip_row_id, member_of(interaction))
    request = lineage.again(take, bot.retention_days)
    await begin(interaction, request, source=take, parent_clip_id=take.clip.parent_clip_id)


async def _lyrics(interaction: Interaction, clip_row_id: int) -> None:
    bot: MinstrelBot = interaction.client
    take = await bot.service.take(clip_row_id, member_of(interaction))
    words = lineage.lyrics_of(take)
    embed = take_message.lyrics(take, words, bot.book, str(interaction.locale))
    whole = take_message.lyrics_file(take, words)
    await interaction.response.send_message(embed=embed, files=[whole] if whole else [], ephemeral=True)

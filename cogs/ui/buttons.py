"""Every button of a card or a take. Found by its `custom_id`, so it works for as long as its message exists."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, Self

import discord

from bot import lineage
from bot.cards import take_message
from bot.cards.custom_id import Act, CustomId
from bot.cards.drawing import plain
from bot.cards.forms import FormBook
from bot.client import Interaction, MinstrelBot, apologise
from bot.errors import NotFound
from bot.requests import Request, Show
from bot.service import Member, Service
from cogs import library
from cogs.answer import begin, begin_from, member_of, of_a_button
from cogs.exports import Format, wanted
from cogs.queue import said
from db.clips import Take

Action = Callable[[Interaction, int], Awaitable[None]]

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
    if pressed.act not in ACTS:
        raise NotFound("error-button-gone")
    await ACTS[pressed.act](interaction, pressed.row)


async def _cancel(interaction: Interaction, task_id: int) -> None:
    bot, member = interaction.client, member_of(interaction)
    if interaction.message is not None:
        await bot.service.card_seen(task_id, member, interaction.message.id)
    stopped = await bot.service.cancel(task_id, member)
    card = await bot.service.card(task_id, member)
    await interaction.response.send_message(said(bot, card, stopped, str(interaction.locale)), ephemeral=True)


def _says(work: Callable[[Service, int, Member], Awaitable[None]], said: str) -> Action:
    """A press that does something to a task and tells who pressed that it is done."""

    async def do(interaction: Interaction, task_id: int) -> None:
        bot = interaction.client
        await work(bot.service, task_id, member_of(interaction))
        await interaction.response.send_message(bot.book.say(str(interaction.locale), said), ephemeral=True)

    return do


async def _sing(interaction: Interaction, task_id: int) -> None:
    bot = interaction.client
    card = await bot.service.card(task_id, member_of(interaction))
    if card.draft is None:
        raise NotFound("error-button-gone")
    await interaction.response.send_modal(FormBook(bot.book, str(interaction.locale)).sing(card, card.draft))


async def _take(interaction: Interaction, clip_row_id: int) -> Take:
    return await interaction.client.service.take(clip_row_id, member_of(interaction))


def _opens(form: Callable[[FormBook, Take], discord.ui.Modal]) -> Action:
    """A press that asks for words first."""

    async def open_form(interaction: Interaction, clip_row_id: int) -> None:
        take = await _take(interaction, clip_row_id)
        await interaction.response.send_modal(form(FormBook(interaction.client.book, str(interaction.locale)), take))

    return open_form


def _exports(form: Format) -> Action:
    """A press that begins an export."""

    async def export(interaction: Interaction, clip_row_id: int) -> None:
        take = await _take(interaction, clip_row_id)
        await begin_from(interaction, await wanted(interaction.client, take, form), take)

    return export


def _begins(request: Callable[[Take, int], Request]) -> Action:
    """A press that needs no words: the request is made from the take and the days to keep what it brings."""

    async def begin_at_once(interaction: Interaction, clip_row_id: int) -> None:
        take = await _take(interaction, clip_row_id)
        await begin_from(interaction, request(take, interaction.client.retention_days), take)

    return begin_at_once


async def _more(interaction: Interaction, clip_row_id: int) -> None:
    take, book, locale = await _take(interaction, clip_row_id), interaction.client.book, str(interaction.locale)
    said = book.say(locale, "more-heading", take=plain(take_message.heading(take, book, locale), 200))
    await interaction.response.send_message(said, view=take_message.more(take, book, locale), ephemeral=True)


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


async def _post(interaction: Interaction, clip_row_id: int) -> None:
    """The list it stands in is a member's own, so no other take can be named by it."""
    take = await interaction.client.service.nameable_take(clip_row_id, member_of(interaction))
    await begin_from(interaction, Show(clip_id=take.clip.clip_id), take)


ACTS: Final[dict[Act, Action]] = {
    Act.CANCEL: _cancel,
    Act.RETRY: _says(Service.try_again, "retry-done"),
    Act.LEAVE: _says(Service.leave_it, "leave-done"),
    Act.SHOW: _says(Service.show, "show-done"),
    Act.SING: _sing,
    Act.AGAIN: _again,
    Act.LYRICS: _lyrics,
    Act.MORE: _more,
    Act.EXTEND: _opens(FormBook.extend),
    Act.COVER: _opens(FormBook.cover),
    Act.REVISE: _opens(FormBook.revise),
    Act.REPLACE: _opens(FormBook.replace),
    Act.VOCALS: _opens(FormBook.vocals),
    Act.SINGER: _opens(FormBook.singer),
    Act.REMASTER: _begins(lineage.remaster),
    Act.BACKING: _begins(lineage.backing),
    Act.STEM: _exports("vocals"),
    Act.MIDI: _exports("midi"),
    Act.WAV: _exports("wav"),
    Act.KARAOKE: _exports("karaoke"),
    Act.WAVEFORM: _exports("waveform"),
    Act.FULL: _exports("full"),
    Act.POST: _post,
    Act.OLDER: library.turn,
}

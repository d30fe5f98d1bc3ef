"""`/queue` shows what waits and runs; `/cancel` stops it."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.cards import task_card
from bot.cards.drawing import WORKING, plain
from bot.client import Interaction, MinstrelBot
from bot.errors import NotFound
from bot.picture import CardPicture
from bot.service import MOST_CHOICES, Member, may_manage
from cogs.answer import member_of
from db.parked import Parked
from db.states import ENDED
from db.tasks import Task

LINES = 15
NAMED = 10
"""Row ids that are told of each sort."""


class Queue(commands.Cog):
    """What is going on, and stopping it."""

    def __init__(self, bot: MinstrelBot) -> None:
        self._bot = bot

    @app_commands.command(name="queue", description="command-queue")
    async def queue(self, interaction: Interaction) -> None:
        """Everybody's tasks of this server; in private, one's own."""
        cards = await self._bot.service.outstanding(member_of(interaction))
        book, locale = self._bot.book, str(interaction.locale)
        lines = [self._line(card, locale, named=_may_see(interaction, card)) for card in cards[:LINES]]
        if len(cards) > LINES:
            lines.append(book.say(locale, "queue-more", count=len(cards) - LINES))
        embed = discord.Embed(
            title=book.say(locale, "queue-heading"),
            description="\n".join(lines) or book.say(locale, "queue-empty"),
            colour=WORKING,
        )
        if interaction.user.id in self._bot.owner_user_ids:
            embed.add_field(
                name=book.say(locale, "queue-operator"), value=self._operator(await self._bot.service.parked(), locale)
            )
        await interaction.response.send_message(embed=embed, ephemeral=True)

    @app_commands.command(name="cancel", description="command-cancel")
    @app_commands.describe(task="option-task")
    async def cancel(self, interaction: Interaction, task: str | None = None) -> None:
        """One's newest task unless another is named; a moderator may stop anybody's."""
        member = member_of(interaction)
        cards = await self._bot.service.outstanding(member, mine=task is None)
        wanted = [card for card in cards if (card.can_cancel if task is None else str(card.task.id) == task)]
        if not wanted:
            raise NotFound("cancel-none" if task is None else "error-no-such-task")
        stopped = await self._bot.service.cancel(wanted[-1].task.id, member)
        await interaction.response.send_message(
            said(self._bot, wanted[-1], stopped, str(interaction.locale)), ephemeral=True
        )

    @cancel.autocomplete("task")
    async def _task_choices(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        member = member_of(interaction)
        cards = [card for card in await self._bot.service.outstanding(member) if _may_cancel(card, member)]
        named = [(task_card.heading(card, self._bot.book)[:100], str(card.task.id)) for card in reversed(cards)]
        matching = [(name, value) for name, value in named if current.casefold() in name.casefold()]
        return [app_commands.Choice(name=name, value=value) for name, value in matching[:MOST_CHOICES]]

    def _operator(self, parked: Parked, locale: str) -> str:
        """What only the operator can mend; the numbers are those of the log."""
        told = {"tasks": parked.tasks, "deliveries": parked.deliveries, "unsettled": parked.unsettled}
        say = self._bot.book.say
        lines = [
            say(locale, f"queue-{what}", count=len(ids), ids=", ".join(map(str, ids[:NAMED])))
            for what, ids in told.items()
            if ids
        ]
        return "\n".join(lines) or say(locale, "queue-operator-fine")

    def _line(self, card: CardPicture, locale: str, *, named: bool) -> str:
        book = self._bot.book
        title = plain(task_card.heading(card, book), 80) if named else book.say(locale, "queue-elsewhere")
        user, state = str(card.task.requester_id), task_card.state_line(card, book)
        return book.say(locale, "queue-line", title=title, user=user, state=state)


def said(bot: MinstrelBot, card: CardPicture, stopped: Task, locale: str) -> str:
    """What a cancel came to."""
    stopped_in_time = "cancel-rest" if card.was_sent else "cancel-done"
    message_id = stopped_in_time if stopped.state in ENDED else "cancel-late"
    return bot.book.say(locale, message_id, title=plain(task_card.heading(card, bot.book), 200))


def _may_see(interaction: Interaction, card: CardPicture) -> bool:
    """A title can be the first line of a song from a channel that is closed to whoever asks."""
    guild, member = interaction.guild, interaction.user
    if guild is None or card.task.requester_id == member.id or card.task.channel_id == interaction.channel_id:
        return True
    channel = guild.get_channel_or_thread(card.task.channel_id)
    if channel is None or not isinstance(member, discord.Member):
        return False
    secret = isinstance(channel, discord.Thread) and channel.is_private()
    return not secret and channel.permissions_for(member).view_channel


def _may_cancel(card: CardPicture, member: Member) -> bool:
    return card.can_cancel and may_manage(card.task, member)

"""What every command shares: who asks, and the answer that is the task's card."""

from __future__ import annotations

import aiohttp
import discord
import structlog

from bot.cards import task_card
from bot.client import Interaction
from bot.errors import NotAllowed, NotFound
from bot.requests import Request
from bot.service import Ask, Member
from db.clips import Take

log = structlog.get_logger()

ROW_GONE = frozenset({"error-no-such-take", "error-no-such-task"})


def member_of(interaction: Interaction) -> Member:
    """Who asks, from where, and whether they may manage other members' messages there."""
    allowed = interaction.permissions
    return Member(
        user_id=interaction.user.id,
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id or 0,
        moderator=interaction.guild_id is not None and (allowed.manage_messages or allowed.administrator),
    )


def public_locale(interaction: Interaction) -> str:
    """What is posted for all speaks the server's language; in private, the member's."""
    return str(interaction.guild_locale or interaction.locale)


def of_a_button(error: Exception) -> Exception:
    """A press names no row by hand: where the row is not here, it is the button that leads nowhere."""
    if isinstance(error, NotFound) and error.sentence_id in ROW_GONE:
        return NotFound("error-button-gone")
    return error


async def begin_from(interaction: Interaction, request: Request, source: Take) -> None:
    """A request that starts from a take: it belongs to the take's song."""
    await begin(interaction, request, source=source, parent_clip_id=source.clip.id)


async def begin(
    interaction: Interaction,
    request: Request,
    *,
    source: Take | None = None,
    parent_clip_id: int | None = None,
    song_id: int | None = None,
) -> None:
    """Store the request and answer with its card. `source`: the take it comes from, whose song it then belongs to.

    Only once Discord has told the card's id may the task cost money.
    """
    bot = interaction.client
    if interaction.guild_id is not None and not interaction.app_permissions.view_channel:
        raise NotAllowed("error-cannot-see-channel")  # its card could never be edited
    card = await bot.service.ask(
        Ask(
            request=request,
            member=member_of(interaction),
            locale=public_locale(interaction),
            interaction_id=interaction.id,
            interaction_token=interaction.token,
            song_id=source.song_id if source else song_id,
            parent_clip_id=parent_clip_id,
        )
    )
    drawing = task_card.draw(card, bot.book)
    try:
        answer = await interaction.response.send_message(embed=drawing.embed, view=drawing.view)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        # The answer may have arrived all the same; what stands on Discord decides.
        log.warning("card not confirmed", task=card.task.id, error=type(error).__name__)
        await bot.recovery.settle(card.task.id)
        return
    if answer.message_id is None or interaction.channel_id is None:
        await bot.recovery.settle(card.task.id)
        return
    await bot.service.card_posted(card.task.id, interaction.channel_id, answer.message_id)

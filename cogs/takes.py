"""Naming a take in a command's option: what the list offers, and what a member typed without looking at it."""

from __future__ import annotations

from discord import app_commands

from bot.cards import take_message
from bot.cards.drawing import seconds
from bot.client import Interaction, MinstrelBot
from bot.errors import NotFound
from bot.service import Member
from cogs.answer import member_of
from db.clips import Take

CHOICE_NAME = 100


async def choices(bot: MinstrelBot, member: Member, current: str, locale: str) -> list[app_commands.Choice[str]]:
    """The takes of this thread, then the member's own; the value is the take's row id."""
    found = await bot.service.takes(member, current)
    return [app_commands.Choice(name=_name(take, bot, locale), value=str(take.clip.id)) for take in found]


async def offered(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
    """The autocomplete of an option that names a take."""
    return await choices(interaction.client, member_of(interaction), current, str(interaction.locale))


async def named(bot: MinstrelBot, member: Member, text: str) -> Take:
    """The take of a choice's value, or of a name such as `v1a` typed by hand. Raises `NotFound`."""
    if text.isascii() and text.isdigit() and len(text) < 19:
        return await bot.service.nameable_take(int(text), member)
    for take in await bot.service.takes(member, text):
        if take.label == text.strip().casefold():
            return take
    raise NotFound("error-no-such-take")


def _name(take: Take, bot: MinstrelBot, locale: str) -> str:
    """The title may be long, so the length goes before it."""
    title = take_message.title(take, bot.book, locale)
    return f"{take.label} · {seconds(take.clip.duration_ms / 1000)} · {title}"[:CHOICE_NAME]

"""What can be had of a take: `/export`, `/show`; and `/recover` for a song this bot does not know any more."""

from __future__ import annotations

from typing import Literal

from discord import app_commands
from discord.ext import commands

from bot import lineage
from bot.client import Interaction, MinstrelBot
from bot.errors import InvalidRequest
from bot.requests import Concat, Midi, Recover, Request, Show, Stem, Timeline, Wav, Waveform
from cogs import takes
from cogs.answer import begin, begin_from, member_of
from db.clips import Take

Format = Literal["vocals", "midi", "wav", "karaoke", "waveform", "full"]


class Exports(commands.Cog):
    """Each runs as a task of its own, with a card."""

    def __init__(self, bot: MinstrelBot) -> None:
        self._bot = bot

    @app_commands.command(name="export", description="command-export")
    @app_commands.describe(take="option-take", format="option-format")
    @app_commands.autocomplete(take=takes.offered)
    async def export(self, interaction: Interaction, take: str, format: Format) -> None:  # noqa: A002 - Discord shows it
        """One file of a take."""
        source = await takes.named(self._bot, member_of(interaction), take)
        await begin_from(interaction, await wanted(self._bot, source, format), source)

    @app_commands.command(name="show", description="command-show")
    @app_commands.describe(take="option-take")
    @app_commands.autocomplete(take=takes.offered)
    async def show(self, interaction: Interaction, take: str) -> None:
        """The take's message once more, here."""
        source = await takes.named(self._bot, member_of(interaction), take)
        await begin_from(interaction, Show(clip_id=source.clip.clip_id), source)

    @app_commands.command(name="recover", description="command-recover")
    @app_commands.describe(task_id="option-task-id")
    async def recover(self, interaction: Interaction, task_id: str) -> None:
        """Where it is, if it is here; else it is fetched."""
        request = Recover(task_id=task_id.strip())
        known = await self._bot.service.known_task(request.task_id, member_of(interaction))
        if known is None:
            await begin(interaction, request)
            return
        task = known.task
        place = f"{task.guild_id or '@me'}/{task.card_channel_id}/{task.card_message_id}"
        link = f"https://discord.com/channels/{place}"
        said = self._bot.book.say(str(interaction.locale), "recover-known", place=link)
        await interaction.response.send_message(said, ephemeral=True)


async def wanted(bot: MinstrelBot, take: Take, form: str) -> Request:
    """The request for one file of a take. Raises `InvalidRequest`."""
    clip_id = take.clip.clip_id
    match form:
        case "vocals":
            return Stem(clip_id=clip_id)
        case "midi":
            return Midi(clip_id=clip_id, stem_id=await bot.service.stem_id(take.clip.id))
        case "wav":
            return Wav(clip_id=clip_id)
        case "karaoke":
            if not lineage.lyrics_of(take).strip():
                raise InvalidRequest("error-no-lyrics", option="take")
            return Timeline(clip_id=clip_id)
        case "waveform":
            return Waveform(clip_id=clip_id)
        case "full":
            return Concat(clip_id=clip_id, title=take.song_title)
    raise InvalidRequest("error-format", option="format")  # no honest client sends another

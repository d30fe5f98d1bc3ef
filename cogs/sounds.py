"""What begins without words: `/hum`, `/upload`, `/sfx`."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Interaction, MinstrelBot
from bot.errors import InvalidRequest
from bot.media import MAX_UPLOAD_BYTES
from bot.requests import BPM, MAX_LINE, SoundEffect, SoundType, Upload
from cogs.answer import begin


def sound_type(kind: str) -> SoundType:
    """Raises `InvalidRequest` for a word no honest client sends."""
    if kind not in list(SoundType):
        raise InvalidRequest("error-sound-type", option="kind")
    return SoundType(kind)


class Sounds(commands.Cog):
    """Files come from this very interaction alone; their bytes are looked at before MusicMint is given the link."""

    def __init__(self, bot: MinstrelBot) -> None:
        self._bot = bot

    @app_commands.command(name="hum", description="command-hum")
    @app_commands.describe(file="option-file", title="option-title")
    async def hum(self, interaction: Interaction, file: discord.Attachment, title: str | None = None) -> None:
        """The melody is uploaded first; then a song is made from it."""
        await begin(interaction, self._upload(file, title or "", hummed=True))

    @app_commands.command(name="upload", description="command-upload")
    @app_commands.describe(file="option-file", title="option-title")
    async def upload(self, interaction: Interaction, file: discord.Attachment, title: str | None = None) -> None:
        """It becomes a take like any other."""
        name = PurePosixPath(file.filename).stem[:MAX_LINE]
        await begin(interaction, self._upload(file, title or name, hummed=False))

    def _upload(self, file: discord.Attachment, title: str, *, hummed: bool) -> Upload:
        if not self._bot.uploads_can_be_fetched:
            raise InvalidRequest("error-uploads-local")
        if file.size > MAX_UPLOAD_BYTES:
            raise InvalidRequest("error-upload-size", option="file")
        return Upload(
            audio_url=file.url,
            file_name=file.filename,
            title=title,
            hummed=hummed,
            retention_days=self._bot.retention_days,
        )

    @app_commands.command(name="sfx", description="command-sfx")
    @app_commands.describe(
        text="option-text", kind="option-sound-kind", bpm="option-bpm", key="option-key", title="option-title"
    )
    async def sfx(
        self,
        interaction: Interaction,
        text: str,
        kind: Literal["loop", "one-shot"] = "one-shot",
        bpm: app_commands.Range[int, BPM.start, BPM.stop - 1] | None = None,
        key: str | None = None,
        title: str | None = None,
    ) -> None:
        """Once, or as a loop that closes at its tempo."""
        request = SoundEffect(
            description=text,
            sound_type=sound_type(kind),
            bpm=bpm,
            key=(key or "").strip(),
            title=title or "",
            retention_days=self._bot.retention_days,
        )
        await begin(interaction, request)

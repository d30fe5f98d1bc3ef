"""What Minstrel is held against: the least a discord.py bot can do for `/song`. A script that imports nothing of ours.

It answers with an embed and a button. Where `MUSICMINT_BASE_URL` is set it also does the least for a song: submit,
poll, start a thread, download, post. It stores nothing, checks nothing and tags nothing. `SONGS` names a JSON file with
the songs it finds under way at its start: `[{"task_id", "channel_id", "card_id"}, ...]`.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import random
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import aiohttp
import discord
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

POLL_S = float(os.environ.get("POLL_S", "0.5"))


class BareBot(discord.Client):
    """One command."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True))
        self.tree = app_commands.CommandTree(self)
        self.tree.command(name="song", description="Make a song")(song)
        self.musicmint: aiohttp.ClientSession | None = None
        self.songs: set[asyncio.Task[None]] = set()

    async def setup_hook(self) -> None:
        """Register the command."""
        await self.tree.sync()
        if base_url := os.environ.get("MUSICMINT_BASE_URL"):
            key = {"Authorization": f"Bearer {os.environ['MUSICMINT_API_KEY']}"}
            self.musicmint = aiohttp.ClientSession(base_url, headers=key)

    async def close(self) -> None:
        """Close both sides."""
        if self.musicmint is not None:
            await self.musicmint.close()
        await super().close()

    async def on_ready(self) -> None:
        """Tell the benchmark."""
        if file := os.environ.get("SONGS"):
            for song in json.loads(Path(file).read_text()):
                channel = self.get_channel(song["channel_id"])
                assert isinstance(channel, discord.TextChannel)
                self._start(self._go_on(channel.get_partial_message(song["card_id"]), song["task_id"]))
        sys.stdout.write("bare bot is ready\n")
        sys.stdout.flush()

    def make(self, card: discord.PartialMessage, body: dict[str, Any]) -> None:
        """Make the song and post it, in the background."""
        self._start(self._make(card, body))

    def _start(self, song: Coroutine[Any, Any, None]) -> None:
        work = asyncio.create_task(song)
        self.songs.add(work)
        work.add_done_callback(self.songs.discard)

    async def _make(self, card: discord.PartialMessage, body: dict[str, Any]) -> None:
        await self._bring(card, (await self._ask("/api/v1/music/generate", body))["task_id"])

    async def _go_on(self, card: discord.PartialMessage, task_id: str) -> None:
        await asyncio.sleep(random.uniform(0, POLL_S))  # songs that were asked for one by one poll at different moments
        await self._bring(card, task_id)

    async def _bring(self, card: discord.PartialMessage, task_id: str) -> None:
        report = await self._completed(task_id)
        thread = await card.create_thread(name=report["results"][0]["title"])
        for clip in report["results"]:
            audio = discord.File(io.BytesIO(await self._download(clip["audio_url"])), "song.mp3")
            cover = discord.File(io.BytesIO(await self._download(clip["image_url"])), "cover.jpg")
            embed = discord.Embed(title=clip["title"]).set_thumbnail(url="attachment://cover.jpg")
            await thread.send(embed=embed, files=[audio, cover], view=buttons("Extend", "Again", "Lyrics"))

    async def _completed(self, task_id: str) -> Any:
        while True:
            await asyncio.sleep(POLL_S)
            report = await self._ask(f"/api/v1/task/{task_id}", {})
            if report["status"] == "completed":
                return report

    async def _ask(self, path: str, body: dict[str, Any]) -> Any:
        assert self.musicmint is not None
        async with self.musicmint.post(path, json=body) as response:
            return (await response.json())["data"]

    async def _download(self, url: str) -> bytes:
        assert self.musicmint is not None
        async with self.musicmint.get(url) as response:
            return await response.read()


def buttons(*labels: str) -> discord.ui.View:
    """A row of buttons that discord.py does not keep in memory."""
    view = discord.ui.View(timeout=None)
    for label in labels:
        view.add_item(discord.ui.Button(label=label, custom_id=label))
    view.stop()
    return view


async def song(
    interaction: discord.Interaction[BareBot],
    lyrics: str | None = None,
    style: str | None = None,
    title: str | None = None,
    retention: app_commands.Range[int, 1, 30] | None = None,
) -> None:
    """Answer at once."""
    embed = discord.Embed(title=title, description=f"<@{interaction.user.id}> asked for a song")
    embed.add_field(name="Style", value=style).add_field(name="Lyrics", value=lyrics)
    answer = await interaction.response.send_message(embed=embed, view=buttons("Cancel"))
    bot, channel = interaction.client, interaction.channel
    if bot.musicmint is not None and isinstance(channel, discord.TextChannel) and answer.message_id is not None:
        body = {"prompt": lyrics, "tags": style, "title": title}
        bot.make(channel.get_partial_message(answer.message_id), body)


def main() -> None:
    """Run until told to stop."""
    Route.BASE = os.environ["DISCORD_API_URL"]
    DiscordWebSocket.DEFAULT_GATEWAY = URL(os.environ["DISCORD_GATEWAY_URL"])
    BareBot().run(os.environ["DISCORD_TOKEN"], log_handler=None)


if __name__ == "__main__":
    main()

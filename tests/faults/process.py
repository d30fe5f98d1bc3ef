"""One process of the bot's core, built and started as `bot/app.py` and `bot/client.py` do. New stages go in here."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import aiohttp

from bot.bell import Bell, Work
from bot.budget import Budget
from bot.courier import Courier
from bot.delivery import Deliverer
from bot.errors import MessengerError
from bot.parcel import Packer
from bot.phrasebook import Phrasebook
from bot.poller import Poller
from bot.recovery import Recovery
from bot.redraw import Redraw
from bot.resolver import Resolver
from bot.service import Ask, Service
from bot.stage import Stage
from bot.submitter import Caller, Submitter
from bot.watch import Watch
from db.engine import Database, open_database
from sandbox.discord.model.entities import Interaction
from tests.faults.database_port import CountedDatabase
from tests.faults.discord_world import DiscordWorld
from tests.faults.media_port import CountedMedia
from tests.faults.messenger_port import CountedMessenger
from tests.faults.musicmint_port import CountedMusicMint
from tests.faults.studio_world import BASE_URL, StudioWorld
from tests.faults.virtual_time import VirtualClock
from tests.faults.wire import Life, Wire

KEY_ID: Final = "key"
POLL_S: Final = 10.0
CALLBACK: Final = "https://bot.test/callback/"
FINISH_WITHIN_S: Final = 5.0


@cache
def _engines(path: Path) -> Database:
    return open_database(f"sqlite:///{path}")


def _opened(path: Path) -> Database:
    """A database of its own on engines that were used before: they know all statements, and compiling costs most."""
    used = _engines(path)
    return Database(used._writer, used._reader)


class SeededChance:
    """Tokens and spreads of the run's own chance."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def token(self) -> str:
        return self._rng.randbytes(16).hex()

    def spread(self, seconds: float) -> float:
        return seconds * self._rng.uniform(0.8, 1.2)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What outlives every process."""

    path: Path
    clock: VirtualClock
    rng: random.Random
    wire: Wire
    studio: StudioWorld
    discord: DiscordWorld
    session: aiohttp.ClientSession
    book: Phrasebook


class Process:
    """Built on the file the last one left; `life` ends it."""

    def __init__(self, around: Surroundings) -> None:
        self.life = Life()
        self._around = around
        chance, wire, life = SeededChance(around.rng), around.wire, self.life
        clock = VirtualClock()  # its own: a process did not see what went by before it began
        self.database = CountedDatabase(_opened(around.path), wire, life)
        self.messenger = CountedMessenger(around.discord, around.book, wire, life)
        musicmint = CountedMusicMint(around.session, around.studio, wire, life)
        media = CountedMedia(wire, life)
        courier = Courier(self.database, self.messenger, Packer(musicmint, media), clock)
        deliverer = Deliverer(self.database, courier, Redraw(self.database, self.messenger, clock), clock, chance)
        bell = Bell()
        poller = Poller(self.database, musicmint, clock, chance, key_id=KEY_ID, interval_s=POLL_S, bell=bell)
        resolver = Resolver(self.database, musicmint, clock, bell)
        lines = [
            line(
                self.database,
                musicmint,
                media,
                clock,
                chance,
                poll_after_s=POLL_S,
                callback_url=lambda submission_id: f"{CALLBACK}{submission_id}",
                bell=bell,
            )
            for line in (Submitter, Caller)
        ]
        stages: tuple[Stage, ...] = (*lines, resolver, poller, deliverer)
        self.service = Service(
            self.database,
            clock,
            key_id=KEY_ID,
            budget=Budget(),
            bell=bell,
        )
        for line in lines:
            bell.heard(Work.SUBMIT, line.wake)
        bell.heard(Work.POLL, poller.wake)
        bell.heard(Work.RESOLVE, resolver.wake)
        bell.heard(Work.DELIVER, deliverer.wake)
        self.recovery = Recovery(self.database, self.messenger, clock, bell)
        watch = Watch(self.database, clock, stages, settle=self.recovery.settle_left_behind)
        self.stages: tuple[Stage, ...] = (*stages, watch)

    async def set_up(self) -> None:
        """What happens before the first command can come."""
        await self.recovery.claim("MusicMint", BASE_URL)
        await self.recovery.claim("application", self._around.discord.bot_id)
        await self.recovery.start_up()

    async def begin(self, interaction: Interaction, ask: Ask) -> None:
        """Store a request and answer with its card, as `cogs/answer.py` does."""
        card = await self.service.ask(ask)
        try:
            message_id = await self.messenger.answer(interaction, card)
        except MessengerError:
            await self.recovery.settle(card.task.id)
            return
        await self.service.card_posted(card.task.id, int(interaction.channel_id), message_id)

    async def wind_down(self, running: set[asyncio.Task[None]]) -> None:
        """As `bot/app.py` does when one stage has ended by itself."""
        for stage in self.stages:
            stage.stop()
        await asyncio.wait(running, timeout=FINISH_WITHIN_S)

"""The one composition root: opens everything in order, runs it, and closes it in reverse."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp
import structlog

from bot import web
from bot.audio import UPLOAD_HOSTS, open_fetcher
from bot.client import MinstrelBot, point_at
from bot.clock import SystemChance, SystemClock
from bot.config import Settings
from bot.courier import Courier
from bot.delivery import Deliverer
from bot.media import TakeMedia
from bot.messenger import DiscordMessenger
from bot.musicmint.callback import CallbackAddress
from bot.musicmint.client import MusicMintClient
from bot.musicmint.endpoints import InferredPaths
from bot.parcel import Packer
from bot.phrasebook import Phrasebook
from bot.poller import Poller
from bot.recovery import Recovery
from bot.redraw import Redraw
from bot.service import Service
from bot.stage import Stage
from bot.submitter import Caller, Submitter
from bot.watch import Watch
from db.engine import Database, open_database, process_lock

log = structlog.get_logger()

FINISH_WITHIN_S: Final = 5.0
"""What is under way at a stop gets so long; a container is killed after 10 s. The rows make up for what it cuts off."""


@dataclass(frozen=True, slots=True)
class App:
    """Everything that runs."""

    bot: MinstrelBot
    stages: Sequence[Stage]
    token: str
    callback: web.CallbackDoor | None

    @property
    def connected(self) -> bool:
        """Whether the gateway stands."""
        return self.bot.is_ready() and not self.bot.is_closed()


async def run(settings: Settings) -> None:
    """Run until told to stop. Raises `SettingsError`, `DatabaseError`, or whatever ended a stage."""
    point_at(settings.discord_api_url, settings.discord_gateway_url)
    with process_lock(settings.database_url):
        async with open_musicmint(settings) as musicmint, _open_app(settings, musicmint) as app:
            with _stop_on_signals() as stop:
                await _serve(app, settings, stop)


@asynccontextmanager
async def open_musicmint(settings: Settings) -> AsyncIterator[MusicMintClient]:
    """The API client with its two sessions: reads keep connections, a submit gets a fresh one each time.

    A reused connection may be dying just then, which would leave a paid call without an answer.
    """
    reads = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
    submits = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True), cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
    )
    async with reads, submits:
        key = settings.musicmint_api_key.get_secret_value()
        paths = InferredPaths(settings.musicmint_add_instrumental_path, settings.musicmint_sample_path)
        model, base_url = settings.musicmint_model, settings.musicmint_base_url
        yield MusicMintClient(reads, submits, base_url, key, SystemClock(), model=model, paths=paths)


@asynccontextmanager
async def _open_database(url: str) -> AsyncIterator[Database]:
    database = open_database(url)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def _open_media(settings: Settings) -> AsyncIterator[TakeMedia]:
    """What MusicMint makes may lie on any public host; what members bring lies on Discord's."""
    async with (
        open_fetcher(settings.media_origin_set) as fetcher,
        open_fetcher(settings.cdn_origin_set, hosts=UPLOAD_HOSTS) as uploads,
    ):
        yield TakeMedia(fetcher, uploads)


@asynccontextmanager
async def _open_app(settings: Settings, musicmint: MusicMintClient) -> AsyncIterator[App]:
    clock, chance, book = SystemClock(), SystemChance(), Phrasebook()
    async with _open_database(settings.database_url) as database, _open_media(settings) as media:
        bot = MinstrelBot(
            book, retention_days=settings.retention_days, uploads_can_be_fetched=settings.uploads_can_be_fetched
        )
        messenger = DiscordMessenger(bot, book)
        packer = Packer(musicmint, media)
        courier = Courier(database, messenger, packer, clock)
        deliverer = Deliverer(database, courier, Redraw(database, messenger, clock), clock, chance)
        poller = Poller(
            database,
            musicmint,
            clock,
            chance,
            key_id=settings.key_id,
            interval_s=settings.poll_seconds,
            wake_deliver=deliverer.wake,
        )
        address = _callback_address(settings)
        lines: list[Submitter] = []

        def wake_submit() -> None:
            for line in lines:
                line.wake()

        lines += [
            line(
                database,
                musicmint,
                media,
                clock,
                chance,
                poll_after_s=settings.poll_seconds,
                callback_url=address.url if address else None,
                wake_poll=poller.wake,
                wake_submit=wake_submit,
                wake_deliver=deliverer.wake,
            )
            for line in (Submitter, Caller)
        ]
        service = Service(
            database,
            clock,
            key_id=settings.key_id,
            wake_submit=wake_submit,
            wake_poll=poller.wake,
            wake_deliver=deliverer.wake,
        )
        recovery = Recovery(database, messenger, clock, wake_submit=wake_submit)
        await recovery.claim("MusicMint", settings.musicmint_base_url)
        bot.attach(service, recovery)
        token = settings.discord_token.get_secret_value()
        async with bot:
            stages: tuple[Stage, ...] = (*lines, poller, deliverer)
            stages = (*stages, Watch(database, clock, stages))
            yield App(bot, stages, token, _callback_door(settings, address, service))


def _callback_address(settings: Settings) -> CallbackAddress | None:
    if settings.callback_url is None or settings.callback_secret is None:
        return None
    return CallbackAddress(settings.callback_url, settings.callback_secret.get_secret_value())


def _callback_door(settings: Settings, address: CallbackAddress | None, service: Service) -> web.CallbackDoor | None:
    if address is None:
        return None
    signed = settings.musicmint_signing_secret
    return web.CallbackDoor(address, signed.get_secret_value() if signed else None, service.hint)


async def _serve(app: App, settings: Settings, stop: asyncio.Event) -> None:
    running: dict[str, asyncio.Task[None]] = {}

    def health() -> web.Health:
        return web.Health(stages=not any(task.done() for task in running.values()), discord=app.connected)

    async with web.serve(settings.web_host, settings.web_port, health, app.callback) as port:
        log.info("web server listening", host=settings.web_host, port=port)
        running["discord"] = asyncio.create_task(app.bot.stay_connected(app.token))
        stopping = asyncio.create_task(stop.wait())
        set_up = asyncio.create_task(app.bot.set_up.wait())
        try:
            await asyncio.wait({running["discord"], stopping, set_up}, return_when=asyncio.FIRST_COMPLETED)
            if set_up.done():
                gc.freeze()  # what was imported stays: the collector need not walk through it while a member waits
                running |= {stage.name: asyncio.create_task(_run_stage(app, stage)) for stage in app.stages}
                announcing = asyncio.create_task(_announce(app))
                await asyncio.wait({*running.values(), stopping}, return_when=asyncio.FIRST_COMPLETED)
                announcing.cancel()
        finally:
            stopping.cancel()
            set_up.cancel()
            await _wind_down(app, running)


async def _announce(app: App) -> None:
    await app.bot.online.wait()
    log.info("minstrel is up", application=app.bot.application_id)


async def _run_stage(app: App, stage: Stage) -> None:
    if stage.name == "deliver":
        # Whether a thread can grow is read from what the gateway tells about servers and channels.
        await app.bot.wait_until_ready()
    await stage.run()


async def _wind_down(app: App, running: dict[str, asyncio.Task[None]]) -> None:
    """Claim nothing new, let what is under way end, then close. Raises what ended a stage by itself."""
    dead = [task for task in running.values() if task.done()]
    log.info("stopping")
    for stage in app.stages:
        stage.stop()
    if "deliver" in running and not app.bot.is_ready():
        running["deliver"].cancel()  # it still waits to begin
    stages = [task for name, task in running.items() if name != "discord"]
    if stages:
        await asyncio.wait(stages, timeout=FINISH_WITHIN_S)
    for task in running.values():
        task.cancel()
    await asyncio.gather(*running.values(), return_exceptions=True)
    await app.bot.close()
    for task in dead:
        task.result()


@contextmanager
def _stop_on_signals() -> Iterator[asyncio.Event]:
    """An event that SIGTERM and SIGINT set. As a container's first process the bot would ignore SIGTERM otherwise."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # Windows' loop knows no signals; there Ctrl-C ends it by KeyboardInterrupt.
    handled = () if sys.platform == "win32" else (signal.SIGTERM, signal.SIGINT)
    for number in handled:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in handled:
            loop.remove_signal_handler(number)

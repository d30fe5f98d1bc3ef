"""The one composition root: opens everything in order, runs it, and closes it in reverse."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Final

import aiohttp
import structlog

from bot import web
from bot.audio import UPLOAD_HOSTS, open_fetcher
from bot.bell import Bell, Work
from bot.budget import Budget
from bot.check import Check
from bot.client import MinstrelBot, point_at, survey
from bot.clock import SystemChance, SystemClock
from bot.config import Settings
from bot.courier import Courier
from bot.delivery import Deliverer
from bot.errors import Offline, SettingsError, StageEnded
from bot.media import TakeMedia
from bot.messenger import DiscordMessenger
from bot.metrics import Metrics
from bot.musicmint.callback import CallbackAddress
from bot.musicmint.client import Heard, MusicMintClient, unwatched
from bot.musicmint.endpoints import InferredPaths
from bot.parcel import Packer
from bot.phrasebook import Phrasebook
from bot.poller import Poller
from bot.readiness import Charts, Readiness
from bot.recovery import Recovery
from bot.redraw import Redraw
from bot.resolver import Resolver
from bot.service import Service
from bot.stage import Stage
from bot.submitter import Caller, Submitter
from bot.traffic import Traffic
from bot.watch import Watch
from db import soundness
from db.engine import Database, DatabaseError, open_database, process_lock

log = structlog.get_logger()

WHAT_TO_DO: Final = (
    "Nothing is lost: start it again and it goes on. If it ends so again, LOG_LEVEL=debug shows where to look."
)

NEED_GATEWAY: Final = (Deliverer.name, Watch.name)
FINISH_WITHIN_S: Final = 5.0
"""What is under way at a stop gets so long; a container is killed after 10 s. The rows make up for what it cuts off."""
CUT_OFF_WITHIN_S: Final = 1.5
"""And what was cut off so long to write that down. Where another process holds the database the next start does it."""


@dataclass(frozen=True, slots=True)
class App:
    """Everything that runs."""

    bot: MinstrelBot
    stages: Sequence[Stage]
    token: str = field(repr=False)
    callback: web.CallbackDoor | None
    database: Database
    metrics: Metrics

    @property
    def connected(self) -> bool:
        """Whether the gateway stands."""
        return self.bot.is_ready() and not self.bot.is_closed()


async def run(settings: Settings) -> None:
    """Run until told to stop. Raises `SettingsError`, `DatabaseError`, `Offline`, or `StageEnded`."""
    point_at(settings.discord_api_url, settings.discord_gateway_url)
    metrics = Metrics()
    with process_lock(settings.database_url), _readable_end(settings.database_url):
        async with (
            open_musicmint(settings, metrics.api_ended) as musicmint,
            _open_app(settings, musicmint, metrics) as app,
        ):
            with _stop_on_signals() as stop:
                await _serve(app, settings, stop)


@contextmanager
def _readable_end(database_url: str) -> Iterator[None]:
    """Whatever else ends the process is one line: which part it was, what went wrong, and what to do."""
    try:
        yield
    except (SettingsError, Offline, DatabaseError):
        raise
    except Exception as error:  # named, and its way through the code kept as the cause
        part = next(iter(getattr(error, "__notes__", ())), "the start")
        fault = soundness.complaint(database_url, error) or f"{type(error).__name__}. {WHAT_TO_DO}"
        raise StageEnded(f"{part} ended: {fault}") from error


@asynccontextmanager
async def open_musicmint(settings: Settings, watch: Heard = unwatched) -> AsyncIterator[MusicMintClient]:
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
        yield MusicMintClient(reads, submits, base_url, key, SystemClock(), model=model, paths=paths, watch=watch)


@asynccontextmanager
async def open_check(settings: Settings) -> AsyncIterator[Check]:
    """Everything `check` tries the settings with."""
    point_at(settings.discord_api_url, settings.discord_gateway_url)
    async with (
        open_musicmint(settings) as musicmint,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False) as session,
    ):
        yield Check(settings, musicmint, session, SystemClock(), survey)


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
async def _open_app(settings: Settings, musicmint: MusicMintClient, metrics: Metrics) -> AsyncIterator[App]:
    clock, book = SystemClock(), Phrasebook()
    async with _open_database(settings.database_url) as database, _open_media(settings) as media:
        per_second = settings.discord_calls_per_second
        traffic = Traffic(clock, monotonic=time.monotonic, per_second=per_second, counted=metrics.discord_call)
        bot = MinstrelBot(
            book,
            retention_days=settings.retention_days,
            uploads_can_be_fetched=settings.uploads_can_be_fetched,
            trace=traffic.trace(),
        )
        core = _core(settings, database, musicmint, media, DiscordMessenger(bot, book), clock)
        await core.recovery.claim("MusicMint", settings.musicmint_base_url)
        bot.attach(core.service, core.recovery)
        for stage in core.stages:
            stage.watch = metrics.stage_step
        door = _callback_door(settings, core.service, metrics)
        async with bot:
            yield App(bot, core.stages, settings.discord_token.get_secret_value(), door, database, metrics)


@dataclass(frozen=True, slots=True)
class _Core:
    """What works on the rows."""

    service: Service
    recovery: Recovery
    stages: Sequence[Stage]


def _core(
    settings: Settings,
    database: Database,
    musicmint: MusicMintClient,
    media: TakeMedia,
    messenger: DiscordMessenger,
    clock: SystemClock,
) -> _Core:
    """Each stage rings for the next, and a command for the first."""
    bell = Bell()
    chance, key_id, poll_s = SystemChance(), settings.key_id, settings.poll_seconds
    courier = Courier(database, messenger, Packer(musicmint, media), clock)
    deliverer = Deliverer(database, courier, Redraw(database, messenger, clock), clock, chance)
    poller = Poller(database, musicmint, clock, chance, key_id=key_id, interval_s=poll_s, bell=bell)
    resolver = Resolver(database, musicmint, clock, bell)
    address = _callback_address(settings)
    lines = [
        line(
            database,
            musicmint,
            media,
            clock,
            chance,
            poll_after_s=poll_s,
            callback_url=address.url if address else None,
            bell=bell,
        )
        for line in (Submitter, Caller)
    ]
    service = Service(
        database,
        clock,
        key_id=key_id,
        budget=Budget(settings.member_daily_songs, settings.server_daily_songs, settings.daily_songs),
        bell=bell,
    )
    recovery = Recovery(database, messenger, clock, bell)
    stages: Sequence[Stage] = (*lines, resolver, poller, deliverer)
    for line in lines:
        bell.heard(Work.SUBMIT, line.wake)
    bell.heard(Work.POLL, poller.wake)
    bell.heard(Work.RESOLVE, resolver.wake)
    bell.heard(Work.DELIVER, deliverer.wake)
    watch = Watch(database, clock, stages, settle=recovery.settle_left_behind)
    return _Core(service, recovery, (*stages, watch))


def _callback_address(settings: Settings) -> CallbackAddress | None:
    if settings.callback_url is None or settings.callback_secret is None:
        return None
    return CallbackAddress(settings.callback_url, settings.callback_secret.get_secret_value())


def _callback_door(settings: Settings, service: Service, metrics: Metrics) -> web.CallbackDoor | None:
    address = _callback_address(settings)
    if address is None:
        return None
    secrets = (settings.musicmint_signing_secret, settings.musicmint_signing_secret_old)
    new, old = (secret.get_secret_value() if secret else None for secret in secrets)
    return web.CallbackDoor(address, new, service.hint, old, metrics.callback)


async def _serve(app: App, settings: Settings, stop: asyncio.Event) -> None:
    running: dict[str, asyncio.Task[None]] = {}

    def health() -> web.Health:
        return web.Health(stages=not any(task.done() for task in running.values()), discord=app.connected)

    def parts() -> dict[str, bool]:
        going = {name for name, task in running.items() if not task.done()}
        return {"stages": {stage.name for stage in app.stages} <= going, "discord": app.connected}

    clock = SystemClock()
    insight = web.Insight(Readiness(app.database, clock, parts), Charts(app.metrics, app.database, clock))
    async with web.serve(settings.web_host, settings.web_port, health, app.callback, insight) as port:
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
    if stage.name in NEED_GATEWAY:
        # What may be done in a channel is read from what the gateway tells about servers and channels.
        await app.bot.wait_until_ready()
    await stage.run()


async def _wind_down(app: App, running: dict[str, asyncio.Task[None]]) -> None:
    """Claim nothing new, let what is under way end, then close. Raises what ended a stage by itself."""
    dead = {name: task for name, task in running.items() if task.done()}
    log.info("stopping")
    for stage in app.stages:
        stage.stop()
    for name in NEED_GATEWAY:
        if name in running and not app.bot.is_ready():
            running[name].cancel()  # it still waits to begin
    stages = [task for name, task in running.items() if name != "discord"]
    if stages:
        await asyncio.wait(stages, timeout=FINISH_WITHIN_S)
    for task in running.values():
        task.cancel()
    await asyncio.wait({asyncio.gather(*running.values(), return_exceptions=True)}, timeout=CUT_OFF_WITHIN_S)
    await app.bot.close()
    for name, task in dead.items():
        if (error := task.exception()) is not None:
            error.add_note(f"the {name} stage" if name != "discord" else "the connection to Discord")
            raise error


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

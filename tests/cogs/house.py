"""The whole bot in one process: real cogs, service, stages and database, on a simulated Discord and a small studio."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path

import discord
from simcord import ChannelHandle, Env, GuildHandle, InteractionResult, MemberActor
from simcord.enums import AppCommandType, InteractionType

from bot.bell import Bell, Work
from bot.budget import Budget
from bot.client import MinstrelBot
from bot.courier import Courier
from bot.delivery import Deliverer
from bot.errors import MediaRefused, MinstrelError, ServiceError
from bot.links import Links
from bot.messenger import DiscordMessenger
from bot.musicmint.models import ResultItem, SubmittedTask, TaskPage, TaskReport, TaskStatus
from bot.parcel import Packer
from bot.phrasebook import Phrasebook
from bot.poller import Poller
from bot.ports import Finish, Tags, TakeFile
from bot.recovery import Recovery
from bot.redraw import Redraw
from bot.requests import Request
from bot.resolver import Resolver
from bot.service import Service
from bot.submitter import Caller, Submitter
from db import tasks
from db.engine import Database
from db.states import TaskState
from db.tasks import Task
from tests.bot.fake_musicmint import FakeMusicMint
from tests.bot.fakes import FakeChance, FakeMedia

BOOK = Phrasebook()
"""Read once: parsing Fluent takes longer than most tests."""

MP3 = b"ID3\x03\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x00" * 64
PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


class HandClock:
    """Follows the simulated Discord's clock; no wait takes time, and stages are stepped by hand."""

    def __init__(self) -> None:
        self.env: Env | None = None

    def now_ms(self) -> int:
        if self.env is None:
            return 1_767_225_600_000
        return int(self.env.now().timestamp() * 1000)

    def age_ms(self, since_ms: int) -> int:
        return self.now_ms() - since_ms

    async def wait(self, event: asyncio.Event, timeout_s: float | None) -> None:
        return


class Studio(FakeMusicMint):
    """A MusicMint whose tasks end at once, unless it is told otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.refuses: ServiceError | None = None
        self.title = "Night Bus"
        self.tags = "indie folk"
        self.prompt = "[Verse]\nstreetlight on the window"
        self.fails_because: str | None = None
        self.works = False
        """Whether tasks are still being worked on."""

    async def _task(self, method: str, request: Request, callback_url: str | None) -> SubmittedTask:
        self.submitted.append(request)
        if self.refuses is not None:
            raise self.refuses
        return SubmittedTask(task_id=f"task-{len(self.submitted)}")

    async def get_task(self, task_id: str) -> TaskReport:
        if self.works:
            return TaskReport(id=task_id, status=TaskStatus.PROCESSING)
        if self.fails_because is not None:
            return TaskReport(id=task_id, status=TaskStatus.FAILED, error=self.fails_because)
        return TaskReport(
            id=task_id, status=TaskStatus.COMPLETED, results=(self._clip(task_id, 1), self._clip(task_id, 2))
        )

    async def list_tasks(self, *, page: int, status: TaskStatus | None = None) -> TaskPage:
        return TaskPage(total=0, page=page)

    async def get_music(self, clip_id: str) -> ResultItem:
        return self._clip(*clip_id.rsplit("/", 1))

    def _clip(self, task_id: str, number: object) -> ResultItem:
        return ResultItem(
            id=f"{task_id}/{number}",
            audio_url=f"https://cdn.example/{task_id}/{number}.mp3",
            image_url="https://cdn.example/cover.png",
            title=self.title,
            duration=84.5,
            tags=self.tags,
            prompt=self.prompt,
            expire_at=1_769_817_600_000,
        )


@dataclass
class Files(FakeMedia):
    """Media that needs no network."""

    missing: bool = False

    async def fetch_take(
        self, links: Links[ResultItem], tags: Tags, folder: Path, name: str, finish: Awaitable[Finish]
    ) -> TakeFile:
        if self.missing:
            raise MediaRefused(rule="type")
        audio, cover, waveform = folder / f"{name}.mp3", folder / f"{name}-cover.png", folder / f"{name}-waveform.png"
        audio.write_bytes(MP3)
        cover.write_bytes(PNG)
        waveform.write_bytes(PNG)
        return TakeFile(audio=audio, cover=cover, size=len(MP3), duration_s=84.0, waveform=waveform)


class House:
    """One bot on one database, with its stages stepped by hand."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock()
        self.studio = Studio()
        self.files = Files()
        self.book = BOOK
        self.budget = Budget()
        self._env: Env | None = None
        self.move_in()

    def move_in(self) -> None:
        """Build the bot anew, as a start of the process does."""
        chance = FakeChance()
        self.bot = MinstrelBot(self.book, retention_days=30)
        self.messenger = DiscordMessenger(self.bot, self.book)
        courier = Courier(self.database, self.messenger, Packer(self.studio, self.files), self.clock)
        redraw = Redraw(self.database, self.messenger, self.clock)
        self.deliverer = Deliverer(self.database, courier, redraw, self.clock, chance)
        bell = Bell()
        self.poller = Poller(
            self.database,
            self.studio,
            self.clock,
            chance,
            key_id="key",
            interval_s=5,
            bell=bell,
        )
        self.resolver = Resolver(self.database, self.studio, self.clock, bell)
        self.submitter, self.caller = (
            line(
                self.database,
                self.studio,
                self.files,
                self.clock,
                chance,
                poll_after_s=5,
                callback_url=None,
                bell=bell,
            )
            for line in (Submitter, Caller)
        )
        self.service = Service(
            self.database,
            self.clock,
            key_id="key",
            budget=self.budget,
            bell=bell,
        )
        bell.heard(Work.SUBMIT, self.submitter.wake)
        bell.heard(Work.POLL, self.poller.wake)
        bell.heard(Work.RESOLVE, self.resolver.wake)
        bell.heard(Work.DELIVER, self.deliverer.wake)
        self.bot.attach(self.service, Recovery(self.database, self.messenger, self.clock, bell))

    def open(self, env: Env) -> None:
        """The simulated Discord this bot is logged in to."""
        self._env = env
        self.clock.env = env

    @property
    def env(self) -> Env:
        assert self._env is not None
        return self._env

    def narrow_channel(self, guild: GuildHandle, **denied: bool) -> ChannelHandle:
        """A channel in which the bot lacks these permissions."""
        assert self.bot.user is not None
        return guild.create_text_channel("narrow", overwrites={self.bot.user: discord.PermissionOverwrite(**denied)})

    async def restart(self) -> None:
        """Another process on the same database and the same Discord."""
        self.move_in()
        await self.env.restart_bot(self.bot)

    async def submit(self) -> None:
        await self.submitter.step()

    async def poll(self) -> None:
        await self.env.advance_time(6)
        await self.poller.step()

    async def deliver(self) -> None:
        """Until the outbox is empty and every card is up to date; a delivery that was put off stays."""
        for _ in range(4):
            await self.deliverer.step()
            await self.deliverer.finish()
        await self.env.settle()

    async def call_out(self) -> None:
        """Let every call that answers with its result be made, and what it brought be posted."""
        await self.caller.step()
        await self.caller.finish()
        await self.deliver()

    async def play(self) -> None:
        """Everything that waits goes through all three stages."""
        await self.submit()
        await self.poll()
        await self.deliver()

    def refusal(self, result: InteractionResult) -> str:
        """What only the member was told, where the bot meant to refuse."""
        assert result.response is not None
        assert result.response.ephemeral
        assert all(isinstance(getattr(error, "original", error), MinstrelError) for error in self.env.errors)
        return str(result.response.content)

    async def tasks(self) -> list[Task]:
        async with self.database.read() as conn:
            return await tasks.in_states(conn, frozenset(TaskState))

    async def task(self) -> Task:
        """The newest one."""
        return (await self.tasks())[-1]


@dataclass
class Scene:
    """A server with a channel and its people."""

    guild: GuildHandle
    channel: ChannelHandle
    ann: MemberActor
    bob: MemberActor
    mod: MemberActor


def embed_of(shown: InteractionResult | discord.Message) -> discord.Embed:
    """The one embed of a message or of an answer."""
    message = shown.response if isinstance(shown, InteractionResult) else shown
    assert message is not None
    (embed,) = message.embeds
    return embed


def buttons_of(message: discord.Message) -> dict[str, str]:
    """Label -> custom_id."""
    return {
        str(button.label): str(button.custom_id)
        for row in message.components
        if isinstance(row, discord.ActionRow)
        for button in row.children
        if isinstance(button, discord.Button)
    }


def takes_in(channel: ChannelHandle) -> list[discord.Message]:
    """The messages that carry a song."""
    return [message for message in channel.history() if any(".mp3" in file.filename for file in message.attachments)]


def thread_of(channel: ChannelHandle, name: str = "Night Bus") -> ChannelHandle:
    """The one thread of this name that grew there."""
    (thread,) = [thread for thread in channel.threads if thread.name == name]
    return thread


async def forged_command(who: MemberActor, channel: ChannelHandle, name: str, **options: object) -> InteractionResult:
    """A command with values no honest client would send."""
    root = who._resolve_root(name, AppCommandType.CHAT_INPUT, channel.id)
    types = {option["name"]: option["type"] for option in root["options"]}
    data = {
        "id": root["id"],
        "name": name,
        "type": AppCommandType.CHAT_INPUT,
        "options": [{"name": option, "type": types[option], "value": value} for option, value in options.items()],
    }
    return await who._dispatch_interaction(InteractionType.APPLICATION_COMMAND, channel, data)


async def forged_press(who: MemberActor, message: discord.Message, custom_id: str) -> InteractionResult:
    """A press on a button whose `custom_id` is of the member's own making."""
    row = who._env.backend.get_message(message.channel.id, message.id).components[0]["components"]
    genuine, row[0]["custom_id"] = row[0]["custom_id"], custom_id
    try:
        return await who.click(message, custom_id=custom_id)
    finally:
        row[0]["custom_id"] = genuine


async def forged_form(who: MemberActor, channel: ChannelHandle, custom_id: str, **typed: str) -> InteractionResult:
    """A sent form that nobody opened."""
    labels = [
        {"type": 18, "id": number, "component": {"type": 4, "id": 100 + number, "custom_id": name, "value": value}}
        for number, (name, value) in enumerate(typed.items())
    ]
    data = {"custom_id": custom_id, "components": labels}
    return await who._dispatch_interaction(InteractionType.MODAL_SUBMIT, channel, data)

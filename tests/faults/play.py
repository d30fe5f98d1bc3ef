"""One run: a scene played once, with its kills and faults, until everything is quiet; then the judge looks."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiohttp

from bot.phrasebook import Phrasebook
from bot.requests import Request
from bot.service import Ask, Member
from db.clips import Take
from sandbox.discord.model.entities import Message
from tests.faults.discord_world import DiscordWorld
from tests.faults.host import Host, StartsForEverError
from tests.faults.process import CALLBACK, Process, Surroundings
from tests.faults.scenes import OfTake, Place, Scene
from tests.faults.studio_world import StudioWorld
from tests.faults.virtual_time import VirtualClock
from tests.faults.wire import Fault, Wire

CONVERGES_WITHIN_S: Final = 2 * 3600.0
"""Virtual time after the last fault, restart or deed of a member."""
AFTERWARDS_S: Final = 120.0
"""Then nothing more may come."""
LOOK_EVERY_S: Final = 10.0
PRESS_AGAIN_S: Final = 30.0
PRESSES: Final = 1000

BOOK: Final = Phrasebook()
Row = dict[str, Any]


@dataclass(slots=True)
class Intent:
    """One command of a member. It is acknowledged once its card stands."""

    number: int
    user_id: str
    interaction_id: str
    kind: str
    clip_id: str | None
    """The clip it starts from."""
    card_id: str | None = None
    agreed: bool = False
    """To a second submission; it may be charged twice."""

    @property
    def mark(self) -> str:
        return f"intent-{self.number}"


class Play:
    """What a scene's action may do."""

    def __init__(self, around: Surroundings, place: Place) -> None:
        self._around = around
        self.place = place
        self.discord = around.discord
        self.studio = around.studio
        self.wire = around.wire
        self.host = Host(around, place.delays_s)
        self.intents: list[Intent] = []
        self.consents: Counter[str] = Counter()
        """By an intent's mark: how often its member agreed to pay for one more submit."""
        self.stuck: str | None = None
        self.first_call = 1
        """From here on calls are worth a fault: those before are another scene's."""
        self.last_call = 0
        """And up to here: after it nothing is under way."""
        self.ended_s = 0.0
        """When the members had done all they wanted."""
        self.rested_s = 0.0
        """When everything was quiet for the first time after that."""

    # -- what members do ---------------------------------------------------------------------------------------------

    async def ask(self, make: Callable[[str], Request]) -> Intent:
        """Ask until a card answers."""
        return await self._ask(lambda intent: make(intent.mark), None)

    async def ask_from(self, take: Take, make: OfTake) -> Intent:
        """The same for what starts from a take."""
        self.first_call = self.wire.count + 1
        return await self._ask(lambda intent: make(take, intent.mark), take)

    async def _ask(self, make: Callable[[Intent], Request], take: Take | None) -> Intent:
        user_id = self.discord.member(len(self.intents))
        for _ in range(PRESSES):
            interaction = self.discord.command(user_id)
            clip_id = take.clip.clip_id if take else None
            intent = Intent(len(self.intents), user_id, interaction.id, "", clip_id)
            request = make(intent)
            intent.kind = request.kind
            self.intents.append(intent)
            asked = Ask(
                request=request,
                member=self.member_of(intent),
                locale="en-US",
                interaction_id=int(interaction.id),
                interaction_token=interaction.token,
                song_id=take.song_id if take else None,
                parent_clip_id=take.clip.id if take else None,
            )
            await self._heard(partial(Process.begin, interaction=interaction, ask=asked))
            card = self.discord.card_of(interaction)
            if card is not None:
                intent.card_id = card.id
                return intent
            await asyncio.sleep(PRESS_AGAIN_S)
        raise TimeoutError("no command was ever answered")

    async def cancel(self, intent: Intent) -> None:
        """Press its Cancel button, and again where nobody heard."""
        task_id, member = self._task_id(intent), self.member_of(intent)

        async def press(process: Process) -> None:
            await process.service.card_seen(task_id, member, int(intent.card_id or 0))
            await process.service.cancel(task_id, member)

        for _ in range(PRESSES):
            if await self._heard(press):
                return
            await asyncio.sleep(PRESS_AGAIN_S)

    async def answer_questions(self) -> None:
        """For as long as the run lasts: whoever is asked agrees to a second try, of each command once."""
        while True:
            await asyncio.sleep(PRESS_AGAIN_S)
            asking = {
                row["interaction_id"]: row["id"] for row in self.rows("SELECT * FROM tasks WHERE state = 'asking'")
            }
            for intent in self.intents:
                task_id = asking.get(int(intent.interaction_id))
                if task_id is not None and intent.card_id is not None and not intent.agreed:
                    intent.agreed = True
                    await self._heard(_agreeing(task_id, self.member_of(intent)))

    async def first_take(self, intent: Intent | None = None) -> Take | None:
        """The first take of an intent that a member sees; None where none comes."""
        intent = intent or self.intents[-1]
        for _ in range(PRESSES):
            rows = self.rows(
                "SELECT deliveries.clip_id FROM deliveries JOIN tasks ON tasks.id = task_id"
                " WHERE interaction_id = ? AND deliveries.state = 'delivered' AND deliveries.clip_id NOTNULL",
                int(intent.interaction_id),
            )
            if rows and (take := await self._read_take(rows[0]["clip_id"], intent)) is not None:
                return take
            if not rows and self.is_quiet():
                return None
            await asyncio.sleep(LOOK_EVERY_S)
        return None

    async def _read_take(self, clip_row_id: int, intent: Intent) -> Take | None:
        found: list[Take] = []

        async def read(process: Process) -> None:
            found.append(await process.service.take(clip_row_id, self.member_of(intent)))

        await self._heard(read)
        return found[0] if found else None

    async def _heard(self, work: Callable[[Process], Coroutine[Any, Any, Any]]) -> bool:
        """Whether somebody was up to hear of it; returns when they are done, or dead."""
        handling = self.host.handle(work)
        if handling is None:
            return False
        await asyncio.wait({handling})
        await asyncio.sleep(1.0)  # an answer that was on its way may still arrive
        return True

    def member_of(self, intent: Intent) -> Member:
        return Member(int(intent.user_id), self.discord.guild_id, int(self.discord.songs.id))

    # -- what happens beside -----------------------------------------------------------------------------------------

    def called_back(self, address: str, api_task_id: str) -> None:
        """MusicMint tells that a task has ended, as often as this place has it."""
        for _ in range(self.place.callbacks):
            self._hint(address, api_task_id)

    def accepted(self, address: str, api_task_id: str) -> None:
        if self.place.early_callback:
            self._hint(address, api_task_id)

    def _hint(self, address: str, api_task_id: str) -> None:
        submission_id = int(address.removeprefix(CALLBACK))
        self.host.handle(lambda process: process.service.hint(submission_id, api_task_id))

    async def call_back(self) -> None:
        """For as long as the run lasts."""
        while True:
            self.studio.call_back_the_ended()
            await asyncio.sleep(max(0.5, self.studio.studio.until_next_end() or 5.0))

    async def moderate(self, after_s: float) -> None:
        """Delete the first thread so long after its first take came."""
        while not (taken := [one for one in self.discord.standing() if self._can_be_deleted(one)]):
            await asyncio.sleep(1.0)
        await asyncio.sleep(after_s)
        self.discord.delete_thread(taken[0].channel_id)

    def _can_be_deleted(self, message: Message) -> bool:
        """A take in a thread: in the channel of songs it would be the channel that goes."""
        return bool(message.attachments) and self.discord.is_thread(message.channel_id)

    # -- rows --------------------------------------------------------------------------------------------------------

    def rows(self, query: str, *values: int | str) -> list[Row]:
        with closing(sqlite3.connect(self._around.path)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]

    def _task_id(self, intent: Intent) -> int:
        return int(self.rows("SELECT id FROM tasks WHERE interaction_id = ?", int(intent.interaction_id))[0]["id"])

    def is_quiet(self) -> bool:
        """Nothing is under way that would go on by itself."""
        if self.host.process is None:
            return False
        cards = [int(intent.interaction_id) for intent in self.intents if intent.card_id is not None]
        accepted = {row["interaction_id"] for row in self.rows("SELECT * FROM tasks WHERE state = 'accepted'")}
        going = self.rows(
            "SELECT 1 FROM tasks WHERE state IN ('queued', 'submitting', 'unknown', 'running')"
            " OR (card_shown < card_wanted AND card_message_id NOTNULL)"
            " UNION ALL SELECT 1 FROM deliveries WHERE state IN ('pending', 'sending')"
        )
        return not going and not accepted & set(cards)

    async def until_quiet(self) -> None:
        """Returns when nothing goes on any more, or notes what never came to rest."""
        began_s = asyncio.get_running_loop().time()
        while not self.is_quiet():
            now_s = asyncio.get_running_loop().time()
            if now_s - max(began_s, self.wire.last_fault_s) > CONVERGES_WITHIN_S:
                self.stuck = f"not at rest {CONVERGES_WITHIN_S:.0f} s after the last fault"
                return
            await asyncio.sleep(LOOK_EVERY_S)


def _agreeing(task_id: int, member: Member) -> Callable[[Process], Coroutine[Any, Any, None]]:
    return lambda process: process.service.try_again(task_id, member)


@asynccontextmanager
async def _surroundings(place: Place, rng: random.Random, wire: Wire, folder: Path) -> AsyncIterator[Play]:
    clock = VirtualClock()
    plays: list[Play] = []
    studio = StudioWorld(
        clock,
        rng,
        place.clips,
        int(place.generation_s * 1000),
        called_back=lambda address, task_id: plays[0].called_back(address, task_id),
        accepted=lambda address, task_id: plays[0].accepted(address, task_id),
        unlisted=place.unlisted,
    )
    discord = DiscordWorld(folder / "discord", clock, rng, int(place.nonce_window_s * 1000))
    if not place.history:
        discord.close_history()
    async with aiohttp.ClientSession() as session:
        around = Surroundings(folder / "minstrel.db", clock, rng, wire, studio, discord, session, BOOK)
        plays.append(Play(around, place))
        yield plays[0]


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, StartsForEverError):
            await task


async def perform(
    scene: Scene, seed: str, faults: Sequence[Fault], template: Path, folder: Path, look: Callable[[Play], None]
) -> Play:
    """Play it to its end in `folder`; `look` sees the world before it is taken down."""
    for stale in folder.iterdir():
        shutil.rmtree(stale) if stale.is_dir() else stale.unlink()
    shutil.copy(template, folder / "minstrel.db")
    rng = random.Random(seed)
    wire = Wire(rng, faults, lands_after_death=scene.place.nonce_window_s > 0)
    async with _surroundings(scene.place, rng, wire, folder) as play:
        async with _beside(play.host.serve()) as serving, _beside(_outside(play)):
            try:
                async with asyncio.timeout(100 * 3600):
                    await scene.action(play)
                play.ended_s = asyncio.get_running_loop().time()
                await play.until_quiet()
                play.rested_s, play.last_call = asyncio.get_running_loop().time(), wire.count
                await asyncio.sleep(AFTERWARDS_S)
                await play.until_quiet()
            except TimeoutError as error:
                play.stuck = str(error) or "the members never came to an end"
            if serving.done():
                play.stuck = "the process starts for ever"
        await wire.land()
        look(play)
        return play


async def _outside(play: Play) -> None:
    async with asyncio.TaskGroup() as group:
        if play.place.consents:
            group.create_task(play.answer_questions())
        if play.place.callbacks:
            group.create_task(play.call_back())
        if play.place.thread_deleted_s is not None:
            group.create_task(play.moderate(play.place.thread_deleted_s))

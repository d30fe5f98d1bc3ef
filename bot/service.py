"""The one door for cogs: ask for a song, cancel, list, show. Inserts rows and wakes the stages; knows no Discord.

accepted --card known--> queued --submit--> submitting --> running --poll--> finished --deliver--> thread
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import library, picture
from bot.ask import Ask, Member, accept
from bot.bell import Bell, Work
from bot.budget import Budget
from bot.errors import Busy, NotAllowed, NotFound, OverBudget
from bot.library import LibraryPage
from bot.musicmint.models import VocalStem
from bot.phrasebook import Sentence
from bot.picture import CardPicture
from bot.ports import Clock
from bot.requests import Show, Stem
from bot.unanswered import called_off, in_list
from db import clips, deliveries, parked, singers, submissions, tasks
from db.clips import Take
from db.engine import Database
from db.parked import Parked
from db.singers import Singer
from db.states import TaskState
from db.tasks import Changes, Task

__all__ = ["Ask", "Member", "Service", "may_manage"]

log = structlog.get_logger()

ACCEPT_WITHIN_S: Final = 1.5
"""Of the 3 s Discord gives an interaction; past it the member is told, and nothing is stored."""

NOT_OUT: Final = frozenset({TaskState.ACCEPTED, TaskState.QUEUED, TaskState.ASKING})
"""From where a task that is cancelled is not sent, or not sent again."""

MOST_CHOICES: Final = 25
"""What an autocomplete may offer."""


class Service:
    """Every write a command can cause."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        key_id: str,
        budget: Budget,
        bell: Bell,
    ) -> None:
        self._database = database
        self._clock = clock
        self._key_id = key_id
        self._budget = budget
        self._bell = bell

    async def ask(self, ask: Ask) -> CardPicture:
        """Store the request; the card to answer with. Raises `OverBudget`, or `Busy` if it was not stored in time."""
        try:
            async with self._in_time() as conn:
                return await accept(conn, ask, key_id=self._key_id, budget=self._budget, now=self._clock.now_ms())
        except (Busy, OverBudget, IntegrityError) as error:
            # The gateway may replay an interaction that is stored already, and that may have been today's last.
            return await self._stored(ask.interaction_id, otherwise=error)

    async def _stored(self, interaction_id: int, *, otherwise: Exception) -> CardPicture:
        """The commit may have landed just as the time was up: then it counts. Raises `otherwise` where it did not."""
        async with self._database.read() as conn:
            task = await tasks.of_interaction(conn, interaction_id)
            if task is None:
                raise otherwise
            return await picture.card(conn, task, self._clock.now_ms())

    async def card_posted(self, task_id: int, channel_id: int, message_id: int) -> None:
        """The card stands: from here on the task may cost money."""
        async with self._database.write() as conn:
            queued = await tasks.card_posted(conn, task_id, channel_id, message_id, self._clock.now_ms())
            if not queued:
                await tasks.card_found(conn, task_id, channel_id, message_id)
        self._bell.ring(Work.SUBMIT if queued else Work.DELIVER)

    async def card_seen(self, task_id: int, member: Member, message_id: int) -> None:
        """Somebody pressed a button of a card: if nobody knew where it stands, it is known now.

        Raises `NotFound`, `Busy`.
        """
        async with self._database.read() as conn:
            task = await self._visible(conn, task_id, member)
        if task.card_message_id is not None:
            return
        async with self._in_time() as conn:
            if not await tasks.card_posted(conn, task_id, member.channel_id, message_id, self._clock.now_ms()):
                await tasks.card_found(conn, task_id, member.channel_id, message_id)
                await tasks.want_cards(conn, [task_id])
        self._bell.ring(Work.SUBMIT, Work.DELIVER)

    async def cancel(self, task_id: int, member: Member) -> Task:
        """Stop a task, or keep what it brings from being posted. Raises `NotFound`, `NotAllowed`, `Busy`.

        Returns the task as it stands then: cancelled, or still going with `cancel_requested_at`.
        """
        now = self._clock.now_ms()
        async with self._in_time() as conn:
            task = await self._visible(conn, task_id, member)
            if not may_manage(task, member):
                raise NotAllowed("error-cancel-not-yours", owner=str(task.requester_id))
            to, changes = await called_off(conn, task, now)
            # What turns up later of a task that is closed is kept.
            keeps = to is TaskState.CLOSED and await tasks.request_cancel(conn, task_id, now)
            moved = await tasks.move(conn, task_id, NOT_OUT, to, changes)
            if not (keeps or moved or await tasks.request_cancel(conn, task_id, now)):
                raise NotFound("error-nothing-to-cancel")
            stopped = await self._visible(conn, task_id, member)
        self._bell.ring(Work.DELIVER)
        return stopped

    async def try_again(self, task_id: int, member: Member) -> None:
        """The member agrees to a second submission. Raises `NotFound`, `NotAllowed`, `OverBudget`, `Busy`."""
        now = self._clock.now_ms()
        async with self._in_time() as conn:
            task = await self._asking(conn, task_id, member)
            await self._budget.reserve(conn, member_id=task.requester_id, guild_id=task.guild_id, now=now)
            # From now on it waits: how long it has waited for the first one does not count.
            changes = Changes(due_at=now, started_at=now)
            await tasks.move(conn, task_id, {TaskState.ASKING}, TaskState.QUEUED, changes)
            await tasks.withdraw_cancel(conn, task_id)
        self._bell.ring(Work.SUBMIT, Work.DELIVER)

    async def leave_it(self, task_id: int, member: Member) -> None:
        """The member wants no second submission. Raises `NotFound`, `NotAllowed`, `Busy`."""
        async with self._in_time() as conn:
            task = await self._asking(conn, task_id, member)
            told = Sentence("error-asking-left" if in_list(task) else "error-asking-dropped")
            changes = Changes(ended_at=self._clock.now_ms(), error=told.to_json())
            await tasks.move(conn, task_id, {TaskState.ASKING}, TaskState.CLOSED, changes)
        self._bell.ring(Work.DELIVER)

    async def _asking(self, conn: AsyncConnection, task_id: int, member: Member) -> Task:
        task = await self._visible(conn, task_id, member)
        if not may_manage(task, member):
            raise NotAllowed("error-answer-not-yours", owner=str(task.requester_id))
        if task.state is not TaskState.ASKING:
            raise NotFound("error-not-asking")
        return task

    async def show(self, task_id: int, member: Member) -> None:
        """Post what was kept, by a late cancel or for lack of a place. Raises `NotFound`, `NotAllowed`, `Busy`."""
        now = self._clock.now_ms()
        async with self._in_time() as conn:
            task = await self._visible(conn, task_id, member)
            if not may_manage(task, member):
                raise NotAllowed("error-show-not-yours", owner=str(task.requester_id))
            revived = await deliveries.revive(conn, task_id, now)
            if task.cancel_requested_at is None and not revived:
                raise NotFound("error-button-gone")
            await tasks.withdraw_cancel(conn, task_id)
            await self._promise(conn, task, now)
        self._bell.ring(Work.DELIVER)

    @staticmethod
    async def _promise(conn: AsyncConnection, task: Task, now: int) -> None:
        """Everything a task brought, as if it had not been cancelled."""
        for take in await clips.of_task(conn, task.id):
            await deliveries.add_take(conn, task_id=task.id, part=take.clip.position, clip_row_id=take.clip.id, now=now)
        if task.kind in picture.EXPORT_NAMES and task.result is not None:
            await deliveries.add_export(conn, task_id=task.id, now=now)
        if task.kind == Show.kind and task.parent_clip_id is not None:
            await deliveries.add_take(conn, task_id=task.id, part=0, clip_row_id=task.parent_clip_id, now=now)

    async def outstanding(self, member: Member, *, mine: bool = False) -> list[CardPicture]:
        """What waits or runs where this member is, oldest first."""
        user_id = member.user_id if mine or member.guild_id is None else None
        async with self._database.read() as conn:
            found = await tasks.outstanding(conn, guild_id=member.guild_id, requester_id=user_id)
            return [await picture.card(conn, task, self._clock.now_ms()) for task in found]

    async def card(self, task_id: int, member: Member) -> CardPicture:
        """The card of a task of this place. Raises `NotFound`."""
        async with self._database.read() as conn:
            return await picture.card(conn, await self._visible(conn, task_id, member), self._clock.now_ms())

    async def takes(self, member: Member, typed: str = "") -> list[Take]:
        """The takes this member may name here, best first, matching what they typed."""
        async with self._database.read() as conn:
            found = await clips.reachable(
                conn,
                guild_id=member.guild_id,
                requester_id=member.user_id,
                thread_id=member.channel_id,
                limit=4 * MOST_CHOICES,
            )
        wanted = typed.casefold().strip()
        return [take for take in found if wanted in f"{take.label} {take.clip.title}".casefold()][:MOST_CHOICES]

    async def library(self, member: Member, *, before: int | None = None) -> LibraryPage:
        """A page of the member's own takes of this place, newest first."""
        async with self._database.read() as conn:
            return await library.page(conn, guild_id=member.guild_id, member_id=member.user_id, before=before)

    async def parked(self) -> Parked:
        """What waits for the operator, in all servers."""
        async with self._database.read() as conn:
            return await parked.all_of_them(conn)

    async def take(self, clip_row_id: int, member: Member) -> Take:
        """A take of this server (in private: of this member). Raises `NotFound` for any other, existing or not."""
        async with self._database.read() as conn:
            found = await clips.take(conn, clip_row_id)
        if found is None or not _may_use(found, member):
            raise NotFound("error-no-such-take")
        return found

    async def nameable_take(self, clip_row_id: int, member: Member) -> Take:
        """A take by a number that may have been guessed: only of this thread's song, or the member's own.

        Whoever presses a button sees its message; whoever types a number may see nothing of where the take stands.
        """
        take = await self.take(clip_row_id, member)
        if take.requester_id != member.user_id and take.thread_id != member.channel_id:
            raise NotFound("error-no-such-take")
        return take

    async def message_take(self, message_id: int, member: Member) -> Take:
        """The take that a message of this channel shows. Raises `NotFound`."""
        async with self._database.read() as conn:
            found = await clips.of_message(conn, member.channel_id, message_id)
        if found is None or not _may_use(found, member):
            raise NotFound("error-no-take-message")
        return found

    async def known_task(self, api_task_id: str, member: Member) -> CardPicture | None:
        """The card of the task MusicMint calls so, where we have it; None where we do not. Raises `NotFound`."""
        async with self._database.read() as conn:
            task_id = await submissions.known(conn, api_task_id)
            if task_id is None:
                return None
            task = await tasks.get(conn, task_id)
            if task is None or not _is_here(task, member):
                raise NotFound("error-task-elsewhere")
            return await picture.card(conn, task, self._clock.now_ms())

    async def stem_id(self, clip_row_id: int) -> str:
        """The job id of the newest stem made of a clip; empty where there is none."""
        async with self._database.read() as conn:
            result = await tasks.newest_result(conn, Stem.kind, clip_row_id)
        return VocalStem.model_validate_json(result).id if result else ""

    async def singers(self, member: Member, typed: str = "") -> list[Singer]:
        """The singers of this place by name, matching what was typed."""
        async with self._database.read() as conn:
            found = await singers.of_home(conn, singers.home_of(member.guild_id, member.user_id))
        wanted = singers.key_of(typed)
        return [singer for singer in found if wanted in singer.name_key]

    async def singer(self, name: str, member: Member) -> Singer:
        """The singer of this name here. Raises `NotFound`."""
        async with self._database.read() as conn:
            found = await singers.named(conn, singers.home_of(member.guild_id, member.user_id), name)
        if found is None:
            raise NotFound("error-no-such-singer", name=name)
        return found

    async def remove_singer(self, name: str, member: Member) -> Singer:
        """Forget a singer: its maker's or a moderator's to do. Raises `NotFound`, `NotAllowed`, `Busy`."""
        found = await self.singer(name, member)
        if found.owner_id != member.user_id and not member.moderator:
            raise NotAllowed("error-singer-not-yours", owner=str(found.owner_id))
        async with self._in_time() as conn:
            await singers.remove(conn, found.id)
        return found

    async def hint(self, submission_id: int, api_task_id: str) -> bool:
        """MusicMint called back about a submission: look at its task now. False where that told nothing new."""
        async with self._database.write() as conn:
            task_id = await submissions.hint(conn, submission_id, api_task_id)
            if task_id is not None:
                await tasks.hasten(conn, task_id, self._clock.now_ms())
        if task_id is not None:
            self._bell.ring(Work.POLL, Work.RESOLVE)
        return task_id is not None

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that leaves time to answer the interaction. Raises `Busy`."""
        try:
            async with asyncio.timeout(ACCEPT_WITHIN_S), self._database.write(patient=False) as conn:
                yield conn
        except (TimeoutError, OperationalError) as error:
            log.warning("not stored in time", error=str(getattr(error, "orig", None) or type(error).__name__))
            self._bell.ring(Work.SUBMIT, Work.DELIVER)  # the commit may have landed just as the time was up
            raise Busy from None

    @staticmethod
    async def _visible(conn: AsyncConnection, task_id: int, member: Member) -> Task:
        """A task of this server (in private: of this member); an id from elsewhere does not exist here."""
        task = await tasks.get(conn, task_id)
        if task is None or not (_is_here(task, member) or _came_to(task, member)):
            raise NotFound("error-no-such-task")
        return task


def may_manage(task: Task, member: Member) -> bool:
    """Its author, and who moderates the channel it was asked in: rights in one channel count nowhere else."""
    return task.requester_id == member.user_id or (member.moderator and task.channel_id == member.channel_id)


def _is_here(row: Task | Take, member: Member) -> bool:
    """Of this server; in private, of this member. An id from elsewhere does not exist here."""
    if row.guild_id != member.guild_id:
        return False
    return member.guild_id is not None or row.requester_id == member.user_id


def _came_to(task: Task, member: Member) -> bool:
    """Where a server had no place for a card any more it came to its member in private, and there it is answered."""
    return member.guild_id is None and (task.requester_id, task.card_channel_id) == (member.user_id, member.channel_id)


def _may_use(take: Take, member: Member) -> bool:
    """Where a server had no place for a take it came to its member in private, and there its buttons must lead on."""
    return _is_here(take, member) or (member.guild_id is None and take.requester_id == member.user_id)

"""Bring in what a task has brought: its clips, its result and what is promised to the members, in one transaction."""

from __future__ import annotations

from collections.abc import Collection

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import lineage
from bot.brought import Brought, Draft, Export, Followed, Fresh, Takes, Voice
from bot.musicmint.models import ResultItem
from bot.phrasebook import Sentence
from bot.requests import MAX_LINE, Midi, Persona, Request, parse
from db import clips, deliveries, singers, songs, tasks
from db.clips import NewClip, Take
from db.states import TaskState
from db.tasks import Changes, Task

log = structlog.get_logger()

Known = dict[str, int]
"""Row ids of clips that are here already, by MusicMint's ids."""


async def bring_in(
    conn: AsyncConnection,
    task: Task,
    brought: Brought,
    now: int,
    *,
    leaving: Collection[TaskState],
    lease_token: str | None = None,
) -> bool:
    """End the task with what came (or let it ask for the next thing); False when it was no longer ours to move.

    A task that was cancelled since keeps what it brought from being posted.
    """
    known: Known = {}
    if isinstance(brought, Takes):
        brought, known = await _of_here(conn, task, brought)
    current = await tasks.get(conn, task.id)
    kept = current is None or current.cancel_requested_at is not None
    to, changes = _end(task, brought, now, kept=kept)
    if not await tasks.move(conn, task.id, leaving, to, changes, lease_token=lease_token):
        return False
    match brought:
        case Takes(items) if items:
            await _add_takes(conn, task, items, known, now, kept=kept)
        case Draft(item):
            await songs.name(conn, task.song_id, item.title.strip()[:MAX_LINE])
        case Voice(persona):
            await _add_singer(conn, task, persona.id, now)
        case Fresh(item):
            await _show(conn, task, item, now, kept=kept)
        case Export(blank=False) if not kept:
            await deliveries.add_export(conn, task_id=task.id, now=now)
    log.info("brought in", task=task.id, state=str(to))
    return True


def _end(task: Task, brought: Brought, now: int, *, kept: bool) -> tuple[TaskState, Changes]:
    match brought:
        case Takes(()):
            return TaskState.FAILED, Changes(ended_at=now, error=Sentence("error-not-for-here").to_json())
        case Followed(request) if kept:
            return TaskState.CANCELLED, Changes(ended_at=now)
        case Followed(request):
            return TaskState.QUEUED, Changes(due_at=now, kind=request.kind, request=request.to_json())
        case Export(blank=True):
            lack = "error-no-notes" if task.kind == Midi.kind else "error-nothing-there"
            return TaskState.FAILED, Changes(ended_at=now, error=Sentence(lack).to_json())
        case Export(result):
            return TaskState.FINISHED, Changes(ended_at=now, result=result, card=kept)
        case Draft(item):
            return TaskState.FINISHED, Changes(ended_at=now, result=item.model_dump_json())
        case Voice(persona):
            return TaskState.FINISHED, Changes(ended_at=now, result=persona.model_dump_json())
        case _:
            return TaskState.FINISHED, Changes(ended_at=now, card=kept)


async def _of_here(conn: AsyncConnection, task: Task, brought: Takes) -> tuple[Takes, Known]:
    """Without the clips of another place: asked for again they would come again, so what is left is all there will be.

    Whose they are is told to nobody.
    """
    found = [(item, await clips.of_clip_id(conn, item.id)) for item in brought.items]
    here = tuple(item for item, take in found if take is None or _may_be_given(take, task))
    if len(here) < len(found):
        log.warning("MusicMint answered with clips of another place", task=task.id, clips=len(found) - len(here))
    return Takes(here), {item.id: take.clip.id for item, take in found if take is not None}


def _may_be_given(take: Take, task: Task) -> bool:
    """In a server what anybody had made there; in private all that is the member's own."""
    if task.guild_id is None:
        return take.requester_id == task.requester_id
    return take.guild_id == task.guild_id


async def _add_takes(
    conn: AsyncConnection, task: Task, items: tuple[ResultItem, ...], known: Known, now: int, *, kept: bool
) -> None:
    """The full-length song of a clip may be a clip we have: then it is that take."""
    request = parse(task.kind, task.request)
    parent = await clips.take(conn, task.parent_clip_id) if task.parent_clip_id else None
    for position, item in enumerate(items):
        clip_row_id = known.get(item.id) or await _add_clip(conn, task, request, parent, position, item, now)
        if not kept or item.id in known:  # a clip of this task is found by it, another's only by a row of the outbox
            await deliveries.add_take(conn, task_id=task.id, part=position, clip_row_id=clip_row_id, now=now, kept=kept)
    await songs.name(conn, task.song_id, items[0].title.strip()[:MAX_LINE])


async def _add_clip(
    conn: AsyncConnection, task: Task, request: Request, parent: Take | None, position: int, item: ResultItem, now: int
) -> int:
    change = lineage.change_of(request, parent)
    return await clips.add(
        conn,
        NewClip(
            clip_id=item.id,
            task_id=task.id,
            position=position,
            item=item.model_dump_json(),
            title=item.title or request.title,
            duration_ms=round(item.duration * 1000),
            expire_at=item.expire_at,
            parent_clip_id=task.parent_clip_id,
            change=change.kind if change else None,
            changed=change.what if change else None,
            created_at=now,
        ),
    )


async def _add_singer(conn: AsyncConnection, task: Task, persona_id: str, now: int) -> None:
    request = parse(task.kind, task.request)
    if not isinstance(request, Persona) or task.parent_clip_id is None:
        raise LookupError(f"task {task.id} asked for no singer")
    await singers.add(
        conn,
        persona_id=persona_id,
        home=singers.home_of(task.guild_id, task.requester_id),
        name=request.name.strip(),
        owner_id=task.requester_id,
        clip_row_id=task.parent_clip_id,
        now=now,
    )


async def _show(conn: AsyncConnection, task: Task, item: ResultItem, now: int, *, kept: bool) -> None:
    if task.parent_clip_id is None:
        raise LookupError(f"task {task.id} shows no clip")
    await clips.refresh(conn, task.parent_clip_id, item=item.model_dump_json(), expire_at=item.expire_at)
    if not kept:
        await deliveries.add_take(conn, task_id=task.id, part=0, clip_row_id=task.parent_clip_id, now=now)

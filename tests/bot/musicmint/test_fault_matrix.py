"""Every fault in every call, over real sockets: the client raises what the table says, the row ends where it says."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from bot.errors import ServiceError
from bot.musicmint import endpoints
from bot.musicmint.client import MusicMintClient
from bot.requests import Generate
from bot.retry import FIRST_WAIT_S, KEY_WAIT_S, LONGEST_WAIT_S
from db.states import TaskState
from tests.bot.fakes import START_MS, FakeChance, FakeClock
from tests.bot.musicmint.api import client_of
from tests.bot.musicmint.faults import (
    CREATED,
    DONE,
    FINAL,
    PAUSE_KEY,
    RETRY,
    TABLE,
    UNKNOWN,
    Call,
    Ends,
    Server,
    serving,
)
from tests.bot.world import World

CELLS = [(call, fault) for call in Call for fault in TABLE]
NAME = "mm-1"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte a second takes a minute to be given up otherwise."""
    for name in ("GENERATE", "TASK", "TASKS"):
        monkeypatch.setattr(endpoints, name, dataclasses.replace(getattr(endpoints, name), total_s=1.5))


async def make(call: Call, client: MusicMintClient) -> None:
    match call:
        case Call.SUBMIT:
            await client.generate(Generate(prompt="la"), None)
        case Call.READ:
            await client.get_task(NAME)
        case Call.LIST:
            await client.list_tasks(page=1)


def test_the_table_is_whole() -> None:
    assert len(TABLE) * len(Call) == (2 * 16 + 19 + 6) * 3


@pytest.mark.parametrize(("call", "fault"), CELLS, ids=lambda value: value if value in TABLE else Call(value).name)
async def test_a_fault_raises_its_error_after_one_request(call: Call, fault: str) -> None:
    expected, _ = TABLE[fault].cell(call)
    async with serving(call) as server:
        server.fault, server.known = fault, [NAME]
        raised: ServiceError | None = None
        async with client_of(server.url, FakeClock()) as client:
            try:
                await make(call, client)
            except ServiceError as error:
                raised = error
    assert (type(raised) if raised else None) is expected
    assert len(server.heard) == (fault not in ("no such name", "refused", "no TLS"))


@asynccontextmanager
async def facing(world: World, server: Server) -> AsyncIterator[World]:
    """The same rows, with stages that talk to this server."""
    async with client_of(server.url, world.clock) as client:
        faced = replace(world, api=client)
        yield faced
        await faced.poller.finish()


async def rows(world: World, count: int) -> list[int]:
    """Tasks that run, submitted to the fake; every other one is out of the way."""
    world.sql("UPDATE tasks SET state = 'closed'")
    return [await world.running() for _ in range(count)]


def where(world: World, task_id: int) -> tuple[str, int, str]:
    ((state, due_at, error),) = world.sql("SELECT state, due_at, error FROM tasks WHERE id = ?", task_id)
    said = json.loads(str(error))["id"] if error else ""
    return str(state), int(str(due_at)) - world.clock.now, str(said)


def class_of(state: str, due_in_ms: int, said: str, *, running: Ends) -> Ends | str:
    """How a row looks that ended so; the row itself where it fits no class."""
    paused = due_in_ms == KEY_WAIT_S * 1000 and ("key" in said or "credit" in said)
    match TaskState(state):
        case TaskState.UNKNOWN | TaskState.ASKING:
            return UNKNOWN
        case TaskState.REFUSED | TaskState.FAILED:
            return FINAL
        case TaskState.QUEUED | TaskState.RUNNING if paused:
            return PAUSE_KEY
        case TaskState.QUEUED if 0 < due_in_ms <= 300_000:
            return RETRY
        case TaskState.RUNNING if 0 < due_in_ms <= 60_000:
            return running
        case TaskState.FINISHED:
            return DONE
        case _:
            return f"{state} {due_in_ms} {said}"


async def submit_under(world: World, fault: str) -> Ends | str:
    """One queued task meets the fault; then the fault is gone, and only what was not created is posted again."""
    (known,) = await rows(world, 1)
    async with serving(Call.SUBMIT) as server:
        server.fault, server.known = fault, [world.api_id(known)]
        world.sql("UPDATE tasks SET state = 'closed'")
        task_id = await world.queued()
        async with facing(world, server) as faced:
            await faced.submitter.step()
            await faced.submitter.step()
        ended = class_of(*where(world, task_id), running=CREATED)
        assert server.posts == (fault not in ("no such name", "refused", "no TLS"))
        server.fault = ""
        server.heard.clear()
        await world.clock.advance(301)
        async with facing(world, server) as faced:
            await faced.submitter.step()
        assert server.posts == (ended in (RETRY, PAUSE_KEY)), fault
        assert (where(world, task_id)[0] == TaskState.RUNNING) == (ended in (RETRY, PAUSE_KEY, CREATED)), fault
    return ended


async def read_under(world: World, fault: str, call: Call) -> Ends | str:
    """Running tasks meet the fault in a sweep; then the fault is gone, and what is not over becomes a song."""
    tasks = await rows(world, 1 if call is Call.READ else 3)
    async with serving(call) as server:
        server.fault, server.known = fault, [world.api_id(task_id) for task_id in tasks]
        await world.clock.advance(5)
        async with facing(world, server) as faced:
            await faced.poller.step()
        ended = [class_of(*where(world, task_id), running=RETRY) for task_id in tasks]
        server.fault, server.finished = "", True
        await world.clock.advance(61)
        async with facing(world, server) as faced:
            await faced.poller.step()
        assert server.posts == 0
        assert all(where(world, task_id)[0] == "finished" for task_id in tasks) == (ended[0] is not FINAL), fault
    (same,) = set(ended)
    return same


@pytest.mark.timeout(600)
@pytest.mark.parametrize("call", Call, ids=lambda call: call.name.lower())
async def test_every_fault_leaves_the_task_in_its_class_and_is_posted_once(world: World, call: Call) -> None:
    ended = {}
    for fault in TABLE:
        if call is Call.SUBMIT:
            ended[fault] = await submit_under(world, fault)
        else:
            ended[fault] = await read_under(world, fault, call)
    assert ended == {fault: row.cell(call)[1] for fault, row in TABLE.items()}


class WildChance(FakeChance):
    """Spreads as far as it may."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self._factor = factor

    def spread(self, seconds: float) -> float:
        return seconds * self._factor


def after(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(START_MS / 1000 + seconds, UTC), usegmt=True)


@pytest.mark.parametrize("factor", [0.8, 1.2])
@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        ("42", 42),
        ("7.5", 7.5),
        (after(42), 42),
        ("0", 1),
        ("1000000000", LONGEST_WAIT_S),
        (after(10**6), LONGEST_WAIT_S),
        ("-5", None),
        (after(-60), None),
        ("soon", None),
        (None, None),
    ],
)
async def test_a_submit_waits_as_long_as_the_api_says_and_no_longer_than_the_longest_wait(
    world: World, header: str | None, wait_s: float | None, factor: float
) -> None:
    task_id = await world.queued()
    world.chance = WildChance(factor)
    async with serving(Call.SUBMIT) as server:
        server.fault, server.retry_after = "429 in an envelope", header
        async with facing(world, server) as faced:
            await faced.submitter.step()
    waits = where(world, task_id)[1] / 1000
    if wait_s is None:
        assert waits == FIRST_WAIT_S * factor
    else:
        assert wait_s <= waits <= 1.1 * wait_s


@pytest.mark.parametrize(("header", "wait_s"), [("42", 42), (after(47), 42), ("1000000000", LONGEST_WAIT_S), ("-5", 5)])
@pytest.mark.parametrize("call", [Call.READ, Call.LIST], ids=["read", "list"])
async def test_a_sweep_waits_as_long_as_the_api_says(world: World, call: Call, header: str, wait_s: float) -> None:
    (task_id, *_) = await rows(world, 1 if call is Call.READ else 3)
    await world.clock.advance(5)
    async with serving(call) as server:
        server.fault, server.retry_after = "429 in an envelope", header
        async with facing(world, server) as faced:
            await faced.poller.step()
    assert wait_s <= where(world, task_id)[1] / 1000 <= 1.1 * wait_s

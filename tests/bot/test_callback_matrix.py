"""Everything that may come to the door, and what it may do: a table.

The door is open to the world, so the rule is the same in every cell: input that proves nothing changes no row; input
that proves to be about a submission is a hint, which lets that task be read once more with the key; and whatever is
said, a take is delivered at most once.

| class  | HTTP       | rows                                   | reads with the key | deliveries       |
|--------|------------|----------------------------------------|--------------------|------------------|
| `NO`   | 4xx        | none changes                           | none               | none             |
| `NONE` | 202        | none changes                           | none               | none             |
| `HINT` | 202        | the hint, and when the task is read     | at most one more   | each take once   |
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

import aiohttp
import pytest

from bot import web
from bot.errors import Unclear
from bot.musicmint.callback import CallbackAddress
from bot.web import CallbackDoor, Health, serve
from db.states import TaskState
from tests.bot.world import Value, World

ADDRESS = CallbackAddress("https://bot.test", "our own secret")
SIGNING, OLD_SIGNING = "whsec-of-today", "whsec-of-yesterday"
MINE, OTHERS, FOREIGN, NOWHERE = "mm-1", "mm-2", "64f3a1b2c8d9e0f1a2b3c4d5", 99
MEGABYTE = 1024 * 1024


class Class(StrEnum):
    """What a cell may do."""

    NO = "refused"
    NONE = "taken, and nothing"
    HINT = "taken, and the task is read"


def about(api_task_id: str, status: str = "completed") -> bytes:
    return json.dumps({"task_id": api_task_id, "status": status, "results": [{"audio_url": "http://evil/"}]}).encode()


def signed(body: bytes, secret: str = SIGNING) -> dict[str, str]:
    return {"X-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def path(submission_id: int = 1) -> str:
    return urlsplit(ADDRESS.url(submission_id)).path


def wrong_token() -> str:
    return path()[:-1] + ("1" if path()[-1] == "0" else "0")


@dataclass(frozen=True)
class Call:
    """One POST. `headers` None: a right signature of today's secret."""

    body: bytes = field(default_factory=lambda: about(MINE))
    path: str = field(default_factory=path)
    headers: dict[str, str] | None = None

    @property
    def sent_headers(self) -> dict[str, str]:
        return signed(self.body) if self.headers is None else self.headers


class Outside:
    """The world on the other side of the door."""

    def __init__(self, world: World, session: aiohttp.ClientSession, port: int) -> None:
        self._world = world
        self._session = session
        self._url = f"http://127.0.0.1:{port}"

    async def post(self, call: Call) -> int:
        async with self._session.post(
            self._url + call.path, data=io.BytesIO(call.body), headers=call.sent_headers
        ) as answer:
            return answer.status

    def rows(self) -> list[list[tuple[Value, ...]]]:
        return [self._world.sql(f"SELECT * FROM {table}") for table in ("tasks", "submissions", "deliveries", "clips")]


@asynccontextmanager
async def door_to(world: World, hint: Callable[[int, str], Awaitable[bool]] | None = None) -> AsyncIterator[Outside]:
    """When the block ends, every hint that was taken is written down."""
    door = CallbackDoor(ADDRESS, SIGNING, hint or world.service.hint, OLD_SIGNING)
    async with (
        aiohttp.ClientSession() as session,
        serve("127.0.0.1", 0, lambda: Health(True, True), door) as port,
    ):
        yield Outside(world, session, port)


@pytest.fixture(autouse=True)
def quick_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "FINISH_S", 0.2)  # for what is left of a body that was refused


BAD = {
    "bad signature": Call(headers={"X-Signature": "0" * 64}),
    "signature of other bytes": Call(headers=signed(about(OTHERS))),
    "signature by another secret": Call(headers=signed(about(MINE), "whsec-of-nobody")),
    "signature by our own secret": Call(headers=signed(about(MINE), "our own secret")),
    "signature in capitals": Call(headers={"X-Signature": signed(about(MINE))["X-Signature"].upper()}),
    "signature with a prefix": Call(headers={"X-Signature": "sha256=" + signed(about(MINE))["X-Signature"]}),
    "missing header": Call(headers={}),
    "empty header": Call(headers={"X-Signature": ""}),
    "wrong token": Call(path=wrong_token()),
    "no token": Call(path="/musicmint/1"),
    "token of another submission": Call(path=path(2).replace("/2.", "/1.")),
    "path above": Call(path="/musicmint/../musicmint/x"),
    "1 MB": Call(body=about(MINE) + b" " * MEGABYTE),
    "no body": Call(body=b""),
    "no JSON": Call(body=b"task_id=mm-1"),
    "a list": Call(body=b'[{"task_id": "mm-1"}]'),
    "no id": Call(body=b'{"status": "completed"}'),
    "id is a number": Call(body=b'{"task_id": 1}'),
    "id that is a path up": Call(body=b'{"task_id": ".."}'),
    "id of 10 kB": Call(body=about("m" * 10_000)),
    "deep nesting": Call(body=b'{"task_id":' + b"[" * 30_000),
    "not UTF-8": Call(body=b'{"task_id": "\xff\xfe"}'),
}
STATES = ("queued", "submitting", "running", "finished", "unknown")


async def in_state(world: World, state: str) -> int:
    """A task with submission 1, if it has one, whose id at MusicMint is `MINE`."""
    if state == "queued":
        return await world.queued()
    if state == "unknown":
        world.musicmint.fail("generate", Unclear(cause="lost"))
        return await world.running()
    if state == "finished":
        return await world.finished()
    task_id = await world.running()
    if state == "submitting":  # the answer is not written down yet
        world.sql("UPDATE tasks SET state = 'submitting' WHERE id = ?", task_id)
        world.sql("UPDATE submissions SET outcome = NULL, answered_at = NULL, api_task_id = NULL")
    return task_id


@pytest.mark.parametrize("state", STATES)
async def test_what_proves_nothing_changes_no_row(world: World, state: str) -> None:
    await in_state(world, state)
    world.woken.clear()
    async with door_to(world) as outside:
        before, read = outside.rows(), len(world.musicmint.read)
        refused = {name: await outside.post(call) for name, call in BAD.items()}
    assert {name: status for name, status in refused.items() if not 400 <= status < 500} == {}
    assert outside.rows() == before
    assert (world.woken, len(world.musicmint.read)) == ([], read)


async def test_a_slow_body_holds_nothing_up_and_changes_no_row(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "CALLBACK_S", 0.05)
    await in_state(world, "running")

    async def trickle() -> AsyncIterator[bytes]:
        yield b'{"task_id":'
        await asyncio.Event().wait()

    async with door_to(world) as outside:
        before = outside.rows()
        async with outside._session.post(outside._url + path(), data=trickle(), headers=signed(b"")) as answer:
            assert answer.status == 400
        assert await outside.post(Call()) == 202  # the next one is not held up
    assert [row[:-1] for row in outside.rows()[2]] == before[2]


@dataclass(frozen=True)
class Cell:
    """What comes, and what it may do."""

    name: str
    state: str
    call: Call
    says: Class

    def __str__(self) -> str:
        return self.name


CELLS = [
    Cell("while it runs", "running", Call(), Class.HINT),
    Cell("signed by the secret before this one", "running", Call(headers=signed(about(MINE), OLD_SIGNING)), Class.HINT),
    Cell("it says failed", "running", Call(body=about(MINE, "failed")), Class.HINT),
    Cell("it says it still works", "running", Call(body=about(MINE, "processing")), Class.HINT),
    Cell("it says nothing known", "running", Call(body=about(MINE, "moderating")), Class.HINT),
    Cell("before the answer was stored", "submitting", Call(), Class.HINT),
    Cell("where the answer was lost", "unknown", Call(), Class.HINT),
    Cell("where the answer was lost, foreign id", "unknown", Call(body=about(FOREIGN)), Class.HINT),
    Cell("after it finished", "finished", Call(), Class.HINT),
    Cell("before it was submitted", "queued", Call(), Class.NONE),
    Cell("a submission that never was", "running", Call(path=path(NOWHERE)), Class.NONE),
    Cell("unknown task", "running", Call(body=about(FOREIGN)), Class.NONE),
    Cell("a path for an id", "running", Call(body=about("../tasks")), Class.NONE),
    Cell("unknown task, after it finished", "finished", Call(body=about(FOREIGN)), Class.NONE),
    Cell("the task of another submission of ours", "running", Call(body=about(OTHERS)), Class.NONE),
    Cell("at another submission's door", "running", Call(path=path(2)), Class.NONE),
]


async def settle(world: World) -> None:
    """Whatever the hint woke, and a sweep, and the outbox."""
    await world.poller.step()
    await world.deliver()


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell.says is Class.NONE], ids=str)
@pytest.mark.parametrize("times", [1, 100])
async def test_what_proves_to_be_about_nothing_here_is_taken_and_changes_no_row(
    world: World, cell: Cell, times: int
) -> None:
    await in_state(world, cell.state)
    if cell.state != "queued":
        await world.running()  # submission 2, whose task is `OTHERS`
    world.woken.clear()
    async with door_to(world) as outside:
        before, read = outside.rows(), len(world.musicmint.read)
        assert {await outside.post(cell.call) for _ in range(times)} == {202}
    assert outside.rows() == before
    assert (world.woken, len(world.musicmint.read)) == ([], read)


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell.says is Class.HINT], ids=str)
@pytest.mark.parametrize("times", [1, 100])
async def test_a_hint_writes_itself_down_and_moves_no_task_by_itself(world: World, cell: Cell, times: int) -> None:
    task_id = await in_state(world, cell.state)
    before, states = (await world.task(task_id)), world.sql("SELECT state FROM deliveries")
    async with door_to(world) as outside:
        calls = [outside.post(cell.call) for _ in range(times)]
        assert set(await asyncio.gather(*calls)) == {202}
    after = await world.task(task_id)
    hinted = json.loads(cell.call.body)["task_id"]
    assert world.sql("SELECT hinted_task_id FROM submissions") == [(hinted,)]
    assert (after.state, after.error, after.result) == (before.state, before.error, before.result)
    assert world.sql("SELECT state FROM deliveries") == states


@pytest.mark.parametrize("status", ["completed", "failed"])
async def test_a_hint_brings_one_read_however_often_it_is_said(world: World, status: str) -> None:
    """What it says is not believed: MusicMint itself says that the task still works."""
    await in_state(world, "running")
    await world.poller.step()
    read = len(world.musicmint.read)
    for _ in range(100):
        async with door_to(world) as outside:
            assert await outside.post(Call(body=about(MINE, status))) == 202
        await world.poller.step()
    assert len(world.musicmint.read) == read + 1
    assert world.sql("SELECT state FROM tasks") == [("running",)]


async def test_a_hundred_at_once_and_replays_after_the_end_deliver_each_take_once(world: World) -> None:
    task_id = await in_state(world, "running")
    world.musicmint.complete(MINE)
    async with door_to(world) as outside:
        await asyncio.gather(*(outside.post(Call()) for _ in range(100)))
    await settle(world)
    assert (await world.task(task_id)).state is TaskState.FINISHED
    assert [message.label for message in world.messenger.posted] == ["v1a", "v1b"]
    rows, read = world.sql("SELECT * FROM tasks"), len(world.musicmint.read)
    async with door_to(world) as outside:
        await asyncio.gather(*(outside.post(Call()) for _ in range(100)))
        await asyncio.gather(*(outside.post(Call(body=about(MINE, "failed"))) for _ in range(100)))
    await settle(world)
    assert world.sql("SELECT * FROM tasks") == rows
    assert len(world.musicmint.read) == read
    assert [message.label for message in world.messenger.posted] == ["v1a", "v1b"]


async def test_failed_after_completed_and_the_other_way_round_end_as_the_read_says(world: World) -> None:
    task_id = await in_state(world, "running")
    world.musicmint.complete(MINE)
    async with door_to(world) as outside:
        for status in ("failed", "processing", "completed"):
            assert await outside.post(Call(body=about(MINE, status))) == 202
    await settle(world)
    assert (await world.task(task_id)).state is TaskState.FINISHED


async def test_a_callback_during_the_submit_is_kept_and_the_submit_goes_its_way(world: World) -> None:
    task_id = await world.queued()
    async with door_to(world) as outside:

        async def call_back() -> None:
            assert await outside.post(Call()) == 202

        world.musicmint.during_call = call_back
        await world.submitter.step()
    assert (await world.task(task_id)).state is TaskState.RUNNING
    assert world.sql("SELECT api_task_id, hinted_task_id FROM submissions") == [(MINE, MINE)]


async def test_the_first_hint_about_a_lost_answer_stands(world: World) -> None:
    """Later ones may be replays of another's; the read with the key decides whether the first was right."""
    await in_state(world, "unknown")
    async with door_to(world) as outside:
        for api_task_id in (MINE, FOREIGN, OTHERS):
            assert await outside.post(Call(body=about(api_task_id))) == 202
    assert world.sql("SELECT hinted_task_id FROM submissions") == [(MINE,)]


async def test_an_address_in_a_callback_is_never_fetched(world: World) -> None:
    await in_state(world, "running")
    world.musicmint.complete(MINE)
    async with door_to(world) as outside:
        assert await outside.post(Call()) == 202
    await settle(world)
    assert "evil" not in str(world.sql("SELECT item FROM clips"))


@pytest.mark.parametrize(
    ("new", "old", "taken"),
    [
        (None, None, {"new", "old", "none"}),
        (SIGNING, None, {"new"}),
        (None, OLD_SIGNING, {"old"}),
        (SIGNING, OLD_SIGNING, {"new", "old"}),
    ],
)
async def test_while_a_secret_is_replaced_either_may_have_signed(
    new: str | None, old: str | None, taken: set[str]
) -> None:
    async def hint(_submission_id: int, _api_task_id: str) -> bool:
        return True

    counted: list[int] = []
    door = CallbackDoor(ADDRESS, new, hint, old, counted.append)
    calls = {
        "new": signed(about(MINE), SIGNING),
        "old": signed(about(MINE), OLD_SIGNING),
        "none": {},
    }
    async with (
        aiohttp.ClientSession() as session,
        serve("127.0.0.1", 0, lambda: Health(True, True), door) as port,
    ):
        said = {}
        for name, headers in calls.items():
            url = f"http://127.0.0.1:{port}{path()}"
            async with session.post(url, data=io.BytesIO(about(MINE)), headers=headers) as answer:
                said[name] = answer.status
    assert {name for name, status in said.items() if status == 202} == taken
    assert {status for name, status in said.items() if name not in taken} <= {401}
    assert counted == list(said.values())


async def test_every_refusal_is_counted_too(world: World) -> None:
    counted: list[int] = []
    door = CallbackDoor(ADDRESS, SIGNING, world.service.hint, counted=counted.append)
    async with (
        aiohttp.ClientSession() as session,
        serve("127.0.0.1", 0, lambda: Health(True, True), door) as port,
    ):
        outside = Outside(world, session, port)
        said = [await outside.post(BAD[name]) for name in ("wrong token", "bad signature", "no JSON", "1 MB")]
    assert counted == said == [404, 401, 400, 413]


def test_a_door_prints_neither_of_its_secrets() -> None:
    async def hint(_submission_id: int, _api_task_id: str) -> bool:
        return True

    shown = repr(CallbackDoor(ADDRESS, SIGNING, hint, OLD_SIGNING))
    assert not [secret for secret in (SIGNING, OLD_SIGNING, "our own secret") if secret in shown]

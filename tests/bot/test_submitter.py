from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import KeyRejected, RateLimited, RequestRejected, ResultExpired, ServiceError, Unclear, Unreachable
from bot.requests import Generate
from db.engine import Database
from db.states import TaskState
from tests.bot.fakes import START_MS, HastyClock
from tests.bot.world import World, open_world


async def test_the_intent_to_submit_stands_in_the_database_before_the_call(world: World) -> None:
    seen: list[tuple[object, ...]] = []

    async def look() -> None:
        seen.extend(world.sql("SELECT t.state, s.attempt, s.started_at, s.outcome FROM tasks t JOIN submissions s"))

    task_id = await world.queued()
    world.musicmint.during_call = look
    await world.submitter.step()
    assert seen == [("submitting", 1, START_MS, None)]
    assert (await world.task(task_id)).state is TaskState.RUNNING


async def test_a_created_task_runs_and_is_polled_first_after_one_interval(world: World) -> None:
    task_id = await world.running(Generate(prompt="la", tags="folk", title="Night Bus"))
    task = await world.task(task_id)
    assert (task.state, task.started_at, task.due_at) == (TaskState.RUNNING, START_MS, START_MS + 5000)
    assert world.sql("SELECT outcome, api_task_id, answered_at FROM submissions") == [("created", "mm-1", START_MS)]
    assert world.musicmint.generated == [Generate(prompt="la", tags="folk", title="Night Bus")]
    assert {"poll", "deliver"} <= set(world.woken)


async def test_each_submission_is_one_post(world: World) -> None:
    for _ in range(5):
        await world.queued()
    await world.submitter.step()
    await world.submitter.step()
    assert len(world.musicmint.generated) == 5


async def test_a_task_without_a_card_is_never_submitted(world: World) -> None:
    await world.accepted()
    assert await world.submitter.step() is None
    assert world.musicmint.generated == []


async def test_who_waited_longest_goes_first(world: World) -> None:
    late = await world.queued(Generate(prompt="late"))
    early = await world.queued(Generate(prompt="early"))
    world.sql("UPDATE tasks SET due_at = due_at - 1 WHERE id = ?", early)
    same = await world.queued(Generate(prompt="same"))
    await world.submitter.step()
    assert [request.prompt for request in world.musicmint.generated] == ["early", "late", "same"]
    assert early > late < same


@pytest.mark.parametrize(
    ("error", "state", "waits_s", "outcome", "said"),
    [
        (Unreachable(cause="x"), "queued", 5, "not_created", "error-service-unreachable"),
        (RateLimited(), "queued", 5, "not_created", "error-rate-limited"),
        (RateLimited(retry_after_s=42), "queued", 42, "not_created", "error-rate-limited"),
        (RateLimited(retry_after_s=0), "queued", 1, "not_created", "error-rate-limited"),
        (RateLimited(retry_after_s=10**9), "queued", 300, "not_created", "error-rate-limited"),
        (KeyRejected(), "queued", 60, "not_created", "error-key-rejected"),
        (KeyRejected("error-no-credit"), "queued", 60, "not_created", "error-no-credit"),
        (RequestRejected(reason="bad words"), "refused", None, "refused", "error-request-rejected"),
        (ResultExpired(), "refused", None, "refused", "error-result-expired"),
        (Unclear(cause="HTTP 500"), "unknown", 2, "unknown", "error-service-unclear"),
        (ServiceError(), "refused", None, "refused", "error-service-unclear"),
    ],
    ids=lambda value: value.sentence_id if isinstance(value, ServiceError) else "",
)
async def test_a_failed_submit_ends_in_its_class(
    world: World, error: ServiceError, state: str, waits_s: int | None, outcome: str, said: str
) -> None:
    task_id = await world.queued()
    before = await world.task(task_id)
    world.musicmint.fail("generate", error)
    due = await world.submitter.step()
    task = await world.task(task_id)
    assert task.state == state
    assert task.due_at == (before.due_at if waits_s is None else START_MS + waits_s * 1000)
    assert due == (task.due_at if state == "queued" else None)
    assert json.loads(task.error or "")["id"] == said
    assert task.card_wanted == before.card_wanted + 1
    assert (task.lease_token, task.lease_until) == (None, None)
    assert (task.ended_at is not None) == (state == "refused")
    assert world.sql("SELECT outcome, api_task_id FROM submissions") == [(outcome, None)]
    assert len(world.musicmint.generated) == 1


async def test_the_reason_of_a_refusal_is_kept_for_the_card(world: World) -> None:
    task_id = await world.queued()
    world.musicmint.fail("generate", RequestRejected(reason="prompt too long"))
    await world.submitter.step()
    assert json.loads((await world.task(task_id)).error or "")["arguments"] == {"reason": "prompt too long"}


async def test_a_task_that_was_not_created_is_submitted_again_when_due(world: World) -> None:
    task_id = await world.queued()
    world.musicmint.fail("generate", Unreachable(), Unreachable())
    await world.submitter.step()
    await world.clock.advance(4.9)
    await world.submitter.step()
    assert len(world.musicmint.generated) == 1
    await world.clock.advance(0.1)
    await world.submitter.step()
    await world.clock.advance(10)
    await world.submitter.step()
    task = await world.task(task_id)
    assert (task.state, task.attempts, task.error) == (TaskState.RUNNING, 3, None)
    assert world.sql("SELECT attempt, outcome FROM submissions") == [
        (1, "not_created"),
        (2, "not_created"),
        (3, "created"),
    ]


async def test_after_half_an_hour_without_being_created_it_is_refused(world: World) -> None:
    task_id = await world.queued()
    world.musicmint.fail("generate", *[Unreachable() for _ in range(50)])
    due = await world.submitter.step()
    while due is not None:
        await world.clock.advance((due - world.clock.now) / 1000)
        due = await world.submitter.step()
    task = await world.task(task_id)
    assert (task.state, task.ended_at) == (TaskState.REFUSED, world.clock.now)
    assert 30 * 60_000 <= world.clock.now - START_MS <= 36 * 60_000
    assert json.loads(task.error or "")["id"] == "error-gave-up"


async def test_an_unknown_outcome_is_never_sent_again_by_itself(world: World) -> None:
    task_id = await world.queued()
    world.musicmint.fail("generate", Unclear())
    await world.submitter.step()
    await world.restart()
    await world.clock.advance(24 * 3600)
    await world.submitter.step()
    assert len(world.musicmint.generated) == 1
    assert (await world.task(task_id)).state is TaskState.UNKNOWN


async def test_a_fault_nobody_foresaw_counts_as_unknown_and_stops_nobody_else(world: World) -> None:
    broken, fine = await world.queued(), await world.queued()
    world.musicmint.fail("generate", RuntimeError("a bug"))
    await world.submitter.step()
    await world.clock.advance(20)
    await world.submitter.step()
    assert (await world.task(broken)).state is TaskState.UNKNOWN
    assert (await world.task(fine)).state is TaskState.RUNNING


async def test_a_stored_request_that_breaks_todays_rules_is_refused_unsent(world: World) -> None:
    broken, fine = await world.queued(), await world.queued()
    world.sql("UPDATE tasks SET request = ? WHERE id = ?", json.dumps({"prompt": "la", "retention_days": 99}), broken)
    await world.submitter.step()
    task = await world.task(broken)
    assert task.state is TaskState.REFUSED
    assert json.loads(task.error or "")["id"] == "error-retention"
    assert (await world.task(fine)).state is TaskState.RUNNING
    assert len(world.musicmint.generated) == 1


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"prompt": 3}', '{"words": "la"}'])
async def test_a_damaged_row_is_refused_unsent_and_stops_nobody_else(world: World, damaged: str) -> None:
    broken, fine = await world.queued(), await world.queued()
    world.sql("UPDATE tasks SET request = ? WHERE id = ?", damaged, broken)
    await world.submitter.step()
    task = await world.task(broken)
    assert (task.state, json.loads(task.error or "")["id"]) == (TaskState.REFUSED, "error-request-unreadable")
    assert (await world.task(fine)).state is TaskState.RUNNING
    assert len(world.musicmint.generated) == 1


async def test_a_submit_that_a_stop_cuts_off_is_known_as_unheard_before_the_process_ends(world: World) -> None:
    reached, never = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        reached.set()
        await never.wait()

    task_id = await world.queued()
    world.musicmint.during_call = hang
    running = asyncio.create_task(world.submitter.run())
    await reached.wait()
    world.submitter.stop()
    running.cancel()
    await asyncio.wait([running])
    assert (await world.task(task_id)).state is TaskState.UNKNOWN
    assert world.sql("SELECT outcome FROM submissions") == [("unknown",)]


async def test_what_a_submit_came_to_is_written_as_soon_as_the_database_takes_it_again(database_file: Path) -> None:
    async with open_world(database_file, HastyClock()) as world:
        task_id = await world.queued()
        full = _FullDatabase(world.database)
        world.musicmint.during_call = full.fill
        await world.another_submitter(full).step()
        assert (await world.task(task_id)).state is TaskState.RUNNING
        assert world.clock.naps == [1.0, 2.0, 4.0]
        assert len(world.musicmint.submitted) == 1


class _FullDatabase(Database):
    """Refuses three writes once it is full."""

    def __init__(self, real: Database) -> None:
        self._real = real
        self._refusals = 0

    async def fill(self) -> None:
        self._refusals = 3

    @asynccontextmanager
    async def write(self, *, patient: bool = True) -> AsyncIterator[AsyncConnection]:
        if self._refusals:
            self._refusals -= 1
            raise OperationalError("COMMIT", {}, sqlite3.OperationalError("database or disk is full"))
        async with self._real.write(patient=patient) as conn:
            yield conn

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        async with self._real.read() as conn:
            yield conn


async def test_a_claim_that_outlived_its_lease_is_given_up_and_a_late_answer_counts_all_the_same(world: World) -> None:
    task_id = await world.queued()

    async def oversleep() -> None:
        await world.clock.advance(8 * 60)
        other = world.another_submitter()
        await other.step()
        assert (await world.task(task_id)).state is TaskState.UNKNOWN

    world.musicmint.during_call = oversleep
    await world.submitter.step()
    assert (await world.task(task_id)).state is TaskState.RUNNING
    assert world.sql("SELECT outcome, api_task_id FROM submissions") == [("created", "mm-1")]


async def test_a_submitter_that_lost_its_lease_moves_nothing(world: World) -> None:
    async def take_away() -> None:
        world.sql("UPDATE tasks SET lease_token = 'somebody'")

    task_id = await world.queued()
    world.musicmint.during_call = take_away
    await world.submitter.step()
    task = await world.task(task_id)
    assert (task.state, task.lease_token) == (TaskState.SUBMITTING, "somebody")


async def test_a_cancel_during_the_call_stops_it_from_being_sent_again(world: World) -> None:
    task_id = await world.queued()

    async def cancel() -> None:
        await world.service.cancel(task_id, world.an_ask().member)

    world.musicmint.during_call = cancel
    world.musicmint.fail("generate", Unreachable())
    assert await world.submitter.step() is None
    task = await world.task(task_id)
    assert (task.state, task.ended_at) == (TaskState.CANCELLED, START_MS)


async def test_a_stopped_submitter_claims_nothing_new(world: World) -> None:
    async def stop() -> None:
        world.submitter.stop()

    await world.queued()
    waiting = await world.queued()
    world.musicmint.during_call = stop
    await world.submitter.step()
    assert len(world.musicmint.generated) == 1
    assert (await world.task(waiting)).state is TaskState.QUEUED


async def test_the_watermark_is_the_newest_task_known_before_the_call(world: World) -> None:
    await world.running()
    await world.clock.advance(1)
    await world.running()
    assert world.sql("SELECT watermark FROM submissions ORDER BY id") == [(None,), ("mm-1",)]

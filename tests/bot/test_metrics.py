"""What an operator's charts may hold: counts by words of this program, and nothing about anybody."""

from __future__ import annotations

import re

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from bot import errors
from bot.errors import ServiceError
from bot.metrics import DISCORD_OUTCOMES, Metrics, outcome_of
from db.census import Census
from db.states import OUTSTANDING, DeliveryState, TaskState

CENSUS = Census(
    tasks=dict.fromkeys(TaskState, 0) | {TaskState.RUNNING: 3, TaskState.UNKNOWN: 1, TaskState.FINISHED: 9},
    deliveries=dict.fromkeys(DeliveryState, 0) | {DeliveryState.KEPT: 2},
    parked_tasks=1,
    parked_deliveries=2,
    oldest_task_ms=dict.fromkeys(OUTSTANDING, 0) | {TaskState.RUNNING: 61_500},
    oldest_delivery_ms=2_500,
)


def samples(page: bytes) -> dict[str, float]:
    """Every sample of a page by its name and labels."""
    found = {}
    for family in text_string_to_metric_families(page.decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def test_the_rows_are_told_by_state() -> None:
    told = samples(Metrics().render(CENSUS))
    assert told["minstrel_outstanding_tasks"] == 4
    assert told["minstrel_tasks{state=running}"] == 3
    assert told["minstrel_tasks{state=unknown}"] == 1
    assert told["minstrel_tasks{state=asking}"] == 0
    assert told["minstrel_deliveries{state=kept}"] == 2
    assert told["minstrel_parked{rows=tasks}"] == 1
    assert told["minstrel_parked{rows=deliveries}"] == 2
    assert told["minstrel_oldest_task_seconds{state=running}"] == 61.5
    assert told["minstrel_oldest_delivery_seconds"] == 2.5
    assert told["minstrel_database_readable"] == 1


def test_without_rows_the_page_says_so_and_holds_the_rest() -> None:
    metrics = Metrics()
    metrics.discord_call("ok")
    told = samples(metrics.render(None))
    assert told["minstrel_database_readable"] == 0
    assert told["minstrel_discord_calls_total{outcome=ok}"] == 1
    assert "minstrel_outstanding_tasks" not in told


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "answered"),
        (errors.KeyRejected(), "key_rejected"),
        (errors.RequestRejected(reason="words of the API"), "refused"),
        (errors.RateLimited(), "rate_limited"),
        (errors.Unreachable(cause="x"), "unreachable"),
        (errors.ResultExpired(), "expired"),
        (errors.Unclear(cause="x"), "unclear"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_call_of_musicmint_is_counted_by_endpoint_and_outcome(error: ServiceError | None, outcome: str) -> None:
    metrics = Metrics()
    metrics.api_ended("/api/v1/task/{id}", error, 0.2)
    told = samples(metrics.render(None))
    assert told[f"minstrel_api_calls_total{{endpoint=task/{{id}},outcome={outcome}}}"] == 1
    assert told["minstrel_api_call_seconds_bucket{endpoint=task/{id},le=0.25}"] == 1
    assert told["minstrel_api_call_seconds_bucket{endpoint=task/{id},le=0.1}"] == 0


def test_every_error_of_musicmint_has_a_word() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ServiceError)]
    words = {outcome_of(kind()) for kind in kinds}
    assert words == {"key_rejected", "refused", "rate_limited", "unreachable", "expired", "unclear"}


def test_an_outcome_nobody_knows_is_no_series_of_its_own() -> None:
    metrics = Metrics()
    for outcome in (*DISCORD_OUTCOMES, "member 4711 said hello", "guild 99"):
        metrics.discord_call(outcome)
    page = metrics.render(None)
    assert samples(page)["minstrel_discord_calls_total{outcome=other}"] == 2
    assert b"4711" not in page
    assert b"guild" not in page


def test_a_stage_s_steps_are_timed() -> None:
    metrics = Metrics()
    for seconds in (0.02, 20):
        metrics.stage_step("poll", seconds)
    told = samples(metrics.render(None))
    assert told["minstrel_stage_step_seconds_count{stage=poll}"] == 2
    assert told["minstrel_stage_step_seconds_bucket{le=0.05,stage=poll}"] == 1


def test_two_processes_worth_of_counters_do_not_meet() -> None:
    """Nothing is registered where the whole process would share it."""
    before = {family.name for family in REGISTRY.collect()}
    one, other = Metrics(), Metrics()
    one.callback(202)
    assert "minstrel_callbacks_total{outcome=202}" not in samples(other.render(None))
    assert {family.name for family in REGISTRY.collect()} == before


def test_no_label_has_a_name_that_could_hold_a_member() -> None:
    metrics = Metrics()
    metrics.api_ended("/api/v1/tasks", None, 1)
    metrics.discord_call("ok")
    metrics.stage_step("poll", 1)
    metrics.callback(401)
    labels = set(re.findall(r"[{,](\w+)=", metrics.render(CENSUS).decode()))
    assert labels == {"state", "rows", "endpoint", "outcome", "stage", "le"}

"""What an operator's charts read at `/metrics`: counters of this process, and a census of the rows.

A label is a word of this program (a state, an endpoint, an outcome), never an id, a server, a member or what they
wrote: each of those would be a series for ever, and a page about members. Rows are counted when they are asked for, so
they hold after a restart; counters begin at nothing, as Prometheus expects. What waits is told by the age of the oldest
of its kind: a histogram of what has ended never shows the song that does not end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bot.errors import (
    KeyRejected,
    RateLimited,
    RequestRejected,
    ResultExpired,
    ServiceError,
    Unreachable,
)
from db.census import Census

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

API: Final = "/api/v1/"

OTHER: Final = "other"
DISCORD_OUTCOMES: Final = frozenset(
    {
        "ok",
        "refused",
        "unauthorized",
        "forbidden",
        "not_found",
        "limited_route",
        "limited_global",
        "limited_shared",
        "shut_out",
        "server_error",
        "broken",
        "timed_out",
    }
)
"""`unauthorized`, `forbidden` and the limits count to Discord's ban of an address; `shut_out` is that ban."""

API_OUTCOMES: Final = {
    KeyRejected: "key_rejected",
    RequestRejected: "refused",
    ResultExpired: "expired",
    RateLimited: "rate_limited",
    Unreachable: "unreachable",
}
"""Every other `ServiceError` is `unclear`: a paid call that may have taken effect."""

STEP_BUCKETS: Final = (0.01, 0.05, 0.25, 1, 5, 15, 60, 300)
CALL_BUCKETS: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 330)
"""Seconds; the last one is the longest a call may take."""


class Metrics:
    """The counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._api = Counter(
            "minstrel_api_calls",
            "Calls of MusicMint, answered or not.",
            ["endpoint", "outcome"],
            registry=self._registry,
        )
        self._api_seconds = Histogram(
            "minstrel_api_call_seconds",
            "How long MusicMint took.",
            ["endpoint"],
            buckets=CALL_BUCKETS,
            registry=self._registry,
        )
        self._discord = Counter(
            "minstrel_discord_calls", "REST calls of Discord.", ["outcome"], registry=self._registry
        )
        self._steps = Histogram(
            "minstrel_stage_step_seconds",
            "One step of a stage.",
            ["stage"],
            buckets=STEP_BUCKETS,
            registry=self._registry,
        )
        self._callbacks = Counter(
            "minstrel_callbacks", "Calls at the door for MusicMint.", ["outcome"], registry=self._registry
        )

    def api_call(self, endpoint: str, outcome: str, seconds: float) -> None:
        """A call of MusicMint has ended. `endpoint` is the path's template, `outcome` a word of ours."""
        self._api.labels(endpoint, outcome).inc()
        self._api_seconds.labels(endpoint).observe(seconds)

    def api_ended(self, path: str, error: ServiceError | None, seconds: float) -> None:
        """The same, as the client of MusicMint tells it: the path with `{id}` in it, and the error if there was one."""
        self.api_call(path.removeprefix(API).partition("?")[0], outcome_of(error), seconds)

    def discord_call(self, outcome: str) -> None:
        """A REST call of Discord has ended in one of `DISCORD_OUTCOMES`."""
        self._discord.labels(outcome if outcome in DISCORD_OUTCOMES else OTHER).inc()

    def stage_step(self, stage: str, seconds: float) -> None:
        """A stage did all that was due."""
        self._steps.labels(stage).observe(seconds)

    def callback(self, status: int) -> None:
        """Somebody called where MusicMint may, and got this HTTP status."""
        self._callbacks.labels(str(status)).inc()

    def render(self, census: Census | None) -> bytes:
        """The page in Prometheus' text form; None for rows that could not be read."""
        rows = CollectorRegistry()
        rows.register(_Rows(census))
        return generate_latest(self._registry) + generate_latest(rows)


def outcome_of(error: ServiceError | None) -> str:
    """The word for how a call of MusicMint ended; None is an answer as documented."""
    if error is None:
        return "answered"
    return next((word for kind, word in API_OUTCOMES.items() if isinstance(error, kind)), "unclear")


class _Rows(Collector):
    def __init__(self, census: Census | None) -> None:
        self._census = census

    def collect(self) -> Iterator[GaugeMetricFamily]:
        readable = int(self._census is not None)
        yield GaugeMetricFamily("minstrel_database_readable", "Whether the rows could be counted.", readable)
        if self._census is not None:
            yield from _counted(self._census)


def _counted(census: Census) -> Iterator[GaugeMetricFamily]:
    yield GaugeMetricFamily("minstrel_outstanding_tasks", "Tasks that are not over.", census.outstanding)
    tasks = GaugeMetricFamily("minstrel_tasks", "Tasks by state.", labels=["state"])
    for state, count in census.tasks.items():
        tasks.add_metric([state], count)
    yield tasks
    deliveries = GaugeMetricFamily("minstrel_deliveries", "Messages of the outbox by state.", labels=["state"])
    for delivery_state, count in census.deliveries.items():
        deliveries.add_metric([delivery_state], count)
    yield deliveries
    parked = GaugeMetricFamily(
        "minstrel_parked", "Rows that failed, or ended the process, again and again: look at the log.", labels=["rows"]
    )
    parked.add_metric(["tasks"], census.parked_tasks)
    parked.add_metric(["deliveries"], census.parked_deliveries)
    yield parked
    oldest = GaugeMetricFamily(
        "minstrel_oldest_task_seconds", "Age of the oldest task in a state that is not the last.", labels=["state"]
    )
    for state, age_ms in census.oldest_task_ms.items():
        oldest.add_metric([state], age_ms / 1000)
    yield oldest
    yield GaugeMetricFamily(
        "minstrel_oldest_delivery_seconds",
        "How long the oldest finished take has waited to be posted.",
        census.oldest_delivery_ms / 1000,
    )

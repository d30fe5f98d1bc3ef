from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
import pytest

from bot.errors import SettingsError
from bot.web import Health, Insight, serve


@dataclass
class Parts:
    """Tells what it was given."""

    told: dict[str, bool]

    async def look(self) -> Mapping[str, bool]:
        return self.told


class Page:
    async def page(self) -> bytes:
        return b"minstrel_outstanding_tasks 4.0\n"


def well() -> Health:
    return Health(stages=True, discord=True)


@pytest.mark.parametrize(
    ("health", "status"),
    [
        (Health(stages=True, discord=True), 200),
        (Health(stages=True, discord=False), 200),
        (Health(stages=False, discord=True), 503),
    ],
    ids=["well", "Discord is away", "a stage has ended"],
)
async def test_health_is_whether_every_stage_runs(health: Health, status: int) -> None:
    async with (
        serve("127.0.0.1", 0, lambda: health) as port,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/healthz") as answer,
    ):
        assert answer.status == status
        assert await answer.json() == {"stages": health.stages, "discord": health.discord}


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ({"database": True, "stages": True, "discord": True}, 200),
        ({"database": False, "stages": True, "discord": True}, 503),
        ({"database": True, "stages": False, "discord": True}, 503),
        ({"database": True, "stages": True, "discord": False}, 503),
    ],
    ids=["ready", "no database", "a stage has ended", "Discord is away"],
)
async def test_ready_is_whether_every_part_is(parts: dict[str, bool], status: int) -> None:
    async with (
        serve("127.0.0.1", 0, well, None, Insight(Parts(parts), Page())) as port,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/readyz") as answer,
    ):
        assert answer.status == status
        assert await answer.json() == parts


async def test_the_charts_are_served_as_prometheus_reads_them() -> None:
    async with (
        serve("127.0.0.1", 0, well, None, Insight(Parts({}), Page())) as port,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/metrics") as answer,
    ):
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert await answer.read() == await Page().page()


@pytest.mark.parametrize("path", ["/", "/readyz", "/metrics", "/musicmint/1.x"])
async def test_nothing_is_served_that_was_not_asked_for(path: str) -> None:
    async with serve("127.0.0.1", 0, well) as port, aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
            assert answer.status == 404
        async with session.post(f"http://127.0.0.1:{port}/healthz") as answer:
            assert answer.status == 405


async def test_a_port_that_is_taken_is_one_line_that_names_the_setting() -> None:
    async with serve("127.0.0.1", 0, lambda: Health(True, True)) as port:
        with pytest.raises(SettingsError, match=r"^WEB_PORT: cannot listen on 127\.0\.0\.1:[0-9]+ \([^\n]+\)$"):
            async with serve("127.0.0.1", port, lambda: Health(True, True)):
                raise AssertionError("two servers on one port")


async def test_the_port_is_free_again_afterwards() -> None:
    async with serve("127.0.0.1", 0, lambda: Health(True, True)) as port:
        pass
    async with serve("127.0.0.1", port, lambda: Health(True, True)) as again:
        assert again == port

from __future__ import annotations

import aiohttp
import pytest

from bot.errors import SettingsError
from bot.web import Health, serve


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


async def test_nothing_else_is_served() -> None:
    async with serve("127.0.0.1", 0, lambda: Health(True, True)) as port, aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/") as answer:
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

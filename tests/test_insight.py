"""What an operator's keepers and charts read of a bot that runs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.bot.test_metrics import samples
from tests.test_callback import free_port
from tests.town import Town, open_town


class Insight:
    def __init__(self, town: Town, port: int) -> None:
        self._town = town
        self._url = f"http://127.0.0.1:{port}"

    async def ready(self) -> tuple[int, dict[str, Any]]:
        async with self._town.session.get(f"{self._url}/readyz") as answer:
            return answer.status, await answer.json()

    async def is_ready(self) -> bool | None:
        return (await self.ready())[0] == 200 or None

    async def is_not_ready(self) -> dict[str, Any] | None:
        status, parts = await self.ready()
        return parts if status == 503 else None

    async def page(self) -> bytes:
        async with self._town.session.get(f"{self._url}/metrics") as answer:
            assert answer.status == 200
            return await answer.read()


async def test_a_song_shows_in_the_charts_and_nobody_s_words_do(tmp_path: Path) -> None:
    port = free_port()
    async with open_town(tmp_path, canned=True, WEB_PORT=str(port)) as town:
        seen = Insight(town, port)
        await town.eventually(seen.is_ready, lambda: "never ready")
        answer = await town.member("ben").run("song", lyrics="[Verse]\nCanary lyrics", title="Canary title")
        await town.takes(answer["message"]["id"], 2)
        await town.card_says(answer, "v1a")
        page = await seen.page()
        told = samples(page)
        assert told["minstrel_database_readable"] == 1
        assert told["minstrel_outstanding_tasks"] == 0
        assert told["minstrel_tasks{state=finished}"] == 1
        assert told["minstrel_deliveries{state=delivered}"] == 2
        assert told["minstrel_parked{rows=tasks}"] == 0
        assert told["minstrel_api_calls_total{endpoint=music/generate,outcome=answered}"] == 1
        assert told["minstrel_api_calls_total{endpoint=task/{id},outcome=answered}"] >= 1
        assert {name for name in told if name.startswith("minstrel_stage_step_seconds_count")} == {
            f"minstrel_stage_step_seconds_count{{stage={name}}}"
            for name in ("submit", "call", "resolve", "poll", "deliver", "watch")
        }
        world = town.world
        ids = [*world.channels, *world.users, world.guild.id, town.channel("songs")]
        assert not [secret for secret in (*ids, "anary", "sk-mm", "end-to-end") if secret.encode() in page]


async def test_a_database_that_another_program_holds_is_not_ready_and_not_dead(tmp_path: Path) -> None:
    port = free_port()
    async with open_town(tmp_path, canned=True, WEB_PORT=str(port)) as town:
        seen = Insight(town, port)
        await town.eventually(seen.is_ready, lambda: "never ready")
        with closing(sqlite3.connect(town.database, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            parts = await town.eventually(seen.is_not_ready, lambda: "ready all the time")
            assert parts == {"database": False, "stages": True, "discord": True}
            async with town.session.get(f"http://127.0.0.1:{port}/healthz") as answer:
                assert answer.status == 200
        await town.eventually(seen.is_ready, lambda: "never ready again")

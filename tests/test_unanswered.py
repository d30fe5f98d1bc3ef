"""A submit whose answer is lost on the way: over sockets, with the real process and MusicMint's list."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.town import Json, Town, open_town


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with open_town(tmp_path, canned=True, generation_ms=3000) as opened:
        yield opened


async def state(town: Town) -> str:
    ((row,),) = [town.rows("SELECT state FROM tasks")]
    return str(row["state"])


async def test_a_song_whose_submit_was_cut_off_is_found_and_posted_and_paid_once(town: Town) -> None:
    await town.tell_studio("POST", "faults", {"path": "music/generate", "reset": "after"})
    answer = await town.member("ben").run("song", lyrics="[Verse]\nLost and found", title="Found")
    takes = await town.takes(answer["message"]["id"], 2)
    assert len(takes) == 2
    assert len(await town.submits()) == 1
    assert [row["outcome"] for row in town.rows("SELECT outcome FROM submissions")] == ["created"]


async def test_it_is_found_though_musicmint_s_clock_is_an_hour_ahead(town: Town) -> None:
    await town.tell_studio("POST", "time", {"advance_ms": 3_600_000})
    await town.tell_studio("POST", "faults", {"path": "music/generate", "reset": "after"})
    answer = await town.member("ben").run("song", lyrics="[Verse]\nAn hour ahead", title="Ahead")
    assert len(await town.takes(answer["message"]["id"], 2)) == 2
    assert len(await town.submits()) == 1


async def test_a_process_killed_while_the_answer_is_on_its_way_finds_the_song_at_its_next_start(town: Town) -> None:
    await town.tell_studio("POST", "faults", {"path": "music/generate", "delay_ms": 1500})
    answer = await town.member("ben").run("song", lyrics="[Verse]\nCut off", title="Cut off")

    async def submitted() -> list[Json] | None:
        return await town.submits() or None

    await town.eventually(submitted, lambda: "nothing was submitted")
    await town.bot.kill()
    assert await state(town) == "submitting"
    await town.bot.start()
    assert len(await town.takes(answer["message"]["id"], 2)) == 2
    assert len(await town.submits()) == 1

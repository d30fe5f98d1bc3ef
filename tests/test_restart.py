"""The bot dies and comes back: nothing is lost, nothing is paid or posted twice, buttons and open forms still work."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.town import Json, Town, open_town

LYRICS = "[Verse]\nStill here in the morning"


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with open_town(tmp_path, canned=True, generation_ms=60_000) as opened:
        yield opened


async def is_running(town: Town, count: int = 1) -> list[Json]:
    async def found() -> list[Json] | None:
        rows = town.rows(
            "SELECT tasks.id, api_task_id FROM tasks JOIN submissions ON task_id = tasks.id WHERE state = 'running'"
        )
        return rows if len(rows) == count else None

    return await town.eventually(found, lambda: f"not {count} tasks running: {town.rows('SELECT * FROM tasks')}")


async def finish(town: Town, api_task_id: str) -> None:
    await town.tell_studio("POST", f"tasks/{api_task_id}/finish")


async def nothing_more_comes(town: Town, thread: str) -> list[Json]:
    """Two more sweeps go by; the messages with a file that stand there then."""
    before = len(town.bot.lines)
    await asyncio.sleep(2.5)
    assert not any("delivered" in line for line in town.bot.lines[before:])
    return await town.takes(thread, 2)


async def test_a_kill_between_submit_and_completion_delivers_once_in_the_same_thread(town: Town) -> None:
    ben = town.member("ben")
    answer = await ben.run("song", lyrics=LYRICS, style="folk", title="Phoenix")
    (task,) = await is_running(town)

    await town.bot.kill()
    await finish(town, task["api_task_id"])
    await town.bot.start()

    card = answer["message"]["id"]
    await town.card_says(answer, "v1a", "v1b")
    takes = await nothing_more_comes(town, card)
    assert [take["embeds"][0]["title"] for take in takes] == ["Phoenix · v1a", "Phoenix · v1b"]
    assert len(await town.submits()) == 1


async def test_a_kill_during_a_second_version_still_answers_in_the_song_s_own_thread(town: Town) -> None:
    ben = town.member("ben")
    first = await ben.run("song", lyrics=LYRICS, style="folk", title="Twice")
    (task,) = await is_running(town)
    await finish(town, task["api_task_id"])
    thread = first["message"]["id"]
    takes = await town.takes(thread, 2)

    again = await ben.press(takes[0], "Again")
    (task,) = await is_running(town)
    await town.bot.kill()
    await town.bot.start()
    await finish(town, task["api_task_id"])

    takes = await town.takes(thread, 4)
    assert [take["embeds"][0]["title"] for take in takes[2:]] == ["Twice · v2a", "Twice · v2b"]
    assert [take["message_reference"]["message_id"] for take in takes[2:]] == [again["message"]["id"]] * 2
    assert len(await town.submits()) == 2


async def test_a_form_that_is_open_while_the_bot_restarts_lands_when_sent(town: Town) -> None:
    ben = town.member("ben")
    opened = await ben.run("song")
    await town.bot.kill()
    await town.bot.start()
    answer = await ben.send_form(opened, lyrics=LYRICS, style="folk", title="Patience")
    assert answer["message"]["embeds"][0]["title"] == "Patience · v1"
    await is_running(town)


async def test_buttons_of_before_a_restart_still_work_after_it(town: Town) -> None:
    ben = town.member("ben")
    answer = await ben.run("song", lyrics=LYRICS, style="folk", title="Old buttons")
    (task,) = await is_running(town)
    await finish(town, task["api_task_id"])
    (take, _) = await town.takes(answer["message"]["id"], 2)

    assert await town.bot.stop() == 0
    await town.bot.start()

    shown = await ben.press(take, "Lyrics")
    assert "Still here" in shown["message"]["embeds"][0]["description"]
    opened = await ben.press(take, "Extend")
    extended = await ben.send_form(opened, at="3", lyrics="[Outro]\nAnd on")
    assert extended["message"]["channel_id"] == answer["message"]["id"]
    (task,) = await is_running(town)
    await ben.press(await town.card(extended), "Cancel")
    await town.card_says(extended, "kept, not posted")
    await finish(town, task["api_task_id"])
    card = await town.card_says(extended, "✅")
    await ben.press(card, "Show the takes")
    await town.takes(answer["message"]["id"], 4)


async def test_a_lost_gateway_connection_is_resumed_and_commands_go_on(town: Town) -> None:
    ben = town.member("ben")
    await town.call("POST", "/gateway", json={"action": "drop"})
    answer = await ben.run("song", lyrics=LYRICS, style="folk", title="Hiccup")
    assert answer["state"] == "answered", answer
    await is_running(town)


async def test_a_term_signal_ends_the_bot_cleanly_while_a_song_is_on_its_way(town: Town) -> None:
    await town.member("ben").run("song", lyrics=LYRICS, style="folk", title="Bye")
    await is_running(town)
    assert await town.bot.stop() == 0
    assert not any("Traceback" in line for line in town.bot.lines)


async def test_a_term_signal_ends_a_bot_whose_database_another_program_holds(town: Town) -> None:
    await town.member("ben").run("song", lyrics=LYRICS, style="folk", title="Held")
    await is_running(town)
    with closing(sqlite3.connect(town.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert await town.bot.stop() == 0


SLOW_NAMES = """
import socket, sys, time
look_up = socket.getaddrinfo
def slowly(host, *more, **options):
    if host == "nobody.test":
        print("asked for nobody.test", file=sys.stderr, flush=True)
        time.sleep(20)
    return look_up(host, *more, **options)
socket.getaddrinfo = slowly
"""


async def test_a_term_signal_ends_a_bot_that_waits_for_a_name_server(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SLOW_NAMES)
    path, lost = str(tmp_path), "http://nobody.test"
    async with open_town(tmp_path, canned=True, PYTHONPATH=path, MUSICMINT_BASE_URL=lost) as town:
        await town.member("ben").run("song", lyrics=LYRICS, style="folk", title="Nobody")

        async def asked() -> bool | None:
            return any("asked for nobody.test" in line for line in town.bot.lines) or None

        await town.eventually(asked, lambda: "no name was looked up")
        assert await town.bot.stop() == 0


async def test_one_look_at_the_list_tells_of_all_songs_that_are_still_made(town: Town) -> None:
    ben = town.member("ben")
    answers = [await ben.run("song", lyrics=LYRICS, style="folk", title=f"Bird {number}") for number in range(4)]
    running = await is_running(town, 4)
    before = (await town.tell_studio("GET", "ledger"))["calls"]
    await finish(town, running[2]["api_task_id"])
    await town.labelled(answers[2]["message"]["id"], "v1a", "v1b")
    calls = (await town.tell_studio("GET", "ledger"))["calls"]
    route = "POST /api/v1/tasks"
    assert calls[route] > before.get(route, 0)
    assert calls["POST /api/v1/task/{id}"] - before.get("POST /api/v1/task/{id}", 0) <= 2
    assert town.rows("SELECT state FROM tasks WHERE state NOT IN ('running', 'finished')") == []

"""MusicMint says no, says nothing, or says nonsense: the card tells it in plain words, and the bot goes on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.town import KEY, Json, Town, open_town

GENERATE = "/api/v1/music/generate"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with open_town(tmp_path_factory.mktemp("town"), canned=True, generation_ms=300) as opened:
        yield opened


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def no_faults_left(town: Town) -> AsyncIterator[None]:
    yield
    await town.tell_studio("DELETE", "faults")
    await town.tell_studio("POST", "keys", {"key": KEY, "status": "active"})


async def ask(town: Town, title: str) -> Json:
    return await town.member("ben").run("song", lyrics="[Verse]\nOh no", style="blues", title=title)


async def a_song_still_works(town: Town) -> None:
    answer = await ask(town, "All is well")
    await town.takes(answer["message"]["id"], 2)


def state_of(town: Town, answer: Json) -> str:
    (task,) = town.rows(f"SELECT state FROM tasks WHERE card_message_id = {answer['message']['id']}")
    state: str = task["state"]
    return state


REFUSALS = [
    pytest.param({"status": 401, "code": 1001, "message": "no such key"}, "does not accept this bot's key", "queued"),
    pytest.param({"status": 403, "code": 1003, "message": "off"}, "key switched off", "queued"),
    pytest.param({"status": 403, "code": 1004, "message": "gone"}, "was deleted", "queued"),
    pytest.param({"status": 402, "code": 3001, "message": "pay"}, "run out of credit", "queued"),
    pytest.param({"status": 429, "code": 4290, "retry_after": 8}, "more requests than it takes", "queued"),
    pytest.param({"status": 400, "code": 2009, "message": "no **politics**"}, "refused this request", "refused"),
    pytest.param({"status": 500, "code": 5000, "message": "oops"}, "no clear answer", "unknown"),
    pytest.param({"status": 503, "body": "<h1>Sorry</h1>", "content_type": "text/html"}, "no clear answer", "unknown"),
    pytest.param({"status": 200, "body": "<html>", "content_type": "text/html"}, "no clear answer", "unknown"),
    pytest.param({"status": 200, "body": "{}", "content_type": "application/json"}, "no clear answer", "unknown"),
    pytest.param({"reset": "after"}, "no clear answer", "unknown"),
]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("fault", "words", "state"), REFUSALS)
async def test_a_submit_that_fails_is_told_on_the_card_and_sent_only_once(
    town: Town, fault: Json, words: str, state: str
) -> None:
    before = (await town.tell_studio("GET", "ledger"))["calls"]
    await town.tell_studio("POST", "faults", {"path": GENERATE, "times": 1, **fault})
    answer = await ask(town, "Trouble")
    card = await town.card_says(answer, words)
    assert state_of(town, answer) == state
    assert "**politics**" not in json.dumps(card)
    # Who pays hears whether it may have cost something, in every case.
    assert "charged" in card["embeds"][0]["description"]
    after = (await town.tell_studio("GET", "ledger"))["calls"]
    sent = {route: count - before.get(route, 0) for route, count in after.items() if "generate" in route}
    assert sum(sent.values()) == 1
    await a_song_still_works(town)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_failed_task_is_told_in_the_service_s_own_words(town: Town) -> None:
    reason = "Generation failed: all platforms unavailable"
    await town.tell_studio("POST", "outcomes", {"outcome": "failed", "error": reason, "times": 1})
    answer = await ask(town, "Fails")
    card = await town.card_says(answer, reason)
    assert "charged" in card["embeds"][0]["description"]
    assert state_of(town, answer) == "failed"
    await a_song_still_works(town)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_key_that_is_switched_off_while_a_song_is_made_is_told_and_the_song_is_not_lost(town: Town) -> None:
    await town.tell_studio("PATCH", "settings", {"generation_ms": 4000})
    answer = await ask(town, "Interrupted")
    await town.card_says(answer, "Composing")
    await town.tell_studio("POST", "keys", {"key": KEY, "status": "disabled"})
    await town.card_says(answer, "the song is not lost")
    assert state_of(town, answer) == "running"
    await town.tell_studio("PATCH", "settings", {"generation_ms": 300})


@pytest.mark.asyncio(loop_scope="module")
async def test_a_read_that_fails_now_and_then_delays_a_song_and_loses_nothing(town: Town) -> None:
    for fault in ({"status": 500}, {"body": "<html>", "status": 200}, {"reset": "before"}):
        await town.tell_studio("POST", "faults", {"path": "/api/v1/task", "times": 1, **fault})
    answer = await ask(town, "Bumpy")
    assert len(await town.takes(answer["message"]["id"], 2)) == 2


@pytest.mark.asyncio(loop_scope="module")
async def test_a_file_that_cannot_be_fetched_at_first_arrives_all_the_same(town: Town) -> None:
    await town.tell_studio("POST", "faults", {"path": r"/files/.*\.mp3", "times": 2, "status": 404})
    answer = await ask(town, "Slow CDN")
    assert len(await town.takes(answer["message"]["id"], 1)) >= 1


WRONG = [
    pytest.param("song", {"title": "Only a title"}, "`lyrics`"),
    pytest.param("song", {"lyrics": "   "}, "`lyrics`"),
    pytest.param("song", {"lyrics": "la", "retention": 31}, "`retention`"),
    pytest.param("song", {"lyrics": "la", "retention": 0}, "`retention`"),
    pytest.param("song", {"style": "x" * 201}, "`style`"),
    pytest.param("inspire", {"idea": " "}, "`idea`"),
    pytest.param("inspire", {"idea": "x", "retention": -1}, "`retention`"),
    pytest.param("instrumental", {}, "`style`"),
    pytest.param("extend", {"take": "999999"}, "`take`"),
    pytest.param("extend", {"take": "v9z", "at": 3}, "`take`"),
]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("name", "options", "words"), WRONG)
async def test_wrong_input_is_refused_in_private_and_leaves_no_row_and_no_call(
    town: Town, name: str, options: Json, words: str
) -> None:
    rows, calls = len(town.rows("SELECT id FROM tasks")), len(await town.submits())
    answer = await town.member("ben").run_unchecked(name, **options)
    assert answer["ephemeral"], answer
    assert words in answer["message"]["content"]
    assert len(town.rows("SELECT id FROM tasks")) == rows
    assert len(await town.submits()) == calls


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("at", [-1, -(2**31), 10**6])
async def test_a_second_outside_the_take_is_refused_even_from_a_client_that_checks_nothing(town: Town, at: int) -> None:
    ben = town.member("ben")
    answer = await ask(town, "Bounds")
    await town.takes(answer["message"]["id"], 2)
    (choice, *_) = await ben.choices("extend", "take", answer["message"]["id"])
    refused = await ben.run_unchecked("extend", answer["message"]["id"], take=choice["value"], at=at)
    assert refused["ephemeral"]
    assert "`at`" in refused["message"]["content"]


@pytest.mark.asyncio(loop_scope="module")
async def test_the_bot_has_printed_no_secret_and_no_traceback(town: Town) -> None:
    log = "\n".join(town.bot.lines)
    assert "Traceback" not in log
    assert KEY not in log
    assert "end-to-end-token" not in log

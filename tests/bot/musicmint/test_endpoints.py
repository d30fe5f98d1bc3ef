"""What holds for every endpoint, row by row of `table.py`."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from bot.app import open_musicmint
from bot.config import Settings
from bot.errors import InvalidRequest, Unclear
from bot.musicmint import endpoints
from bot.musicmint.client import MusicMintClient
from bot.musicmint.endpoints import InferredPaths
from bot.ports import MusicMint
from bot.requests import (
    AddInstrumental,
    AddVocals,
    Concat,
    Cover,
    Generate,
    Infill,
    Lyrics,
    Midi,
    Persona,
    Recover,
    Remaster,
    Request,
    Sample,
    Show,
    SoundEffect,
    SoundType,
    Stem,
    Timeline,
    Upload,
    Wav,
    Waveform,
)
from tests.bot.musicmint.api import EXAMPLES, KEY, ScriptedApi
from tests.bot.musicmint.table import BLOCKING, CLIP, READS, ROWS, SUBMITS, Row

every_endpoint = pytest.mark.parametrize("row", ROWS, ids=str)


def test_all_twenty_endpoints_stand_in_the_table() -> None:
    described = {value for value in vars(endpoints).values() if isinstance(value, endpoints.Endpoint)}
    inferred = {endpoints.add_instrumental(InferredPaths()), endpoints.sample(InferredPaths())}
    assert {row.endpoint for row in ROWS} == described | inferred
    assert len(ROWS) == 20


def test_the_client_is_what_the_stages_need(client: MusicMintClient) -> None:
    needed: MusicMint = client  # the type checker reads this line
    calls = [name for name in vars(MusicMint) if not name.startswith("_")]
    assert len(calls) == 20 + len({"skew_ms"})
    assert all(callable(getattr(needed, name)) for name in calls)


@every_endpoint
async def test_the_documented_example_is_understood(row: Row, api: ScriptedApi, client: MusicMintClient) -> None:
    api.says(200, EXAMPLES[row.example])
    answer = await row.bare[0](client)
    assert json.loads(row.endpoint.answer.dump_json(answer)) == row.means


@every_endpoint
async def test_all_that_was_asked_for_is_sent_under_its_documented_name(
    row: Row, api: ScriptedApi, modelled: MusicMintClient
) -> None:
    api.says(200, EXAMPLES[row.example])
    call, body = row.full
    await call(modelled)
    assert_sent(api, row, body)


@every_endpoint
async def test_what_is_empty_is_not_sent(row: Row, api: ScriptedApi, client: MusicMintClient) -> None:
    api.says(200, EXAMPLES[row.example])
    call, body = row.bare
    await call(client)
    assert_sent(api, row, body)


def assert_sent(api: ScriptedApi, row: Row, body: object) -> None:
    (asked,) = api.asked
    assert f"{asked.method} {asked.path}" == row.asks
    assert asked.authorization == f"Bearer {KEY}"
    assert asked.json == body
    # Equality takes 1 for 1.0 and for true, the API may not.
    assert {name: type(value) for name, value in items(asked.json)} == {n: type(value) for n, value in items(body)}


def items(body: object) -> list[tuple[str, object]]:
    return list(body.items()) if isinstance(body, dict) else []


@every_endpoint
async def test_only_calls_that_may_be_charged_open_a_connection_each(row: Row, api: ScriptedApi) -> None:
    """Over the sessions the bot itself opens: a submit on a kept connection may go unanswered, and still be charged."""
    given = {"discord_token": "a-token", "musicmint_api_key": KEY, "musicmint_base_url": api.url}
    api.says(200, EXAMPLES[row.example])
    async with open_musicmint(Settings.model_validate(given)) as client:
        for _ in range(3):
            await row.bare[0](client)
    assert len(api.connections) == (1 if row in READS else 3)


@every_endpoint
@pytest.mark.parametrize("status", [200, 503])
async def test_an_answer_that_is_none_is_unclear_and_nothing_is_asked_again(
    row: Row, status: int, api: ScriptedApi, client: MusicMintClient
) -> None:
    api.says(status, b"<html>Bad gateway</html>")
    with pytest.raises(Unclear):
        await row.bare[0](client)
    assert len(api.asked) == 1


@every_endpoint
async def test_a_success_without_data_is_unclear(row: Row, api: ScriptedApi, client: MusicMintClient) -> None:
    api.says(200, {"code": 0, "message": "ok"})
    with pytest.raises(Unclear):
        await row.bare[0](client)


@every_endpoint
async def test_an_answer_past_its_size_is_unclear(row: Row, api: ScriptedApi, client: MusicMintClient) -> None:
    api.says(200, EXAMPLES[row.example] | {"padding": "x" * row.endpoint.max_body})
    with pytest.raises(Unclear) as caught:
        await row.bare[0](client)
    assert caught.value.arguments == {"cause": "BodyTooLarge"}


@pytest.mark.parametrize("row", [row for row in BLOCKING if row.name in ("stem", "concat")], ids=str)
def test_calls_that_block_five_minutes_are_given_them(row: Row) -> None:
    assert row.endpoint.total_s > 300


@pytest.mark.parametrize("row", [*SUBMITS, *BLOCKING], ids=str)
def test_a_call_that_may_be_charged_waits_longer_than_a_read(row: Row) -> None:
    assert row.endpoint.total_s > max(read.endpoint.total_s for read in READS)


BROKEN_RULES: dict[str, Callable[[], Request]] = {
    "generate: one of prompt, tags and description": lambda: Generate(title="Song"),
    "generate: a description goes without a prompt": lambda: Generate(description="a shanty", prompt="la"),
    "generate: a description goes without tags": lambda: Generate(description="a shanty", tags="pop"),
    "generate: a second needs a clip": lambda: Generate(tags="pop", continue_at=5),
    "generate: a second is not negative": lambda: Generate(tags="pop", continue_clip_id=CLIP, continue_at=-1),
    "generate: at most 30 days": lambda: Generate(tags="pop", retention_days=31),
    "generate: a day at least": lambda: Generate(tags="pop", retention_days=0),
    "cover: a clip": lambda: Cover(clip_id=" "),
    "remaster: a clip": lambda: Remaster(clip_id=""),
    "soundfx: a description": lambda: SoundEffect(description=" "),
    "soundfx: a known key": lambda: SoundEffect(description="rain", sound_type=SoundType.LOOP, key="H"),
    "soundfx: a sane speed": lambda: SoundEffect(description="rain", bpm=0),
    "add-vocals: a clip": lambda: AddVocals(clip_id=""),
    "add-vocals: an end after the start": lambda: AddVocals(clip_id=CLIP, start_s=5, end_s=5),
    "add-instrumental: a clip": lambda: AddInstrumental(clip_id=""),
    "add-instrumental: a start": lambda: AddInstrumental(clip_id=CLIP, start_s=-1),
    "sample: a clip": lambda: Sample(clip_id=""),
    "sample: a finite end": lambda: Sample(clip_id=CLIP, end_s=float("inf")),
    "infill: a clip": lambda: Infill(clip_id="", start_s=0, end_s=5),
    "infill: an end after the start": lambda: Infill(clip_id=CLIP, start_s=9, end_s=5),
    "lyrics: moods and style are not enough": lambda: Lyrics(moods="happy", style="folk"),
    "upload: an address": lambda: Upload(audio_url="file:///etc/passwd"),
    "concat: a clip": lambda: Concat(clip_id=""),
    "persona: a name": lambda: Persona(clip_id=CLIP, name=" "),
    "persona: a clip": lambda: Persona(clip_id="", name="Ada"),
    "stem: a clip": lambda: Stem(clip_id=""),
    "midi: a clip": lambda: Midi(clip_id=""),
    "timeline: a clip": lambda: Timeline(clip_id=""),
    "waveform: a clip": lambda: Waveform(clip_id=""),
    "wav: a clip": lambda: Wav(clip_id=""),
    "music: a clip": lambda: Show(clip_id=""),
    "task: an id": lambda: Recover(task_id="a b"),
}


@pytest.mark.parametrize("build", BROKEN_RULES.values(), ids=BROKEN_RULES)
async def test_a_request_that_breaks_a_rule_is_not_even_built(build: Callable[[], Request], api: ScriptedApi) -> None:
    with pytest.raises(InvalidRequest):
        build()
    assert api.asked == []

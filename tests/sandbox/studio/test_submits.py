"""The async endpoints beside generate: what each becomes, its result, and the rules of its fields."""

from typing import Any

import pytest
from pydantic import JsonValue

from sandbox.studio.music.order import TakeOrder, Work
from sandbox.studio.tasks import DraftOrder
from tests.sandbox.studio.conftest import START, Client

DAY = 24 * 60 * 60 * 1000
SHARED = {"mv": "chirp-v3-5", "callback_url": "https://example.com/hook", "retention_days": 2}
SOURCES = {
    "music/cover": "cover_clip_id",
    "music/remaster": "clip_id",
    "music/add-vocals": "chop_sample_clip_id",
    "music/add-instrumental": "clip_id",
    "music/sample": "clip_id",
    "music/infill": "clip_id",
}
RANGE = {"infill_start_s": 1.5, "infill_end_s": 4}


def body_for(endpoint: str, clip_id: str) -> dict[str, JsonValue]:
    """The least an endpoint accepts."""
    needed: dict[str, dict[str, JsonValue]] = {
        "music/infill": {**RANGE},
        "music/soundfx": {"sound_desc": "rain"},
        "lyrics/generate": {"prompt": "rain"},
    }
    source: dict[str, JsonValue] = {SOURCES[endpoint]: clip_id} if endpoint in SOURCES else {}
    return source | needed.get(endpoint, {})


ENDPOINTS = [*SOURCES, "music/soundfx", "lyrics/generate"]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_a_task_of_every_kind_completes_with_documented_results(client: Client, endpoint: str) -> None:
    body = body_for(endpoint, await client.clip(title="Rain"))
    answer = await client.api(endpoint, {**body, **SHARED})
    assert set(answer.data) == {"task_id", "status"}
    assert answer.data["status"] == "queuing"
    assert (await client.api("tasks")).data["items"][0]["id"] == answer.data["task_id"]
    await client.control(f"tasks/{answer.data['task_id']}/finish")
    task = await client.task(answer.data["task_id"])

    assert len(task["results"]) == (1 if endpoint in ("music/remaster", "lyrics/generate") else 2)
    for result in task["results"]:
        names = {"id", "audio_url", "image_url", "title", "duration", "tags", "prompt", "expire_at"}
        assert set(result) == names
        assert result["expire_at"] == START + 2 * DAY
        assert (await client.api(f"music/{result['id']}")).data == result
        if endpoint != "lyrics/generate":
            assert (await client.get(result["audio_url"]))[0] == 200


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_a_task_of_every_kind_can_be_made_to_fail(client: Client, endpoint: str) -> None:
    body = body_for(endpoint, await client.clip())
    await client.control("outcomes", {"outcome": "failed", "error": "no luck"})
    task_id = await client.submit(endpoint, **body)
    await client.control(f"tasks/{task_id}/finish")

    assert await client.task(task_id) == {"id": task_id, "status": "failed", "created_at": START, "error": "no luck"}


@pytest.mark.parametrize("endpoint", SOURCES)
async def test_a_source_must_be_a_finished_clip_of_this_key_with_audio(client: Client, endpoint: str) -> None:
    clip_id = await client.clip(retention_days=1)
    running = client.stored(await client.generate()).clip_ids[0]
    sheet = await client.submit("lyrics/generate", prompt="rain")
    await client.control(f"tasks/{sheet}/finish")
    words = client.stored(sheet).clip_ids[0]

    assert (await client.api(endpoint, body_for(endpoint, clip_id), key="sk-mm-other")).refusal == (404, 4004)
    assert (await client.api(endpoint, body_for(endpoint, running))).refusal == (404, 4004)
    assert (await client.api(endpoint, body_for(endpoint, words))).refusal == (400, 2006)
    await client.advance(DAY)
    assert (await client.api(endpoint, body_for(endpoint, clip_id))).refusal == (410, 4005)


@pytest.mark.parametrize(
    ("endpoint", "body", "order"),
    [
        ("music/cover", {"prompt": "la", "tags": "jazz", "title": "B"}, {"lyrics": "la", "tags": "jazz", "title": "B"}),
        ("music/cover", {}, {"title": "Rain"}),
        ("music/remaster", {}, {"title": "Rain"}),
        (
            "music/add-vocals",
            {"chop_sample_start_s": 1.5, "chop_sample_end_s": 3, "prompt": "la", "tags": "soul"},
            {"start_s": 1.5, "end_s": 3.0, "lyrics": "la", "tags": "soul", "title": "Rain"},
        ),
        ("music/add-instrumental", {"start_s": 1, "end_s": 2.5}, {"start_s": 1.0, "end_s": 2.5, "title": "Rain"}),
        ("music/sample", {"start_s": 1, "end_s": 2.5}, {"start_s": 1.0, "end_s": 2.5, "title": "Rain"}),
        (
            "music/infill",
            {**RANGE, "prompt": "la", "tags": "soul"},
            {"start_s": 1.5, "end_s": 4.0, "lyrics": "la", "tags": "soul", "title": "Rain"},
        ),
    ],
)
async def test_what_is_asked_is_what_is_ordered(
    client: Client, endpoint: str, body: dict[str, JsonValue], order: dict[str, Any]
) -> None:
    clip_id = await client.clip(title="Rain")
    works = {
        "music/cover": Work.COVER,
        "music/remaster": Work.REMASTER,
        "music/add-vocals": Work.VOCALS,
        "music/add-instrumental": Work.BACKING,
        "music/sample": Work.HUM,
        "music/infill": Work.INFILL,
    }
    task_id = await client.submit(endpoint, **{SOURCES[endpoint]: clip_id}, **body)

    assert client.stored(task_id).order == TakeOrder("", 0, works[endpoint], "canned", **order)


async def test_a_sound_effect_is_ordered_by_its_description(client: Client) -> None:
    plain = await client.submit("music/soundfx", sound_desc="rain on a roof")
    loop = await client.submit("music/soundfx", sound_desc="鼓", sound_type="loop", sound_bpm=96, sound_key="Am")

    assert client.stored(plain).order == TakeOrder("", 0, Work.SOUND, description="rain on a roof")
    assert client.stored(loop).order == TakeOrder("", 0, Work.SOUND, description="鼓", loop=True, bpm=96, key="Am")


async def test_lyrics_are_drafted_from_all_that_is_said(client: Client) -> None:
    asked = {"prompt": "a song about rain", "topics": "love, summer", "keyword": "umbrella", "moods": "happy"}
    task_id = await client.submit("lyrics/generate", **asked, style="country ballad")
    await client.control(f"tasks/{task_id}/finish")
    (sheet,) = (await client.task(task_id))["results"]

    assert client.stored(task_id).order == DraftOrder(**asked, style="country ballad")
    assert "umbrella" in sheet["prompt"]
    assert (sheet["audio_url"], sheet["image_url"], sheet["duration"]) == ("", "", 0)
    assert (await client.get(f"{client.url}/files/{sheet['id']}.mp3"))[0] == 404


@pytest.mark.parametrize(
    ("body", "span"),
    [
        ({}, (0, None)),
        ({"start_s": 2}, (2, None)),
        ({"start_s": 0, "end_s": 0}, (0, None)),
        ({"end_s": 9_999.5}, (0, None)),
        ({"end_s": 3.5}, (0, 3.5)),
    ],
)
async def test_an_end_of_zero_or_behind_the_clip_is_the_clip_s(
    client: Client, body: dict[str, JsonValue], span: tuple[float, float | None]
) -> None:
    clip_id = await client.clip()
    duration = (await client.api(f"music/{clip_id}")).data["duration"]
    order = client.stored(await client.submit("music/sample", clip_id=clip_id, **body)).order

    assert isinstance(order, TakeOrder)
    assert (order.start_s, order.end_s) == (span[0], span[1] or duration)


async def test_the_sample_of_new_vocals_may_be_a_stem_by_id_or_address(client: Client) -> None:
    clip_id = await client.clip()
    stem = (await client.api("music/stem", {"clip_id": clip_id})).data
    for sample in (clip_id, stem["id"], stem["vocal_audio_url"]):
        order = client.stored(await client.submit("music/add-vocals", chop_sample_clip_id=sample)).order
        assert isinstance(order, TakeOrder)
        assert order.source == "canned"

    assert (await client.api("music/add-vocals", {"chop_sample_clip_id": "stem-0"})).refusal == (404, 4004)
    assert (await client.api("music/cover", {"cover_clip_id": stem["id"]})).refusal == (404, 4004)


@pytest.mark.parametrize(
    ("endpoint", "body", "code"),
    [
        ("music/cover", {}, 2003),
        ("music/cover", {"cover_clip_id": " "}, 2003),
        ("music/cover", {"cover_clip_id": 5}, 2002),
        ("music/cover", {"cover_clip_id": "CLIP", "prompt": 5}, 2002),
        ("music/remaster", {"clip_id": None}, 2003),
        ("music/remaster", {"clip_id": "CLIP", "retention_days": 31}, 2002),
        ("music/soundfx", {}, 2003),
        ("music/soundfx", {"sound_desc": ""}, 2003),
        ("music/soundfx", {"sound_desc": "x", "sound_type": "looped"}, 2002),
        ("music/soundfx", {"sound_desc": "x", "sound_bpm": 96.5}, 2002),
        ("music/soundfx", {"sound_desc": "x", "sound_bpm": 0}, 2002),
        ("music/soundfx", {"sound_desc": "x", "sound_key": "H"}, 2002),
        ("music/add-vocals", {"prompt": "la"}, 2003),
        ("music/add-vocals", {"chop_sample_clip_id": "CLIP", "chop_sample_start_s": -1}, 2002),
        ("music/add-vocals", {"chop_sample_clip_id": "CLIP", "chop_sample_end_s": 0}, 2002),
        ("music/add-vocals", {"chop_sample_clip_id": "CLIP", "chop_sample_start_s": "1"}, 2002),
        ("music/add-instrumental", {"start_s": 1}, 2003),
        ("music/add-instrumental", {"clip_id": "CLIP", "start_s": 999}, 2002),
        ("music/sample", {"clip_id": "CLIP", "start_s": 3, "end_s": 3}, 2002),
        ("music/sample", {"clip_id": "CLIP", "callback_url": "here"}, 2002),
        ("music/infill", {"clip_id": "CLIP", "infill_start_s": 1}, 2003),
        ("music/infill", {"clip_id": "CLIP", "infill_end_s": 1}, 2003),
        ("music/infill", {"clip_id": "CLIP", "infill_start_s": 4, "infill_end_s": 2}, 2002),
        ("music/infill", {"clip_id": "CLIP", "infill_start_s": True, "infill_end_s": 2}, 2002),
        ("lyrics/generate", {}, 2003),
        ("lyrics/generate", {"moods": "happy", "style": "ballad", "prompt": " "}, 2003),
        ("lyrics/generate", {"topics": ["love"]}, 2002),
        ("lyrics/generate", {"keyword": "x", "retention_days": 0}, 2002),
    ],
)
async def test_a_broken_rule_is_refused_with_its_code(
    client: Client, endpoint: str, body: dict[str, JsonValue], code: int
) -> None:
    clip_id = await client.clip()
    sent = {name: clip_id if value == "CLIP" else value for name, value in body.items()}

    assert (await client.api(endpoint, sent)).refusal == (400, code)
    assert (await client.api("tasks")).data["total"] == 1


async def test_infinity_is_no_second(client: Client) -> None:
    clip_id = await client.clip()

    assert (await client.api("music/sample", {"clip_id": clip_id, "end_s": float("inf")})).refusal == (400, 2002)

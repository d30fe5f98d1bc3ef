"""The endpoints that answer with what they made: upload, concat, persona, stem, MIDI, timeline, waveform, WAV."""

import io
import wave
from pathlib import Path

import numpy as np
import pytest
from pydantic import JsonValue

from sandbox.studio import download
from sandbox.studio.music import door
from sandbox.studio.music.order import RenderedTake, TakeOrder, Work
from tests.sandbox.studio.conftest import Client, Web, studio_client

WEEK = 7 * 24 * 60 * 60 * 1000
SECONDS = 2.6


def hummed() -> bytes:
    """A tone in a WAV file."""
    tone = 0.5 * np.sin(2 * np.pi * 220 * np.arange(int(SECONDS * 22_050)) / 22_050)
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(22_050)
        sound.writeframes((tone * 32_767).astype("<i2").tobytes())
    return file.getvalue()


async def uploaded(client: Client, neighbour: Web) -> str:
    neighbour.pages["/my hum.wav"] = hummed()
    clip_id = (await client.api("music/upload", {"audio_url": f"{neighbour.url}/my%20hum.wav?ex=1"})).data["clipId"]
    assert isinstance(clip_id, str)
    return clip_id


async def test_an_upload_is_a_clip_of_whole_seconds(client: Client, neighbour: Web) -> None:
    neighbour.pages["/hum.wav"] = hummed()
    data = (await client.api("music/upload", {"audio_url": f"{neighbour.url}/hum.wav"})).data

    assert data == {
        "clipId": data["clipId"],
        "audioUrl": f"{client.url}/files/{data['clipId']}.mp3",
        "duration": 2,
        "status": 1,
    }
    assert type(data["duration"]) is int
    status, headers, audio = await client.get(data["audioUrl"])
    assert (status, headers["Content-Type"]) == (200, "audio/mpeg")
    assert len(audio) > 10_000


async def test_an_upload_can_be_read_like_any_result_until_it_expires(client: Client, neighbour: Web) -> None:
    clip_id = await uploaded(client, neighbour)
    result = (await client.api(f"music/{clip_id}")).data

    assert (result["id"], result["title"], result["prompt"]) == (clip_id, "my hum", "")
    assert abs(result["duration"] - SECONDS) < 0.1
    assert (await client.get(result["image_url"]))[0] == 200
    assert (await client.api(f"music/{clip_id}", key="sk-mm-other")).refusal == (404, 4004)
    await client.advance(WEEK)
    assert (await client.api(f"music/{clip_id}")).refusal == (410, 4005)
    assert (await client.get(result["audio_url"]))[0] == 410


async def test_an_upload_that_cannot_be_had_or_heard_is_refused(
    client: Client, neighbour: Web, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    neighbour.pages |= {"/page": b"<html>no song here</html>", "/large": hummed()}

    async def refused(url: str) -> tuple[int, int]:
        return (await client.api("music/upload", {"audio_url": url})).refusal

    assert await refused(f"{neighbour.url}/nowhere.mp3") == (400, 2005)
    assert await refused("http://127.0.0.1:1/hum.mp3") == (400, 2005)
    assert await refused(f"{neighbour.url}/page") == (400, 2006)
    assert await refused("ftp://example.com/hum.mp3") == (400, 2002)
    assert (await client.api("music/upload", {})).refusal == (400, 2003)
    monkeypatch.setattr(download, "MAX_BYTES", 1_000)
    assert await refused(f"{neighbour.url}/large") == (400, 2005)
    assert list((folder / "files").glob("*.upload")) == []


async def test_concat_joins_a_chain_of_three(client: Client) -> None:
    first = await client.clip(title="Long")
    second = await client.clip(continue_clip_id=first, continue_at=4)
    third = await client.clip(continue_clip_id=second, continue_at=3)
    length = (await client.api(f"music/{first}")).data["duration"]
    data = (await client.api("music/concat", {"clip_id": third})).data
    url = f"{client.url}/files/{data['id']}.mp3"

    assert data == {
        "id": data["id"],
        "status": 20,
        "audioUrl": url,
        "cld2AudioUrl": url,
        "duration": int(4 + 3 + length),
    }
    assert type(data["duration"]) is int
    result = (await client.api(f"music/{data['id']}")).data
    assert (result["title"], int(result["duration"])) == ("Long", data["duration"])
    assert (await client.get(url))[0] == 200


async def test_the_lineage_ends_where_nothing_is_continued(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    orders: list[TakeOrder] = []
    make = door.make

    def listened(files: Path, order: TakeOrder) -> RenderedTake:
        orders.append(order)
        return make(files, order)

    monkeypatch.setattr(door, "make", listened)
    first = await client.clip()
    cover_task = await client.submit("music/cover", cover_clip_id=first)
    await client.control(f"tasks/{cover_task}/finish")
    cover = client.stored(cover_task).clip_ids[1]
    longer = await client.clip(continue_clip_id=cover)
    for clip_id in (longer, first):
        assert (await client.api("music/concat", {"clip_id": clip_id})).status == 200

    assert [(order.work, order.chain) for order in orders] == [
        (Work.JOIN, (("canned", None), ("canned", None))),
        (Work.JOIN, (("canned", None),)),
    ]


async def test_concat_needs_every_clip_of_the_lineage(client: Client) -> None:
    first = await client.clip(retention_days=1)
    second = await client.clip(continue_clip_id=first, continue_at=4)
    await client.advance(WEEK // 7)

    assert (await client.api("music/concat", {"clip_id": second})).refusal == (410, 4005)
    assert (await client.api("music/concat", {"clip_id": second}, key="sk-mm-other")).refusal == (404, 4004)
    assert (await client.api("music/concat", {})).refusal == (400, 2003)


async def test_a_persona_sings_in_both_modes_and_outlives_her_clip(client: Client) -> None:
    clip_id = await client.clip(retention_days=1)
    data = (await client.api("music/persona", {"name": "Nightingale", "clip_id": clip_id})).data
    persona_id = data["items"][0]["id"]

    assert data == {"taskBatchId": data["taskBatchId"], "items": [{"id": persona_id, "status": "complete"}]}
    assert data["taskBatchId"].startswith("batch-")
    assert persona_id.startswith("persona-")
    await client.advance(WEEK)
    for words in ({"prompt": "la", "tags": "pop"}, {"gpt_description_prompt": "a song about rain"}):
        order = client.stored(await client.generate(**words, persona_id=persona_id)).order
        assert isinstance(order, TakeOrder)
        assert order.voice_of == "canned"


async def test_a_persona_of_somebody_else_or_of_nobody_is_refused(client: Client) -> None:
    clip_id = await client.clip()
    persona_id = (await client.api("music/persona", {"name": "N", "clip_id": clip_id})).data["items"][0]["id"]
    wish: dict[str, JsonValue] = {"tags": "pop", "persona_id": persona_id}

    assert (await client.api("music/generate", wish, key="sk-mm-other")).refusal == (404, 4004)
    for name in ("persona-0", clip_id):
        assert (await client.api("music/generate", {**wish, "persona_id": name})).refusal == (404, 4004)
    assert (await client.api(f"music/{persona_id}")).refusal == (404, 4004)
    assert (await client.get(f"{client.url}/files/{persona_id}.mp3"))[0] == 404
    for body in ({"clip_id": clip_id}, {"name": " ", "clip_id": clip_id}, {"name": "N"}):
        assert (await client.api("music/persona", body)).refusal == (400, 2003)


async def test_a_stem_goes_with_its_clip(client: Client) -> None:
    clip_id = await client.clip(retention_days=1)
    length = (await client.api(f"music/{clip_id}")).data["duration"]
    data = (await client.api("music/stem", {"clip_id": clip_id})).data

    assert data["id"].startswith("stem-")
    assert data == {
        "id": data["id"],
        "source_clip_id": clip_id,
        "status": "complete",
        "vocal_audio_url": f"{client.url}/files/{data['id']}.mp3",
        "vocal_start_s": 0,
        "vocal_end_s": pytest.approx(length, abs=0.1),
    }
    assert (await client.get(data["vocal_audio_url"]))[0] == 200
    part = (await client.api("music/stem", {"clip_id": clip_id, "vocal_start_s": 1, "vocal_end_s": 2.5})).data
    assert (part["vocal_start_s"], part["vocal_end_s"]) == (1, 2.5)
    await client.advance(WEEK // 7)
    assert (await client.get(data["vocal_audio_url"]))[0] == 410
    assert (await client.api("music/stem", {"clip_id": clip_id})).refusal == (410, 4005)


@pytest.mark.parametrize(
    "span", [{"vocal_start_s": 99}, {"vocal_start_s": 3, "vocal_end_s": 2}, {"vocal_end_s": 0}, {"vocal_start_s": "1"}]
)
async def test_a_range_outside_the_clip_has_no_stem(client: Client, span: dict[str, JsonValue]) -> None:
    clip_id = await client.clip()

    assert (await client.api("music/stem", {"clip_id": clip_id, **span})).refusal == (400, 2002)


async def test_midi_lists_each_instrument_s_notes(client: Client) -> None:
    clip_id = await client.clip()
    stem_id = (await client.api("music/stem", {"clip_id": clip_id})).data["id"]
    data = (await client.api("music/midi", {"clip_id": clip_id, "stem_clip_id": stem_id})).data

    assert set(data) == {"state", "instruments"}
    assert data["state"] == "complete"
    assert len(data["instruments"]) > 1
    assert all(set(note) >= {"pitch", "start", "end"} for notes in data["instruments"].values() for note in notes)
    other = await client.clip()
    assert (await client.api("music/midi", {"clip_id": other, "stem_clip_id": stem_id})).refusal == (400, 2002)
    assert (await client.api("music/midi", {"clip_id": clip_id, "stem_clip_id": "stem-0"})).refusal == (404, 4004)
    assert (await client.api("music/midi", {"stem_clip_id": stem_id})).refusal == (400, 2003)


async def test_the_three_that_are_asked_by_get_answer_in_their_own_shapes(client: Client) -> None:
    clip_id = await client.clip()
    timeline = (await client.ask("music/timeline", clip_id)).data
    waveform = (await client.ask("music/waveform", clip_id)).data
    wav = (await client.ask("music/wav", clip_id)).data

    assert timeline == {"aligned": []}
    assert isinstance(waveform, list)
    assert all(0 <= level <= 1 for level in waveform)
    assert max(waveform) > 0.1
    assert wav == f"{client.url}/files/{clip_id}.wav"
    assert (await client.ask("music/wav", clip_id)).data == wav


async def test_a_wav_is_there_once_it_was_asked_for_and_until_its_clip_expires(client: Client, neighbour: Web) -> None:
    clip_id = await uploaded(client, neighbour)
    url = f"{client.url}/files/{clip_id}.wav"
    assert (await client.get(url))[0] == 404
    await client.ask("music/wav", clip_id)
    status, headers, audio = await client.get(url)

    assert (status, headers["Content-Type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(audio)) as sound:
        assert abs(sound.getnframes() / sound.getframerate() - SECONDS) < 0.1
    await client.advance(WEEK)
    assert (await client.get(url))[0] == 410
    assert (await client.ask("music/wav", clip_id)).refusal == (410, 4005)


@pytest.mark.parametrize("path", ["music/timeline", "music/waveform", "music/wav"])
async def test_what_is_asked_by_get_takes_no_post_and_no_foreign_clip(client: Client, path: str) -> None:
    clip_id = await client.clip()

    assert (await client.api(path, {"clip_id": clip_id})).refusal == (405, 4002)
    assert (await client.api(path, method="GET")).refusal == (400, 2003)
    assert (await client.ask(path, "")).refusal == (400, 2003)
    assert (await client.ask(path, "clip-0")).refusal == (404, 4004)
    assert (await client.ask(path, clip_id, key="sk-mm-other")).refusal == (404, 4004)
    assert (await client.ask(path, clip_id, key=None)).refusal == (401, 1001)


async def test_an_upload_can_be_worked_on_like_a_song(client: Client, neighbour: Web) -> None:
    clip_id = await uploaded(client, neighbour)

    assert (await client.api("music/stem", {"clip_id": clip_id})).data["source_clip_id"] == clip_id
    assert (await client.api("music/midi", {"clip_id": clip_id})).data["instruments"]
    assert (await client.ask("music/timeline", clip_id)).data == {"aligned": []}
    assert len((await client.ask("music/waveform", clip_id)).data) > 10


async def test_work_that_breaks_is_an_answer_and_stops_nothing(client: Client, folder: Path) -> None:
    clip_id = await client.clip()
    (folder / "files" / "canned.mp3").rename(folder / "files" / "gone")
    broken = await client.ask("music/waveform", clip_id)

    assert broken.refusal == (500, 5000)
    (folder / "files" / "gone").rename(folder / "files" / "canned.mp3")
    assert (await client.ask("music/waveform", clip_id)).status == 200


async def test_uploads_stems_and_personas_survive_a_restart(folder: Path, neighbour: Web) -> None:
    async with studio_client(folder) as client:
        clip_id = await uploaded(client, neighbour)
        stem = (await client.api("music/stem", {"clip_id": clip_id})).data
        persona = (await client.api("music/persona", {"name": "N", "clip_id": clip_id})).data["items"][0]
        before = (await client.api(f"music/{clip_id}")).data
    async with studio_client(folder) as client:
        after = (await client.api(f"music/{clip_id}")).data
        ends = "/".join(stem["vocal_audio_url"].split("/")[3:])

        assert after["expire_at"] == before["expire_at"]
        assert (await client.get(f"{client.url}/{ends}"))[0] == 200
        assert (await client.api("music/generate", {"tags": "pop", "persona_id": persona["id"]})).status == 200

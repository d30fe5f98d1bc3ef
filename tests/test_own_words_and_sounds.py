"""What members bring and what begins without a song: drafts, singers, sounds, uploads, humming, recovered songs."""

from __future__ import annotations

import base64
import io
import itertools
import json
import wave
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio
from mutagen.id3 import ID3

from tests import hearing
from tests.town import Json, Town, open_town

pytestmark = pytest.mark.asyncio(loop_scope="module")
HUMMED = (60, 64, 67, 69, 67, 64, 62, 60)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with open_town(tmp_path_factory.mktemp("town"), generation_ms=200) as opened:
        yield opened


def hum(pitches: tuple[int, ...] = HUMMED) -> bytes:
    """A voice-like melody as WAV: half a second a note, with overtones."""
    rate = 22_050
    time = np.arange(rate // 2) / rate
    envelope = np.minimum(1, np.minimum(time / 0.03, (0.5 - time) / 0.06))
    notes = []
    for pitch in pitches:
        hertz = 440 * 2 ** ((pitch - 69) / 12)
        tones = [np.sin(2 * np.pi * hertz * number * time) / number**1.5 for number in range(1, 8)]
        notes.append(np.sum(tones, axis=0) * np.clip(envelope, 0, 1))
    sound = (np.concatenate(notes) * 9000).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as opened:
        opened.setnchannels(1)
        opened.setsampwidth(2)
        opened.setframerate(rate)
        opened.writeframes(sound.tobytes())
    return file.getvalue()


def attached(name: str, data: bytes) -> Json:
    return {"filename": name, "data": base64.b64encode(data).decode()}


async def first_sound(town: Town, take: Json) -> hearing.Sound:
    (file,) = [one for one in take["attachments"] if not one["filename"].endswith(".png")]
    return hearing.decoded(await town.fetch(file["url"]))


async def test_a_drafted_lyric_is_edited_in_a_form_and_sung(town: Town) -> None:
    ben = town.member("ben")
    answer = await ben.run("lyrics", about="a lighthouse keeper's cat", mood="cheerful", keywords="lantern")
    card = await town.card_says(answer, "Drafted", "lantern")
    opened = await ben.press(card, "Sing it")
    fields = {field["component"]["custom_id"]: field["component"] for field in opened["modal"]["components"]}
    draft = fields["lyrics"]["value"]
    assert "[" in draft
    assert "lantern" in draft.casefold()
    sung = await ben.send_form(opened, lyrics=draft + "\nAnd purr", style="sea shanty", title="Lantern Cat")
    (take, _) = await town.labelled(sung["message"]["id"], "v1a", "v1b")
    (file,) = take["attachments"]
    tags = ID3(io.BytesIO(await town.fetch(file["url"])))
    assert tags.getall("USLT")[0].text.endswith("And purr")


async def test_a_singer_made_from_a_take_sings_the_next_song_by_name(town: Town) -> None:
    ben, chiyo = town.member("ben"), town.member("chiyo")
    answer = await ben.run("song", lyrics="[Verse]\nHere I am\nHere I sing", style="pop male vocals", title="Voice")
    await town.labelled(answer["message"]["id"], "v1a")
    (offered, *_) = await ben.choices("singer create", "take", answer["message"]["id"])
    made = await ben.run("singer create", answer["message"]["id"], take=offered["value"], name="Old Harbour")
    await town.card_says(made, "Old Harbour", "can sing now")
    listed = await chiyo.run("singer list")
    assert "Old Harbour" in json.dumps(listed["message"]["embeds"])
    assert [one["name"] for one in await chiyo.choices("song", "singer", "songs", "harb")] == ["Old Harbour"]
    sung = await chiyo.run("song", lyrics="[Verse]\nWaves\nAnd salt", style="folk", title="Salt", singer="Old Harbour")
    (take, _) = await town.labelled(sung["message"]["id"], "v1a", "v1b")
    persona = town.rows("SELECT persona_id FROM singers")[0]["persona_id"]
    assert (await town.paid("music/generate"))[-1]["body"]["persona_id"] == persona
    (file,) = take["attachments"]
    assert ID3(io.BytesIO(await town.fetch(file["url"])))["TPE1"].text == ["Old Harbour"]
    gone = await ben.run("singer remove", name="old harbour")
    assert gone["ephemeral"]
    assert town.rows("SELECT * FROM singers") == []


async def test_a_loop_closes_at_its_tempo(town: Town) -> None:
    answer = await town.member("ben").run("sfx", text="rain on a tin roof", kind="loop", bpm=90, key="Am")
    (take, _) = await town.labelled(answer["message"]["id"], "v1a", "v1b")
    loop = await first_sound(town, take)
    beats = hearing.seconds(loop) * 90 / 60
    assert beats == pytest.approx(round(beats), abs=0.05)
    steps = np.abs(np.diff(loop, axis=1))
    assert np.abs(loop[:, 0] - loop[:, -1]).max() <= max(float(np.quantile(steps, 0.999)), 0.02)
    body = (await town.paid("music/soundfx"))[-1]["body"]
    assert (body["sound_type"], body["sound_bpm"], body["sound_key"]) == ("loop", 90, "Am")


async def test_own_audio_becomes_a_take_that_gets_a_band(town: Town) -> None:
    ben = town.member("ben")
    answer = await ben.run("upload", file=attached("my voice.wav", hum()), title="Mine")
    thread = answer["message"]["id"]
    (take,) = await town.labelled(thread, "v1a")
    own = await first_sound(town, take)
    assert hearing.seconds(own) == pytest.approx(len(HUMMED) / 2, abs=0.2)
    more = await ben.press(take, "More")
    await ben.press(more["message"], "Backing")
    (backed, _) = await town.labelled(thread, "v2a", "v2b")
    together = await first_sound(town, backed)
    assert hearing.seconds(together) >= hearing.seconds(own) - 0.2
    assert town.rows("SELECT DISTINCT change FROM clips WHERE change IS NOT NULL AND change != 'hummed'") == [
        {"change": "backed"}
    ]


async def test_a_hummed_melody_becomes_a_song(town: Town) -> None:
    ben = town.member("ben")
    answer = await ben.run("hum", file=attached("hum.wav", hum()), title="Hummed")
    (take, _) = await town.labelled(answer["message"]["id"], "v1a", "v1b")
    assert hearing.seconds(await first_sound(town, take)) > 2 * len(HUMMED) / 2
    (clip, _) = town.rows("SELECT * FROM clips WHERE change = 'hummed' ORDER BY position")
    uploaded = (await town.paid("music/upload"))[-1]["result_id"]
    assert clip["changed"] == uploaded
    exported = await ben.run("export", answer["message"]["id"], take=str(clip["id"]), format="midi")
    await town.card_says(exported, "https://discord.com/channels/")
    row = town.rows("SELECT result FROM tasks WHERE kind = 'midi' ORDER BY id DESC")[0]
    instruments = json.loads(row["result"])["instruments"]
    steps = [two - one for one, two in itertools.pairwise(HUMMED)]
    assert any(_holds(steps, [note["pitch"] for note in notes]) for notes in instruments.values())


def _holds(steps: list[int], pitches: list[int]) -> bool:
    heard = [two - one for one, two in itertools.pairwise(pitches)]
    return any(heard[place : place + len(steps)] == steps for place in range(len(heard)))


async def test_what_only_calls_itself_audio_never_reaches_the_studio(town: Town) -> None:
    before = len(await town.paid("music/upload"))
    answer = await town.member("ben").run("upload", file=attached("song.mp3", b"\x89PNG\r\n\x1a\n" + bytes(4000)))
    await town.card_says(answer, "audio")
    assert len(await town.paid("music/upload")) == before


async def test_a_song_is_recovered_by_its_task_id_after_the_database_was_lost(town: Town) -> None:
    ben = town.member("ben")
    answer = await ben.run("song", lyrics="[Verse]\nLost\nAnd found", style="pop", title="Lost")
    await town.labelled(answer["message"]["id"], "v1a", "v1b")
    api_task = (await town.paid("music/generate"))[-1]["task_id"]
    known = await ben.run("recover", task_id=api_task)
    assert known["ephemeral"]
    await town.bot.stop()
    for file in town.database.parent.glob("minstrel.db*"):
        file.unlink()
    await town.bot.start()
    recovered = await ben.run("recover", task_id=api_task)
    (take, _) = await town.labelled(recovered["message"]["id"], "v1a", "v1b")
    assert hearing.seconds(await first_sound(town, take)) > 20
    refused = await ben.run("recover", task_id="no-such-task")
    await town.card_says(refused, "no-such-task")

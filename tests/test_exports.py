"""Every export of a take, as a member asks for it, judged by opening the file that arrives."""

from __future__ import annotations

import io
import itertools
import json
import re
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass

import mido
import numpy as np
import pytest
import pytest_asyncio
from PIL import Image

from tests import hearing
from tests.town import KEY, Json, Member, Town, open_town

LYRICS = "[Verse]\nThe night bus hums along the quay\nAnd nobody gets off\n\n[Chorus]\nOh, drive me round again"
LINES = [line for line in LYRICS.splitlines() if line and not line.startswith("[")]
ROOM = 50 * 1024 * 1024
pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Source:
    """A sung take in its thread."""

    town: Town
    ben: Member
    thread: str
    take: str
    clip_id: str
    sound: hearing.Sound

    async def exported(self, wanted: str, part: str) -> tuple[str, bytes]:
        answer = await self.ben.run("export", self.thread, take=self.take, format=wanted)
        await self.town.card_says(answer, "https://discord.com/channels/")
        return await self.town.file_named(self.thread, part)

    async def ask_studio(self, method: str, path: str, **body: str) -> Json:
        """What MusicMint itself says."""
        headers = {"Authorization": f"Bearer {KEY}"}
        url = f"{self.town.studio.url}/api/v1/music/{path}"
        async with self.town.session.request(method, url, headers=headers, json=body or None) as response:
            answer: Json = await response.json()
            assert answer["code"] == 0, answer
            return answer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def source(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Source]:
    async with open_town(tmp_path_factory.mktemp("town"), generation_ms=200) as town:
        await town.call("PATCH", "/settings", json={"upload_limit": ROOM})
        ben = town.member("ben")
        answer = await ben.run("song", lyrics=LYRICS, style="folk slow female vocals", title="Night Bus")
        thread = answer["message"]["id"]
        (message, _) = await town.labelled(thread, "v1a", "v1b")
        clip = town.rows("SELECT * FROM clips WHERE position = 0")[0]
        (file,) = message["attachments"]
        sound = hearing.decoded(await town.fetch(file["url"]))
        yield Source(town, ben, thread, str(clip["id"]), clip["clip_id"], sound)


async def test_the_vocals_alone_are_silent_where_nobody_sings(source: Source) -> None:
    name, file = await source.exported("vocals", "-vocals-")
    vocals = hearing.decoded(file)
    words = (await source.ask_studio("GET", f"timeline?clip_id={source.clip_id}"))["data"]["aligned"]
    assert name.startswith("night-bus-v1a-vocals-")
    sung = hearing.loudness_db(hearing.part(vocals, words[0]["start"], words[0]["end"] + 1))
    assert sung > -35
    pauses = [(one["end"], two["start"]) for one, two in itertools.pairwise(words)]
    pauses += [(0.0, words[0]["start"]), (words[-1]["end"], hearing.seconds(vocals))]
    long = [(start + 0.4, end - 0.2) for start, end in pauses if end - start > 1.5]
    assert long
    for start, end in long:
        assert hearing.loudness_db(hearing.part(vocals, start, end)) < min(-60, sung - 30)


async def test_the_midi_file_holds_the_notes(source: Source) -> None:
    _, file = await source.exported("midi", "-midi-")
    instruments = (await source.ask_studio("POST", "midi", clip_id=source.clip_id))["data"]["instruments"]
    told = sorted((note["pitch"], round(note["start"], 2)) for notes in instruments.values() for note in notes)
    midi = mido.MidiFile(file=io.BytesIO(file))
    held, at = [], 0.0
    for message in midi:
        at += message.time
        if message.type == "note_on" and message.velocity > 0:
            held.append((message.note, at))
    assert len(held) == len(told) > 100
    for (pitch, second), (told_pitch, told_second) in zip(sorted(held), told, strict=True):
        assert pitch == told_pitch
        assert second == pytest.approx(told_second, abs=0.02)


async def test_the_wav_is_pcm_of_the_same_length(source: Source) -> None:
    _, file = await source.exported("wav", ".wav")
    with wave.open(io.BytesIO(file)) as opened:
        assert (opened.getcomptype(), opened.getsampwidth(), opened.getframerate()) == ("NONE", 2, 44_100)
        length = opened.getnframes() / opened.getframerate()
    assert length == pytest.approx(hearing.seconds(source.sound), abs=0.05)
    assert hearing.snr_db(source.sound[:, : 20 * 44_100], hearing.decoded(file)[:, : 20 * 44_100]) > 40


async def test_a_wav_that_is_too_large_for_the_server_comes_as_a_link(source: Source) -> None:
    await source.town.call("PATCH", "/settings", json={"upload_limit": 8 * 1024 * 1024})
    try:
        answer = await source.ben.run("export", source.thread, take=source.take, format="wav")
        await source.town.card_says(answer, "https://discord.com/channels/")
    finally:
        await source.town.call("PATCH", "/settings", json={"upload_limit": ROOM})
    without = [message for message in await source.ben.read(source.thread) if not message["attachments"]]
    assert "larger than this server takes" in json.dumps(without[-1]["embeds"])


async def test_the_karaoke_file_has_every_line_at_its_time(source: Source) -> None:
    _, file = await source.exported("karaoke", ".lrc")
    timed = re.findall(r"^\[(\d+):(\d+\.\d+)\](.*)$", file.decode(), re.MULTILINE)
    assert [text for *_, text in timed] == LINES
    words = (await source.ask_studio("GET", f"timeline?clip_id={source.clip_id}"))["data"]["aligned"]
    starts = {_plain(word["word"]): word["start"] for word in reversed(words)}
    for minutes, seconds, text in timed:
        first = _plain(text.split()[0])
        assert int(minutes) * 60 + float(seconds) == pytest.approx(starts[first], abs=0.02)


def _plain(word: str) -> str:
    return re.sub(r"\W", "", word.casefold())


async def test_the_waveform_picture_rises_and_falls_with_the_song(source: Source) -> None:
    _, file = await source.exported("waveform", ".png")
    picture = np.asarray(Image.open(io.BytesIO(file)).convert("RGBA")).astype(int)
    background = picture[0, 0]
    heights = (np.abs(picture - background).sum(axis=2) > 60).sum(axis=0).astype(float)
    parts = np.array_split(np.abs(source.sound).max(axis=0), 32)
    loud = [float(part.mean()) for part in parts]
    drawn = [float(part.mean()) for part in np.array_split(heights, 32)]
    assert np.corrcoef(loud, drawn)[0, 1] > 0.7


async def test_an_export_needs_no_version_and_its_card_leads_to_the_file(source: Source) -> None:
    await source.exported("midi", "-midi-")
    rows = source.town.rows("SELECT version, state FROM tasks WHERE kind IN ('stem', 'midi', 'wav', 'timeline')")
    assert {row["version"] for row in rows} == {None}
    assert {row["state"] for row in rows} == {"finished"}

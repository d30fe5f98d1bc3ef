"""What a rendered task sounds and looks like, and that it comes through the wire; one real render for all of it."""

import asyncio
import io
import os
import signal
import sys
import wave
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sandbox.studio.account import Account
from sandbox.studio.archive import Archive
from sandbox.studio.booth import worker_process
from sandbox.studio.music import door
from sandbox.studio.music.arrangement import Arrangement
from sandbox.studio.music.order import TakeOrder
from sandbox.studio.music.sampler import RATE, Sampler
from sandbox.studio.music.soundfont import general_midi
from sandbox.studio.requests import GenerateRequest
from sandbox.studio.studio import Studio
from tests.sandbox.studio.conftest import KEY, START, Client, studio_client

REQUEST = {"prompt": "[Verse]\nWalking by the river\n[Chorus]\nSing it one more time", "tags": "folk upbeat"}


@dataclass(frozen=True)
class Rendered:
    """A task of a studio that was stopped before its takes were made, completed by the next."""

    folder: Path
    task: dict[str, Any]
    audio: tuple[bytes, ...]
    image: bytes
    facts: dict[str, Any]
    wav: bytes
    vocals: bytes


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    folder = tmp_path_factory.mktemp("studio")
    return asyncio.run(_rendered(folder))


async def _rendered(folder: Path) -> Rendered:
    studio = Studio(Archive(folder), lambda: START, token_hex, lambda task: None, lambda: None)
    account = Account(studio, studio.owner(f"Bearer {KEY}"))
    task_id = account.submit(GenerateRequest.model_validate(REQUEST)).id
    async with studio_client(folder, canned=False, staff=worker_process) as client:
        task = await _completed(client, task_id)
        audio = [(await client.get(result["audio_url"]))[2] for result in task["results"]]
        image = (await client.get(task["results"][0]["image_url"]))[2]
        clip_id = task["results"][0]["id"]
        facts = {path: (await client.ask(f"music/{path}", clip_id)).data for path in ("timeline", "waveform", "wav")}
        for path in ("stem", "midi"):
            facts[path] = (await client.api(f"music/{path}", {"clip_id": clip_id})).data
        wav = (await client.get(facts["wav"]))[2]
        vocals = (await client.get(facts["stem"]["vocal_audio_url"]))[2]
    return Rendered(folder, task, tuple(audio), image, facts, wav, vocals)


async def _completed(client: Client, task_id: str) -> dict[str, Any]:
    await client.control(f"tasks/{task_id}/finish")
    task: dict[str, Any] = await client.task(task_id)
    return task


def decoded(audio: bytes) -> NDArray[np.float32]:
    with av.open(io.BytesIO(audio), "r") as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.concatenate(frames, axis=1).astype(np.float32)


def test_a_task_interrupted_before_its_render_completes_after_a_restart(rendered: Rendered) -> None:
    assert rendered.task["status"] == "completed"
    assert rendered.task["results"][0]["title"] == "Sing it one more time"
    assert rendered.task["results"][0]["tags"] == "folk upbeat"
    assert rendered.task["results"][0]["prompt"] == REQUEST["prompt"]


def test_the_mp3_lasts_as_long_as_its_result_says(rendered: Rendered) -> None:
    for audio, result in zip(rendered.audio, rendered.task["results"], strict=True):
        length = decoded(audio).shape[1] / RATE
        assert abs(length - result["duration"]) < 0.1
        assert 60 <= length <= 120


def test_the_mp3_is_stereo_neither_silent_nor_clipped(rendered: Rendered) -> None:
    sound = decoded(rendered.audio[0])

    assert sound.shape[0] == 2
    assert -18 < 20 * np.log10(np.sqrt((sound**2).mean())) < -12
    assert 0.5 < np.abs(sound).max() < 0.95
    assert np.abs(sound[0] - sound[1]).max() > 0.05
    seconds = np.abs(sound[:, : sound.shape[1] // RATE * RATE]).reshape(2, -1, RATE).max(axis=(0, 2))
    assert (seconds[:-3] > 0.02).all()
    assert np.abs(sound[:, -RATE // 10 :]).max() < 0.02


def test_the_two_takes_sound_different(rendered: Rendered) -> None:
    first, second = (decoded(audio) for audio in rendered.audio)
    length = min(first.shape[1], second.shape[1])

    assert np.corrcoef(first[0, :length], second[0, :length])[0, 1] < 0.9


def test_the_same_words_give_the_same_bytes(rendered: Rendered, tmp_path: Path) -> None:
    order = TakeOrder(recording="again", take=0, lyrics=REQUEST["prompt"], tags=REQUEST["tags"])
    door.make(tmp_path, order)

    assert (tmp_path / "again.mp3").read_bytes() == rendered.audio[0]
    assert (tmp_path / "again.jpg").read_bytes() == rendered.image


def test_the_timeline_has_the_words_of_the_sheet_in_order(rendered: Rendered) -> None:
    aligned = rendered.facts["timeline"]["aligned"]
    sung = " ".join(line for line in REQUEST["prompt"].splitlines() if not line.startswith("["))

    assert [word["word"].lower().strip(",.") for word in aligned[:9]] == sung.lower().split()
    times = [time for word in aligned for time in (word["start"], word["end"])]
    assert times == sorted(times)
    assert times[-1] < rendered.task["results"][0]["duration"]


def test_the_vocals_sound_where_words_are_and_nowhere_else(rendered: Rendered) -> None:
    vocals = np.abs(decoded(rendered.vocals)).max(axis=0)
    first = rendered.facts["timeline"]["aligned"][0]

    assert vocals[: round((first["start"] - 0.5) * RATE)].max() < 0.02
    assert vocals[round(first["start"] * RATE) : round(first["end"] * RATE)].max() > 0.05
    assert rendered.facts["stem"]["vocal_end_s"] == pytest.approx(len(vocals) / RATE, abs=0.1)


def test_midi_and_waveform_tell_of_the_whole_song(rendered: Rendered) -> None:
    instruments = rendered.facts["midi"]["instruments"]
    duration = rendered.task["results"][0]["duration"]

    assert len(instruments) > 3
    assert duration / 2 < max(note["end"] for notes in instruments.values() for note in notes) <= duration
    assert len(rendered.facts["waveform"]) > 100
    assert 0.3 < max(rendered.facts["waveform"]) <= 1


def test_the_wav_holds_what_the_mp3_does(rendered: Rendered) -> None:
    with wave.open(io.BytesIO(rendered.wav)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE, 2, 2)
        assert sound.getnframes() == decoded(rendered.audio[0]).shape[1]


def test_the_cover_is_a_square_jpeg(rendered: Rendered) -> None:
    with Image.open(io.BytesIO(rendered.image)) as image:
        assert (image.format, image.size) == ("JPEG", (512, 512))
        assert len(image.convert("RGB").getcolors(512 * 512) or ()) > 500


def test_the_notes_are_kept_beside_the_audio(rendered: Rendered) -> None:
    clip_id = rendered.task["results"][0]["id"]
    stored = Arrangement.model_validate_json((rendered.folder / "files" / f"{clip_id}.json").read_bytes())

    assert stored.style == "folk"


@pytest.mark.parametrize(("program", "key"), [(0, 60), (25, 69), (40, 76), (33, 40), (73, 72)])
def test_instruments_play_in_tune(program: int, key: int) -> None:
    strikes = Sampler(general_midi()).strike(program, drums=False, key=key, velocity=100, seconds=1.0)
    sound = sum((voice[:RATE] for _, voice in strikes), start=np.zeros(RATE, np.float32))
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(RATE), RATE * 8))
    tone = 440 * 2 ** ((key - 69) / 12)
    near = slice(round(tone * 0.9 * 8), round(tone * 1.1 * 8))
    found = (near.start + int(spectrum[near].argmax())) / 8

    assert abs(1200 * np.log2(found / tone)) < 12


def test_a_harder_strike_is_louder_and_a_note_ends() -> None:
    sampler = Sampler(general_midi())
    soft, hard = (sampler.strike(0, False, 60, velocity, 0.5)[0][1] for velocity in (50, 110))

    assert np.abs(hard).max() > 3 * np.abs(soft).max()
    assert np.abs(hard[-100:]).max() < 0.001


async def test_the_program_says_where_it_listens_and_ends_on_sigterm(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "sandbox.studio", "--port", "0", "--data", str(tmp_path))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env={**os.environ})
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    process.send_signal(signal.SIGTERM)

    assert line.startswith("studio listening on http://127.0.0.1:")
    assert await process.wait() == 0

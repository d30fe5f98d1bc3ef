"""Real audio made smaller by the program of its own, and judged by decoding it."""

from __future__ import annotations

import asyncio
import sys
from functools import cache
from pathlib import Path

import mutagen
import psutil
import pytest

from bot import reencode
from bot.audio import AUDIO
from bot.encoder import Encoder
from bot.errors import MediaRefused, MediaUnclear
from bot.reencode import LADDER, MARGIN, rate_for
from tests import hearing
from tests.bot.files import encoded, sine_mp3

SECONDS = 12
KINDS = {"wav": ("wav", "pcm_s16le"), "flac": ("flac", "flac"), "ogg": ("ogg", "libopus"), "m4a": ("ipod", "aac")}


@cache
def song(kind: str) -> bytes:
    return sine_mp3(SECONDS) if kind == "mp3" else encoded(*KINDS[kind], SECONDS)


def room_for(rate: int) -> int:
    """Bytes for a song at this rate; not for the next better."""
    return SECONDS * rate * 125 + SECONDS * 500 + MARGIN


def a_song(folder: Path, kind: str = "wav") -> Path:
    path = folder / f"song.{kind}"
    path.write_bytes(song(kind))
    return path


@pytest.mark.parametrize("seconds", [1.0, 84.2, 240.0, 480.0])
@pytest.mark.parametrize("rate", LADDER)
def test_the_best_rate_that_fits_is_chosen(rate: int, seconds: float) -> None:
    just_enough = int(seconds * rate * 125) + MARGIN + 1
    assert rate_for(seconds, just_enough) == rate
    assert rate_for(seconds, just_enough - 2) == max((one for one in LADDER if one < rate), default=None)


def test_every_kind_of_audio_that_is_fetched_can_be_read() -> None:
    assert {f".{ending}" for ending in AUDIO.types} == set(reencode.FORMATS)


@pytest.mark.parametrize("kind", ["mp3", *KINDS])
@pytest.mark.parametrize("rate", [192, 64, 32])
async def test_the_whole_song_is_there_at_the_rate_that_is_told(kind: str, rate: int, tmp_path: Path) -> None:
    source, target = a_song(tmp_path, kind), tmp_path / "smaller.mp3"
    assert await Encoder().run(source, target, room_for(rate)) == rate
    assert target.stat().st_size <= room_for(rate)
    assert mutagen.File(target).info.bitrate == rate * 1000
    before, after = hearing.decoded(source.read_bytes()), hearing.decoded(target.read_bytes())
    assert hearing.seconds(after) == pytest.approx(hearing.seconds(before), abs=0.05)
    for second in (0.5, SECONDS / 2, SECONDS - 1):  # the tone is heard from beginning to end
        heard = [hearing.loudness_db(hearing.part(sound, second, second + 0.4)) for sound in (before, after)]
        assert heard[1] == pytest.approx(heard[0], abs=1)


async def test_where_not_even_the_lowest_rate_fits_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(MediaRefused) as caught:
        await Encoder().run(a_song(tmp_path), tmp_path / "smaller.mp3", SECONDS * 32 * 125)
    assert caught.value.arguments == {"rule": "size"}
    assert [path.name for path in tmp_path.iterdir()] == ["song.wav"]


@pytest.mark.parametrize("body", [b"", b"#EXTM3U\nfile:///etc/passwd\n", song("flac")[: len(song("flac")) // 3]])
async def test_a_file_that_is_not_what_it_is_named_is_unclear(body: bytes, tmp_path: Path) -> None:
    source = tmp_path / "song.wav"
    source.write_bytes(body)
    with pytest.raises(MediaUnclear):
        await Encoder().run(source, tmp_path / "smaller.mp3", 10_000_000)


# The program


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An encoder that never ends; it writes its process id here, and then its environment."""
    module = tmp_path / "hanging.py"
    told = tmp_path / "told"
    module.write_text(
        "import os, time\n"
        f"open({str(told)!r} + '.part', 'w').write('\\n'.join([str(os.getpid()), *os.environ]))\n"
        f"os.rename({str(told)!r} + '.part', {str(told)!r})\n"
        "time.sleep(600)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("DISCORD_TOKEN", "secret")
    monkeypatch.setattr(reencode, "__name__", "hanging")
    return told


def is_alive(told: Path) -> bool:
    return bool(psutil.pid_exists(int(told.read_text().split()[0])))


async def appeared(path: Path) -> None:
    async with asyncio.timeout(20):
        while not path.exists():
            await asyncio.sleep(0.02)


@pytest.mark.usefixtures("hanging")
async def test_an_encoder_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    encoder = Encoder(within_s=0.2)
    others = psutil.Process().children()  # multiprocessing leaves one behind wherever the studio has made music
    with pytest.raises(MediaUnclear) as caught:
        await encoder.run(tmp_path / "a.wav", tmp_path / "b.mp3", 1)
    assert caught.value.arguments == {"cause": "encoder: TimeoutError"}
    assert set(psutil.Process().children()) <= set(others)


async def test_an_encoder_nobody_waits_for_is_ended_and_never_saw_a_secret(hanging: Path, tmp_path: Path) -> None:
    encoder = Encoder()
    running = asyncio.create_task(encoder.run(tmp_path / "a.wav", tmp_path / "b.mp3", 1))
    waiting = asyncio.create_task(encoder.run(tmp_path / "c.wav", tmp_path / "d.mp3", 1))
    await appeared(hanging)
    assert is_alive(hanging)
    for task in (waiting, running):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert not is_alive(hanging)
    assert "DISCORD_TOKEN" not in hanging.read_text()


async def test_an_encoder_that_cannot_start_is_unclear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    with pytest.raises(MediaUnclear) as caught:
        await Encoder().run(tmp_path / "a.wav", tmp_path / "b.mp3", 1)
    assert caught.value.arguments == {"cause": "encoder: FileNotFoundError"}

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import mutagen
import pytest
from mutagen.apev2 import APEv2
from mutagen.id3 import ID3, TIT2, TXXX
from structlog.testing import capture_logs

from bot.audio import open_fetcher
from bot.errors import MediaGone, MediaRefused
from bot.media import MAX_EMBEDDED_COVER, NOTE, TakeMedia
from bot.musicmint.models import ResultItem
from bot.ports import Tags
from tests.bot.files import FileHost, sine_mp3

TAGS = Tags(
    title="Ночной дождь 🌧",
    artist="Ada & Grace",
    album="The Server",
    lyrics="[Verse]\nLa la\n[副歌]\nlà",
    style="pop upbeat",
    prompt="a song about rain",
    task_id="64f3a1b2c8d9e0f1a2b3c4d5",
)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(500)


@pytest.fixture
async def media(host: FileHost) -> AsyncIterator[TakeMedia]:
    async with open_fetcher([host.url]) as fetcher:
        yield TakeMedia(fetcher)


def clip_on(host: FileHost, audio: bytes, cover: bytes | None = JPEG) -> ResultItem:
    image_url = "" if cover is None else host.holds("/cover.jpg", cover)
    return ResultItem(id="clip-1", audio_url=host.holds("/a.mp3", audio), image_url=image_url)


def texts_of(id3: ID3) -> dict[str, str]:
    return {key: str(id3[key]) for key in id3 if not key.startswith("APIC")}


async def test_a_take_comes_tagged_with_its_cover_and_its_length(
    host: FileHost, media: TakeMedia, tmp_path: Path
) -> None:
    take = await media.fetch_take(clip_on(host, sine_mp3()), TAGS, tmp_path, "rain-v1a-0123")
    assert (take.audio, take.cover) == (tmp_path / "rain-v1a-0123.mp3", tmp_path / "rain-v1a-0123-cover.jpg")
    assert take.size == take.audio.stat().st_size > len(sine_mp3())
    assert take.duration_s == pytest.approx(2.0, abs=0.1)
    id3 = ID3(take.audio)
    assert id3.version == (2, 3, 0)
    cover = id3["APIC:"]
    assert (cover.mime, cover.type, cover.data) == ("image/jpeg", 3, JPEG)


async def test_every_tag_survives_the_round_trip(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    take = await media.fetch_take(clip_on(host, sine_mp3()), TAGS, tmp_path, "song")
    assert texts_of(ID3(take.audio)) == {
        "TIT2": TAGS.title,
        "TPE1": TAGS.artist,
        "TALB": TAGS.album,
        "TCON": TAGS.style,
        "USLT::und": TAGS.lyrics,
        "TXXX:prompt": TAGS.prompt,
        "TXXX:MusicMint task id": TAGS.task_id,
        "COMM::eng": NOTE,
    }


async def test_the_sound_itself_is_untouched(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    take = await media.fetch_take(clip_on(host, sine_mp3()), TAGS, tmp_path, "song")
    assert take.audio.read_bytes().endswith(sine_mp3())


async def test_tags_that_were_there_are_replaced(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.mp3"
    foreign.write_bytes(sine_mp3())
    old = ID3()
    old.add(TIT2(text="Old"))
    old.add(TXXX(desc="encoder", text="theirs"))
    old.save(foreign, v1=2)
    ape = APEv2()
    ape["Title"] = "Old"
    ape.save(foreign)
    take = await media.fetch_take(clip_on(host, foreign.read_bytes()), TAGS, tmp_path, "song")
    assert "TXXX:encoder" not in ID3(take.audio)
    assert b"Old" not in take.audio.read_bytes()
    assert b"theirs" not in take.audio.read_bytes()


async def test_empty_words_leave_no_frame(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    bare = Tags(title="Song", artist="", album="", lyrics="", style="", prompt="", task_id="")
    take = await media.fetch_take(clip_on(host, sine_mp3(), cover=None), bare, tmp_path, "song")
    assert texts_of(ID3(take.audio)) == {"TIT2": "Song", "COMM::eng": NOTE}
    assert take.cover is None


async def test_words_that_cannot_be_encoded_are_mended(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    odd = Tags(title="a\ud83db\0c", artist="", album="", lyrics="\udc00", style="", prompt="", task_id="")
    take = await media.fetch_take(clip_on(host, sine_mp3()), odd, tmp_path, "song")
    assert texts_of(ID3(take.audio)) == {"TIT2": "a?bc", "USLT::und": "?", "COMM::eng": NOTE}


@pytest.mark.parametrize("cover", [b"<html>", b""])
async def test_a_cover_that_fails_is_logged_and_left_out(
    cover: bytes, host: FileHost, media: TakeMedia, tmp_path: Path
) -> None:
    with capture_logs() as logs:
        take = await media.fetch_take(clip_on(host, sine_mp3(), cover), TAGS, tmp_path, "song")
    assert take.cover is None
    assert ID3(take.audio).getall("APIC") == []
    assert [(line["event"], line["clip_id"]) for line in logs] == [("cover_left_out", "clip-1")]


async def test_a_large_cover_is_kept_beside_the_audio_only(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    take = await media.fetch_take(clip_on(host, sine_mp3(), JPEG + bytes(MAX_EMBEDDED_COVER)), TAGS, tmp_path, "song")
    assert take.cover is not None
    assert take.size < MAX_EMBEDDED_COVER


@pytest.mark.parametrize("audio", [b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"<html>" * 500, sine_mp3()[:20], b"ID3"])
async def test_what_only_begins_like_an_mp3_is_refused(
    audio: bytes, host: FileHost, media: TakeMedia, tmp_path: Path
) -> None:
    with pytest.raises(MediaRefused):
        await media.fetch_take(clip_on(host, audio), TAGS, tmp_path, "song")


async def test_a_dead_link_is_gone(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    with pytest.raises(MediaGone):
        await media.fetch_take(ResultItem(id="c", audio_url=f"{host.url}/none"), TAGS, tmp_path, "song")


async def test_a_clip_without_a_link_is_refused(media: TakeMedia, tmp_path: Path) -> None:
    with pytest.raises(MediaRefused):
        await media.fetch_take(ResultItem(id="c"), TAGS, tmp_path, "song")


async def test_audio_of_another_kind_keeps_its_ending_and_its_bytes(
    host: FileHost, media: TakeMedia, tmp_path: Path
) -> None:
    frames = bytes(2 * 8000)
    size = (36 + len(frames)).to_bytes(4, "little")
    fmt = b"fmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0"
    wav = b"RIFF" + size + b"WAVE" + fmt + b"data" + len(frames).to_bytes(4, "little") + frames
    take = await media.fetch_take(clip_on(host, wav), TAGS, tmp_path, "song")
    assert take.audio == tmp_path / "song.wav"
    assert take.audio.read_bytes() == wav
    assert take.duration_s == pytest.approx(1.0)


async def test_a_tagged_file_still_plays(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    take = await media.fetch_take(clip_on(host, sine_mp3()), TAGS, tmp_path, "song")
    info = mutagen.File(take.audio).info
    assert (info.bitrate, info.sample_rate, info.layer) == (128_000, 44_100, 3)

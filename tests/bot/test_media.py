from __future__ import annotations

from pathlib import Path
from unittest.mock import AsyncMock

import mutagen
import pytest
from mido import MidiFile
from mutagen.apev2 import APEv2
from mutagen.id3 import ID3, TIT2, TXXX
from PIL import Image
from structlog.testing import capture_logs

from bot.errors import (
    MediaGone,
    MediaRefused,
    MediaUnclear,
    RequestRejected,
    ResultExpired,
    ServiceError,
    Unreachable,
)
from bot.links import Links
from bot.media import MAX_EMBEDDED_COVER, NOTE, TakeMedia
from bot.musicmint.models import MidiNote, ResultItem
from bot.ports import Finish, Tags
from tests.bot.fetching import JPEG, TAGS, WORDS, clip_on, fetch_take, nothing_more
from tests.bot.files import FileHost, sine_mp3, wav

LEVELS = (0.0, 0.5, 1.0)


def texts_of(id3: ID3) -> dict[str, str]:
    return {key: str(id3[key]) for key in id3 if not key.startswith("APIC")}


async def test_a_take_comes_tagged_with_its_cover_and_its_length(
    host: FileHost, media: TakeMedia, tmp_path: Path
) -> None:
    take = await fetch_take(media, clip_on(host, sine_mp3()), TAGS, tmp_path, "rain-v1a-0123", Finish())
    assert (take.audio, take.cover) == (tmp_path / "rain-v1a-0123.mp3", tmp_path / "rain-v1a-0123-cover.jpg")
    assert take.size == take.audio.stat().st_size > len(sine_mp3())
    assert take.duration_s == pytest.approx(2.0, abs=0.1)
    id3 = ID3(take.audio)
    assert id3.version == (2, 3, 0)
    cover = id3["APIC:"]
    assert (cover.mime, cover.type, cover.data) == ("image/jpeg", 3, JPEG)


async def test_every_tag_survives_the_round_trip(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    take = await fetch_take(media, clip_on(host, sine_mp3()), TAGS, tmp_path, "song", Finish())
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
    take = await fetch_take(media, clip_on(host, sine_mp3()), TAGS, tmp_path, "song", Finish())
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
    take = await fetch_take(media, clip_on(host, foreign.read_bytes()), TAGS, tmp_path, "song", Finish())
    assert "TXXX:encoder" not in ID3(take.audio)
    assert b"Old" not in take.audio.read_bytes()
    assert b"theirs" not in take.audio.read_bytes()


async def test_empty_words_leave_no_frame(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    bare = Tags(title="Song", artist="", album="", lyrics="", style="", prompt="", task_id="")
    take = await fetch_take(media, clip_on(host, sine_mp3(), cover=None), bare, tmp_path, "song", Finish())
    assert texts_of(ID3(take.audio)) == {"TIT2": "Song", "COMM::eng": NOTE}
    assert take.cover is None


async def test_words_that_cannot_be_encoded_are_mended(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    odd = Tags(title="a\ud83db\0c", artist="", album="", lyrics="\udc00", style="", prompt="", task_id="")
    take = await fetch_take(media, clip_on(host, sine_mp3()), odd, tmp_path, "song", Finish())
    assert texts_of(ID3(take.audio)) == {"TIT2": "a?bc", "USLT::und": "?", "COMM::eng": NOTE}


@pytest.mark.parametrize("cover", [b"<html>", b""])
async def test_a_cover_that_fails_is_logged_and_left_out(
    cover: bytes, host: FileHost, media: TakeMedia, tmp_path: Path
) -> None:
    with capture_logs() as logs:
        take = await fetch_take(media, clip_on(host, sine_mp3(), cover), TAGS, tmp_path, "song", Finish())
    assert take.cover is None
    assert ID3(take.audio).getall("APIC") == []
    assert [(line["event"], line["clip_id"]) for line in logs] == [("cover_left_out", "clip-1")]


def dead_cover(host: FileHost, *, audio: bytes | None = None) -> ResultItem:
    """A clip whose picture is gone; its audio, too, where there is none."""
    clip = clip_on(host, audio or b"")
    host.says("/cover.jpg", 410)
    if audio is None:
        host.says("/a.mp3", 403)
    return clip


async def test_a_dead_cover_is_read_afresh_once(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    clip = dead_cover(host, audio=sine_mp3())
    fresh = clip.model_copy(update={"image_url": host.holds("/fresh.jpg", JPEG)})
    read = AsyncMock(return_value=fresh)
    take = await media.fetch_take(Links(clip, read), TAGS, tmp_path, "song", nothing_more())
    assert take.cover is not None
    assert (read.await_count, len([one for one in host.asked if one.path == "/a.mp3"])) == (1, 1)


async def test_one_fresh_link_serves_audio_and_cover(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    clip = dead_cover(host)
    fresh = clip.model_copy(update={"audio_url": host.holds("/fresh.mp3", sine_mp3())})
    read = AsyncMock(return_value=fresh)
    take = await media.fetch_take(Links(clip, read), TAGS, tmp_path, "song", nothing_more())
    assert (take.cover, read.await_count) == (None, 1)
    assert take.duration_s == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("error", [ResultExpired(), Unreachable(), RequestRejected(reason="who?")], ids=repr)
async def test_no_song_waits_for_a_cover_nobody_names_anew(
    error: ServiceError, host: FileHost, media: TakeMedia, tmp_path: Path
) -> None:
    links = Links(dead_cover(host, audio=sine_mp3()), AsyncMock(side_effect=error))
    take = await media.fetch_take(links, TAGS, tmp_path, "song", nothing_more())
    assert (take.cover, take.size) == (None, take.audio.stat().st_size)


async def test_a_large_cover_is_kept_beside_the_audio_only(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    take = await fetch_take(
        media, clip_on(host, sine_mp3(), JPEG + bytes(MAX_EMBEDDED_COVER)), TAGS, tmp_path, "song", Finish()
    )
    assert take.cover is not None
    assert take.size < MAX_EMBEDDED_COVER


@pytest.mark.parametrize("audio", [b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"<html>" * 500, sine_mp3()[:20], b"ID3"])
async def test_what_only_begins_like_an_mp3_is_refused(
    audio: bytes, host: FileHost, media: TakeMedia, tmp_path: Path
) -> None:
    with pytest.raises(MediaRefused):
        await fetch_take(media, clip_on(host, audio), TAGS, tmp_path, "song", Finish())


async def test_a_dead_link_is_gone(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    with pytest.raises(MediaGone):
        await fetch_take(media, ResultItem(id="c", audio_url=f"{host.url}/none"), TAGS, tmp_path, "song", Finish())


async def test_a_clip_without_a_link_is_refused(media: TakeMedia, tmp_path: Path) -> None:
    with pytest.raises(MediaRefused):
        await fetch_take(media, ResultItem(id="c"), TAGS, tmp_path, "song", Finish())


async def test_audio_of_another_kind_keeps_its_ending_and_its_bytes(
    host: FileHost, media: TakeMedia, tmp_path: Path
) -> None:
    take = await fetch_take(media, clip_on(host, wav(1)), TAGS, tmp_path, "song", Finish())
    assert take.audio == tmp_path / "song.wav"
    assert take.audio.read_bytes() == wav(1)
    assert take.duration_s == pytest.approx(1.0)


async def test_a_tagged_file_still_plays(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    take = await fetch_take(media, clip_on(host, sine_mp3()), TAGS, tmp_path, "song", Finish())
    info = mutagen.File(take.audio).info
    assert (info.bitrate, info.sample_rate, info.layer) == (128_000, 44_100, 3)


# Words and levels


async def test_timed_words_are_written_in_milliseconds(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    take = await fetch_take(media, clip_on(host, sine_mp3()), TAGS, tmp_path, "song", Finish(words=WORDS))
    id3 = ID3(take.audio)
    frame = id3["SYLT::und"]
    assert (id3.version, frame.encoding, frame.format, frame.type) == ((2, 3, 0), 1, 2, 1)
    assert frame.text == [("La", 1000), (" la", 1500), ("\nlà", 70_250)]
    assert str(id3["USLT::und"]) == TAGS.lyrics


async def test_without_times_there_are_no_timed_words(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    take = await fetch_take(media, clip_on(host, sine_mp3()), TAGS, tmp_path, "song", Finish(levels=LEVELS))
    assert ID3(take.audio).getall("SYLT") == []


async def test_timed_words_that_cannot_be_encoded_are_mended(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    odd = Tags(title="a", artist="", album="", lyrics="la\0 l\udc00a", style="", prompt="", task_id="")
    take = await fetch_take(media, clip_on(host, sine_mp3()), odd, tmp_path, "song", Finish(words=WORDS))
    assert "".join(text for text, _ in ID3(take.audio)["SYLT::und"].text) == "la l?a"


async def test_a_take_whose_levels_are_known_has_their_picture(
    host: FileHost, media: TakeMedia, tmp_path: Path
) -> None:
    take = await fetch_take(media, clip_on(host, sine_mp3()), TAGS, tmp_path, "song-v1a-01", Finish(levels=LEVELS))
    assert take.waveform == tmp_path / "song-v1a-01-waveform.png"
    with Image.open(take.waveform) as picture:
        assert picture.size == (640, 96)


async def test_a_take_whose_levels_are_unknown_has_none(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    take = await fetch_take(media, clip_on(host, sine_mp3()), TAGS, tmp_path, "song", Finish(words=WORDS))
    assert take.waveform is None


async def test_a_picture_that_fails_is_logged_and_left_out(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    (tmp_path / "song-waveform.png").mkdir()
    with capture_logs() as logs:
        take = await fetch_take(media, clip_on(host, sine_mp3()), TAGS, tmp_path, "song", Finish(WORDS, LEVELS))
    assert take.waveform is None
    assert take.cover == tmp_path / "song-cover.jpg"
    assert take.duration_s == pytest.approx(2.0, abs=0.1)
    assert {"TIT2", "SYLT::und", "APIC:"} <= set(ID3(take.audio))
    assert [(line["event"], line["name"]) for line in logs] == [("waveform_left_out", "song-waveform.png")]


# Exports


async def test_vocals_are_tagged(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    file = await media.fetch_audio(Links(host.holds("/vocals", sine_mp3())), tmp_path, "song-vocals", TAGS)
    assert (file.audio, file.cover, file.waveform) == (tmp_path / "song-vocals.mp3", None, None)
    assert file.size == file.audio.stat().st_size
    assert str(ID3(file.audio)["TIT2"]) == TAGS.title


async def test_without_tags_the_bytes_stay_as_they_are(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    file = await media.fetch_audio(Links(host.holds("/vocals", sine_mp3())), tmp_path, "song", None)
    assert file.audio.read_bytes() == sine_mp3()


@pytest.mark.parametrize("body", [wav(3), wav(3, form=3), wav(3, wrapped=True), wav(3, form=3, wrapped=True)])
async def test_a_wave_stays_as_it_is(body: bytes, host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    file = await media.fetch_audio(Links(host.holds("/x", body)), tmp_path, "song", TAGS)
    assert (file.audio, file.duration_s) == (tmp_path / "song.wav", 3.0)
    assert file.audio.read_bytes() == body


async def test_a_wave_that_hides_a_codec_is_refused(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    with pytest.raises(MediaRefused) as caught:
        await media.fetch_audio(Links(host.holds("/x", wav(3, form=0x55))), tmp_path, "song", None)
    assert caught.value.arguments == {"rule": "type"}


async def test_notes_become_a_midi_file(media: TakeMedia, tmp_path: Path) -> None:
    notes = {"Piano": (MidiNote(pitch=60, start=0, end=1),), "Bass": (MidiNote(pitch=40, start=1, end=2.5),)}
    file = await media.write_midi(notes, "夜车", tmp_path, "song-v1a")
    assert (file.audio, file.size, file.duration_s) == (tmp_path / "song-v1a.mid", file.audio.stat().st_size, 2.5)
    read = MidiFile(file.audio, charset="utf-8")
    assert ([track.name for track in read.tracks], read.length) == (["夜车", "Piano", "Bass"], pytest.approx(2.5))


async def test_words_become_a_karaoke_file(media: TakeMedia, tmp_path: Path) -> None:
    file = await media.write_karaoke(WORDS, TAGS.lyrics, "Ночной \ud83d", "Ada", tmp_path, "song-v1a")
    assert (file.audio, file.size, file.duration_s) == (tmp_path / "song-v1a.lrc", file.audio.stat().st_size, 71.0)
    assert file.audio.read_bytes().decode() == "[ti:Ночной ?]\n[ar:Ada]\n[00:01.00]La la\n[01:10.25]là\n"


async def test_levels_become_a_large_picture(media: TakeMedia, tmp_path: Path) -> None:
    file = await media.draw_waveform(LEVELS, tmp_path, "song-v1a")
    assert (file.audio, file.size, file.duration_s) == (tmp_path / "song-v1a.png", file.audio.stat().st_size, 0.0)
    with Image.open(file.audio) as picture:
        assert picture.size == (1280, 320)


async def test_nothing_makes_no_file(media: TakeMedia, tmp_path: Path) -> None:
    for making in (
        media.write_midi({"Piano": ()}, "Song", tmp_path, "song"),
        media.write_karaoke((), "la la", "Song", "Ada", tmp_path, "song"),
        media.draw_waveform((), tmp_path, "song"),
    ):
        with pytest.raises(MediaRefused) as caught:
            await making
        assert caught.value.arguments == {"rule": "empty"}
    assert list(tmp_path.iterdir()) == []


async def test_a_disk_that_takes_no_file_is_unclear(media: TakeMedia, tmp_path: Path) -> None:
    with pytest.raises(MediaUnclear) as caught:
        await media.draw_waveform(LEVELS, tmp_path / "no folder", "song")
    assert caught.value.arguments == {"cause": "FileNotFoundError"}

"""A take of real audio that is fetched, tagged, and then fitted under a place's limit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import mutagen
import pytest
from mutagen.id3 import ID3

from bot.errors import MediaRefused, MediaUnclear
from bot.media import TakeMedia
from bot.ports import Finish, TakeFile
from tests import hearing
from tests.bot.fetching import JPEG, TAGS, WORDS, clip_on, fetch_take
from tests.bot.files import FileHost, encoded, sine_mp3

SECONDS = 20
COVER = JPEG + bytes(30_000)
MP3 = sine_mp3(SECONDS)
WAVE = encoded("wav", "pcm_s16le", SECONDS)
LIMIT = 200_000


async def a_take(host: FileHost, media: TakeMedia, folder: Path, audio: bytes, cover: bytes = COVER) -> TakeFile:
    return await fetch_take(media, clip_on(host, audio, cover), TAGS, folder, "rain-v1a-01", Finish(words=WORDS))


@pytest.mark.parametrize(("audio", "rate"), [(MP3, 64), (WAVE, 64)], ids=["mp3", "wav"])
async def test_the_whole_song_fits_with_its_tags_its_cover_and_its_timed_words(
    audio: bytes, rate: int, host: FileHost, media: TakeMedia, tmp_path: Path
) -> None:
    whole = await a_take(host, media, tmp_path, audio)
    fitted = await media.fit(whole, LIMIT)
    assert whole.size > LIMIT >= fitted.size == fitted.audio.stat().st_size
    assert (fitted.kbit_per_s, fitted.audio.name) == (rate, "rain-v1a-01.mp3")
    assert mutagen.File(fitted.audio).info.bitrate == rate * 1000
    before, after = hearing.decoded(audio), hearing.decoded(fitted.audio.read_bytes())
    assert hearing.seconds(after) == pytest.approx(hearing.seconds(before), abs=0.05)
    id3 = ID3(fitted.audio)
    assert (str(id3["TIT2"]), str(id3["USLT::und"]), id3["APIC:"].data) == (TAGS.title, TAGS.lyrics, COVER)
    assert id3["SYLT::und"].text == [("La", 1000), (" la", 1500), ("\nlà", 70_250)]
    assert id3.version == (2, 3, 0)
    assert (fitted.cover, fitted.duration_s) == (whole.cover, whole.duration_s)


async def test_fitted_twice_it_is_made_from_the_whole_which_stays(
    host: FileHost, media: TakeMedia, tmp_path: Path
) -> None:
    whole = await a_take(host, media, tmp_path, MP3)
    before = whole.audio.read_bytes()
    first, second = await media.fit(whole, LIMIT), await media.fit(whole, 150_000)
    assert (first.kbit_per_s, second.kbit_per_s) == (64, 32)
    assert first.audio.name == second.audio.name
    assert first.audio.stat().st_size == first.size != second.size
    assert whole.audio.read_bytes() == before


async def test_the_tags_and_cover_are_counted_before_the_rate_is_chosen(
    host: FileHost, media: TakeMedia, tmp_path: Path
) -> None:
    with_cover = await a_take(host, media, tmp_path, MP3, JPEG + bytes(100_000))
    without = replace(with_cover, cover=None)
    rates = [(await media.fit(file, 260_000)).kbit_per_s for file in (with_cover, without)]
    assert rates == [48, 96]


async def test_what_cannot_fit_is_refused(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    whole = await a_take(host, media, tmp_path, MP3)
    for limit in (100_000, 1):
        with pytest.raises(MediaRefused) as caught:
            await media.fit(whole, limit)
        assert caught.value.arguments == {"rule": "size"}


async def test_vocals_without_tags_stay_without(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    whole = await a_take(host, media, tmp_path, MP3)
    fitted = await media.fit(replace(whole, tags=None), LIMIT)
    assert mutagen.File(fitted.audio).tags is None


async def test_a_disk_that_takes_no_smaller_file_is_unclear(host: FileHost, media: TakeMedia, tmp_path: Path) -> None:
    whole = await a_take(host, media, tmp_path, MP3)
    (tmp_path / f"fit-{LIMIT}").write_bytes(b"in the way")
    with pytest.raises(MediaUnclear) as caught:
        await media.fit(whole, LIMIT)
    assert caught.value.arguments == {"cause": "FileExistsError"}

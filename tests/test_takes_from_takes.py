"""Every way to make a take from a take, as a member does it, judged by the files that arrive."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from mutagen.id3 import ID3

from tests import hearing
from tests.hearing import Sound
from tests.town import Json, Member, Town, open_town

LYRICS = "[Verse]\nThe night bus hums along the quay\nAnd nobody gets off\n\n[Chorus]\nOh, drive me round again"
STYLE = "pop female vocals"
pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Source:
    """A song in its thread; its first take is what the others are made from."""

    town: Town
    ben: Member
    thread: str
    message: Json
    sound: Sound

    def clip_of(self, label: str) -> Json:
        version, position = int(label[1:-1]), ord(label[-1]) - ord("a")
        query = "SELECT clips.* FROM clips JOIN tasks ON tasks.id = task_id JOIN songs ON songs.id = song_id"
        where = f"thread_id = {self.thread} AND version = {version} AND position = {position}"
        return self.town.rows(f"{query} WHERE {where}")[0]

    @property
    def take(self) -> str:
        """What the list of takes would give for it."""
        return str(self.clip_of("v1a")["id"])

    async def made(self, answer: Json, change: str) -> tuple[str, Sound]:
        """The label and the sound of the first take an answer leads to, which knows its parent and change."""
        version = answer["message"]["embeds"][0]["title"].rpartition(" ")[2]
        (take,) = await self.town.labelled(self.thread, f"{version}a")
        clip = self.clip_of(f"{version}a")
        assert (clip["parent_clip_id"], clip["change"]) == (int(self.take), change)
        return f"{version}a", await sound_of(self.town, take)


async def sound_of(town: Town, take: Json) -> Sound:
    (file,) = [one for one in take["attachments"] if one["filename"].endswith(".mp3")]
    return hearing.decoded(await town.fetch(file["url"]))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def source(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Source]:
    async with open_town(tmp_path_factory.mktemp("town"), generation_ms=200) as town:
        ben = town.member("ben")
        answer = await ben.run("song", lyrics=LYRICS, style=STYLE, title="Night Bus")
        thread = answer["message"]["id"]
        (message, _) = await town.labelled(thread, "v1a", "v1b")
        yield Source(town, ben, thread, message, await sound_of(town, message))


async def test_a_take_shows_its_waveform_and_carries_the_times_of_its_words(source: Source) -> None:
    embed = source.message["embeds"][0]
    picture = await source.town.fetch(embed["image"]["url"])
    assert picture.startswith(b"\x89PNG")
    (file,) = source.message["attachments"]
    tags = ID3(io.BytesIO(await source.town.fetch(file["url"])))
    words = "".join(text for text, _ in tags.getall("SYLT")[0].text)
    assert "night bus" in words.casefold()
    times = [at for _, at in tags.getall("SYLT")[0].text]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] < 1000 * hearing.seconds(source.sound)


async def test_an_extension_begins_in_the_key_and_tempo_of_its_take(source: Source) -> None:
    answer = await source.ben.run(
        "extend", source.thread, take=source.take, at=40, lyrics="[Verse]\nOne more stop\nAnd then we walk"
    )
    _, extension = await source.made(answer, "extended")
    assert hearing.transposition(hearing.part(extension, 0, 16), hearing.part(source.sound, 8, 40)) == 0
    ratio = hearing.tempo(hearing.part(extension, 0, 16)) / hearing.tempo(hearing.part(source.sound, 8, 40))
    assert min(abs(ratio * factor - 1) for factor in (0.5, 1, 2)) < 0.03


async def test_the_full_song_of_an_extension_is_both_in_one_piece(source: Source) -> None:
    answer = await source.ben.run(
        "extend", source.thread, take=source.take, at=30, lyrics="[Chorus]\nGoing home", style="same"
    )
    label, extension = await source.made(answer, "extended")
    (message,) = await source.town.labelled(source.thread, label)
    more = await source.ben.press(message, "More")
    joined = await source.ben.press(more["message"], "Full song")
    version = joined["message"]["embeds"][0]["title"].rpartition(" ")[2]
    (take,) = await source.town.labelled(source.thread, f"{version}a")
    whole = await sound_of(source.town, take)
    assert hearing.seconds(whole) == pytest.approx(30 + hearing.seconds(extension), abs=0.2)
    assert hearing.snr_db(hearing.part(source.sound, 1, 29), hearing.part(whole, 1, 29)) > 10
    assert source.clip_of(f"{version}a")["change"] == "joined"


async def test_a_cover_is_another_recording_of_the_song_in_the_style_that_was_asked_for(source: Source) -> None:
    opened = await source.ben.press(source.message, "Cover")
    answer = await source.ben.send_form(opened, style="synthwave")
    _, cover = await source.made(answer, "covered")
    (line,) = await source.town.paid("music/cover")
    assert line["body"]["tags"] == "synthwave"
    assert hearing.seconds(cover) > 20
    shared = min(hearing.seconds(cover), hearing.seconds(source.sound))
    assert hearing.snr_db(hearing.part(source.sound, 0, shared), hearing.part(cover, 0, shared)) < 3


async def test_a_remaster_is_the_same_song_in_other_sound(source: Source) -> None:
    more = await source.ben.press(source.message, "More")
    answer = await source.ben.press(more["message"], "Remaster")
    _, remaster = await source.made(answer, "remastered")
    assert hearing.seconds(remaster) == pytest.approx(hearing.seconds(source.sound), abs=0.1)
    assert hearing.transposition(remaster, source.sound) == 0
    assert hearing.loudness_db(remaster) != pytest.approx(hearing.loudness_db(source.sound), abs=0.3)


async def test_a_replaced_section_leaves_the_rest_as_it_was(source: Source) -> None:
    answer = await source.ben.run(
        "replace",
        source.thread,
        **{"take": source.take, "from": "0:20", "to": "28", "lyrics": "We sing of other things\nAnd other rain"},
    )
    _, replaced = await source.made(answer, "replaced")
    before, after = ((0.0, 19.9), (28.1, hearing.seconds(source.sound)))
    for start_s, end_s in (before, after):
        assert hearing.snr_db(hearing.part(source.sound, start_s, end_s), hearing.part(replaced, start_s, end_s)) >= 30
    assert hearing.snr_db(hearing.part(source.sound, 21, 27), hearing.part(replaced, 21, 27)) < 10


async def test_vocals_are_added_where_they_were_asked_for(source: Source) -> None:
    played = await source.ben.run("instrumental", source.thread, style="piano ballad", title="Blue Kitchen")
    version = played["message"]["embeds"][0]["title"].rpartition(" ")[2]
    (piece,) = await source.town.labelled(source.thread, f"{version}a")
    take = str(source.clip_of(f"{version}a")["id"])
    answer = await source.ben.run(
        "vocals",
        source.thread,
        **{"take": take, "lyrics": "Kettle on the stove\nNobody at home", "from": "8", "to": "24"},
    )
    sung_version = answer["message"]["embeds"][0]["title"].rpartition(" ")[2]
    (sung,) = await source.town.labelled(source.thread, f"{sung_version}a")
    before, after = await sound_of(source.town, piece), await sound_of(source.town, sung)
    assert hearing.snr_db(hearing.part(before, 0, 7.9), hearing.part(after, 0, 7.9)) >= 30
    assert hearing.snr_db(hearing.part(before, 10, 22), hearing.part(after, 10, 22)) < 20
    assert source.clip_of(f"{sung_version}a")["changed"] == "8-24"


async def test_a_take_can_be_shown_in_another_channel(source: Source) -> None:
    await source.ben.run("show", "general", take=source.take)
    (shown,) = await source.town.labelled("general", "v1a")
    assert (await sound_of(source.town, shown) == source.sound).all()
    assert shown["components"][0]["components"][0]["label"] == "Extend"


async def test_any_take_can_be_revised_from_the_menu_of_its_message(source: Source) -> None:
    opened = await source.ben.menu("Revise this take", source.message)
    fields = {
        field["component"]["custom_id"]: field["component"].get("value", "") for field in opened["modal"]["components"]
    }
    assert fields["lyrics"] == LYRICS
    answer = await source.ben.send_form(opened, **fields | {"style": "piano ballad"})
    await source.made(answer, "revised")
    assert source.clip_of(answer["message"]["embeds"][0]["title"].rpartition(" ")[2] + "a")["changed"] == "style"

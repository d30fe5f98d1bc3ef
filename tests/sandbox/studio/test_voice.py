"""Songs are sung: on the melody, word by word, by a voice that stays the same."""

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import pyworld
from numpy.typing import NDArray

from sandbox.studio.music import door, lyrics, mp3, singing, speech, stems, syllables, timeline, voices
from sandbox.studio.music.arrangement import Arrangement, Note, Part, Section, Syllable, TempoMark
from sandbox.studio.music.composer import composed
from sandbox.studio.music.mix import mixed
from sandbox.studio.music.order import TakeOrder
from sandbox.studio.music.sampler import RATE
from sandbox.studio.music.soundfont import Samples

ENGLISH = """[Verse]
Walking by the river, I remember every name
Strangers in the distance, laughing in the rain
[Chorus]
Sing it one more time"""
CHINESE = """[主歌]
月光照在河面上
我在桥边等你来
[副歌]
让花儿开满山坡"""
FRAME = 0.005
BEATS = 48  # Intro and the first lines: enough to measure, quick to render.


@dataclass(frozen=True)
class Song:
    folder: Path
    arrangement: Arrangement
    stem: NDArray[np.float64]

    @property
    def voice(self) -> Part:
        return next(part for part in self.arrangement.parts if part.singer)


def arranged(sheet: str, tags: str, beats: float = BEATS) -> Arrangement:
    made = composed(TakeOrder(recording="song", take=0, lyrics=sheet, tags=tags)).arrangement
    return made.until(beats)


def filed(folder: Path, arrangement: Arrangement) -> Song:
    """A finished song in its folder, and its vocals as anyone gets them: out of an MP3."""
    (folder / "song.mp3").write_bytes(mp3.encoded(mixed(arrangement, folder)))
    (folder / "song.json").write_text(arrangement.model_dump_json(), encoding="utf-8")
    door.vocals(folder, "song", "stem", 0, None)
    return Song(folder, arrangement, mp3.decoded(folder / "stem.mp3").mean(axis=0, dtype=np.float64))


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Song:
    return filed(tmp_path_factory.mktemp("english"), arranged(ENGLISH, "pop female vocals 118 bpm"))


@pytest.fixture(scope="module")
def chinese(tmp_path_factory: pytest.TempPathFactory) -> Song:
    return filed(tmp_path_factory.mktemp("chinese"), arranged(CHINESE, "chinese ballad male vocals 84 bpm"))


@pytest.fixture(params=["english", "chinese"])
def song(request: pytest.FixtureRequest) -> Song:
    made: Song = request.getfixturevalue(request.param)
    return made


def tracked(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Hz every 5 ms, heard by Harvest, which had no part in the singing."""
    hertz: NDArray[np.float64] = pyworld.harvest(sound[::2].copy(), RATE // 2, f0_floor=60, f0_ceil=1100)[0]
    return hertz


def tone(seconds: float, key: float) -> NDArray[np.float64]:
    """Something like a hum: a key and its harmonics."""
    time = np.arange(round(seconds * RATE)) / RATE
    hertz = 440 * 2 ** ((key - 69) / 12)
    return np.asarray(sum(np.sin(2 * np.pi * hertz * n * time) / n for n in range(1, 8)) * 0.2)


def one_line(text: str, keys: list[int], places: list[int], singer: str = "tenor") -> Arrangement:
    """A line on half notes at 120 beats a minute."""
    notes = tuple(
        Note(start=1 + 2 * number, length=1.9, pitch=key, velocity=100, syllable=Syllable(line=text, place=place))
        for number, (key, place) in enumerate(zip(keys, places, strict=True))
    )
    return Arrangement(
        style="pop",
        key=0,
        mode="major",
        beats_per_bar=4,
        tempo=(TempoMark(beat=0, bpm=120),),
        sections=(Section(name="verse", start_bar=0, bars=4),),
        parts=(Part(name="voice", program=53, singer=singer, notes=notes),),
    )


def sung_alone(arrangement: Arrangement) -> Samples:
    return singing.voice(arrangement, arrangement.parts[0], 8 * RATE)


def test_the_voice_is_on_the_melody(song: Song) -> None:
    hertz = tracked(song.stem)
    cents, sounding = [], 0
    for note in song.voice.notes:
        start, end = song.arrangement.seconds(note.start), song.arrangement.seconds(note.start + note.length)
        heard = hertz[round(start / FRAME) : round(end / FRAME)]
        cents.append(1200 * np.log2(heard[heard > 0] / 440) - 100 * (note.pitch - 69))
        sounding += len(heard)
    off = np.abs(np.concatenate(cents))

    assert len(off) > 0.6 * sounding
    assert (off < 50).mean() >= 0.8


def test_the_stem_is_silent_where_nobody_sings_and_as_long_as_the_song(song: Song) -> None:
    quiet = np.ones(len(song.stem), bool)
    for word in timeline.words(song.arrangement):
        quiet[round((word.start - 0.08) * RATE) : round((word.end + 0.08) * RATE)] = False

    assert quiet.mean() > 0.2
    assert np.abs(song.stem[quiet]).max() < 0.001
    assert np.abs(song.stem).max() > 0.3
    assert len(song.stem) == mp3.decoded(song.folder / "song.mp3").shape[1]


def test_each_word_of_the_sheet_is_sung_in_its_order_where_its_time_says(song: Song) -> None:
    words = door.words(song.folder, "song")
    sheet = ENGLISH if "Walking" in words[0].values() else CHINESE
    written = re.findall(r"[a-z]+|[\u4e00-\u9fff]", re.sub(r"\[.*?\]", "", sheet).lower())
    times = [(float(word["start"]), float(word["end"])) for word in words]

    assert [str(word["word"]).lower() for word in words][: len(written)] == written[: len(words)]
    assert len(words) >= len(written) * 0.6
    assert all(start < end for start, end in times)
    assert all(end <= start + 0.001 for (_, end), (start, _) in pairwise(times))
    for start, end in times:
        assert np.sqrt((song.stem[round(start * RATE) : round(end * RATE)] ** 2).mean()) > 0.01


def test_the_band_plays_on_under_the_voice_which_leads(song: Song) -> None:
    whole = mp3.decoded(song.folder / "song.mp3").mean(axis=0, dtype=np.float64)
    sung = np.zeros(len(whole), bool)
    for word in timeline.words(song.arrangement):
        sung[round(word.start * RATE) : round(word.end * RATE)] = True
    share = float((whole[sung] @ song.stem[sung]) / (song.stem[sung] @ song.stem[sung]))
    band = whole[sung] - share * song.stem[sung]

    assert share > 0.3
    assert 0.4 < (share * song.stem[sung]).std() / band.std() < 2.5


def test_vowels_begin_on_their_notes(song: Song) -> None:
    for one in timeline.sung(song.arrangement, song.voice):
        assert one.onset <= one.vowel == one.steps[0][0] < one.coda <= one.end
        assert one.vowel - one.onset < 0.5
    starts = {note.start for note in song.voice.notes}
    assert {one.steps[0][0] for one in timeline.sung(song.arrangement, song.voice)} == {
        song.arrangement.seconds(start) for start in starts
    }


def test_a_line_sounds_the_same_whatever_was_said_before() -> None:
    once = speech.spoken("Walking by the river")
    speech.spoken.cache_clear()
    speech.spoken("月光照在河面上")
    again = speech.spoken("Walking by the river")

    assert once is not again
    assert np.array_equal(once.sound, again.sound)
    line = one_line("Walking by the river", [60, 62, 64], [0, 1, 2])
    first = sung_alone(line)
    singing._analysed.cache_clear()
    assert np.array_equal(first, sung_alone(line))


@pytest.mark.parametrize(
    ("line", "words", "count"),
    [
        ("Walking by the river", "Walking by the river", 6),
        ("Don't you worry, 'bout a thing!", "Don't you worry bout a thing", 7),
        ("月光照在河面上", "月 光 照 在 河 面 上", 7),
        ("花儿 and 英雄", "花 儿 and 英 雄", 5),
        ("24 hours & counting", "24 hours counting", 8),
        ("さくら", "さ く ら", 3),
        ("...", "", 0),
    ],
)
def test_a_line_has_the_syllables_it_is_pronounced_with(line: str, words: str, count: int) -> None:
    found = syllables.line(line)

    assert (" ".join(found.words), len(found.syllables)) == (words, count)
    assert {one.word for one in found.syllables} == set(range(len(found.words)))
    assert all(one.onset <= one.vowel < one.coda <= one.end for one in found.syllables)


def test_a_line_too_long_for_a_breath_is_sung_in_pieces_that_end_at_a_pause() -> None:
    long = "I was walking down the avenue of broken promises, and nobody was there to tell me where the morning goes"
    (stanza,) = lyrics.stanzas(f"[Verse]\n{long}")

    assert " ".join(stanza.lines) == long
    assert any(line.endswith("promises,") for line in stanza.lines)
    assert all(lyrics.syllables(line) <= lyrics.LONGEST_LINE for line in stanza.lines)


def test_stressed_syllables_are_held_longer() -> None:
    lengths: dict[bool, list[float]] = {True: [], False: []}
    for note in next(part for part in arranged(ENGLISH, "pop", 999).parts if part.singer).notes:
        assert note.syllable is not None
        said = syllables.line(note.syllable.line).syllables[note.syllable.place]
        lengths[said.stressed].append(note.length)

    assert np.mean(lengths[True]) > 1.4 * np.mean(lengths[False])


def test_a_syllable_held_over_two_notes_is_one_word_that_moves() -> None:
    made = one_line("Oh my", [60, 67, 60], [0, 0, 1])
    hertz = tracked(np.repeat(sung_alone(made), 1).astype(np.float64))

    assert [word.word for word in timeline.words(made)] == ["Oh", "my"]
    for second, key in ((0.9, 60), (1.9, 67), (2.9, 60)):
        assert abs(69 + 12 * np.log2(hertz[round(second / FRAME)] / 440) - key) < 0.6


def test_voices_differ_in_timbre_and_keep_it() -> None:
    envelopes = {}
    for name in ("soprano", "tenor", "low baritone"):
        for key in (57, 60):
            sound = sung_alone(one_line("Sing it again", [key] * 4, [0, 1, 2, 3], name))[::2].astype(np.float64)
            hertz, times = pyworld.harvest(sound, RATE // 2, f0_floor=100, f0_ceil=500)
            envelope = np.log(pyworld.cheaptrick(sound, hertz, times, RATE // 2))[hertz > 0].mean(axis=0)
            envelopes[name, key] = envelope[:400] - envelope[:400].mean()

    def apart(one: tuple[str, int], other: tuple[str, int]) -> float:
        return float(np.std(envelopes[one] - envelopes[other]))

    for name, other in (("soprano", "tenor"), ("tenor", "low baritone"), ("soprano", "low baritone")):
        assert 1.5 * apart((name, 57), (name, 60)) < apart((name, 57), (other, 57))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("pop female vocals", ("soprano", "mezzo", "alto")),
        ("rock male vocals", ("tenor", "baritone", "low baritone")),
        ("流行 女声", ("soprano", "mezzo", "alto")),
        ("民谣 男声", ("tenor", "baritone", "low baritone")),
        ("a tenor and a soprano", ("tenor",)),
        ("humane folk", tuple(voices.VOICES)),
    ],
)
def test_style_words_choose_the_voice(words: str, expected: tuple[str, ...]) -> None:
    assert {voices.chosen(words, str(seed)) for seed in range(60)} == set(expected)


def test_a_persona_is_the_singer_of_its_recording_in_range_and_voice(english: Song) -> None:
    singer = voices.of(english.folder, "song")
    later = composed(TakeOrder(recording="later", take=1, lyrics=CHINESE, tags="rock male vocals"), singer).arrangement
    keys = [note.pitch for note in next(part for part in later.parts if part.singer).notes]

    assert singer == later.singer == english.voice.singer
    assert abs(np.median(keys) - np.median([note.pitch for note in english.voice.notes])) < 7
    assert all(abs(key - voices.VOICES[singer].centre) <= 14 for key in keys)


def test_the_persona_of_an_upload_has_its_pitch(tmp_path: Path) -> None:
    for name, key in (("low", 50), ("high", 66)):
        (tmp_path / f"{name}.mp3").write_bytes(mp3.encoded(np.tile(tone(2, key), (2, 1)).astype(np.float32)))

    assert voices.of(tmp_path, "low") == "low baritone"
    assert voices.of(tmp_path, "high") == "soprano"


def test_an_instrumental_has_no_words_and_a_silent_stem(tmp_path: Path) -> None:
    made = composed(TakeOrder(recording="song", take=0, tags="pop", bars=4)).arrangement
    song = filed(tmp_path, made)

    assert door.words(tmp_path, "song") == []
    assert not stems.vocals(tmp_path, "song").any()
    assert np.abs(song.stem).max() < 0.001

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.karaoke import TimedLine, lrc, timed_lines, timed_words
from bot.musicmint.models import Word

LYRIC = """[Verse 1]
Walking, by the river
Humming to the rain

[Chorus]
Don’t stop (sing it!)
Until the light
"""


def sung(text: str, first_s: float = 10.0) -> tuple[Word, ...]:
    """A word a second, each held for half of it; `_` is a second of silence."""
    words = enumerate(text.split())
    return tuple(Word(word=word, start=first_s + at, end=first_s + at + 0.5) for at, word in words if word != "_")


def timed(*entries: tuple[str, float, float]) -> tuple[Word, ...]:
    return tuple(Word(word=word, start=start, end=end) for word, start, end in entries)


def times(words: tuple[Word, ...], lyric: str) -> dict[str, float]:
    return {line.text: line.start_s for line in timed_lines(words, lyric)}


# Lines


def test_a_line_begins_with_its_first_word_whatever_marks_and_letters_it_is_written_in() -> None:
    words = sung("walking by the river humming TO the rain dont stop sing it until the light")
    assert timed_lines(words, LYRIC) == (
        TimedLine(10.0, "Walking, by the river"),
        TimedLine(14.0, "Humming to the rain"),
        TimedLine(18.0, "Don’t stop (sing it!)"),
        TimedLine(22.0, "Until the light"),
    )


def test_a_chinese_word_of_several_characters_may_reach_across_a_line_s_end() -> None:
    words = timed(("月光", 1, 2), ("照在河面上", 2, 4), ("一起", 5, 6), ("唱到天明不要", 6, 9), ("停", 9, 10))
    lyric = "[主歌]\n月光，照在河面上。\n【副歌】\n一起唱到天明！\n不要停"
    assert times(words, lyric) == {"月光，照在河面上。": 1.0, "一起唱到天明！": 5.0, "不要停": 8.0}


def test_marks_part_the_lines_of_a_lyric_that_was_typed_as_one() -> None:
    words = sung("la la lo lo")
    assert times(words, "[Verse] la la [Chorus] lo lo [End]") == {"la la": 10.0, "lo lo": 12.0}


def test_a_mark_within_the_timeline_is_no_word() -> None:
    words = timed(("[Verse]\nSilver ", 1, 2), ("moon\n", 2, 3), ("[Chorus]\nRise", 3, 4))
    assert times(words, "[Verse]\nSilver moon\n[Chorus]\nRise") == {"Silver moon": 1.0, "Rise": 3.0}


def test_a_line_that_was_left_out_stands_between_its_neighbours() -> None:
    words = sung("one two three _ _ six seven")
    assert times(words, "one two three\nnobody sings\nneither this\nsix seven") == {
        "one two three": 10.0,
        "nobody sings": 13.0,
        "neither this": 14.0,
        "six seven": 15.0,
    }


def test_shouts_in_place_of_a_line_are_not_that_line() -> None:
    words = sung("one two hey hey _ _ _ _ three four")
    assert times(words, "one two\nnobody sings\nthree four")["nobody sings"] == 14.5


def test_lines_left_out_at_the_ends_stand_between_the_song_s_begin_and_its_last_word() -> None:
    words = sung("here we are", first_s=8)
    assert times(words, "unsung\nhere we are\nlost\nas well") == {
        "unsung": 4.0,
        "here we are": 8.0,
        "lost": pytest.approx(10 + 1 / 6),
        "as well": pytest.approx(10 + 2 / 6),
    }


def test_a_lyric_nobody_sang_is_spread_over_the_song() -> None:
    assert times(sung("la la la", first_s=6.5), "one\ntwo") == {"one": 3.0, "two": 6.0}


def test_a_line_left_out_does_not_take_the_words_of_the_next() -> None:
    words = sung("hello world the start of it")
    assert times(words, "hello world\nthe end of me\nthe start of it")["the start of it"] == 12.0


def test_a_chorus_left_out_does_not_derail_what_follows() -> None:
    verse, chorus, second = "the sun and the moon", "and the sun burns the sky", "the rain and the sea"
    words = sung(f"{verse} {second} {chorus}")
    found = timed_lines(words, "\n".join((verse, chorus, second, chorus)))
    assert [line.start_s for line in (found[0], found[2], found[3])] == [10.0, 15.0, 20.0]
    assert 10.0 < found[1].start_s <= 15.0


def test_shouts_and_repeats_do_not_derail_what_follows() -> None:
    chorus = "sing it one more time\nsing until the light"
    lyric = f"down by the water\n{chorus}\nback on the mountain\n{chorus}"
    first = "yeah down by hey the water oh sing it one hey more time sing until yeah the light"
    words = sung(f"{first} back on the mountain {chorus} sing until the light sing until the light")
    assert [line.start_s for line in timed_lines(words, lyric)] == [11.0, 17.0, 23.0, 28.0, 32.0, 37.0]


def test_a_word_shouted_long_before_does_not_begin_the_line() -> None:
    assert times(sung("oh _ _ _ _ _ oh baby come home"), "oh baby\ncome home") == {"oh baby": 16.0, "come home": 18.0}


def test_a_word_spelled_otherwise_stands_where_the_lyric_has_one() -> None:
    assert times(sung("two hearts beat _ gonna fly"), "2 hearts beat\ngoing fly") == {
        "2 hearts beat": 10.0,
        "going fly": 14.0,
    }


def test_words_that_overlap_never_turn_time_back() -> None:
    words = timed(("long and winding", 0, 30), ("road", 4, 5), ("home", 2, 3))
    assert [line.start_s for line in timed_lines(words, "long\nand\nwinding\nhome\nroad")] == [0, 2, 2, 2, 4]


def test_a_word_that_ends_before_it_begins_does_not_turn_time_back() -> None:
    assert times(timed(("one", 5, 1)), "one\ntwo") == {"one": 5.0, "two": 5.0}


# Without a lyric


def test_without_a_lyric_a_pause_ends_a_line() -> None:
    words = timed(("Down", 1, 1.5), ("we", 1.6, 2), ("go", 2, 2.5), ("and", 4, 4.5), ("up", 5, 6))
    assert times(words, "[Instrumental]") == {"Down we go": 1.0, "and up": 4.0}


def test_without_a_lyric_line_ends_in_the_timeline_are_kept() -> None:
    assert times(timed(("月光\n", 1, 2), ("河面", 2, 3), ("上", 3, 4)), "") == {"月光": 1.0, "河面上": 2.0}


def test_without_a_lyric_no_line_grows_without_end() -> None:
    words = tuple(Word(word="word", start=at / 10, end=(at + 1) / 10) for at in range(300))
    lines = timed_lines(words, "")
    assert len(lines) == 30
    assert max(len(line.text) for line in lines) < 60


# Words


def test_words_lead_with_what_parts_them_and_keep_their_marks() -> None:
    pieces = timed_words(sung("dont stop sing it until light"), "[Chorus]\nDon’t stop, (sing it!)\nUntil the light")
    assert [(piece.start_s, piece.text) for piece in pieces] == [
        (10.0, "Don’t"),
        (11.0, " stop,"),
        (12.0, " (sing"),
        (13.0, " it!)"),
        (14.0, "\nUntil the"),
        (15.0, " light"),
    ]


def test_characters_of_one_chinese_word_stay_together() -> None:
    words = timed(("月光", 1, 2), ("照在河面上", 2, 4), ("一起唱", 5, 6))
    pieces = timed_words(words, "月光，照在河面上\n一起唱")
    assert [(piece.start_s, piece.text) for piece in pieces] == [(1, "月光，"), (2, "照在河面上"), (5, "\n一起唱")]


# The file


def test_the_file_names_title_and_artist_and_stamps_each_line() -> None:
    lines = [TimedLine(0, "one"), TimedLine(59.996, "二"), TimedLine(61.234, "three"), TimedLine(6001.5, "four")]
    assert lrc(lines, " Night [live]\nBus ", "Ada") == (
        "[ti:Night (live) Bus]\n[ar:Ada]\n[00:00.00]one\n[01:00.00]二\n[01:01.23]three\n[100:01.50]four\n"
    )


def test_what_is_not_known_is_not_named() -> None:
    assert lrc([TimedLine(1, "la")], "", " ") == "[00:01.00]la\n"


# Rules for all

VOCABULARY = st.sampled_from(["la", "the", "Oh", "rain", "月光", "月", "don't", "—", "[Verse]", "2"])
TIMES = st.floats(0, 500)
NO_BLANK = st.text(min_size=1, max_size=8).filter(lambda text: text.strip("\0"))
"""What is made of NULs alone is no word: an answer's blank text counts as absent."""
ANY_WORDS = st.lists(st.builds(Word, word=VOCABULARY | NO_BLANK, start=TIMES, end=TIMES)).map(tuple)
ANY_LYRIC = st.lists(VOCABULARY | st.sampled_from(["\n", "\n[Chorus]\n"]) | st.text(max_size=8)).map(" ".join)
NOTHING_SUNG = "...\n[Verse]\n \n---"


@given(words=ANY_WORDS, lyric=ANY_LYRIC)
def test_times_never_go_back(words: tuple[Word, ...], lyric: str) -> None:
    for pieces in (timed_lines(words, lyric), timed_words(words, lyric)):
        starts = [piece.start_s for piece in pieces]
        assert starts == sorted(starts)
        assert all(0 <= start <= 500 for start in starts)


@given(words=ANY_WORDS, lines=st.lists(st.sampled_from(["la la", "oh (the rain)", "月光，月", "Rain!"]), min_size=1))
def test_every_line_of_the_lyric_appears_once_and_in_order(words: tuple[Word, ...], lines: list[str]) -> None:
    lyric = NOTHING_SUNG + "\n" + "\n[Bridge]\n".join(lines)
    assert [line.text for line in timed_lines(words, lyric)] == lines
    assert "".join(piece.text for piece in timed_words(words, lyric)) == "\n".join(lines)


@given(data=st.data(), counts=st.lists(st.integers(1, 5), min_size=1, max_size=8))
def test_a_line_whose_first_word_was_sung_begins_with_it(data: st.DataObject, counts: list[int]) -> None:
    """No word comes twice, any may be missing, and others come between."""
    lines = [[f"w{line}x{word}" for word in range(count)] for line, count in enumerate(counts)]
    kept = [word for line in lines for word in line if data.draw(st.booleans())]
    heard = [word for one in kept for word in (*["hey"] * data.draw(st.integers(0, 2)), one)]
    words = sung(" ".join(heard))
    start_of = {word.word: word.start for word in words}
    found = timed_lines(words, "\n".join(" ".join(line) for line in lines))
    for line, first in zip(found, (line[0] for line in lines), strict=True):
        assert first not in kept or line.start_s == start_of[first]

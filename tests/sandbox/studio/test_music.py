"""What the composer writes, as notes."""

from itertools import pairwise
from typing import Any

import pytest

from sandbox.studio.music import lyrics
from sandbox.studio.music.arrangement import Arrangement, Note, Part
from sandbox.studio.music.composer import composed, continued, same_band
from sandbox.studio.music.harmony import fitted
from sandbox.studio.music.order import TakeOrder, Work
from sandbox.studio.music.soundfont import DRUM_BANK, general_midi
from sandbox.studio.music.style_words import STYLE_WORDS, understood
from sandbox.studio.music.styles import STYLES
from sandbox.studio.music.theory import SCALES
from sandbox.studio.music.titles import title

SHEET = "[Verse]\nWalking by the river\nHumming to the rain\n\n[Chorus]\nSing it one more time\nSing until the light"


def order(**words: Any) -> TakeOrder:
    return TakeOrder(**{"recording": "clip-1", "take": 0, **words})


def song(**words: Any) -> Arrangement:
    return composed(order(**words)).arrangement


def part(arrangement: Arrangement, name: str) -> Part:
    return next(part for part in arrangement.parts if part.name == name)


def seconds(arrangement: Arrangement) -> float:
    return arrangement.seconds(arrangement.bars * arrangement.beats_per_bar)


def notes_before(arrangement: Arrangement, beat: float) -> set[tuple[str, float, int]]:
    return {
        (part.name, note.start, note.pitch) for part in arrangement.parts for note in part.notes if note.start < beat
    }


def test_the_same_order_gives_the_same_notes() -> None:
    assert song(tags="jazz", lyrics=SHEET) == song(tags="jazz", lyrics=SHEET)


def test_two_takes_share_key_and_tempo_but_not_the_tune() -> None:
    first, second = song(tags="folk"), song(tags="folk", take=1)

    assert (first.key, first.mode, first.tempo) == (second.key, second.mode, second.tempo)
    assert part(first, "lead").notes != part(second, "lead").notes


def test_another_style_has_another_tempo_and_other_instruments() -> None:
    metal, ambient = song(tags="metal"), song(tags="ambient")

    assert metal.bpm > ambient.bpm + 50
    assert {part.program for part in metal.parts}.isdisjoint({part.program for part in ambient.parts})


@pytest.mark.parametrize("style", sorted(STYLES))
def test_every_style_makes_a_song_of_its_length_in_its_key_that_ends_at_home(style: str) -> None:
    made = song(tags=style)
    last_beat = (made.bars - 1) * made.beats_per_bar

    assert made.style == style
    assert 60 <= seconds(made) <= 115
    assert part(made, "bass").notes[-1].pitch % 12 == made.key
    assert part(made, "lead").notes[-1].pitch % 12 == made.key
    assert max(note.start for one in made.parts for note in one.notes) < last_beat + 1
    scale = {(made.key + step) % 12 for step in SCALES[made.mode]}
    tune = part(made, "lead").notes
    assert sum(note.pitch % 12 in scale for note in tune) > 0.75 * len(tune)
    assert sum(abs(after.pitch - note.pitch) <= 7 for note, after in pairwise(tune)) > 0.8 * len(tune)


@pytest.mark.parametrize("style", sorted(STYLES))
def test_every_instrument_of_a_style_is_in_the_soundfont(style: str) -> None:
    for one in song(tags=style).parts:
        for note in one.notes:
            assert general_midi().zones(DRUM_BANK if one.drums else 0, one.program, note.pitch, note.velocity), one.name


def test_the_form_follows_the_marks_of_the_sheet() -> None:
    made = song(
        tags="pop", lyrics="[主歌]\n月光照在河面上\n[副歌]\n一起唱到天明\n[桥段]\n风轻轻吹过\n[副歌]\n一起唱到天明"
    )

    kinds = [section.name for section in made.sections]
    assert kinds[:5] == ["intro", "verse", "chorus", "bridge", "chorus"]
    assert kinds[-1] == "outro"


def test_a_line_is_sung_on_as_many_notes_as_it_has_syllables() -> None:
    made = song(tags="pop", lyrics=SHEET)
    verse = next(section for section in made.sections if section.name == "verse")
    start = verse.start_bar * 4
    sung = [note for note in part(made, "voice").notes if start <= note.start < start + 8]

    assert len(sung) == lyrics.syllables("Walking by the river") == 6


@pytest.mark.parametrize(
    ("line", "count"),
    [("Hello there", 3), ("月光照在河面上", 7), ("Baby 我爱你!", 5), ("...", 1), ("A little game", 4)],
)
def test_syllables_are_counted_in_english_and_chinese(line: str, count: int) -> None:
    assert lyrics.syllables(line) == count


def test_a_sheet_without_marks_alternates_verse_and_chorus() -> None:
    kinds = [stanza.kind for stanza in lyrics.stanzas("one\ntwo\n\nthree\nfour\n\nfive")]

    assert kinds == ["verse", "chorus", "verse"]
    assert lyrics.stanzas("An upbeat pop track about rain") == ()


@pytest.mark.parametrize("lines", [1, 12, 200])
def test_a_sheet_of_any_length_makes_a_song_of_one_to_two_minutes(lines: int) -> None:
    for tags in ("metal", "ambient"):
        assert 60 <= seconds(song(tags=tags, lyrics="[Verse]\n" + "walking down the river\n" * lines)) <= 115


def test_an_instrumental_ignores_its_sheet() -> None:
    plain = song(tags="pop 100 bpm", instrumental=True, lyrics=SHEET)

    assert [section.name for section in plain.sections] == ["intro", "verse", "chorus", "verse", "outro"]
    assert [section.bars for section in plain.sections] == [4, 8, 8, 8, 4]


@pytest.mark.parametrize(
    ("words", "style"),
    [
        ("an upbeat techno track", "electronic"),
        ("lofi beats to study", "lo-fi"),
        ("一首忧伤的民谣", "folk"),
        ("中国风 古筝", "chinese"),
        ("hip-hop with jazz samples", "hip hop"),
        ("slow rock ballad", "rock"),
        ("重金属", "metal"),
    ],
)
def test_styles_are_understood_in_english_and_chinese(words: str, style: str) -> None:
    wish = understood(words)

    assert wish.style is not None
    assert wish.style.name == style


def test_every_style_can_be_asked_for() -> None:
    assert set(STYLE_WORDS) == set(STYLES)


def test_adjectives_bend_pace_and_mode() -> None:
    assert understood("slow sad pop").pace < 1 < understood("fast happy pop").pace
    assert (understood("sad pop").mode, understood("快乐的歌").mode, understood("pop").mode) == ("minor", "major", None)
    assert song(tags="pop 140 bpm").bpm == 140
    assert part(song(tags="pop violin"), "lead").program == 40


def test_an_extension_goes_on_in_key_tempo_and_style() -> None:
    source = song(tags="reggae")
    further = continued(source, order(work=Work.EXTENSION, lyrics="more of it")).arrangement

    assert (further.key, further.mode, further.tempo) == (source.key, source.mode, source.tempo)
    assert {one.program for one in further.parts} == {one.program for one in source.parts}
    assert further.sections[0].name != "intro"
    assert 28 <= seconds(further) <= 70
    assert part(further, "bass").notes[-1].pitch % 12 == source.key


def test_an_extension_changes_style_when_its_tags_say_so() -> None:
    source = song(tags="folk")
    further = continued(source, order(work=Work.EXTENSION, tags="metal")).arrangement

    assert further.key == source.key
    assert further.bpm > 140
    assert further.style == "metal"


def test_the_chords_of_a_song_are_found_again_in_its_notes() -> None:
    made = song(tags="country")
    tonal = same_band(made, order()).tonal
    chords = fitted(made.parts, 0, int(made.bars), STYLES["country"], tonal)
    first_bass = {note.start: note.pitch % 12 for note in part(made, "bass").notes if note.start % 4 == 0}

    assert len(first_bass) > 20
    assert all(chords[int(start // 4)].root == tone for start, tone in first_bass.items())


def test_an_arrangement_cut_at_a_bar_lets_no_note_ring_over() -> None:
    cut = song(tags="ambient").until(28)

    assert cut.bars == 7
    assert all(note.start + note.length <= 28 for one in cut.parts for note in one.notes)


def test_seconds_follow_the_tempo_marks() -> None:
    slow, fast = song(tags="pop 60 bpm"), song(tags="pop 120 bpm")
    both = slow.until(8).then(fast.until(8))

    assert both.seconds(4) == 4
    assert both.seconds(8) == 8
    assert both.seconds(16) == 12
    assert [both.beat_at(second) for second in (4, 8, 12)] == [4, 8, 16]


def test_a_song_cut_within_a_bar_and_put_together_is_the_song() -> None:
    whole = song(tags="piano")
    again = whole.until(29.5).then(whole.since(29.5))

    assert again.beats == whole.beats
    assert notes_before(again, whole.beats) == notes_before(whole, whole.beats)


def test_a_missing_title_comes_from_the_words() -> None:
    pop = STYLES["pop"]

    assert title(order(lyrics=SHEET), pop) == "Sing it one more time"
    assert title(order(description="a song about the rain in Paris"), pop) == "Rain Paris"
    assert title(order(lyrics="[副歌]\n一起唱到天明，不要停"), pop) == "一起唱到天明"
    assert len(title(order(tags="pop"), pop).split()) == 2


def test_drums_lead_out_of_a_section_with_a_fill() -> None:
    made = song(tags="rock")
    verse = next(section for section in made.sections if section.name == "verse")
    end = (verse.start_bar + verse.bars) * 4

    def struck(first: float, after: float) -> list[Note]:
        return [note for note in part(made, "drums").notes if first <= note.start < after]

    assert {note.pitch for note in struck(end - 2, end)} == {38, 50, 47, 43}
    assert 49 in {note.pitch for note in struck(end, end + 1)}

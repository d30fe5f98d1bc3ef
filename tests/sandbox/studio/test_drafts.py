"""Drafts of lyrics."""

import pytest

from sandbox.studio.music import lyrics
from sandbox.studio.music.drafts import MOODS, draft


def test_a_draft_has_a_title_and_the_sections_of_a_song() -> None:
    made = draft("a song about lighthouses", "", "", "", "")
    kinds = [stanza.kind for stanza in lyrics.stanzas(made.text)]

    assert kinds == ["verse", "chorus", "verse", "chorus", "bridge", "chorus"]
    assert "lighthouses" in made.title.lower()
    assert all(2 <= len(stanza.lines) <= 6 for stanza in lyrics.stanzas(made.text))


def test_a_chinese_prompt_gets_a_chinese_draft() -> None:
    made = draft("写一首关于夏天海边的歌", "", "", "", "")
    sung = [line for line in made.text.splitlines() if line and not line.startswith("[")]

    assert all(mark in made.text for mark in ("[主歌]", "[副歌]", "[桥段]"))
    assert "夏天海边" in made.text
    assert all(lyrics.CJK.search(line) and line.isprintable() and not line.isascii() for line in sung)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a folk song about the harbour in winter", "", "", "", ""), ("harbour", "winter")),
        (("", "love, summer", "", "", ""), ("love", "summer")),
        (
            ("", "", "bicycle, firefly, lantern, compass, ladder, kite, anchor, 月亮", "", ""),
            ("bicycle", "kite", "月亮"),
        ),
        (("sad song about trains", "", "umbrella", "", ""), ("trains", "umbrella")),
        (("", "爱, 离别", "灯塔，蝴蝶", "", ""), ("爱", "离别", "灯塔", "蝴蝶")),
    ],
)
def test_topics_and_keywords_are_sung(words: tuple[str, str, str, str, str], said: tuple[str, ...]) -> None:
    text = draft(*words).text.lower()

    assert all(word in text for word in said)


@pytest.mark.parametrize(("mood", "language"), [(known.split()[0], 0) for known in MOODS if known])
def test_a_mood_brings_its_pictures(mood: str, language: int) -> None:
    known = next(pictures for words, pictures in MOODS.items() if mood in words.split())
    text = draft("lighthouses", "", "", mood, "").text.lower()

    assert any(picture in text for picture in known[language].split("|"))


def test_a_style_sets_the_scene_and_is_in_the_tags() -> None:
    made = draft("lighthouses", "", "", "happy, nostalgic", "country ballad")

    assert made.tags == "country ballad happy nostalgic"
    assert "porch" in made.text.lower() or "gravel" in made.text.lower()


def test_the_same_wishes_give_the_same_draft_and_others_another() -> None:
    prompts = [f"a song about {subject}" for subject in ("rivers", "comets", "bread", "snow")]
    texts = {draft(prompt, "", "", "", "").text.replace(prompt.split()[-1], "") for prompt in prompts}

    assert draft(prompts[0], "", "", "", "") == draft(prompts[0], "", "", "", "")
    assert len(texts) == len(prompts)


def test_braces_and_bars_in_a_wish_do_no_harm() -> None:
    assert "{p}" in draft("", "", "{p}", "", "").text
    assert "a|b" in draft("", "", "a|b", "", "").text

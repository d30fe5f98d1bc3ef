from __future__ import annotations

import json

import pytest

from bot import lineage
from bot.errors import InvalidRequest
from bot.requests import MAX_LINE, Generate
from db.clips import Take
from tests.bot.fake_musicmint import clip_item
from tests.bot.world import World

LYRICS = Generate(prompt="[Verse]\nmy words", tags="asked style", title="Rain", retention_days=5)


async def a_take(world: World, request: Generate = LYRICS, *, duration: float = 84.9, tags: str = "its style") -> Take:
    task_id = await world.running(request)
    world.musicmint.complete("mm-1", clip_item("clip-a", title="Named", duration=duration, tags=tags))
    await world.sweep()
    return (await world.takes(task_id))[0]


async def test_a_take_is_continued_from_its_end_in_its_own_style(world: World) -> None:
    request = lineage.extension(await a_take(world), at=None, lyrics="more", style="")
    assert request == Generate(
        prompt="more", tags="its style", title="Rain", continue_clip_id="clip-a", continue_at=84, retention_days=30
    )


@pytest.mark.parametrize("at", [0, 10, 84])
async def test_a_take_is_continued_from_any_second_it_has(world: World, at: int) -> None:
    request = lineage.extension(await a_take(world), at=at, lyrics="", style=" ska ", retention_days=7)
    assert (request.continue_at, request.tags, request.retention_days) == (at, "ska", 7)


async def test_a_second_past_the_end_is_refused_with_the_end(world: World) -> None:
    with pytest.raises(InvalidRequest) as refused:
        lineage.extension(await a_take(world), at=85, lyrics="", style="")
    assert refused.value.arguments == {"option": "at", "take": "v1a", "end": "84"}


async def test_a_take_of_unknown_length_is_continued_where_the_api_finds_its_end(world: World) -> None:
    take = await a_take(world, duration=0)
    assert lineage.extension(take, at=None, lyrics="more", style="").continue_at is None
    assert lineage.extension(take, at=40, lyrics="more", style="").continue_at == 40


async def test_a_style_longer_than_a_request_holds_is_cut(world: World) -> None:
    take = await a_take(world, tags="very long style " * 40)
    request = lineage.extension(take, at=None, lyrics="", style="")
    assert 0 < len(request.tags) <= MAX_LINE
    assert take.clip.item.count("very long style") == 40


async def test_a_style_a_member_types_too_long_is_told(world: World) -> None:
    with pytest.raises(InvalidRequest) as refused:
        lineage.extension(await a_take(world), at=None, lyrics="", style="x" * (MAX_LINE + 1))
    assert refused.value.arguments["option"] == "style"


async def test_an_instrumental_stays_one_unless_words_are_given(world: World) -> None:
    take = await a_take(world, Generate(description="rain", instrumental=True))
    assert lineage.extension(take, at=None, lyrics="", style="").instrumental
    assert not lineage.extension(take, at=None, lyrics="words", style="").instrumental


async def test_again_is_the_same_request_kept_as_long_as_is_usual_now(world: World) -> None:
    assert lineage.again(await a_take(world), 12) == Generate(**{**json.loads(LYRICS.to_json()), "retention_days": 12})


async def test_the_style_of_a_take_is_what_the_api_says_else_what_was_asked(world: World) -> None:
    assert lineage.style_of(await a_take(world)) == "its style"


async def test_without_a_word_from_the_api_the_style_is_what_was_asked(world: World) -> None:
    assert lineage.style_of(await a_take(world, tags="")) == "asked style"


async def test_the_lyrics_are_the_members_own_else_what_the_api_wrote(world: World) -> None:
    assert lineage.lyrics_of(await a_take(world)) == "[Verse]\nmy words"


async def test_an_idea_has_the_lyrics_the_api_wrote(world: World) -> None:
    assert lineage.lyrics_of(await a_take(world, Generate(description="rain"))) == "la"


async def test_an_instrumental_has_no_lyrics(world: World) -> None:
    assert lineage.lyrics_of(await a_take(world, Generate(description="rain", instrumental=True))) == ""

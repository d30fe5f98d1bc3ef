"""Members' and MusicMint's words are read as they were written: no mark of theirs is in force on anything."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards import export_message, take_message, task_card
from bot.cards.drawing import escape, plain
from bot.musicmint.models import ResultItem
from bot.phrasebook import Sentence
from bot.picture import ExportPicture
from bot.ports import Parcel
from bot.requests import Generate, Lyrics, Persona, Stem
from db.states import TaskState
from tests.bot.cards.pictures import BOOK, CARD, ITEM, card, fits, picture, take
from tests.cogs.house import House, Scene, embed_of, takes_in, thread_of
from tests.security.rendering import live, live_in, read

ATTACKS = (
    "[free song](https://evil.example)",
    "[a](http://x) [b](http://y)",
    "[x](<https://evil.example>)",
    "<https://evil.example>",
    "**bold**",
    "__under__",
    "*i* _i_ ***bi***",
    "~~gone~~",
    "||spoiler||",
    "`code`",
    "``co`de``",
    "```js\nalert(1)\n```",
    "# heading",
    "-# small",
    "> quote",
    ">>> quote for good",
    "- list",
    "1. list",
    "@everyone",
    "@here",
    "<@&111111111111111111>",
    "<@111111111111111111> <#222222222222222222>",
    "</cancel:333333333333333333> <id:customize>",
    "<:x:444444444444444444> <a:x:444444444444444444>",
    "<t:0:R>",
)
AROUND: tuple[Callable[[str], str], ...] = (
    lambda text: text,
    lambda text: f"word {text}",
    lambda text: f"{text} word",
    lambda text: f"\n{text}",
    lambda text: f"line\n{text}\nline",
    lambda text: f"line\r{text}",
    lambda text: f"line\r\n{text}",
    lambda text: f"line\u2028{text}",
    lambda text: f"line\x85\f{text}",
    lambda text: f"   {text}",
    lambda text: f"\t{text}",
    lambda text: f"\\{text}",
    lambda text: f"\\\\{text}",
    lambda text: f"{text}\\",
    lambda text: f"`{text}",
    lambda text: f"{text}`",
    lambda text: f"\u200b{text}",
    lambda text: f"\u202e{text}",
    lambda text: f"[{text}",
    lambda text: "".join(f"{letter}\u200d" for letter in text),
)
CASES = [around(attack) for attack, around in itertools.product(ATTACKS, AROUND)]


def test_there_are_five_hundred_cases() -> None:
    assert len(CASES) == 500
    assert all(live(attack) for attack in ATTACKS)  # each would do something


def test_every_case_reads_as_it_was_written() -> None:
    for case in CASES:
        assert live(escape(case)) == {}, case
        assert read(escape(case)) == case


@given(text=st.text(alphabet="\\*_~`|[]()<>@#:/ati-+.1 \n\r\f\u2028hteverone", max_size=60), limit=st.integers(1, 60))
@settings(max_examples=1000)
def test_no_text_has_a_live_mark_wherever_it_is_cut(text: str, limit: int) -> None:
    cut = plain(text, limit)
    assert len(cut) <= limit
    assert live(cut) == {}
    assert "](" not in cut.replace("\\](", "")


def drawings(words: str) -> list[discord.Embed]:
    """Everything the bot draws, with these words wherever a member's or MusicMint's can stand."""
    item = ITEM.model_copy(update={"title": words[:200], "tags": words, "prompt": words})
    sung = Generate(prompt=words, tags=words[:200], title=words[:200], persona_id="p", persona_name=words[:40])
    source = replace(take(item, song_title=words), request=sung.to_json())
    reason = {"error": Sentence("error-task-failed", {"reason": words}).to_json()}
    drafted = ResultItem(id="", title=words, prompt=words, tags=words).model_dump_json()
    cards = [
        card(title=words, request=sung, parent=source),
        card(title="", request=Generate(description=words)),
        card(title="", request=Generate(tags=words[:200], instrumental=True)),
        card(TaskState.FAILED, task=reason),
        card(TaskState.FINISHED, task={"kind": "lyrics", "result": drafted}, request=Lyrics(prompt=words)),
        card(TaskState.FINISHED, request=Persona(clip_id="clip", name=f"{words[:30]} me"), parent=source),
    ]
    shown = replace(picture(item), take=source, parent=source)
    lack = Parcel(None, Sentence("error-media"), f"https://cdn.example/{words}")
    export = ExportPicture(5, Stem(clip_id="clip"), source, '{"vocal_audio_url": "https://cdn.example/a.mp3"}', "en-US")
    return [
        *(task_card.draw(one, BOOK).embed for one in cards),
        take_message.draw(shown, lack, BOOK).embed,
        take_message.lyrics(source, words, BOOK, "en-US"),
        export_message.draw(export, lack, BOOK).embed,
    ]


HARMLESS = drawings("la la")


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_is_drawn_lets_a_mark_through(attack: str) -> None:
    for around in AROUND:
        for embed, harmless in zip(drawings(around(attack)), HARMLESS, strict=True):
            assert live_in(embed) == live_in(harmless), (around(attack), embed.to_dict())
            assert fits(embed)


def test_a_link_holds_nothing_that_could_end_it() -> None:
    for case in CASES:
        link = take_message.where_to_hear(Parcel(None, link=f"https://cdn.example/{case}"), BOOK, "en-US")
        assert live(link) == live("[a](https://cdn.example)"), case
    assert CARD.title  # the card's own links are made of ids alone


HOSTILE = "[x](https://evil.example) **b** `c` ||d|| _e_ @everyone <@&111111111111111111>"


async def answers(house: House, scene: Scene, words: str) -> list[str]:
    """Everything that is said to members in private, with these words in a title, a name and an option."""
    await scene.ann.slash(scene.channel, "song", lyrics=words, title=words)
    waiting = [embed_of(await scene.ann.slash(scene.channel, "queue"))]
    cancelled = await scene.ann.slash(scene.channel, "cancel")
    house.studio.title = words
    await scene.ann.slash(scene.channel, "song", lyrics=words)
    await house.play()
    take = takes_in(thread_of(scene.channel, " ".join(words.split())))[0]
    more = await scene.ann.click(take, label="More")
    missing = await scene.ann.slash(scene.channel, "song", lyrics="la", singer=words)
    missed = await scene.ann.slash(scene.channel, "singer remove", name=words)
    spoken = [house.refusal(result) for result in (cancelled, more, missing, missed)]
    return [*(str(embed.description) for embed in waiting), *spoken]


async def test_nothing_said_in_private_lets_a_mark_through(house: House, scene: Scene) -> None:
    said = await answers(house, scene, HOSTILE)
    assert all("evil.example" in text for text in said), said
    assert [live(text) for text in said] == [live(text) for text in await answers(house, scene, "la la")]


async def test_a_name_of_six_thousand_letters_is_still_answered(house: House, scene: Scene) -> None:
    refused = await scene.ann.slash(scene.channel, "song", lyrics="la", singer="*" * 6000)
    assert len(house.refusal(refused)) < 2000

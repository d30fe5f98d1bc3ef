"""The card of a task, in every state."""

from __future__ import annotations

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards import task_card
from bot.phrasebook import Sentence
from bot.picture import CardPicture, PostedTake
from bot.requests import MAX_IDEA, MAX_LINE, MAX_LYRICS, Concat, Generate
from db.states import DeliveryState, Outcome, TaskState
from tests.bot.cards.pictures import BOOK, NOW, card, fits, labels, take

TICKS = NOW // 1000
REASON = Sentence("error-task-failed", {"reason": "no"}).to_json()
LATE = {"cancel_requested_at": NOW}
POSTED = (
    PostedTake("v1a", DeliveryState.DELIVERED, 77, 88),
    PostedTake("v1b", DeliveryState.DELIVERED, 77, 89),
)
KEPT = (PostedTake("v1a", DeliveryState.KEPT), PostedTake("v1b", DeliveryState.KEPT))


def drawn(picture: CardPicture) -> discord.Embed:
    embed = task_card.draw(picture, BOOK).embed
    assert fits(embed)
    return embed


def told(picture: CardPicture) -> list[str]:
    """The lines below who asked."""
    return str(drawn(picture).description).splitlines()[2:]


def shown_buttons(picture: CardPicture) -> list[str]:
    return labels(task_card.draw(picture, BOOK).view)


async def test_posted_anew_it_is_the_same_but_for_its_footer() -> None:
    picture = card(TaskState.ASKING, task={"error": REASON})
    first, anew = task_card.draw(picture, BOOK), task_card.draw_anew(picture, BOOK)
    assert str(anew.embed.footer.text).endswith(f" {picture.marker}")
    assert labels(anew.view) == labels(first.view)
    anew.embed.remove_footer()
    assert anew.embed == first.embed


async def test_every_state_can_be_drawn() -> None:
    for state in TaskState:
        assert told(card(state))
        assert told(card(state, task={"error": REASON, **LATE}))


@pytest.mark.parametrize(
    ("picture", "lines"),
    [
        (card(), ["**⏳ Waiting · next in line**", "▱▱▱▱▱▱▱▱▱▱"]),
        (card(place_in_queue=1), ["**⏳ Waiting · one song before it**", "▱▱▱▱▱▱▱▱▱▱"]),
        (card(place_in_queue=12), ["**⏳ Waiting · 12 songs before it**", "▱▱▱▱▱▱▱▱▱▱"]),
        (card(TaskState.SUBMITTING), ["**📨 Handing it to the studio**", "▰▱▱▱▱▱▱▱▱▱"]),
        (
            card(TaskState.RUNNING, task={"started_at": NOW}),
            [f"**🎶 Composing · started <t:{TICKS}:R>**", "▰▰▱▱▱▱▱▱▱▱", "-# Usually 30 to 120 seconds."],
        ),
        (
            card(TaskState.RUNNING, task={"started_at": NOW}, steps=2),
            [f"**🎶 Composing · started <t:{TICKS}:R>**", "▰▰▰▰▰▰▰▱▱▱"],
        ),
        (card(TaskState.FINISHED), ["**✅ Done · posting the takes**"]),
        (card(TaskState.FINISHED, task=LATE), ["**✅ Done · kept, not posted**"]),
        (card(TaskState.FINISHED, takes=KEPT), ["**✅ Done · no place here would take the files**"]),
        (card(TaskState.CANCELLED), ["**🚫 Cancelled · nothing was sent to the studio**"]),
        (card(TaskState.CLOSED), ["**🚫 Closed · nothing was sent to the studio**"]),
        (
            card(TaskState.CANCELLED, answers=frozenset({Outcome.CREATED})),
            ["**🚫 Cancelled · nothing more was sent to the studio**"],
        ),
        (card(TaskState.CLOSED, answers=frozenset({Outcome.UNKNOWN})), ["**🚫 Closed · not sent again**"]),
        (
            card(TaskState.CANCELLED, answers=frozenset({Outcome.NOT_CREATED})),
            ["**🚫 Cancelled · nothing was sent to the studio**"],
        ),
        (card(TaskState.UNKNOWN), ["**❔ Unclear whether the studio took it · looking for it**"]),
        (card(TaskState.ASKING), ["**❔ Try it once more?**"]),
    ],
)
async def test_the_card_says_where_the_task_stands(picture: CardPicture, lines: list[str]) -> None:
    assert told(picture) == lines


async def test_a_second_try_that_was_refused_says_what_may_have_become_of_the_first() -> None:
    doubt = {"answers": frozenset({Outcome.UNKNOWN, Outcome.NOT_CREATED})}
    gave_up = {"error": Sentence("error-gave-up").to_json()}
    listed = told(card(TaskState.REFUSED, task=gave_up, **doubt))
    assert listed[-1].startswith("That is about the second try. The first was never confirmed: should it turn up")
    unlisted = card(TaskState.REFUSED, task=gave_up | {"kind": "concat"}, request=Concat(clip_id="clip"), **doubt)
    assert told(unlisted)[-1].endswith("Whether the first was made and charged is not known.")
    assert "second try" not in "".join(told(card(TaskState.REFUSED, task=gave_up)))


async def test_a_card_that_waits_for_a_next_try_ticks_down_to_it() -> None:
    error = Sentence("error-service-unreachable").to_json()
    lines = told(card(task={"error": error, "due_at": NOW + 60_000, "attempts": 1}))
    assert lines[0] == f"**⏳ Waiting · next try <t:{TICKS + 60}:R>**"
    assert lines[-1].startswith("The music service cannot be reached. Nothing was charged")


async def test_a_card_that_waits_for_another_tasks_answer_says_its_place_and_why() -> None:
    error = Sentence("error-no-credit").to_json()
    lines = told(card(task={"error": error}, place_in_queue=2))
    assert lines[0].startswith("**⏳ Waiting · 2")
    assert lines[-1].startswith("The bot's account at the music service has run out of credit.")


async def test_a_finished_card_links_to_the_takes_in_a_server_and_in_private() -> None:
    assert told(card(TaskState.FINISHED, takes=POSTED)) == [
        "**✅ Done · [v1a](https://discord.com/channels/222/77/88) · [v1b](https://discord.com/channels/222/77/89)**"
    ]
    private = card(TaskState.FINISHED, task={"guild_id": None}, takes=POSTED[:1])
    assert told(private) == ["**✅ Done · [v1a](https://discord.com/channels/@me/77/88)**"]


async def test_the_card_links_to_a_thread_only_where_it_does_not_stand_above_or_in_it() -> None:
    assert told(card(TaskState.FINISHED, thread_id=999))[-1] == "Takes in <#999>"
    for own in (555, 333):
        assert len(told(card(TaskState.FINISHED, thread_id=own))) == 1


async def test_a_late_cancel_is_said_while_the_studio_works_and_takes_the_button_away() -> None:
    late = card(TaskState.RUNNING, task={"started_at": NOW, **LATE})
    assert "still at work" in "".join(told(late))
    assert told(late)[-1:] == [BOOK.say("en-US", "card-late-cancel")]
    assert shown_buttons(late) == []


async def test_each_state_offers_what_can_be_done_then() -> None:
    going = {
        TaskState.ACCEPTED,
        TaskState.QUEUED,
        TaskState.SUBMITTING,
        TaskState.RUNNING,
    }
    offered = {state: ["Cancel"] for state in going} | {TaskState.ASKING: ["Try again", "Leave it"]}
    for state in TaskState:
        assert shown_buttons(card(state)) == offered.get(state, [])


async def test_takes_that_no_place_would_have_can_be_shown_later() -> None:
    assert shown_buttons(card(TaskState.FINISHED, takes=KEPT)) == ["Show the takes"]
    assert shown_buttons(card(TaskState.FINISHED, takes=POSTED)) == []
    assert shown_buttons(card(TaskState.FINISHED, task=LATE)) == ["Show the takes"]


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("too many words", "“too many words”"),
        ("**bad** <@123456789012345678> [x](http://y)", r"“\*\*bad\*\* \<@​123456789012345678> \[x\](http://y)”"),
        ("", "“no reason given”"),
        (" \n ", "“no reason given”"),
    ],
)
async def test_the_words_of_the_music_service_stay_words(reason: str, shown: str) -> None:
    error = Sentence("error-task-failed", {"reason": reason}).to_json()
    assert shown in told(card(TaskState.FAILED, task={"error": error}))[-1]


@pytest.mark.parametrize(
    ("request_", "parent", "what"),
    [
        (Generate(prompt="la"), False, "a song with these lyrics"),
        (Generate(tags="folk"), False, "a song in this style"),
        (Generate(description="a shanty"), False, "a song from this idea"),
        (Generate(tags="folk", instrumental=True), False, "an instrumental piece"),
        (Generate(prompt="la", continue_clip_id="c", continue_at=30), True, "a continuation of v1a from 0:30"),
        (Generate(prompt="la", continue_clip_id="c"), True, "a continuation of v1a"),
    ],
)
async def test_the_card_says_who_asked_for_what(request_: Generate, parent: bool, what: str) -> None:
    picture = card(request=request_, parent=take() if parent else None)
    assert str(drawn(picture).description).splitlines()[0] == f"<@111111111111111111> asked for {what}"


@pytest.mark.parametrize(
    ("title", "request_", "heading"),
    [
        ("Night Bus", Generate(prompt="la"), "Night Bus · v1"),
        ("", Generate(prompt="[Verse]\n\n  la la  \nlu"), "la la · v1"),
        ("", Generate(description="a shanty"), "a shanty · v1"),
        ("", Generate(prompt="[Intro]"), "A new song · v1"),
        ("*x*", Generate(prompt="la"), r"\*x\* · v1"),
    ],
)
async def test_a_song_without_a_name_goes_by_its_first_words(title: str, request_: Generate, heading: str) -> None:
    assert drawn(card(title=title, request=request_)).title == heading


async def test_the_lyrics_are_previewed_without_empty_lines() -> None:
    lyrics = "[Verse]\n\none\ntwo\n\n\nthree\nfour\nfive\nsix"
    (field,) = drawn(card(request=Generate(prompt=lyrics))).fields
    assert field.value == "\\[Verse\\]\none\ntwo\nthree\nfour\nfive …"


async def test_a_preview_does_not_end_in_the_mark_of_a_section_it_does_not_show() -> None:
    (field,) = drawn(card(request=Generate(prompt="[Verse]\none\ntwo\nthree\nfour\n[Chorus]\nla"))).fields
    assert field.value == "\\[Verse\\]\none\ntwo\nthree\nfour …"


async def test_a_name_made_from_the_first_words_ends_at_a_word() -> None:
    request = Generate(prompt="I walked along the river and home again that night")
    assert drawn(card(request=request, title="")).title == "I walked along the river and home again… · v1"


async def test_the_description_of_an_instrumental_is_not_called_lyrics() -> None:
    fields = drawn(card(request=Generate(prompt="rain", tags="ambient", instrumental=True))).fields
    assert [field.name for field in fields] == ["Style", "Idea"]


WORDS = st.text(alphabet=st.sampled_from("a*_[]`\n #>é🎵"), min_size=1)


@given(
    lyrics=WORDS.map(lambda text: (text * MAX_LYRICS)[:MAX_LYRICS]),
    style=WORDS.map(lambda text: (text * MAX_LINE)[:MAX_LINE]),
    title=WORDS.map(lambda text: (text * 4000)[:4000]),
    reason=WORDS.map(lambda text: (text * 300)[:300]),
)
async def test_the_longest_input_still_fits_a_message(lyrics: str, style: str, title: str, reason: str) -> None:
    if not lyrics.strip():
        lyrics = "la"
    error = Sentence("error-task-failed", {"reason": reason}).to_json()
    request = Generate(prompt=lyrics, tags=style)
    for state in (TaskState.QUEUED, TaskState.FAILED):
        picture = card(state, task={"error": error, **LATE}, request=request, title=title, thread_id=10**18)
        assert fits(task_card.draw(picture, BOOK).embed)


async def test_the_longest_idea_still_fits_a_message() -> None:
    assert fits(drawn(card(title="", request=Generate(description="*" * MAX_IDEA))))

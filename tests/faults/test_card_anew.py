"""A moderator deletes a card that has not told its end: whatever then fails or dies, its member hears it, and once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.picture import CardPicture
from bot.requests import Request
from tests.faults.plans import SEED, points_of
from tests.faults.play import Play
from tests.faults.scenes import POSTING, Action, Place, Scene, a_song, words
from tests.faults.trial import Outcome, attempt
from tests.faults.wire import Fault, Mode

NEVER_LISTED = Place(unlisted=True)


def deletes_the_card(make: Callable[[str], Request], *, closes: bool = False) -> Action:
    """And `closes` the channel to the bot."""

    async def action(play: Play) -> None:
        intent = await play.ask(make)
        play.discord.delete_message(intent.card_id or "")
        if closes:
            play.discord.close_songs()

    return action


DRAFT = Scene("draft", deletes_the_card(words), kinds=POSTING)
DRAFT_IN_PRIVATE = Scene("draft, its channel closed", deletes_the_card(words, closes=True), kinds=POSTING)
QUESTION = Scene("question", deletes_the_card(a_song), NEVER_LISTED, POSTING)
UNANSWERED = (Fault(1, Mode.LOST, kind="musicmint"),)
"""The submit arrives, and nobody hears its answer."""
WALKS = [
    pytest.param(DRAFT, (), id="draft"),
    pytest.param(DRAFT_IN_PRIVATE, (), id="draft in private"),
    pytest.param(QUESTION, UNANSWERED, id="question"),
]


def names(outcome: Outcome) -> list[str]:
    return [one.name for one in outcome.passed]


def first_sign(outcome: Outcome) -> int:
    """The number of the call that is told that the card is gone, when it has something to say."""
    before = names(outcome)[: names(outcome).index("post_card")]
    return len(before) - before[::-1].index("redraw_card")


@pytest.mark.parametrize(("scene", "always"), WALKS)
def test_at_whatever_call_it_dies_or_fails_the_member_hears_of_it_once(
    template: Path, scene: Scene, always: tuple[Fault, ...]
) -> None:
    whole = attempt(scene, SEED, always, template)
    assert whole.verdict.clean, whole.verdict
    assert names(whole).count("post_card") == (2 if scene is DRAFT_IN_PRIVATE else 1)
    guilty = []
    for point in points_of(scene, whole.passed, first_sign(whole), whole.last_call):
        delays_s = scene.place.delays_s
        turned = delays_s[point.delay :] + delays_s[: point.delay]
        there = replace(scene, place=replace(scene.place, delays_s=turned))
        verdict = attempt(there, SEED, (*always, *point.faults), template).verdict
        if not verdict.clean or verdict.acknowledged != 1:
            guilty.append((str(point), verdict))
    assert guilty == []


@pytest.mark.parametrize(("scene", "always"), WALKS)
def test_without_the_promise_the_judge_calls_it_lost(
    template: Path, monkeypatch: pytest.MonkeyPatch, scene: Scene, always: tuple[Fault, ...]
) -> None:
    monkeypatch.setattr(CardPicture, "must_be_heard", False)
    assert attempt(scene, SEED, always, template).verdict.lost != []

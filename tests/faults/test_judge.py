"""The judge is able to find a process guilty: each one here is broken in one place."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import courier, recovery, submitter
from bot.ports import Clock, Post
from bot.recovery import Recovery
from bot.unanswered import SUBMITTING
from db import deliveries, tasks
from db.states import Outcome, TaskState
from db.tasks import Changes, Task
from tests.faults.judge import Verdict
from tests.faults.plans import SEED
from tests.faults.scenes import Place, Scene, a_song, asks_for
from tests.faults.trial import attempt
from tests.faults.wire import Fault, Mode

FORBIDDEN = Place(history=False, delays_s=(5.0,))
AN_HOUR_LATER = Place(nonce_window_s=90.0, delays_s=(3600.0,))


def verdict(template: Path, place: Place, *faults: Fault) -> Verdict:
    return attempt(Scene("song", asks_for(a_song), place), SEED, faults, template).verdict


def posts(template: Path, place: Place) -> int:
    """The number, among Discord's calls, of the first post of a take."""
    passed = attempt(Scene("song", asks_for(a_song), place), SEED, (), template).passed
    names = [one.name for one in passed if one.kind == "discord"]
    return names.index("post_take") + 1


def submits(template: Path) -> int:
    """The number, among MusicMint's calls, of the submit."""
    passed = attempt(Scene("song", asks_for(a_song)), SEED, (), template).passed
    return [one.name for one in passed if one.kind == "musicmint"].index("music/generate") + 1


def test_the_unbroken_process_is_clean_under_the_same_faults(template: Path) -> None:
    post, submit = posts(template, FORBIDDEN), submits(template)
    assert verdict(template, FORBIDDEN, Fault(post, Mode.LOST, kind="discord")).clean
    assert verdict(template, AN_HOUR_LATER, Fault(post, Mode.KILL_AFTER, kind="discord")).clean
    for mode in Mode:
        assert verdict(template, Place(), Fault(submit, mode, kind="musicmint")).clean


def test_a_new_nonce_at_every_try_posts_twice(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = itertools.count()
    monkeypatch.setattr(courier, "Post", lambda nonce, reply_to: Post(f"n{next(numbers)}", reply_to))
    post = posts(template, FORBIDDEN)
    assert verdict(template, FORBIDDEN, Fault(post, Mode.LOST, kind="discord")).posted != []


def test_a_send_that_is_not_noted_before_posts_twice(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def not_noted(*_: Any, until: int) -> bool:
        return True

    monkeypatch.setattr(deliveries, "trying", not_noted)
    post = posts(template, AN_HOUR_LATER)
    assert verdict(template, AN_HOUR_LATER, Fault(post, Mode.KILL_AFTER, kind="discord")).posted != []


def test_a_submit_without_an_answer_that_is_sent_again_is_charged_twice(
    template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submitter, "classify", lambda error, free: Outcome.NOT_CREATED)
    found = verdict(template, Place(), Fault(submits(template), Mode.LOST, kind="musicmint"))
    assert found.charged != []


def test_a_start_that_submits_again_what_was_cut_off_is_charged_twice(
    template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def as_if_free(conn: Any, task: Task, clock: Clock) -> bool:
        return await tasks.move(conn, task.id, SUBMITTING, TaskState.QUEUED, Changes(due_at=clock.now_ms()))

    monkeypatch.setattr(recovery, "give_up", as_if_free)
    found = verdict(template, Place(), Fault(submits(template), Mode.KILL_AFTER, kind="musicmint"))
    assert found.charged != []


def test_a_claim_of_a_dead_process_that_nobody_looks_after_is_a_lost_song(
    template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_: object) -> None:
        return

    monkeypatch.setattr(Recovery, "start_up", nothing)
    monkeypatch.setattr(submitter.Submitter, "_release_overslept", nothing)
    found = verdict(template, Place(), Fault(submits(template), Mode.KILL_AFTER, kind="musicmint"))
    assert found.lost != []


def test_a_delivery_that_is_said_to_stand_and_does_not_is_lost(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nowhere(*_: Any) -> int:
        return 12345

    monkeypatch.setattr(courier.Courier, "_post", nowhere)
    assert verdict(template, Place()).lost != []


def test_a_card_that_is_never_drawn_again_loses_what_it_had_to_say(
    template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing_stale(*_: Any, **__: Any) -> list[Any]:
        return []

    monkeypatch.setattr(tasks, "stale_cards", nothing_stale)
    refused = Fault(submits(template), Mode.INSTEAD, pick=6, kind="musicmint")
    assert verdict(template, replace(Place(), clips=1), refused).lost != []


def test_the_same_seed_is_the_same_run(template: Path) -> None:
    scene = Scene("song", asks_for(a_song))
    faults = (Fault(40, Mode.KILL_AFTER), Fault(90, Mode.LOST))
    first, second = (attempt(scene, "7", faults, template) for _ in range(2))
    assert first.passed == second.passed
    assert first.starts == second.starts > 1
    assert attempt(scene, "8", faults, template).passed != first.passed

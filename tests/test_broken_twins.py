"""A copy of the bot without one of its controls must turn named tests red: that they are green says something."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("bot", "cogs", "db", "sandbox", "tests")
UNUSED = ("cacheprovider", "xdist", "hypothesispytest")
"""Plugins no named test needs: each twin is a start of its own, and to load them is a good part of it."""
ENDS_WITHIN_S = 540
"""A hang ends here; a busy machine does not."""

PLUGIN = """
from pathlib import Path
import bot, cogs, db, tests

def pytest_configure(config):
    for package in (bot, cogs, db, tests):
        assert Path(package.__file__).is_relative_to(Path.cwd()), package.__file__
"""


@dataclass(frozen=True)
class Twin:
    """`lacks` is taken out of the file: `there` stands in it once, and `instead` takes its place."""

    lacks: str
    file: str
    there: str
    instead: str
    red: tuple[str, ...]

    def break_in(self, copy: Path) -> None:
        whole = (copy / self.file).read_text()
        assert whole.count(self.there) == 1, f"{self.file} has no single {self.there!r}"
        (copy / self.file).write_text(whole.replace(self.there, self.instead))

    def mend_in(self, copy: Path) -> None:
        shutil.copy2(ROOT / self.file, copy / self.file)


TWINS = (
    Twin(
        "the recipe of the nonce",
        "bot/nonce.py",
        'hashlib.sha256(f"m1|{task_id}|{part}|{kind}|{channel_id}".encode()).digest()',
        '__import__("os").urandom(32)',
        ("tests/bot/test_nonce.py::test_a_nonce_is_the_same_for_ever",),
    ),
    Twin(
        "the same nonce at every try",
        "bot/courier.py",
        "Post(load.nonce,",
        'Post(f"{load.nonce}{self._clock.now_ms()}",',
        ("tests/bot/test_delivery.py::test_where_history_is_closed_a_resend_within_a_minute_is_safe",),
    ),
    Twin(
        "the nonce on the wire",
        "bot/messenger.py",
        "nonce=post.nonce",
        "nonce=None",
        ("tests/bot/test_messenger.py::test_the_nonce_is_sent_with_the_order_to_enforce_it",),
    ),
    Twin(
        "the look into the history",
        "bot/courier.py",
        "if tried_at is not None:",
        "if False:",
        (
            "tests/bot/test_delivery.py::test_a_crash_between_send_and_record_posts_nothing_twice",
            "tests/bot/test_delivery.py::test_a_lost_answer_leads_to_a_look_and_to_no_second_message",
        ),
    ),
    Twin(
        "the lease of a delivery",
        "db/deliveries.py",
        'deliveries.c.lease_token == bindparam("token", type_=Text),',
        "",
        (
            "tests/db/test_deliveries.py::test_a_write_under_a_lost_lease_changes_nothing",
            "tests/bot/test_courier.py::test_a_delivery_whose_lease_is_lost_sends_nothing",
        ),
    ),
    Twin(
        "the lease of a task",
        "db/tasks.py",
        "guard.append(tasks.c.lease_token == lease_token)",
        "pass",
        (
            "tests/db/test_tasks.py::test_a_finish_under_a_lost_lease_changes_nothing",
            "tests/bot/test_submitter.py::test_a_submitter_that_lost_its_lease_moves_nothing",
        ),
    ),
    Twin(
        "the intent row",
        "bot/submitter.py",
        "await submissions.begin(conn, task.id, now)",
        "0",
        (
            "tests/bot/test_submitter.py::test_the_intent_to_submit_stands_in_the_database_before_the_call",
            "tests/bot/test_storage.py::test_the_intent_to_submit_survives_the_power_cord_before_the_call",
        ),
    ),
    Twin(
        "the commit of the intent before the call",
        "bot/submitter.py",
        "            return Claim(task, await submissions.begin(conn, task.id, now), token)",
        "            claim = Claim(task, await submissions.begin(conn, task.id, now), token)\n"
        "            await call(self._musicmint, parse(task.kind, task.request), None)\n"
        "            return claim",
        (
            "tests/bot/test_storage.py::test_the_intent_to_submit_survives_the_power_cord_before_the_call",
            "tests/bot/test_storage.py::test_whichever_write_of_a_claim_fails_nothing_is_submitted",
        ),
    ),
    Twin(
        "the unknown outcome",
        "bot/retry.py",
        "return Outcome.NOT_CREATED if free else Outcome.UNKNOWN",
        "return Outcome.NOT_CREATED",
        (
            "tests/bot/test_submitter.py::test_an_unknown_outcome_is_never_sent_again_by_itself",
            "tests/bot/test_retry.py::test_a_failed_submit_is_classed_by_what_it_proves",
        ),
    ),
    Twin(
        "the rule to adopt no task that another submission could have made",
        "bot/adoption.py",
        "if claims[task_id] == 1",
        "if claims[task_id]",
        (
            "tests/bot/test_adoption.py::test_a_task_that_two_submissions_could_have_made_is_adopted_by_neither",
            "tests/bot/test_adoption.py::test_whatever_the_times_what_is_adopted_could_be_nobody_elses",
        ),
    ),
    Twin(
        "the budget",
        "bot/ask.py",
        "if ask.request.kind in PAID:",
        "if False:",
        ("tests/bot/test_budget.py::test_a_hundred_commands_at_once_against_a_budget_of_one_make_exactly_one_task",),
    ),
    Twin(
        "the rule that a hummed song that is sung again counts again",
        "db/spending.py",
        "submissions.c.attempt == func.coalesce(_sung_at(submissions.c.task_id), 0)",
        "submissions.c.attempt >= func.coalesce(_sung_at(submissions.c.task_id), 2**30)",
        ("tests/bot/test_budget.py::test_each_time_a_member_agrees_to_sing_a_hummed_song_again_counts_one",),
    ),
    Twin(
        "the rule to hand over no clip of another place",
        "bot/harvest.py",
        "if take is None or _may_be_given(take, task)",
        "if True",
        (
            "tests/bot/test_harvest.py::test_a_clip_of_another_place_is_never_handed_over_nor_paid_for_again",
            "tests/bot/test_harvest.py::test_in_private_nobody_is_given_what_another_member_had_made_there",
        ),
    ),
    Twin(
        "the rule to send nowhere else what may stand unseen",
        "bot/courier.py",
        "                if unseen:",
        "                if False:",
        ("tests/bot/test_courier.py::test_what_may_stand_unseen_in_the_thread_is_never_sent_to_the_channel_too",),
    ),
    Twin(
        "the promise of a card that is gone",
        "bot/redraw.py",
        "if card.must_be_heard:",
        "if False:",
        (
            "tests/bot/test_card_anew.py::test_a_question_whose_card_was_deleted_is_asked_once_more_in_its_channel",
            "tests/bot/test_card_anew.py::test_a_failure_whose_channel_is_closed_to_us_is_told_in_private",
        ),
    ),
    Twin(
        "the redraw of a new card whose row moved on while it was sent",
        "db/tasks.py",
        "case((missed, 1), else_=0)",
        "0",
        (
            "tests/bot/test_card_anew.py::test_what_happens_while_the_card_is_sent_is_drawn_on_it_afterwards",
            "tests/bot/test_card_anew.py::test_a_crash_between_the_post_and_its_record_posts_once",
        ),
    ),
    Twin(
        "the writer's lock at the beginning",
        "db/engine.py",
        '"BEGIN IMMEDIATE"',
        '"BEGIN"',
        (
            "tests/db/test_engine.py::test_nor_by_two_processes_and_neither_of_them_fails",
            "tests/db/test_engine.py::test_a_writer_takes_its_lock_at_once",
        ),
    ),
    Twin(
        "the sync of every commit",
        "db/engine.py",
        "PRAGMA synchronous=FULL",
        "PRAGMA synchronous=NORMAL",
        (
            "tests/db/test_power.py::test_every_commit_survives_the_power_cord_by_the_time_it_is_told",
            "tests/bot/test_storage.py::test_the_intent_to_submit_survives_the_power_cord_before_the_call",
            "tests/db/test_engine.py::test_the_writer_survives_the_power_cord",
        ),
    ),
    Twin(
        "the fresh connection of a submit",
        "bot/app.py",
        "force_close=True",
        "",
        ("tests/bot/musicmint/test_endpoints.py::test_only_calls_that_may_be_charged_open_a_connection_each",),
    ),
    Twin(
        "the silence of a database's error about what it was given",
        "db/engine.py",
        "hide_parameters=True",
        "hide_parameters=False",
        ("tests/db/test_engine.py::test_an_error_tells_the_statement_and_never_what_it_was_given",),
    ),
    Twin(
        "the token of a callback's address",
        "bot/musicmint/callback.py",
        "hmac.compare_digest(found[2], self._token(submission_id))",
        "True",
        ("tests/bot/test_callback_door.py::test_a_wrong_token_is_no_place_however_it_is_signed",),
    ),
    Twin(
        "the signature of a callback",
        "bot/musicmint/callback.py",
        "hmac.compare_digest(header, _hmac(secret, raw))",
        "True",
        ("tests/bot/test_callback_door.py::test_without_the_right_signature_nothing_is_told",),
    ),
)


def run(copy: Path, tests: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    without = [f"-pno:{plugin}" for plugin in UNUSED]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *without, "-p", "loaded_from_here", *tests],
        cwd=copy,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN_S,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the times of the files, so that what is compiled stays of use."""
    copy = tmp_path_factory.mktemp("twins")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, copy / name)
    shutil.copy2(ROOT / "pyproject.toml", copy)
    (copy / "loaded_from_here.py").write_text(PLUGIN)
    return copy


@pytest.mark.timeout(ENDS_WITHIN_S + 60)
def test_a_whole_copy_is_green(copy: Path) -> None:
    named = tuple(dict.fromkeys(test for twin in TWINS for test in twin.red))
    ended = run(copy, named)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.timeout(ENDS_WITHIN_S + 60)
@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.lacks)
def test_a_twin_without_a_control_turns_every_named_test_red(copy: Path, twin: Twin) -> None:
    twin.break_in(copy)
    try:
        ended = run(copy, twin.red)
    finally:
        twin.mend_in(copy)
    failed = set(re.findall(r"^FAILED (\S+?)(?:\[| |$)", ended.stdout, re.MULTILINE))
    assert (ended.returncode, failed) == (1, set(twin.red)), ended.stdout + ended.stderr

"""Which task may be adopted: never a guess."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot import adoption
from bot.adoption import AFTER_MS, APART_MS, BEFORE_MS, Window
from bot.musicmint.models import ResultItem, TaskListItem, TaskReport, TaskStatus
from bot.requests import Cover, Generate, Remaster, Request

SONG = Generate(prompt="[Verse]\nStreetlight, on the window!", tags="folk", title="Night Bus")


def listed(task_id: str, created_at: int) -> TaskListItem:
    return TaskListItem(id=task_id, status=TaskStatus.QUEUING, created_at=created_at)


def completed(task_id: str, *, title: str = "", prompt: str = "", tags: str = "") -> TaskReport:
    item = ResultItem(id=f"{task_id}-a", title=title, prompt=prompt, tags=tags)
    return TaskReport(id=task_id, status=TaskStatus.COMPLETED, created_at=1, results=(item,))


def test_a_window_opens_a_little_before_the_submit_and_closes_a_little_after_its_end() -> None:
    assert adoption.window(1, 100_000, 101_000, 0) == Window(1, 100_000 - BEFORE_MS, 101_000 + AFTER_MS)


def test_a_window_follows_the_clock_of_musicmint() -> None:
    assert adoption.window(1, 100_000, 101_000, -7000) == Window(1, 93_000 - BEFORE_MS, 94_000 + AFTER_MS)


def test_a_process_that_learnt_of_its_own_death_an_hour_later_submitted_for_a_minute_at_most() -> None:
    assert adoption.window(1, 100_000, 4_000_000, 0).until_ms == 160_000 + AFTER_MS


def test_a_clock_that_went_back_leaves_a_window_all_the_same() -> None:
    assert adoption.window(1, 100_000, 40_000, 0) == Window(1, 100_000 - BEFORE_MS, 100_000 + AFTER_MS)


def test_two_submits_far_enough_apart_share_no_moment() -> None:
    first = adoption.window(1, 100_000, 101_000, 0)
    second = adoption.window(2, 101_000 + APART_MS + 1, 110_000, 0)
    assert first.until_ms < second.from_ms


def test_the_only_task_in_the_only_window_is_adopted() -> None:
    windows = [Window(1, 0, 10)]
    assert adoption.unique(adoption.candidates(windows, [listed("mm-1", 5), listed("mm-2", 11)])) == {1: "mm-1"}


def test_of_two_candidates_none_is_adopted() -> None:
    assert adoption.unique(adoption.candidates([Window(1, 0, 10)], [listed("a", 5), listed("b", 6)])) == {}


def test_a_task_that_two_submissions_could_have_made_is_adopted_by_neither() -> None:
    windows = [Window(1, 0, 10), Window(2, 5, 15)]
    assert adoption.unique(adoption.candidates(windows, [listed("a", 7)])) == {}


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=6),
    st.lists(st.integers(0, 90), max_size=8),
)
def test_whatever_the_times_what_is_adopted_could_be_nobody_elses(
    spans: list[tuple[int, int]], created: list[int]
) -> None:
    windows = [Window(number, start, start + length) for number, (start, length) in enumerate(spans)]
    items = [listed(f"mm-{number}", at) for number, at in enumerate(created)]
    adopted = adoption.unique(adoption.candidates(windows, items))
    assert len(set(adopted.values())) == len(adopted)
    for submission_id, task_id in adopted.items():
        item = next(item for item in items if item.id == task_id)
        assert [one.submission_id for one in windows if one.holds(item)] == [submission_id]
        assert [other.id for other in items if windows[submission_id].holds(other)] == [task_id]


def test_a_task_no_submission_of_ours_can_have_made_is_somebody_elses() -> None:
    assert adoption.foreign([Window(1, 0, 10)], [listed("a", 5), listed("b", 50)]) == ["b"]


def test_the_one_result_that_repeats_title_and_words_is_ours() -> None:
    ours = completed("ours", title="NIGHT BUS", prompt="[verse] streetlight on the window")
    other = completed("other", title="Day Train", prompt="[Verse] sun on the rails")
    assert adoption.echoed(SONG, [other, ours]) == "ours"


def test_two_results_that_repeat_the_words_are_not_told_apart() -> None:
    twins = [completed(name, title="Night Bus", prompt=SONG.prompt) for name in ("a", "b")]
    assert adoption.echoed(SONG, twins) is None


def test_nothing_is_told_while_a_candidate_is_still_in_the_making() -> None:
    ours = completed("ours", title="Night Bus", prompt=SONG.prompt)
    going = TaskReport(id="going", status=TaskStatus.PROCESSING, created_at=1)
    assert adoption.echoed(SONG, [ours, going]) is None


def test_a_failed_task_repeats_nothing() -> None:
    failed = TaskReport(id="a", status=TaskStatus.FAILED, created_at=1)
    assert not adoption.echoes(SONG, failed)


def test_a_title_alone_is_not_enough_where_words_were_sent_too() -> None:
    assert not adoption.echoes(SONG, completed("a", title="Night Bus", prompt="other words"))


def test_requests_that_send_no_words_are_never_known_by_them() -> None:
    for request in (Remaster(clip_id="c", title="Night Bus"), Generate(tags="folk")):
        assert not adoption.echoes(request, completed("a", title="Night Bus"))


def test_a_cover_is_known_by_its_title() -> None:
    request: Request = Cover(clip_id="c", title="夜車")
    assert adoption.echoes(request, completed("a", title="夜車"))

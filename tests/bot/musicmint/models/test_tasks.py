from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bot.musicmint.models import ResultItem, SubmittedTask, TaskListItem, TaskPage, TaskReport, TaskStatus

WHOLE: dict[str, Any] = {"id": "a1", "status": "queuing", "created_at": 5}


def test_the_statuses_have_the_numbers_of_the_list_filter() -> None:
    assert {str(status): status.number for status in TaskStatus} == {
        "queuing": 0,
        "processing": 1,
        "completed": 2,
        "failed": 3,
    }


@pytest.mark.parametrize("name", ["id", "task_id", "taskId"])
def test_a_task_is_known_by_id_or_task_id(name: str) -> None:
    assert SubmittedTask.model_validate({name: "a1"}).task_id == "a1"
    assert TaskReport.model_validate({name: "a1", "status": "queuing"}).id == "a1"
    assert TaskListItem.model_validate({name: "a1", "status": "queuing"}).id == "a1"


def test_each_answer_s_own_name_of_the_id_goes_first() -> None:
    both = {"id": "by-id", "task_id": "by-task-id", "status": "queuing"}
    assert SubmittedTask.model_validate(both).task_id == "by-task-id"
    assert TaskReport.model_validate(both).id == "by-id"


@pytest.mark.parametrize("blank", [None, "", "\0"])
def test_a_blank_id_does_not_hide_the_other_name(blank: str | None) -> None:
    assert SubmittedTask.model_validate({"task_id": blank, "id": "a1"}).task_id == "a1"


@pytest.mark.parametrize("bad", ["..", "a b", "a\n", "é", 7, ["a"], "x" * 201])
def test_an_unusable_id_is_refused(bad: object) -> None:
    with pytest.raises(ValidationError):
        ResultItem.model_validate({"id": bad})
    with pytest.raises(ValidationError):
        SubmittedTask.model_validate({"task_id": bad})


@pytest.mark.parametrize("fields", [{}, {"task_id": None}, {"task_id": ""}])
def test_a_submitted_task_has_an_id(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SubmittedTask.model_validate(fields)


@pytest.mark.parametrize("status", [None, "", ["queuing"], {"a": 1}, 17.5, "queuing", 0])
def test_no_status_hides_the_id_of_a_task_that_may_be_charged(status: object) -> None:
    assert SubmittedTask.model_validate({"task_id": "a1", "status": status}) == SubmittedTask(task_id="a1")


def test_an_unknown_status_stays_as_it_is_and_has_not_ended() -> None:
    report = TaskReport.model_validate({"id": "a1", "status": "moderating"})
    assert report.status == "moderating"
    assert not isinstance(report.status, TaskStatus)
    assert not report.ended


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("queuing", TaskStatus.QUEUING),
        ("processing", TaskStatus.PROCESSING),
        ("completed", TaskStatus.COMPLETED),
        ("complete", TaskStatus.COMPLETED),
        ("failed", TaskStatus.FAILED),
        (1, TaskStatus.PROCESSING),
        (3, TaskStatus.FAILED),
    ],
)
def test_a_status_is_a_word_or_the_filter_s_number(said: object, status: TaskStatus) -> None:
    report = TaskReport.model_validate({"id": "a1", "status": said})
    assert report.status is status
    assert report.ended is (status in (TaskStatus.COMPLETED, TaskStatus.FAILED))


@pytest.mark.parametrize("said", [4, -1, True, None, ["queuing"]])
def test_a_report_without_a_status_is_none(said: object) -> None:
    with pytest.raises(ValidationError):
        TaskReport.model_validate({"id": "a1", "status": said})


def test_unknown_fields_are_kept() -> None:
    assert ResultItem.model_validate({"id": "c1", "bpm": 120}).model_dump()["bpm"] == 120


def test_nulls_are_absent_fields() -> None:
    item = ResultItem.model_validate(dict.fromkeys(ResultItem.model_fields) | {"id": "c1"})
    assert item == ResultItem(id="c1")
    assert TaskReport.model_validate({"id": "a", "status": "failed", "results": None, "error": None}).results == ()
    assert TaskPage.model_validate({"items": None, "total": 0}).items == ()


def test_an_empty_object_is_no_empty_page() -> None:
    with pytest.raises(ValidationError):
        TaskPage.model_validate({})


@pytest.mark.parametrize("flaw", [{"id": ".."}, {"status": None}, {"created_at": "yesterday"}, {"created_at": -1}])
def test_a_page_that_hides_a_task_is_no_page(flaw: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TaskPage.model_validate({"items": [WHOLE, WHOLE | flaw], "total": 2})


@pytest.mark.parametrize(
    "fields",
    [
        {"duration": float("nan")},
        {"duration": -1},
        {"duration": 86_401},
        {"duration": 10**400},
        {"expire_at": 2**63},
        {"expire_at": -1},
        {"title": ["x"]},
        {"tags": {"style": "folk"}},
        {"audio_url": 5},
    ],
)
def test_what_is_merely_nice_to_have_costs_no_clip(fields: dict[str, object]) -> None:
    assert ResultItem.model_validate({"id": "c1"} | fields) == ResultItem(id="c1")


def test_a_lyric_needs_no_id() -> None:
    assert ResultItem.model_validate({"prompt": "[Verse]\nLa"}) == ResultItem(id="", prompt="[Verse]\nLa")


def test_a_result_that_makes_no_sense_costs_none_of_the_others() -> None:
    report = TaskReport.model_validate(WHOLE | {"results": [{"id": "c1"}, {"id": ".."}, None, {"id": "c2"}]})
    assert [item.id for item in report.results] == ["c1", "c2"]


@pytest.mark.parametrize("results", [[None], ["c1"], [{"id": ".."}], {"id": "c1"}, "c1"])
def test_a_report_whose_results_make_no_sense_is_none(results: object) -> None:
    with pytest.raises(ValidationError):
        TaskReport.model_validate(WHOLE | {"results": results})


@pytest.mark.parametrize("error", [{"message": "no"}, 5, ["no"]])
def test_no_reason_hides_that_a_task_failed(error: object) -> None:
    report = TaskReport.model_validate({"id": "a1", "status": "failed", "error": error})
    assert (report.ended, report.error) == (True, None)


def test_text_loses_nul() -> None:
    assert ResultItem.model_validate({"id": "c1", "title": "a\0b"}).title == "ab"


def test_models_are_values() -> None:
    assert len({ResultItem(id="c1"), ResultItem(id="c1"), ResultItem(id="c2")}) == 2

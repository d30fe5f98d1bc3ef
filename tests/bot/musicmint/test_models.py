from __future__ import annotations

import pytest
from pydantic import ValidationError

from bot.musicmint.models import ResultItem, SubmittedTask, TaskListItem, TaskPage, TaskReport, TaskStatus


def test_the_statuses_have_the_numbers_of_the_list_filter() -> None:
    assert {str(status): status.number for status in TaskStatus} == {
        "queuing": 0,
        "processing": 1,
        "completed": 2,
        "failed": 3,
    }


@pytest.mark.parametrize("name", ["id", "task_id"])
def test_a_task_is_known_by_id_or_task_id(name: str) -> None:
    assert SubmittedTask.model_validate({name: "a1"}).task_id == "a1"
    assert TaskReport.model_validate({name: "a1", "status": "queuing"}).id == "a1"
    assert TaskListItem.model_validate({name: "a1", "status": "queuing"}).id == "a1"


def test_a_null_id_does_not_hide_the_other_name() -> None:
    assert SubmittedTask.model_validate({"task_id": None, "id": "a1"}).task_id == "a1"


@pytest.mark.parametrize("bad", ["", "..", "a b", "a\n", "é", 7, None, ["a"], "x" * 201])
def test_an_unusable_id_is_refused(bad: object) -> None:
    with pytest.raises(ValidationError):
        ResultItem.model_validate({"id": bad})


def test_an_unknown_status_stays_as_it_is_and_has_not_ended() -> None:
    report = TaskReport.model_validate({"id": "a1", "status": "moderating"})
    assert report.status == "moderating"
    assert not isinstance(report.status, TaskStatus)
    assert not report.ended


@pytest.mark.parametrize(
    ("status", "ended"), [("queuing", False), ("processing", False), ("completed", True), ("failed", True)]
)
def test_a_report_tells_whether_its_task_ended(status: str, ended: bool) -> None:
    report = TaskReport.model_validate({"id": "a1", "status": status})
    assert isinstance(report.status, TaskStatus)
    assert report.ended is ended


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


@pytest.mark.parametrize(
    "fields",
    [{"duration": float("nan")}, {"duration": -1}, {"expire_at": 2**63}, {"expire_at": -1}, {"title": ["x"]}],
)
def test_a_value_no_row_could_hold_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ResultItem.model_validate({"id": "c1"} | fields)


def test_text_loses_nul() -> None:
    assert ResultItem.model_validate({"id": "c1", "title": "a\0b"}).title == "ab"


def test_models_are_values() -> None:
    assert len({ResultItem(id="c1"), ResultItem(id="c1"), ResultItem(id="c2")}) == 2

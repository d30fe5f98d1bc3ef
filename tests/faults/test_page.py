"""The table that `make faults` writes, and what the README quotes of it."""

from __future__ import annotations

import re

from tests.faults.__main__ import PAGE, README, count
from tests.faults.judge import Verdict
from tests.faults.plans import SCHEDULES, SEED, Point, parse_point
from tests.faults.table import BEGIN, END, Tally, page, quoted
from tests.faults.trial import Outcome
from tests.faults.wire import Fault, Mode


def an_outcome(verdict: Verdict, settled_s: float = 5.0) -> Outcome:
    return Outcome(verdict, (), 1, 0, 1, settled_s)


def a_tally() -> Tally:
    tally = Tally()
    point = Point("song", SEED, (Fault(12, Mode.KILL_AFTER),))
    count(tally, point, an_outcome(Verdict(acknowledged=1)))
    count(tally, point, an_outcome(Verdict(acknowledged=1), settled_s=600.0))
    count(tally, Point(SCHEDULES, "7"), an_outcome(Verdict(2, lost=["a", "b"], charged=["c"], posted=["d"])))
    return tally


def test_the_last_line_counts_every_run_and_everything_that_was_found() -> None:
    assert a_tally().last_line() == "3 runs, 2 lost, 1 charged twice, 1 posted twice"


def test_a_row_tells_how_long_its_slowest_run_took_to_come_to_rest() -> None:
    _, _, song, schedules, total = a_tally().lines()
    assert song == "| song | 2 | 0 | 0 | 0 | 10 min |"
    assert schedules == "| schedules | 1 | 2 | 1 | 1 | 5 s |"
    assert total == "| **all** | 3 | 2 | 1 | 1 | 10 min |"


def test_what_was_found_is_printed_with_what_plays_it_again() -> None:
    assert a_tally().broken == ["make faults SEED=7: a; b; c; d"]


def test_a_run_that_broke_counts_as_lost() -> None:
    tally = Tally()
    count(tally, Point(SCHEDULES, "8"), "the run broke: KeyError()")
    assert tally.last_line() == "1 runs, 1 lost, 0 charged twice, 0 posted twice"


def test_a_kill_point_is_played_again_from_what_is_printed_of_it() -> None:
    point = Point("song of 2 clips", SEED, (Fault(12, Mode.LOST, 5),), delay=3)
    printed = re.fullmatch("POINT='(.*)'", str(point))
    assert printed is not None
    assert parse_point(printed[1]) == point


def test_the_readme_takes_a_new_table_between_its_marks_and_nothing_else_changes() -> None:
    once = quoted(f"before\n{BEGIN}old\n{END}after\n", a_tally())
    assert once == quoted(once, a_tally())
    assert once.startswith(f"before\n{BEGIN}")
    assert once.endswith(f"{END}after\n")
    assert a_tally().last_line() in once


def table(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("|")]


def test_readme_and_page_tell_the_same_of_every_scene() -> None:
    told = README.read_text().partition(BEGIN)[2].partition(END)[0]
    written = PAGE.read_text()
    assert table(told) == table(written)
    assert len(table(told)) > 15
    (last,) = set(re.findall(r"[\d]+ runs, \d+ lost, \d+ charged twice, \d+ posted twice", told + written))
    assert last in told
    assert last in written


def test_the_sums_of_the_table_are_right() -> None:
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table(PAGE.read_text())[2:]]
    numbers = [[int(cell.replace(",", "")) for cell in row[1:5]] for row in rows]
    assert [sum(column) for column in zip(*numbers[:-1], strict=True)] == numbers[-1]


def test_the_page_says_after_how_many_hours_a_run_counts_as_lost() -> None:
    assert "past 2 hours a run counts as lost" in page(a_tally(), 7200.0).replace("\n", " ")

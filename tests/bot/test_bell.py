from __future__ import annotations

from bot.bell import Bell, Work


def test_it_wakes_whoever_hears_that_kind_of_work_and_nobody_else() -> None:
    bell, woken = Bell(), list[str]()
    bell.heard(Work.SUBMIT, lambda: woken.append("one line"))
    bell.heard(Work.SUBMIT, lambda: woken.append("another line"))
    bell.heard(Work.POLL, lambda: woken.append("poller"))
    bell.heard(Work.DELIVER, lambda: woken.append("deliverer"))
    bell.ring(Work.SUBMIT)
    assert woken == ["one line", "another line"]
    woken.clear()
    bell.ring(Work.DELIVER, Work.POLL)
    assert woken == ["poller", "deliverer"]


def test_rung_before_anybody_hears_it_it_does_nothing() -> None:
    Bell().ring(*Work)

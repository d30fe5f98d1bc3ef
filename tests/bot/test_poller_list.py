from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.musicmint.models import TaskListItem, TaskPage, TaskStatus
from bot.poller import LISTS_AT_ONCE, LISTS_PER_S
from tests.bot.fakes import HastyClock
from tests.bot.world import World, open_world


async def test_more_are_swept_through_the_list_and_only_those_that_left_it_are_read(world: World) -> None:
    await world.many_running(250)
    for number in range(1, 121):
        world.musicmint.report(f"mm-{number}", TaskStatus.PROCESSING)
    world.musicmint.complete("mm-17")
    world.musicmint.complete("mm-200")
    await world.sweep()
    queuing, processing = TaskStatus.QUEUING, TaskStatus.PROCESSING
    assert world.musicmint.listed == [(1, queuing), (2, queuing), (1, processing), (2, processing)]
    assert world.musicmint.read == ["mm-17", "mm-200"]
    assert world.sql("SELECT count(*) FROM tasks WHERE state = 'finished'") == [(2,)]
    assert world.sql("SELECT count(*) FROM tasks WHERE state = 'running'") == [(248,)]


async def test_tasks_submitted_at_different_moments_are_swept_together(world: World) -> None:
    for _ in range(20):
        await world.running()
        await world.clock.advance(0.25)
    for _ in range(20):
        await world.sweep(after_s=0.25)
    assert len(world.musicmint.listed) <= 8
    assert len(world.musicmint.read) <= 4


async def test_absence_from_the_list_is_a_hint_and_the_read_decides(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*, page: int, status: TaskStatus | None = None) -> TaskPage:
        return TaskPage(total=0, page=page)

    for _ in range(3):
        await world.running()
    monkeypatch.setattr(world.musicmint, "list_tasks", nothing)
    await world.sweep()
    assert len(world.musicmint.read) == 3
    assert world.sql("SELECT DISTINCT state FROM tasks") == [("running",)]


async def test_a_list_that_forgets_its_filter_hides_no_finished_task(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = world.musicmint.list_tasks

    async def unfiltered(*, page: int, status: TaskStatus | None = None) -> TaskPage:
        return await whole(page=page)

    for _ in range(3):
        await world.running()
    monkeypatch.setattr(world.musicmint, "list_tasks", unfiltered)
    world.musicmint.complete("mm-2")
    await world.sweep()
    assert world.musicmint.read == ["mm-2"]


async def test_a_list_that_repeats_its_first_page_is_not_read_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = world.musicmint.list_tasks
    pages: list[int] = []

    async def stuck(*, page: int, status: TaskStatus | None = None) -> TaskPage:
        pages.append(page)
        assert len(pages) < 10
        return (await whole(page=1, status=status)).model_copy(update={"total": 5000})

    for _ in range(3):
        await world.running()
    monkeypatch.setattr(world.musicmint, "list_tasks", stuck)
    await world.sweep()
    assert pages == [1, 2, 1]


async def test_a_list_that_never_ends_is_left_after_some_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[int] = []

    async def endless(*, page: int, status: TaskStatus | None = None) -> TaskPage:
        pages.append(page)
        others = [TaskListItem(id=f"theirs-{page}-{number}", status=TaskStatus.QUEUING) for number in range(100)]
        return TaskPage(items=tuple(others), total=10**9, page=page)

    for _ in range(3):
        await world.running()
    monkeypatch.setattr(world.musicmint, "list_tasks", endless)
    world.musicmint.complete("mm-2")
    await world.sweep()
    assert len(pages) == 20
    assert world.sql("SELECT api_task_id FROM submissions JOIN tasks t ON t.id = task_id WHERE state = 'finished'") == [
        ("mm-2",)
    ]


async def test_a_total_that_is_too_small_hides_no_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = world.musicmint.list_tasks

    async def lying(*, page: int, status: TaskStatus | None = None) -> TaskPage:
        return (await whole(page=page, status=status)).model_copy(update={"total": 0})

    await world.many_running(250)
    monkeypatch.setattr(world.musicmint, "list_tasks", lying)
    await world.sweep()
    assert len(world.musicmint.read) <= 1


async def test_a_callback_has_its_own_task_read_and_no_list(world: World) -> None:
    await world.many_running(250)
    await world.sweep()
    world.musicmint.listed.clear()
    world.musicmint.read.clear()
    world.musicmint.complete("mm-17")
    world.sql("UPDATE tasks SET due_at = ? WHERE id = 17", world.clock.now)
    due = await world.sweep(after_s=1)
    assert (world.musicmint.read, world.musicmint.listed) == (["mm-17"], [])
    assert world.sql("SELECT state FROM tasks WHERE id = 17") == [("finished",)]
    assert due == world.clock.now + 4000


async def test_an_outage_backlog_is_listed_within_the_ration(tmp_path: Path, migrated_file: Path) -> None:
    clock = HastyClock()
    async with open_world(Path(shutil.copy(migrated_file, tmp_path / "minstrel.db")), clock) as world:
        await world.many_running(12_050)
        world.musicmint.report("mm-1", TaskStatus.QUEUING)
        began = clock.now
        await world.sweep()
        assert len(world.musicmint.listed) == 122
        assert len(world.musicmint.listed) <= LISTS_AT_ONCE + (clock.now - began) / 1000 * LISTS_PER_S + 1
        assert world.musicmint.read == []

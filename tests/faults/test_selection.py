"""A selection of what `make faults` plays: some kill points of every scene, and some schedules."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.plans import SCHEDULES, Point, kill_points, play
from tests.faults.scenes import Scene, scenes

EVERY = 83
SEEDS = range(37, 67)


@pytest.mark.parametrize("scene", scenes(), ids=lambda scene: scene.name)
def test_some_kill_points_of_every_scene_lose_charge_and_post_nothing_twice(scene: Scene, template: Path) -> None:
    for point in list(kill_points(scene, template))[::EVERY]:
        verdict = play(point, template).verdict
        assert verdict.clean, f"make faults {point}: {verdict}"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_schedule_loses_charges_and_posts_nothing_twice(seed: int, template: Path) -> None:
    point = Point(SCHEDULES, str(seed))
    verdict = play(point, template).verdict
    assert verdict.clean, f"make faults {point}: {verdict}"
    assert verdict.acknowledged > 0

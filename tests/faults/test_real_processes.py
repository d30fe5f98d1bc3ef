"""SIGKILL at random moments over a run of songs: every restart converges, and the ledgers agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import real_processes


@pytest.mark.timeout(600)
async def test_a_bot_that_is_killed_again_and_again_loses_pays_and_posts_nothing_twice(tmp_path: Path) -> None:
    seen = await real_processes.play(tmp_path, kills=3, songs=6, seed="7")

    assert seen.kills == 3
    assert len(seen.acknowledged) >= 6
    assert (seen.lost, seen.charged, seen.posted) == ([], [], [])

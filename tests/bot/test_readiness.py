from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.metrics import Metrics
from bot.readiness import LOOK_EVERY_MS, Charts, Readiness
from db.engine import Database, open_database
from tests.bot.fakes import FakeClock
from tests.bot.test_metrics import samples
from tests.bot.world import World
from tests.db.files import url_of


def ready(database: Database, clock: FakeClock, **running: bool) -> Readiness:
    return Readiness(database, clock, lambda: running or {"stages": True, "discord": True})


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another program sits on the file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


async def test_it_tells_every_part(database: Database, clock: FakeClock) -> None:
    found = await ready(database, clock, stages=True, discord=False).look()
    assert found == {"database": True, "stages": True, "discord": False}


async def test_a_database_that_cannot_be_written_is_not_ready(
    database: Database, database_file: Path, clock: FakeClock
) -> None:
    with held(database_file):
        assert not (await ready(database, clock).look())["database"]
    assert (await ready(database, clock).look())["database"]


async def test_a_write_that_is_refused_is_not_ready(database: Database, clock: FakeClock) -> None:
    async with database.write() as conn:
        await conn.exec_driver_sql(
            "CREATE TRIGGER refuse BEFORE INSERT ON meta BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    assert not (await ready(database, clock).look())["database"]


async def test_a_file_without_tables_is_not_ready(tmp_path: Path, clock: FakeClock) -> None:
    empty = open_database(url_of(tmp_path / "empty.db"))
    assert not (await ready(empty, clock).look())["database"]
    await empty.close()


async def test_whoever_asks_again_and_again_makes_no_more_writes(world: World, clock: FakeClock) -> None:
    """Anybody who reaches the port may ask; each look costs a commit."""
    looking = ready(world.database, clock)
    await looking.look()
    first = world.sql("SELECT value FROM meta WHERE name = 'probed'")
    clock.now += LOOK_EVERY_MS - 1
    await looking.look()
    assert world.sql("SELECT value FROM meta WHERE name = 'probed'") == first
    clock.now += 1
    await looking.look()
    assert world.sql("SELECT value FROM meta WHERE name = 'probed'") != first


async def test_a_clock_that_was_put_back_does_not_freeze_the_answer(
    database: Database, database_file: Path, clock: FakeClock
) -> None:
    looking = ready(database, clock)
    assert (await looking.look())["database"]
    clock.now -= 86_400_000
    with held(database_file):
        assert not (await looking.look())["database"]


async def test_the_parts_of_the_process_are_always_told_as_they_are(database: Database, clock: FakeClock) -> None:
    running = {"stages": True}
    looking = Readiness(database, clock, lambda: running)
    assert (await looking.look())["stages"]
    running["stages"] = False
    assert not (await looking.look())["stages"]


@pytest.mark.parametrize("songs", [0, 3])
async def test_the_charts_count_the_rows_when_they_are_asked(world: World, songs: int) -> None:
    for _ in range(songs):
        await world.queued()
    charts = Charts(Metrics(), world.database, world.clock)
    assert samples(await charts.page())["minstrel_tasks{state=queued}"] == songs
    await world.queued()
    assert samples(await charts.page())["minstrel_tasks{state=queued}"] == songs + 1


async def test_charts_without_a_database_say_so(tmp_path: Path, clock: FakeClock) -> None:
    empty = open_database(url_of(tmp_path / "empty.db"))
    assert samples(await Charts(Metrics(), empty, clock).page())["minstrel_database_readable"] == 0
    await empty.close()

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from db import migrate
from db.engine import DatabaseError
from db.schema import metadata
from tests.db.files import url_of


def tables(path: Path) -> dict[str, str]:
    """Every table and index with the words that made it."""
    with closing(sqlite3.connect(path)) as connection:
        made = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql NOTNULL").fetchall()
    return {name: " ".join(sql.split()) for name, sql in made}


def test_the_schema_in_code_is_the_sum_of_the_revisions(migrated_file: Path) -> None:
    engine = create_engine(url_of(migrated_file))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_rules_and_counters_of_the_schema_are_in_the_revisions_too(migrated_file: Path, tmp_path: Path) -> None:
    """Alembic compares neither CHECKs nor AUTOINCREMENT."""
    path = tmp_path / "made.db"
    engine = create_engine(url_of(path))
    metadata.create_all(engine)
    engine.dispose()
    migrated = tables(migrated_file)
    del migrated["alembic_version"]
    assert migrated.keys() == tables(path).keys()
    for name, made in tables(path).items():
        assert sorted(made.replace(",", "").split()) == sorted(migrated[name].replace(",", "").split()), name


def test_a_database_that_is_up_to_date_is_left_alone(migrated_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "minstrel.db"
    path.write_bytes(migrated_file.read_bytes())
    migrate.upgrade(url_of(path))
    assert migrate.is_current(url_of(path))
    assert migrate.current(url_of(path)) == migrate.head()


def test_what_was_counted_before_deaths_were_parks_nothing_that_is_on_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "minstrel.db"
    whole = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _: whole(config, "0003"))
    migrate.upgrade(url_of(path))
    monkeypatch.undo()
    counted = {"pending": 4, "sending": 7, "kept": 5, "delivered": 0}
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for part, (state, faults) in enumerate(counted.items()):
            connection.execute(
                "INSERT INTO deliveries (task_id, part, kind, rung, state, due_at, attempts, faults)"
                " VALUES (1, ?, 'take', 'thread', ?, 0, 9, ?)",
                (part, state, faults),
            )
    migrate.upgrade(url_of(path))
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT state, faults, deaths FROM deliveries ORDER BY part").fetchall()
    assert rows == [("pending", 0, 4), ("sending", 0, 7), ("kept", 5, 0), ("delivered", 0, 0)]


def test_a_database_without_tables_wants_an_upgrade(tmp_path: Path) -> None:
    url = url_of(tmp_path / "minstrel.db")
    assert migrate.current(url) is None
    assert not migrate.is_current(url)


def test_a_newer_schema_is_refused_and_left_alone(migrated_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "minstrel.db"
    path.write_bytes(migrated_file.read_bytes())
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = tables(path)
    for act in (migrate.is_current, migrate.upgrade):
        with pytest.raises(DatabaseError, match=r"^DATABASE_URL: [^\n]+ newer Minstrel \(schema 9999, this one knows "):
            act(url_of(path))
    assert tables(path) == before


def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "minstrel.db"
    path.write_text("Dear diary, " * 100)
    with pytest.raises(DatabaseError, match=r"^DATABASE_URL: [^\n]+ cannot be read as a database: [^\n]+$"):
        migrate.is_current(url_of(path))


def test_a_database_of_something_else_is_one_line_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "minstrel.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE tasks (theirs)")
    before = tables(path)
    with pytest.raises(DatabaseError, match=r"^DATABASE_URL: [^\n]+ cannot be brought to this version: [^\n]+$"):
        migrate.upgrade(url_of(path))
    assert tables(path) == before


KILLED_MIDWAY = """
import os, signal, sys
from alembic.operations import Operations
from db import migrate

create, made = Operations.create_table, []

def create_and_die(self, name, *columns, **how):
    create(self, name, *columns, **how)
    made.append(name)
    if len(made) == 4:
        os.kill(os.getpid(), signal.SIGKILL)

Operations.create_table = create_and_die
migrate.upgrade(sys.argv[1])
"""


def test_a_kill_in_the_middle_leaves_nothing_half_done(migrated_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "minstrel.db"
    killed = subprocess.run([sys.executable, "-c", KILLED_MIDWAY, url_of(path)], check=False)
    assert killed.returncode == -9
    assert tables(path) == {}
    migrate.upgrade(url_of(path))
    assert tables(path) == tables(migrated_file)


def test_two_upgrades_at_once_end_in_one_schema(migrated_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "minstrel.db"
    code = "import sys; from db import migrate; migrate.upgrade(sys.argv[1])"
    both = [subprocess.Popen([sys.executable, "-c", code, url_of(path)]) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    assert tables(path) == tables(migrated_file)


def test_the_bot_runs_without_alembic_in_memory(migrated_file: Path) -> None:
    code = (
        "import sys, bot.app; from db import migrate; assert migrate.is_current(sys.argv[1]);"
        "print([name for name in sys.modules if name.split('.')[0] in ('alembic', 'mako')])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, url_of(migrated_file)], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"


def test_revisions_are_numbered_without_a_gap() -> None:
    known = sorted(migrate.known_revisions())
    assert known == [f"{number:04}" for number in range(1, len(known) + 1)]
    assert migrate.head() == known[-1]

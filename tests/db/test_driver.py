from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
import pytest

from db.driver import WholeConnection


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[WholeConnection]:
    connection = WholeConnection(str(tmp_path / "file.db"))
    await connection
    await run(connection, "CREATE TABLE numbers (number INTEGER PRIMARY KEY)")
    yield connection
    await connection.close()


@pytest.fixture
def visits(connection: WholeConnection, monkeypatch: pytest.MonkeyPatch) -> list[Callable[..., Any]]:
    """What is done in the connection's thread from now on."""
    done: list[Callable[..., Any]] = []
    go: Any = aiosqlite.Connection._execute

    async def counted(self: aiosqlite.Connection, work: Callable[..., Any], *more: Any) -> Any:
        done.append(work)
        return await go(self, work, *more)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    return done


async def run(connection: WholeConnection, statement: str, *parameters: object) -> list[Any]:
    cursor = connection.cursor()
    await cursor.execute(statement, parameters)
    rows: list[Any] = await cursor.fetchall()
    return rows


async def test_a_statement_with_all_its_rows_is_one_visit(connection: WholeConnection, visits: list[object]) -> None:
    assert await run(connection, "VALUES (1), (2), (3)") == [(1,), (2,), (3,)]
    assert len(visits) == 1


async def test_a_statement_for_many_rows_is_one_visit(connection: WholeConnection, visits: list[object]) -> None:
    cursor = connection.cursor()
    await cursor.executemany("INSERT INTO numbers VALUES (?)", [(1,), (2,)])
    assert (cursor.rowcount, cursor.description, await cursor.fetchall()) == (2, None, [])
    assert len(visits) == 1


async def test_a_cursor_tells_what_its_statement_did(connection: WholeConnection) -> None:
    cursor = connection.cursor()
    await cursor.execute("INSERT INTO numbers VALUES (7) RETURNING number AS made")
    assert cursor.description[0][0] == "made"
    assert await cursor.fetchall() == [(7,)]
    assert await cursor.fetchall() == []
    await cursor.execute("UPDATE numbers SET number = 8")
    assert (cursor.rowcount, cursor.lastrowid) == (1, 7)


async def test_a_transaction_begins_on_the_visit_of_its_first_statement(
    connection: WholeConnection, visits: list[object]
) -> None:
    connection.begin_with_next("BEGIN")
    await run(connection, "INSERT INTO numbers VALUES (1)")
    await run(connection, "INSERT INTO numbers VALUES (2)")
    await connection.rollback()
    assert len(visits) == 3
    assert await run(connection, "SELECT * FROM numbers") == []


@asynccontextmanager
async def held_by_another(connection: WholeConnection, file: Path) -> AsyncIterator[None]:
    """And the connection has no patience of SQLite's own."""
    await run(connection, "PRAGMA busy_timeout = 1")
    other = WholeConnection(str(file))
    await other
    other.begin_with_next("BEGIN EXCLUSIVE")
    await run(other, "SELECT 1")
    yield
    await other.close()


async def test_only_a_begin_is_tried_again_while_another_process_is_in_it(
    connection: WholeConnection, tmp_path: Path, visits: list[object]
) -> None:
    async with held_by_another(connection, tmp_path / "file.db"):
        visits.clear()
        connection.begin_with_next("BEGIN IMMEDIATE", tries=3)
        with pytest.raises(aiosqlite.OperationalError, match="locked"):
            await run(connection, "SELECT 1")
        assert len(visits) == 3


async def test_no_statement_runs_outside_the_transaction_that_could_not_begin(
    connection: WholeConnection, tmp_path: Path
) -> None:
    async with held_by_another(connection, tmp_path / "file.db"):
        connection.begin_with_next("BEGIN IMMEDIATE")
        with pytest.raises(aiosqlite.OperationalError, match="locked"):
            await run(connection, "INSERT INTO numbers VALUES (1)")
    await run(connection, "INSERT INTO numbers VALUES (2)")
    await connection.rollback()
    assert await run(connection, "SELECT * FROM numbers") == []


async def test_a_statement_that_fails_leaves_its_begin_to_be_undone(connection: WholeConnection) -> None:
    connection.begin_with_next("BEGIN IMMEDIATE", tries=3)
    with pytest.raises(aiosqlite.OperationalError, match="no such table"):
        await run(connection, "SELECT * FROM nowhere")
    assert connection.in_transaction
    await connection.rollback()
    await run(connection, "BEGIN")

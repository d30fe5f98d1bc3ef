from __future__ import annotations

import random

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import OperationalError

from db.engine import Database
from db.schema import meta
from tests.faults.database_port import FAILURES, CountedDatabase
from tests.faults.wire import Fault, Life, Mode, Wire


def refusing(database: Database, pick: int) -> CountedDatabase:
    """The first transaction is."""
    return CountedDatabase(database, Wire(random.Random(1), (Fault(1, Mode.INSTEAD, pick),)), Life())


async def put_one(database: Database, reached: list[str]) -> None:
    async with database.write() as conn:
        reached.append("the block")
        await conn.execute(insert(meta).values(name="a", value="x"))
        reached.append("past the first statement")


@pytest.mark.parametrize(("pick", "reached"), [(0, []), (len(FAILURES), ["the block"])])
async def test_a_transaction_is_refused_before_its_block_or_at_its_first_statement(
    database: Database, pick: int, reached: list[str]
) -> None:
    came_to: list[str] = []
    with pytest.raises(OperationalError):
        await put_one(refusing(database, pick), came_to)
    assert came_to == reached
    await put_one(database, came_to)
    async with database.read() as conn:
        assert list((await conn.execute(select(meta.c.name))).scalars()) == ["a"]

from __future__ import annotations

import asyncio

from sqlalchemy import select

from db import leases, meta, schema
from db.engine import Database


async def hold(database: Database, token: str, now: int) -> bool:
    async with database.write() as conn:
        return await leases.hold(conn, "poll", token=token, now=now, until=now + 10)


async def test_a_lease_is_held_by_one_and_renewed_by_its_token(database: Database) -> None:
    assert await hold(database, "mine", 0)
    assert not await hold(database, "yours", 5)
    assert await hold(database, "mine", 9)
    assert not await hold(database, "yours", 18)


async def test_a_lease_that_is_over_may_be_taken(database: Database) -> None:
    assert await hold(database, "mine", 0)
    assert await hold(database, "yours", 10)
    assert not await hold(database, "mine", 11)


async def test_of_many_at_once_one_holds_it(database: Database) -> None:
    held = await asyncio.gather(*(hold(database, str(number), 0) for number in range(20)))
    assert held.count(True) == 1


async def test_only_its_holder_lets_go_of_it(database: Database) -> None:
    await hold(database, "mine", 0)
    async with database.write() as conn:
        await leases.release(conn, "poll", "yours")
    assert not await hold(database, "yours", 1)
    async with database.write() as conn:
        await leases.release(conn, "poll", "mine")
    assert await hold(database, "yours", 1)


async def test_at_a_start_nobody_holds_anything(database: Database) -> None:
    await hold(database, "dead", 0)
    async with database.write() as conn:
        await leases.forget_all(conn)
        assert (await conn.execute(select(schema.leases))).all() == []


async def test_what_a_database_belongs_to_is_written_once(database: Database) -> None:
    async with database.write() as conn:
        assert await meta.claim(conn, "application", "7") == "7"
        assert await meta.claim(conn, "application", "8") == "7"
        assert await meta.claim(conn, "MusicMint", "8") == "8"

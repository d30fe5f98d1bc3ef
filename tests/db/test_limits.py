from __future__ import annotations

import asyncio

import pytest

from db import limits
from db.engine import Database
from db.limits import FORGET_MS, LEAST, MIB, TIERS

GUILD = 10
NOW = 1_800_000_000_000


async def learn(database: Database, refused: int, *, guild: int = GUILD, now: int = NOW) -> int | None:
    async with database.write() as conn:
        return await limits.learn(conn, guild, refused, now)


async def known(database: Database, guild: int = GUILD, now: int = NOW) -> int | None:
    async with database.read() as conn:
        return await limits.of_server(conn, guild, now)


async def test_nothing_is_believed_before_something_was_refused(database: Database) -> None:
    assert await known(database) is None


@pytest.mark.parametrize(
    ("refused", "limit"),
    [
        (200 * MIB, 100 * MIB),
        (100 * MIB, 50 * MIB),
        (20 * MIB + 1, 20 * MIB),
        (20 * MIB, 10 * MIB),
        (12 * MIB, 10 * MIB),
        (9 * MIB, 8 * MIB),
        (8 * MIB, 4 * MIB),
        (3 * MIB, 3 * MIB // 2),
        (LEAST, LEAST // 2),
    ],
)
async def test_the_limit_is_the_next_tier_below_what_was_refused_and_below_the_tiers_the_half(
    database: Database, refused: int, limit: int
) -> None:
    assert await learn(database, refused) == await known(database) == limit


async def test_a_small_file_that_is_refused_teaches_nothing(database: Database) -> None:
    assert await learn(database, LEAST - 1) is None
    assert await known(database) is None


async def test_a_refusal_below_the_limit_lowers_it_and_nothing_raises_it(database: Database) -> None:
    await learn(database, 12 * MIB)
    assert await learn(database, 10 * MIB) == 8 * MIB
    assert await learn(database, 40 * MIB) == 8 * MIB
    assert await known(database) == 8 * MIB


async def test_two_deliveries_refused_at_once_lower_it_once(database: Database) -> None:
    assert [*await asyncio.gather(learn(database, 12 * MIB), learn(database, 12 * MIB))] == [10 * MIB] * 2


async def test_each_server_has_its_own_limit_and_private_messages_theirs(database: Database) -> None:
    await learn(database, 12 * MIB, guild=limits.PRIVATE)
    assert (await known(database, limits.PRIVATE), await known(database)) == (10 * MIB, None)


async def test_after_a_week_a_limit_is_forgotten_and_learned_anew(database: Database) -> None:
    await learn(database, 9 * MIB)
    assert await known(database, now=NOW + FORGET_MS - 1) == 8 * MIB
    assert await known(database, now=NOW + FORGET_MS) is None
    assert await learn(database, 30 * MIB, now=NOW + FORGET_MS) == 25 * MIB
    assert await known(database, now=NOW + FORGET_MS) == 25 * MIB


def test_the_tiers_fall() -> None:
    assert list(TIERS) == sorted(TIERS, reverse=True)

from __future__ import annotations

import discord
import pytest

from bot import snowflake


@pytest.mark.parametrize("number", [175928847299117063, 1 << 22, 1_300_000_000_000_000_000])
def test_an_id_tells_the_time_discord_py_reads_from_it(number: int) -> None:
    read = discord.utils.snowflake_time(number).timestamp() * 1000
    assert snowflake.given_at(number) == pytest.approx(read, abs=1)

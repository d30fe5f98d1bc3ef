"""A server whose upload limit is below a take: the whole bot learns it from one refusal and sends what fits."""

from __future__ import annotations

import json
from pathlib import Path

import mutagen
import pytest
from mutagen.id3 import ID3

from tests import hearing
from tests.town import Json, Town, open_town

LYRICS = "[Verse]\nThe night bus hums along the quay\nAnd nobody gets off\n\n[Chorus]\nOh, drive me round again"
LIMIT = 180_000
"""Bytes; a take of the studio has more, and its half has less."""


async def posts(town: Town, thread: str) -> list[int]:
    """The statuses of what the bot tried to post there, in order."""
    requests = (await town.call("GET", "/ledger"))["requests"]
    path = f"/channels/{thread}/messages"
    return [one["status"] for one in requests if one["method"] == "POST" and one["path"].endswith(path)]


def audio_of(message: Json) -> Json:
    (found,) = [file for file in message["attachments"] if file["filename"].endswith(".mp3")]
    return dict(found)


async def original(town: Town, label: str) -> tuple[Json, bytes]:
    """What the studio made, and its bytes."""
    row = town.rows(f"SELECT item FROM clips ORDER BY id LIMIT 1 OFFSET {'ab'.index(label[-1])}")[0]
    item: Json = json.loads(row["item"])
    return item, await town.fetch(item["audio_url"])


@pytest.mark.timeout(600)  # two starts of the bot, four takes made smaller
async def test_a_take_arrives_once_smaller_and_whole_and_the_next_is_fitted_unrefused(tmp_path: Path) -> None:
    async with open_town(tmp_path, generation_ms=200, canned=True) as town:
        await town.call("PATCH", "/settings", json={"upload_limit": LIMIT})
        ben = town.member("ben")
        answer = await ben.run("song", lyrics=LYRICS, style="folk slow female vocals", title="Night Bus")
        thread = answer["message"]["id"]
        for message in await town.labelled(thread, "v1a", "v1b"):
            label = message["embeds"][0]["title"].rpartition(" ")[2]
            item, before = await original(town, label)
            after = await town.fetch(audio_of(message)["url"])
            assert len(before) > LIMIT >= len(after) == audio_of(message)["size"]
            assert hearing.seconds(hearing.decoded(after)) == pytest.approx(
                hearing.seconds(hearing.decoded(before)), abs=0.05
            )
            (tmp_path / "after.mp3").write_bytes(after)
            rate = mutagen.File(tmp_path / "after.mp3").info.bitrate // 1000
            assert message["embeds"][0]["footer"]["text"].startswith(f"{rate} kbit/s, made smaller")
            kept = f"until <t:{item['expire_at'] // 1000}:D>"
            assert message["embeds"][0]["description"] == f"The original, at the studio · {kept}"
            tags = ID3(tmp_path / "after.mp3")
            assert (str(tags["TIT2"]), str(tags["USLT::und"])) == ("Night Bus", LYRICS)
            assert tags.getall("APIC")
        assert await posts(town, thread) == [413, 200, 200]
        assert len(await town.takes(thread, 2)) == 2

        assert await town.bot.stop() == 0
        await town.bot.start()
        await ben.run("song", thread, lyrics=LYRICS, style="folk slow female vocals", title="Night Bus")
        await town.labelled(thread, "v2a", "v2b")
        assert await posts(town, thread) == [413, 200, 200, 200, 200]
        assert town.rows("SELECT guild_id, max_bytes FROM upload_limits") == [
            {"guild_id": int(town.world.guild.id), "max_bytes": pytest.approx(LIMIT, rel=0.5)}
        ]

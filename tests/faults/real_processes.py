"""The bot as a real process on real sockets, ended by SIGKILL at random moments while members ask for songs."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.faults.judge import TOLD
from tests.faults.table import Tally
from tests.faults.trial import scratch
from tests.town import Member, Town, open_town

GROUP: Final = "real processes (SIGKILL)"
KILLS: Final = 50
SONGS: Final = 100
BETWEEN_S: Final = (0.2, 2.5)
"""From one start to the next kill."""
COMES_TO_REST_S: Final = 120.0
UNLIMITED: Final = {
    "max_concurrency": 0,
    "message_limit": 0,
    "webhook_limit": 0,
    "route_limit": 0,
    "global_limit": 0,
    "rename_limit": 0,
    "old_edit_limit": 0,
}
Json = dict[str, Any]


@dataclass(slots=True)
class Seen:
    """What came of it."""

    kills: int = 0
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Title by the card's id."""
    lost: list[str] = field(default_factory=list)
    charged: list[str] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)
    settled_s: float = 0.0


def play_into(tally: Tally, kills: int) -> None:
    """Add the row of real processes."""
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # uploads that a kill cuts off are meant
    with scratch() as folder:
        seen = asyncio.run(play(folder, kills=kills, songs=2 * kills, seed="1"))
    group = tally.group(GROUP)
    group.runs, group.acknowledged = seen.kills, len(seen.acknowledged)
    group.lost, group.charged, group.posted = len(seen.lost), len(seen.charged), len(seen.posted)
    group.longest_s = seen.settled_s
    tally.broken += [f"{GROUP}: {line}" for line in (*seen.lost, *seen.charged, *seen.posted)]


async def play(folder: Path, *, kills: int, songs: int, seed: str) -> Seen:
    """Ask for so many songs while the bot is killed so often, then wait for rest and compare the ledgers."""
    rng, seen = random.Random(seed), Seen()
    async with open_town(folder, canned=True, generation_ms=1000) as town:
        await town.call("PATCH", "/settings", json=UNLIMITED)
        done = asyncio.Event()
        asking = asyncio.create_task(_ask_all(town, songs, seen, done))
        try:
            while seen.kills < kills:
                await asyncio.sleep(rng.uniform(*BETWEEN_S))
                await town.bot.kill()
                seen.kills += 1
                await town.bot.start()
            done.set()
            await asking
            began_s = time.monotonic()
            await _until_quiet(town, seen)
            seen.settled_s = time.monotonic() - began_s
        finally:
            asking.cancel()
        await _judge(town, seen)
    return seen


async def _ask_all(town: Town, songs: int, seen: Seen, done: asyncio.Event) -> None:
    """One after the other, and again what nobody answered. While kills go on it never runs dry."""
    members = [town.member(name) for name in ("ada", "ben", "chiyo")]
    number = 0
    while len(seen.acknowledged) < songs or not done.is_set():
        number += 1
        await _ask(members[number % len(members)], f"Song {number:04}", seen)
        if len(seen.acknowledged) >= songs and not done.is_set():
            await asyncio.sleep(0.5)


async def _ask(member: Member, title: str, seen: Seen) -> None:
    answer = await member.run("song", "songs", lyrics=f"[Verse]\n{title}", style="folk", title=title)
    if (card := answer.get("message")) is not None:
        seen.acknowledged[card["id"]] = title
    else:
        await asyncio.sleep(0.2)  # nobody was up


def _going(town: Town) -> list[Json]:
    return town.rows(
        "SELECT tasks.id, state FROM tasks WHERE state IN ('accepted', 'queued', 'submitting', 'running')"
        " OR (card_shown < card_wanted AND card_message_id NOTNULL)"
        " UNION ALL SELECT task_id, state FROM deliveries WHERE state IN ('pending', 'sending')"
    )


async def _until_quiet(town: Town, seen: Seen) -> None:
    ends_s = time.monotonic() + COMES_TO_REST_S
    while going := _going(town):
        if time.monotonic() > ends_s:
            seen.lost.append(f"not at rest: {going[:5]}")
            return
        await asyncio.sleep(0.3)


async def _judge(town: Town, seen: Seen) -> None:
    """Every card that was shown has its song or says why not; nothing is paid or stands twice."""
    paid = Counter(line["body"]["title"] for line in await town.submits())
    shown = set(seen.acknowledged.values())
    for title, count in paid.items():
        # A card may stand though the member's own call went unanswered: then its row knows of it.
        if count > 1 or (title not in shown and not _has_card(town, title)):
            seen.charged.append(f"{title}: {count} POSTs")
    standing = _standing(town)
    seen.posted += [f"{name} stands {count} times" for name, count in standing.items() if count > 1]
    for title in shown:
        if (why := _lost(town, title, standing)) is not None:
            seen.lost.append(f"{title}: {why}")


def _rows_of(town: Town, title: str) -> list[Json]:
    return [row for row in town.rows("SELECT * FROM tasks") if f'"{title}"' in row["request"]]


def _has_card(town: Town, title: str) -> bool:
    return any(row["card_message_id"] is not None for row in _rows_of(town, title))


def _lost(town: Town, title: str, standing: Counter[str]) -> str | None:
    rows = _rows_of(town, title)
    if not rows:
        return "its card was shown and it has no row"
    task = rows[0]
    if task["state"] == "finished":
        takes = sum(count for name, count in standing.items() if name.startswith(f"{title} "))
        return None if takes == 2 else f"{takes} of 2 takes stand"
    if task["state"] not in TOLD:
        return f"it stays {task['state']}"
    return None if task["card_shown"] >= task["card_wanted"] else "its card does not say so"


def _standing(town: Town) -> Counter[str]:
    """Takes by heading and label."""
    world = town.world
    return Counter(
        message.embeds[0]["title"]
        for channel in world.messages.values()
        for message in channel.values()
        if message.attachments and message.author_id == world.bot_id and message.embeds
    )

"""The local Discord itself, so that it never is what a measurement of the bot measures.

Messages a second are held against a server that only parses and answers JSON; the time from a POST to its event at a
connected client against the POST's own round trip. Goals: 1,000 messages/s, and 10 ms at the 99th percentile.
"""

from __future__ import annotations

import asyncio
import json
import socket
import statistics
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from tests.benchmarks.process import Process, stand_in
from tests.benchmarks.row import Row

MESSAGES = 3000
IN_FLIGHT = 32
LONE = 500
HEADERS = {"Authorization": "Bot token", "Content-Type": "application/json"}
GUILDS, GUILD_MESSAGES = 1 << 0, 1 << 9


async def measure(folder: Path) -> list[Row]:
    """Both rows; each server runs in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    bare = Process(["-m", "tests.benchmarks.bare_server", str(port)], "", Path(__file__).parents[2])
    async with (
        stand_in("discord", folder / "discord") as url,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        async with session.get(f"{url}/sandbox/v1/world") as response:
            channels = (await response.json())["channels"]
        channel = next(channel["id"] for channel in channels if channel["type"] == 0)
        target = f"{url}/api/v10/channels/{channel}/messages"
        taken = await _posted_per_second(session, target)
        await bare.start()
        try:
            await _listening(port)
            plain = await _posted_per_second(session, f"http://127.0.0.1:{port}/messages")
        finally:
            await bare.stop()
        trips, events = await _latencies(session, url, target)
    return [
        Row("local Discord: messages taken", taken, "1/s", plain),
        Row("local Discord: POST to event, p99", _p99(events), "ms", _p99(trips)),
    ]


async def _listening(port: int) -> None:
    for _ in range(100):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise RuntimeError("the bare server did not start")


async def _posted_per_second(session: aiohttp.ClientSession, target: str) -> float:
    numbers = iter(range(MESSAGES))
    clock = asyncio.get_running_loop().time
    began = clock()

    async def post() -> None:
        for number in numbers:
            await _post(session, target, f"message {number}")

    await asyncio.gather(*(post() for _ in range(IN_FLIGHT)))
    return MESSAGES / (clock() - began)


async def _latencies(session: aiohttp.ClientSession, url: str, target: str) -> tuple[list[float], list[float]]:
    """Of lone messages, in ms: the POST's answer, and its event."""
    clock = asyncio.get_running_loop().time
    trips, events = [], []
    async with session.ws_connect(url.replace("http", "ws", 1) + "/gateway") as gateway:
        await gateway.send_json({"op": 2, "d": {"token": "token", "intents": GUILDS | GUILD_MESSAGES}})
        while (await gateway.receive_json())["t"] != "GUILD_CREATE":
            pass
        for number in range(LONE):
            began = clock()
            sending = asyncio.create_task(_post(session, target, str(number)))
            frame = await gateway.receive_json()
            events.append((clock() - began) * 1000)
            if frame["d"]["content"] != str(number):
                raise RuntimeError(f"another event than that of message {number} came")
            await sending
            trips.append((clock() - began) * 1000)
    return trips, events


async def _post(session: aiohttp.ClientSession, target: str, content: str) -> None:
    async with session.post(target, data=json.dumps({"content": content}), headers=HEADERS) as response:
        response.raise_for_status()
        await response.read()


def _p99(samples: Sequence[float]) -> float:
    return statistics.quantiles(samples, n=100)[98]

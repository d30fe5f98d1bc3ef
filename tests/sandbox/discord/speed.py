"""How fast the local Discord is: messages taken over REST, and how soon an event reaches a connected client."""

import asyncio
import json
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import aiohttp

OFF = ("message_limit", "route_limit", "global_limit", "max_concurrency")
HEADERS = {"Authorization": "Bot token", "Content-Type": "application/json"}
GUILDS, GUILD_MESSAGES = 1 << 0, 1 << 9


@dataclass(frozen=True)
class Speed:
    """`posted` messages a second with 32 in flight; the rest in ms: a lone POST, and from its start to its event."""

    posted: float
    round_trip_p50: float
    event_p50: float
    event_p99: float


async def measure(url: str, messages: int = 3000, lone: int = 500) -> Speed:
    """Load the local Discord at `url`; it should run in a process of its own and stay without other load."""
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as session:
        async with session.patch(f"{url}/sandbox/v1/settings", json=dict.fromkeys(OFF, 0)) as response:
            response.raise_for_status()
        async with session.get(f"{url}/sandbox/v1/world") as response:
            world = await response.json()
        channel = next(channel["id"] for channel in world["channels"] if channel["type"] == 0)
        target = f"{url}/api/v10/channels/{channel}/messages"
        posted = await _posted_per_second(session, target, messages)
        trips, events = await _latencies(session, url, target, lone)
    return Speed(posted, statistics.median(trips), statistics.median(events), statistics.quantiles(events, n=100)[98])


async def _posted_per_second(session: aiohttp.ClientSession, target: str, count: int) -> float:
    numbers = iter(range(count))
    clock = asyncio.get_running_loop().time
    began = clock()

    async def post() -> None:
        for number in numbers:
            await _post(session, target, f"message {number}")

    await asyncio.gather(*(post() for _ in range(32)))
    return count / (clock() - began)


async def _latencies(
    session: aiohttp.ClientSession, url: str, target: str, count: int
) -> tuple[list[float], list[float]]:
    clock = asyncio.get_running_loop().time
    trips, events = [], []
    async with session.ws_connect(url.replace("http", "ws", 1) + "/gateway") as socket:
        await socket.send_json({"op": 2, "d": {"token": "token", "intents": GUILDS | GUILD_MESSAGES}})
        while (await socket.receive_json())["t"] != "GUILD_CREATE":
            pass
        for number in range(count):
            began = clock()
            sending = asyncio.create_task(_post(session, target, str(number)))
            frame = await socket.receive_json()
            events.append((clock() - began) * 1000)
            assert frame["d"]["content"] == str(number)
            await sending
            trips.append((clock() - began) * 1000)
    return trips, events


async def _post(session: aiohttp.ClientSession, target: str, content: str) -> None:
    async with session.post(target, data=json.dumps({"content": content}), headers=HEADERS) as response:
        response.raise_for_status()
        await response.read()


async def main() -> None:
    """Start one in a process of its own, measure it, and print what came out."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ("-m", "sandbox.discord", "--port", "0", "--data", str(Path(folder)))
        process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        try:
            url = (await process.stdout.readline()).decode().split()[-1]
            sys.stdout.write(f"{await measure(url)}\n")
        finally:
            process.terminate()
            await process.wait()


if __name__ == "__main__":
    asyncio.run(main())

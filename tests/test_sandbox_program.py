"""`python -m sandbox`, which is what `make run` runs: a stranger without accounts gets a page, a studio and a bot."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

PATIENCE_S = 120


class Program:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said = ""

    async def read_until(self, words: str) -> None:
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            while words not in self.said:
                line = await self.process.stdout.readline()
                assert line, self.said
                self.said += line.decode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def start(folder: Path, *ports: int, **settings: str) -> Program:
    discord_port, studio_port = ports or (free_port(), free_port())
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sandbox",
        f"--discord-port={discord_port}",
        f"--studio-port={studio_port}",
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parent.parent), **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    return Program(process)


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    program = await start(tmp_path)
    yield program
    if program.process.returncode is None:
        program.process.kill()
        await program.process.wait()


async def test_a_stranger_without_accounts_gets_a_page_with_a_bot_on_it(program: Program, tmp_path: Path) -> None:
    await program.read_until("minstrel is up")
    (url,) = re.findall(r"Open (http://127\.0\.0\.1:\d+)", program.said)
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as page:
            assert page.status == 200
            assert "<!doctype html>" in (await page.text()).lower()
        async with session.get(f"{url}/sandbox/v1/world") as answer:
            world = await answer.json()
    assert {"song", "help"} <= {command["name"] for command in world["commands"]}
    assert world["bot_online"]
    assert (tmp_path / "data" / "sandbox").is_dir()

    program.process.send_signal(signal.SIGINT)
    async with asyncio.timeout(PATIENCE_S):
        assert await program.process.wait() == 0


async def test_the_page_can_kill_the_bot_and_start_it_again(program: Program) -> None:
    await program.read_until("minstrel is up")
    (url,) = re.findall(r"Open (http://127\.0\.0\.1:\d+)", program.said)

    async def ask(action: str) -> tuple[int, str]:
        async with session.post(f"{url}/sandbox/v1/bot", json={"action": action}) as answer:
            return answer.status, (await answer.json()).get("status", "")

    async with aiohttp.ClientSession() as session:
        assert await ask("kill") == (200, "stopped")
        assert await ask("start") == (200, "running")
        assert (await ask("start"))[0] == 409
        program.said = ""
        await program.read_until("minstrel is up")
        assert await ask("restart") == (200, "running")
        async with session.get(f"{url}/sandbox/v1/studio/settings") as answer:
            assert (await answer.json())["generation_ms"] == 10_000
    assert program.process.returncode is None


async def test_a_port_that_is_taken_is_named_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        program = await start(tmp_path, port, free_port())
        assert program.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            said = (await program.process.stdout.read()).decode()
            assert await program.process.wait() == 1
    assert str(port) in said
    assert "Traceback" not in said


async def test_a_setting_that_stops_the_bot_ends_the_sandbox_with_its_exit_code(tmp_path: Path) -> None:
    program = await start(tmp_path, RETENTION_DAYS="99")
    assert program.process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        said = (await program.process.stdout.read()).decode()
        assert await program.process.wait() == 2
    assert "minstrel: RETENTION_DAYS" in said

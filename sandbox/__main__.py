"""`python -m sandbox`: run the bot, with a stand-in for each credential that is missing."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from sandbox.discord.model.errors import Refusal
from sandbox.discord.wire import open_discord
from sandbox.plan import Plan
from sandbox.studio.wire import open_studio

STOP_WITHIN_S: Final = 10.0


def main() -> int:
    """Run until Ctrl-C, or until the bot ends; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--discord-port", type=int, default=8800, help="port of the local Discord's page")
    parser.add_argument("--studio-port", type=int, default=8801, help="port of the local studio")
    parser.add_argument("--data", type=Path, default=Path("data/sandbox"), help="folder of the stand-ins' world")
    parser.add_argument("--record", type=Path, help="write the bot's requests to the local Discord here")
    arguments = parser.parse_args()
    given = {name: value for name, value in {**dotenv_values(".env"), **os.environ}.items() if value}
    try:
        return asyncio.run(_run(arguments, Plan(given)))
    except (OSError, Refusal) as fault:
        print(f"sandbox: {fault}", file=sys.stderr)
        return 1


async def _run(arguments: argparse.Namespace, plan: Plan) -> int:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    data: Path = arguments.data
    async with AsyncExitStack() as stack:
        discord_url = studio_url = ""
        if plan.local_discord:
            folder, port, record = data / "discord", arguments.discord_port, arguments.record
            discord_url = (await stack.enter_async_context(open_discord(folder, port=port, record=record))).url
        if plan.local_studio:
            folder, port = data / "studio", arguments.studio_port
            studio_url = (await stack.enter_async_context(open_studio(folder, port=port))).url
        settings = plan.bot_settings(discord_url=discord_url, studio_url=studio_url, data=data)
        print("\n".join(plan.lines(discord_url=discord_url, studio_url=studio_url)), flush=True)
        return await _run_bot(settings, stop)


async def _run_bot(settings: dict[str, str], stop: asyncio.Event) -> int:
    """The bot in a process of its own, as an operator would run it."""
    # In a group of its own, so that Ctrl-C reaches it once, through us.
    bot = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", env=settings, start_new_session=sys.platform != "win32"
    )
    ended = asyncio.create_task(bot.wait())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if ended.done():
        return ended.result()
    bot.terminate()
    try:
        return await asyncio.wait_for(ended, STOP_WITHIN_S)
    except TimeoutError:
        bot.kill()
        return await bot.wait()


if __name__ == "__main__":
    sys.exit(main())

"""`python -m sandbox`: run the bot, with a stand-in for each credential that is missing."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from dotenv import dotenv_values

from sandbox.discord.model.errors import Refusal
from sandbox.discord.wire import open_discord
from sandbox.keeper import Keeper
from sandbox.plan import Plan
from sandbox.studio.wire import open_studio


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
    keeper = Keeper()
    async with AsyncExitStack() as stack:
        discord_url = studio_url = ""
        if plan.local_studio:
            studio_url = (await stack.enter_async_context(open_studio(data / "studio", port=arguments.studio_port))).url
        if plan.local_discord:
            local = open_discord(
                data / "discord",
                port=arguments.discord_port,
                record=arguments.record,
                keeper=keeper,
                studio_url=studio_url,
            )
            discord_url = (await stack.enter_async_context(local)).url
        keeper.settings = plan.bot_settings(discord_url=discord_url, studio_url=studio_url, data=data)
        print("\n".join(plan.lines(discord_url=discord_url, studio_url=studio_url)), flush=True)
        return await _keep(keeper, stop)


async def _keep(keeper: Keeper, stop: asyncio.Event) -> int:
    """Until Ctrl-C, or until the bot ends by itself: its exit code then. What the page does to it is no reason."""
    await keeper.start()
    waiting = {asyncio.create_task(event.wait()) for event in (stop, keeper.gone)}
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    await keeper.stop()
    return keeper.exit_code


if __name__ == "__main__":
    sys.exit(main())

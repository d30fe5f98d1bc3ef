"""`python -m sandbox.discord`: run the local Discord until it is told to stop."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from sandbox.discord.model.errors import Refusal
from sandbox.discord.wire import open_discord


def main() -> int:
    """Parse the command line, listen, and end cleanly on SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.discord", description="A local Discord with a web page.")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (default: this machine only)")
    parser.add_argument("--port", type=int, default=8800, help="0 takes any free port")
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps the world and its files")
    parser.add_argument("--record", type=Path, help="file to append the bot's REST requests to, one JSON object a line")
    arguments = parser.parse_args()
    try:
        asyncio.run(_serve(arguments))
    except (OSError, Refusal) as fault:
        sys.stderr.write(f"The local Discord cannot start: {fault}\n")
        return 1
    return 0


async def _serve(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with open_discord(arguments.data, arguments.host, arguments.port, arguments.record) as discord:
        sys.stdout.write(f"Discord listening on {discord.url}\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    sys.exit(main())

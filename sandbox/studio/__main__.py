"""`python -m sandbox.studio`: the stand-in of MusicMint in a process of its own."""

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from sandbox.studio.state import Settings
from sandbox.studio.wire import open_studio


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.studio", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8801)
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps tasks and files")
    parser.add_argument("--generation-ms", type=int, default=Settings().generation_ms, help="least time a task takes")
    parser.add_argument("--canned", action="store_true", help="answer with one prepared recording")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    settings = Settings(generation_ms=arguments.generation_ms, canned=arguments.canned)
    asyncio.run(_serve(arguments.host, arguments.port, arguments.data, settings))


async def _serve(host: str, port: int, data: Path, settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    async with open_studio(data, host=host, port=port, settings=settings) as studio:
        sys.stdout.write(f"studio listening on {studio.url}\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    main()

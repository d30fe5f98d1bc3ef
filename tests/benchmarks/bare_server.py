"""The least a server can do with a message: parse its JSON and answer it. Run as a program; says where it listens."""

from __future__ import annotations

import sys

from aiohttp import web


async def _echo(request: web.Request) -> web.Response:
    return web.json_response(await request.json())


async def _app() -> web.Application:
    app = web.Application()
    app.router.add_post("/{path:.*}", _echo)
    return app


def main() -> None:
    """Serve until told to stop."""
    web.run_app(_app(), host="127.0.0.1", port=int(sys.argv[1]), print=None)


if __name__ == "__main__":
    main()

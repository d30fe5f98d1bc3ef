"""A MusicMint on loopback that says what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web

from bot.musicmint.client import MusicMintClient
from bot.musicmint.endpoints import InferredPaths
from bot.ports import Clock

KEY = "sk-mm-canary-0123456789"
TASK = "64f3a1b2c8d9e0f1a2b3c4d5"

EXAMPLES: dict[str, dict[str, object]] = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))
"""What the docs show, whole bodies; the notes of `midi` alone are ours, for the docs elide them."""

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Asked:
    method: str
    path: str
    json: object
    authorization: str | None


@dataclass
class ScriptedApi:
    """Answers everything with `answer` until told otherwise."""

    answer: Answer
    asked: list[Asked] = field(default_factory=list)
    connections: set[object] = field(default_factory=set)
    url: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.body_exists else None
        self.asked.append(Asked(request.method, request.raw_path, body, request.headers.get("Authorization")))
        self.connections.add(request.transport)
        return await self.answer(request)

    def says(self, status: int, body: object, **headers: str) -> None:
        """Answer with this status and body; anything that is not bytes is sent as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()

        async def answer(_request: web.Request) -> web.StreamResponse:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return web.Response(status=status, body=raw, headers=named)

        self.answer = answer

    def data(self, data: object) -> None:
        """Answer with a success envelope."""
        self.says(200, {"code": 0, "message": "ok", "request_id": "req-1", "data": data})


@asynccontextmanager
async def scripted_api() -> AsyncIterator[ScriptedApi]:
    api = ScriptedApi(answer=_nothing_scripted)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", api.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        api.url = f"http://{host}:{port}"
        yield api
    finally:
        await runner.cleanup()


@asynccontextmanager
async def client_of(
    base_url: str, clock: Clock, *, model: str = "", paths: InferredPaths | None = None
) -> AsyncIterator[MusicMintClient]:
    async with (
        aiohttp.ClientSession() as session,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as submit_session,
    ):
        yield MusicMintClient(session, submit_session, base_url, KEY, clock, model=model, paths=paths)


async def _nothing_scripted(_request: web.Request) -> web.StreamResponse:
    raise AssertionError("the test scripted no answer")

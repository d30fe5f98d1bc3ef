"""A studio on a real socket, with a clock the test moves, a client that speaks to it, and a web that calls it back."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import JsonValue

from sandbox.studio.state import Settings
from sandbox.studio.tasks import Task
from sandbox.studio.wire import OpenStudio, open_studio

KEY = "sk-mm-tester"
START = 1_710_000_000_000


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def data(self) -> Any:
        assert self.status == 200, self.body
        assert self.body["code"] == 0
        assert self.body["message"] == "ok"
        return self.body["data"]

    @property
    def refusal(self) -> tuple[int, int]:
        assert set(self.body) == {"code", "message", "request_id"}
        return self.status, self.body["code"]


class Client:
    """Calls one studio over its socket."""

    def __init__(self, studio: OpenStudio, session: aiohttp.ClientSession) -> None:
        self.model = studio.model
        self.url = studio.url
        self._session = session

    async def api(self, path: str, body: object = None, key: str | None = KEY, method: str = "POST") -> Answer:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with self._session.request(method, f"{self.url}/api/v1/{path}", json=body, headers=headers) as answer:
            return Answer(answer.status, await answer.json(), dict(answer.headers))

    async def generate(self, **body: JsonValue) -> str:
        return await self.submit("music/generate", **(body or {"tags": "pop"}))

    async def submit(self, endpoint: str, **body: JsonValue) -> str:
        task_id = (await self.api(endpoint, body)).data["task_id"]
        assert isinstance(task_id, str)
        return task_id

    async def clip(self, **body: JsonValue) -> str:
        """The first clip of a finished generate."""
        task_id = await self.generate(**{"tags": "pop", **body})
        await self.control(f"tasks/{task_id}/finish")
        return self.stored(task_id).clip_ids[0]

    async def ask(self, path: str, clip_id: str, **more: Any) -> Answer:
        """One of the three endpoints that are asked by GET."""
        return await self.api(f"{path}?clip_id={clip_id}", method="GET", **more)

    def stored(self, task_id: str) -> Task:
        return self.model.task(task_id)

    async def task(self, task_id: str) -> Any:
        return (await self.api(f"task/{task_id}")).data

    async def control(self, path: str, body: object = None, method: str = "POST") -> Answer:
        async with self._session.request(method, f"{self.url}/sandbox/v1/{path}", json=body) as answer:
            return Answer(answer.status, await answer.json(), dict(answer.headers))

    async def advance(self, ms: int) -> None:
        await self.control("time", {"advance_ms": ms})

    async def get(self, url: str, **headers: str) -> tuple[int, Mapping[str, str], bytes]:
        async with self._session.get(url, headers=headers) as answer:
            return answer.status, answer.headers, await answer.read()


@asynccontextmanager
async def studio_client(
    folder: Path, *, canned: bool = True, staff: Callable[[], Executor] = lambda: ThreadPoolExecutor(1)
) -> AsyncIterator[Client]:
    """A studio whose worker is a thread, since a process would load the music again for each test."""
    tokens = count(1)
    settings = Settings(generation_ms=10_000, canned=canned)
    async with (
        open_studio(
            folder,
            settings=settings,
            clock=lambda: START,
            token=lambda size: f"{next(tokens):0{2 * size}x}",
            staff=staff,
        ) as studio,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session,
    ):
        yield Client(studio, session)


@pytest.fixture(scope="session")
def canned_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a studio that has made its canned recording and nothing else."""
    folder = tmp_path_factory.mktemp("canned")

    async def make() -> None:
        async with studio_client(folder):
            pass

    asyncio.run(make())
    return folder


@pytest.fixture
def folder(canned_folder: Path, tmp_path: Path) -> Path:
    """A data folder of this test's own that has the canned recording."""
    return Path(shutil.copytree(canned_folder, tmp_path / "studio"))


@pytest.fixture
async def client(folder: Path) -> AsyncIterator[Client]:
    """A canned studio and one of its accounts."""
    async with studio_client(folder) as client:
        yield client


@dataclass(frozen=True)
class Post:
    """A call that arrived somewhere in the web."""

    path: str
    body: bytes
    signature: str | None


class Web:
    """A server beside the studio: takes every POST, and gives out what was put into it."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.pages: dict[str, bytes] = {}
        self.status = 200
        self.url = ""
        self._arrived = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        if request.method == "POST":
            self.posts.append(Post(request.path, await request.read(), request.headers.get("X-Signature")))
            self._arrived.set()
        elif request.path not in self.pages:
            return web.Response(status=404)
        return web.Response(status=self.status, body=self.pages.get(request.path))

    async def next_post(self) -> Post:
        async with asyncio.timeout(60):
            await self._arrived.wait()
        self._arrived.clear()
        return self.posts[-1]


@pytest.fixture
async def neighbour() -> AsyncIterator[Web]:
    """What a client of the studio runs beside it."""
    web_side = Web()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", web_side.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        web_side.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield web_side
    finally:
        await runner.cleanup()

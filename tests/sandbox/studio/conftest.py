"""A studio on a real socket, with a clock the test moves, and a client that speaks to it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest
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
        task_id = (await self.api("music/generate", body or {"tags": "pop"})).data["task_id"]
        assert isinstance(task_id, str)
        return task_id

    def stored(self, task_id: str) -> Task:
        return self.model.task(self.model.owner(f"Bearer {KEY}"), task_id)

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
async def studio_client(folder: Path, *, canned: bool = True) -> AsyncIterator[Client]:
    tokens = count(1)
    settings = Settings(generation_ms=10_000, canned=canned)
    async with (
        open_studio(
            folder,
            settings=settings,
            clock=lambda: START,
            token=lambda size: f"{next(tokens):0{2 * size}x}",
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

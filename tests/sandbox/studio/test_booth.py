"""Who waits for whom in the booth: a worker that the test holds up, and what it does after that."""

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from sandbox.studio.account import Account
from sandbox.studio.archive import Archive
from sandbox.studio.booth import Booth
from sandbox.studio.music import door
from sandbox.studio.music.order import RenderedTake, TakeOrder
from sandbox.studio.requests import GenerateRequest, LyricsRequest
from sandbox.studio.studio import Studio
from tests.sandbox.studio.conftest import START


class SlowDoor:
    """Makes takes of nothing, the first one when it may."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.started = threading.Event()
        self.may_go_on = threading.Event()

    def make(self, files: Path, order: TakeOrder) -> RenderedTake:
        self.started.set()
        self.may_go_on.wait(5)
        self.done.append(f"take {order.take} of {order.title}")
        return RenderedTake(recording=order.recording, title=order.title, duration=1, tags="pop")

    def look(self, files: Path, what: str) -> str:
        self.done.append(what)
        return what


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> SlowDoor:
    slow = SlowDoor()
    monkeypatch.setattr(door, "make", slow.make)
    return slow


@pytest.fixture
async def booth(tmp_path: Path) -> Booth:
    return Booth(tmp_path / "files", staff=lambda: ThreadPoolExecutor(1))


@pytest.fixture
async def studio(booth: Booth, tmp_path: Path, slow: SlowDoor) -> AsyncIterator[Studio]:
    tokens = count(1)
    studio = Studio(Archive(tmp_path), lambda: START, lambda size: f"{next(tokens)}", booth.put, lambda: None)
    async with booth.working_for(studio):
        yield studio
        slow.may_go_on.set()


async def test_a_blocking_call_waits_for_the_take_under_way_alone(studio: Studio, booth: Booth, slow: SlowDoor) -> None:
    account = Account(studio, "ada")
    tasks = [account.submit(GenerateRequest.model_validate({"tags": "pop", "title": name})) for name in "AB"]
    await asyncio.to_thread(slow.started.wait, 5)
    call = asyncio.create_task(booth.run(slow.look, "waveform"))
    await asyncio.sleep(0)
    slow.may_go_on.set()

    assert await call == "waveform"
    await booth.until_rendered(studio, tasks[1].id)
    assert slow.done == ["take 0 of A", "waveform", "take 1 of A", "take 0 of B", "take 1 of B"]


async def test_lyrics_wait_for_no_song(studio: Studio, booth: Booth, slow: SlowDoor) -> None:
    account = Account(studio, "ada")
    song = account.submit(GenerateRequest.model_validate({"tags": "pop"}))
    sheet = account.submit(LyricsRequest.model_validate({"prompt": "rain"}))
    await booth.until_rendered(studio, sheet.id)

    assert slow.done == []
    assert studio.task(song.id).needs_rendering

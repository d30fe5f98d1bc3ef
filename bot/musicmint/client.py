"""The MusicMint client: one method per endpoint, typed both ways. It never repeats a request.

| what happened                                               | raised            | created?   |
|-------------------------------------------------------------|-------------------|------------|
| name, route, TLS or connect timeout failed                  | `Unreachable`     | no         |
| envelope, `code != 0`, below HTTP 300 or in 400..499        | its refusal       | no         |
| envelope, `code == 0`, HTTP 2xx, `data` as documented       | nothing           | yes        |
| all else: HTTP 3xx and 5xx, a break or timeout after the    | `Unclear`         | who knows  |
| connect, a body that is no envelope or lacks what we need   |                   |            |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

import aiohttp
from pydantic import TypeAdapter, ValidationError
from yarl import URL

from bot.errors import ServiceError, Unclear, Unreachable
from bot.musicmint.bodies import Body, generate_body, list_body
from bot.musicmint.envelope import Envelope, retry_after_s
from bot.musicmint.models import ResultItem, SubmittedTask, TaskPage, TaskReport, TaskStatus
from bot.ports import Clock
from bot.requests import Generate

CONNECT_S = 10.0
READ_S = 30.0
SUBMIT_S = 60.0

MAX_BODY = 1024 * 1024
"""Bytes of an answer; a page of 100 tasks has about 15 kB."""

CHUNK = 64 * 1024

T = TypeVar("T")

_SUBMITTED = TypeAdapter(SubmittedTask)
_REPORT = TypeAdapter(TaskReport)
_PAGE = TypeAdapter(TaskPage)
_RESULT = TypeAdapter(ResultItem)


class BodyTooLarge(aiohttp.ClientPayloadError):
    """More than `MAX_BODY` bytes."""


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    retry_after: str | None
    body: bytes


class MusicMintClient:
    """Implements `bot.ports.MusicMint`.

    `session` keeps connections for reads; `submit_session` must not (`force_close=True`): a submit on a connection the
    server is just closing would end as `Unclear`. `key` is not empty and appears in no error.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        submit_session: aiohttp.ClientSession,
        base_url: str,
        key: str,
        clock: Clock,
    ) -> None:
        self._session = session
        self._submit_session = submit_session
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._clock = clock

    async def generate(self, request: Generate) -> SubmittedTask:
        """Submit once, on a fresh connection."""
        return await self._submit("/api/v1/music/generate", generate_body(request), _SUBMITTED)

    async def get_task(self, task_id: str) -> TaskReport:
        """One task. An answer about another task is `Unclear`."""
        report = await self._read(f"/api/v1/task/{quote(task_id, safe='')}", {}, _REPORT)
        if report.id != task_id:
            raise Unclear(cause="another task's id")
        return report

    async def list_tasks(self, *, page: int, status: TaskStatus | None = None) -> TaskPage:
        """A page of up to 100 tasks of this key, newest first; pages count from 1."""
        return await self._read("/api/v1/tasks", list_body(page, status), _PAGE)

    async def get_music(self, clip_id: str) -> ResultItem:
        """One result with a fresh link; raises `ResultExpired` once it is gone."""
        return await self._read(f"/api/v1/music/{quote(clip_id, safe='')}", {}, _RESULT)

    async def _submit(self, path: str, body: Body, answer: TypeAdapter[T]) -> T:
        return await self._request(self._submit_session, path, body, answer, SUBMIT_S)

    async def _read(self, path: str, body: Body, answer: TypeAdapter[T]) -> T:
        return await self._request(self._session, path, body, answer, READ_S)

    async def _request(
        self, session: aiohttp.ClientSession, path: str, body: Body, answer: TypeAdapter[T], total_s: float
    ) -> T:
        reply = await self._exchange(session, path, body, total_s)
        if isinstance(reply, ServiceError):
            raise reply
        envelope = Envelope.parse(reply.body)
        if envelope is None:
            raise Unclear(cause=f"HTTP {reply.status} without an envelope")
        if envelope.code != 0 and (reply.status < 300 or 400 <= reply.status < 500):
            raise envelope.refusal(reply.status, retry_after_s(reply.retry_after, self._clock.now_ms()))
        if envelope.code != 0 or not 200 <= reply.status < 300:
            raise Unclear(request_id=envelope.request_id, cause=f"HTTP {reply.status} with code {envelope.code}")
        return _validated(envelope, answer)

    async def _exchange(
        self, session: aiohttp.ClientSession, path: str, body: Body, total_s: float
    ) -> _Reply | ServiceError:
        """Errors are returned, to be raised outside of `except`: the repr of aiohttp's own prints our headers."""
        try:
            async with session.post(
                URL(self._base_url + path, encoded=True),
                json=body,
                headers={"Authorization": f"Bearer {self._key}"},
                timeout=aiohttp.ClientTimeout(total=total_s, connect=CONNECT_S),
                allow_redirects=False,
            ) as response:
                raw = await _read_capped(response.content)
                return _Reply(response.status, response.headers.get("Retry-After"), self._without_key(raw))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Unreachable(cause=type(error).__name__)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Unclear(cause=type(error).__name__)

    def _without_key(self, body: bytes) -> bytes:
        """A refusal may quote the key it refuses."""
        return body.replace(self._key.encode(), b"***")


async def _read_capped(content: aiohttp.StreamReader) -> bytes:
    body = bytearray()
    async for chunk in content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > MAX_BODY:
            raise BodyTooLarge
    return bytes(body)


def _validated(envelope: Envelope, answer: TypeAdapter[T]) -> T:
    try:
        return answer.validate_python(envelope.data)
    except ValidationError as error:
        # Only where and what kind: the values may hold a member's words.
        flaw = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(step) for step in ("data", *flaw["loc"]))
    raise Unclear(request_id=envelope.request_id, cause=f"{place}: {flaw['type']}")

"""What an answer of MusicMint means.

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

from pydantic import TypeAdapter, ValidationError

from bot.errors import Unclear
from bot.musicmint.envelope import Envelope, retry_after_s

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that came whole."""

    status: int
    retry_after: str | None
    body: bytes

    def read(self, answer: TypeAdapter[T], now_ms: int) -> T:
        """The documented answer; raises `ServiceError` for every other. `now_ms` is Unix milliseconds."""
        envelope = Envelope.parse(self.body)
        if envelope is None:
            raise Unclear(cause=f"HTTP {self.status} without an envelope")
        if envelope.code != 0 and (self.status < 300 or 400 <= self.status < 500):
            raise envelope.refusal(self.status, retry_after_s(self.retry_after, now_ms))
        if envelope.code != 0 or not 200 <= self.status < 300:
            raise Unclear(request_id=envelope.request_id, cause=f"HTTP {self.status} with code {envelope.code}")
        return _validated(envelope, answer)


def _validated(envelope: Envelope, answer: TypeAdapter[T]) -> T:
    try:
        return answer.validate_python(envelope.data)
    except ValidationError as error:
        # Only where and what kind: the values may hold a member's words.
        flaw = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(step) for step in ("data", *flaw["loc"]))
    raise Unclear(request_id=envelope.request_id, cause=f"{place}: {flaw['type']}")

"""MusicMint's call when a task has ended. It is a hint alone: what became of the task is then read with the key.

Every submission has its own address, so a call tells whose it is even where the submit's answer was lost. MusicMint
calls once, with no time or number in it: a replay cannot be told from the call, and so must do nothing new.
Source: docs.musicmint.ai, webhooks and appkey.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Final, Self

from pydantic import ConfigDict, Field
from pydantic_core import from_json

from bot.musicmint.envelope import without_halves
from bot.musicmint.models.base import BIGINT_MAX, Answer, Id, or_else
from bot.musicmint.models.tasks import TOLD, TaskStatus

PATH: Final = "/musicmint/"

_QUOTED: Final = re.compile(rb"(musicmint\\?/[0-9]+\.)[0-9a-f]{64}")
"""An address of ours in somebody's JSON, which may write its strokes with a backslash."""

_PART: Final = re.compile(r"([1-9][0-9]{0,18})\.([0-9a-f]{64})")
_SIGNATURE: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class CallbackAddress:
    """Where MusicMint calls back: `base_url` as the outside reaches us; `secret` is our own and not empty."""

    base_url: str
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.secret:
            raise ValueError("without a secret anybody could make an address")

    def url(self, submission_id: int) -> str:
        """The address of one submission; whoever knows it may give a hint about that submission and no other."""
        return f"{self.base_url.rstrip('/')}{PATH}{submission_id}.{self._token(submission_id)}"

    def submission_of(self, part: str) -> int | None:
        """The submission whose address ends in this; None for every other text."""
        found = _PART.fullmatch(part)
        if found is None or (submission_id := int(found[1])) > BIGINT_MAX:
            return None
        return submission_id if hmac.compare_digest(found[2], self._token(submission_id)) else None

    def _token(self, submission_id: int) -> str:
        return _hmac(self.secret, f"callback|{submission_id}".encode())


def without_tokens(raw: bytes) -> bytes:
    """What MusicMint says is shown on a card, and may quote the address it was given: the token in that is a secret."""
    return _QUOTED.sub(rb"\1***", raw)


class Callback(Answer):
    """What is said about a task: its id, and perhaps its status. Results are not read: anybody might have sent them."""

    model_config = ConfigDict(extra="ignore")

    task_id: Id = Field(validation_alias=TOLD)
    status: Annotated[TaskStatus | None, or_else(None)] = None

    @classmethod
    def parse(cls, raw: bytes) -> Self | None:
        """None for everything that is no callback."""
        try:
            return cls.model_validate(from_json(without_halves(raw)))
        except ValueError:
            return None


def signature_is_right(raw: bytes, header: str | None, signing_secrets: Iterable[str]) -> bool:
    """Whether `X-Signature` (an HMAC-SHA256 in lowercase hex, no prefix) signs these bytes with one of the secrets."""
    if header is None or not _SIGNATURE.fullmatch(header):
        return False
    matches = [hmac.compare_digest(header, _hmac(secret, raw)) for secret in signing_secrets]
    return any(matches)


def _hmac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, sha256).hexdigest()

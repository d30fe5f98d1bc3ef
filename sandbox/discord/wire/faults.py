"""Faults to come: the next requests that match fail as scripted."""

import re
from dataclasses import dataclass
from typing import Literal

from sandbox.discord.model.errors import ApiError, RateLimited


@dataclass
class Fault:
    """Lets `times` matching requests fail: late by `delay_ms`, answered with `status`, or the connection reset.

    `reset` "before" and `status` leave the world unchanged; "after" lets the request take effect unanswered.
    `scope` is whose limit a 429 says it is: the bot's on this route (`user`) or on all (`global`), or everybody's
    (`shared`). `via` False makes the answer Cloudflare's own: no JSON, no `Via` header; a 429 is then a ban.
    """

    method: str
    path: re.Pattern[str]
    times: int = 1
    status: int | None = None
    code: int = 0
    retry_after: float | None = None
    reset: Literal["before", "after"] | None = None
    delay_ms: int = 0
    via: bool = True
    scope: Literal["user", "global", "shared"] = "user"

    def error(self) -> ApiError:
        """The scripted answer."""
        if self.status == 429:
            retry_after = 1.0 if self.retry_after is None else self.retry_after
            return RateLimited(self.scope, code=self.code, retry_after=retry_after)
        return ApiError(self.status or 500, self.code, f"Scripted fault {self.status}")


class Faults:
    """The scripted faults, first scripted first used."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Script a fault."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Drop those that still wait."""
        self._waiting.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, used up by one."""
        for fault in self._waiting:
            if fault.method.upper() == method and fault.path.search(path):
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None

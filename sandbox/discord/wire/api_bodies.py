"""The bodies of the JSON API."""

from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.discord.model.errors import Refusal

WAIT_MS = 3_500


class Body(BaseModel):
    """Unknown fields are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MemberBody(Body):
    """A call of a member."""

    member: str = Field(alias="as")


class WriteBody(MemberBody):
    """A message; `files` are `{filename, data}` with base64."""

    content: str = ""
    files: list[dict[str, Any]] = []


class ActBody(MemberBody):
    """What the bot is to answer; the call waits that long for it."""

    wait_ms: int = Field(WAIT_MS, ge=0)


class CommandBody(ActBody):
    """A command to run."""

    channel: str
    name: str
    type: Literal[1, 2, 3] = 1
    target: str | None = None
    options: dict[str, Any] = {}
    unchecked: bool = False


class AutocompleteBody(ActBody):
    """Choices asked for."""

    channel: str
    name: str
    options: dict[str, Any] = {}
    focused: str


class ComponentBody(ActBody):
    """A button pressed or values picked."""

    channel: str
    message: str
    custom_id: str
    values: list[str] | None = None


class ModalBody(ActBody):
    """A form sent."""

    interaction: str
    fields: dict[str, Any] = {}
    unchecked: bool = False


class SettingsBody(Body):
    """Limits to change."""

    upload_limit: int | None = Field(None, ge=1)
    nonce_window_ms: int | None = Field(None, ge=0)
    guild_locale: str | None = None


class PersonBody(Body):
    """The language a member's Discord is set to, such as `zh-TW`."""

    locale: str


class PermissionsBody(Body):
    """What a member, or "bot", may and may not do."""

    channel: str | None = None
    member: str
    allow: list[str] = []
    deny: list[str] = []


class ThreadStateBody(Body):
    """A thread locked, archived or opened."""

    locked: bool | None = None
    archived: bool | None = None


class TimeBody(Body):
    """How far to put the clock forward."""

    advance_ms: int = Field(ge=0)


class GatewayBody(Body):
    """What to do to the bot's connections."""

    action: Literal["reconnect", "invalid_session", "resumable_session", "drop"]


class FaultBody(Body):
    """A fault to script; see `Fault`."""

    method: str
    path: str
    times: int = Field(1, ge=1)
    status: int | None = Field(None, ge=400, le=599)
    code: int = 0
    retry_after: float | None = Field(None, ge=0)
    reset: Literal["before", "after"] | None = None
    delay_ms: int = Field(0, ge=0)
    via: bool = True


T = TypeVar("T", bound=Body)


def parse(kind: type[T], body: object) -> T:
    """A body as `kind`; a Refusal names the first wrong field."""
    try:
        return kind.model_validate(body)
    except ValidationError as fault:
        first = fault.errors()[0]
        raise Refusal(f"{'.'.join(map(str, first['loc'])) or 'The body'}: {first['msg']}.") from fault

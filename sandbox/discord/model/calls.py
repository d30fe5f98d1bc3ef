"""What a member does, as the JSON API's bodies say it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

WAIT_MS = 3_500


class Body(BaseModel):
    """Unknown fields are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MemberCall(Body):
    """A call of a member."""

    member: str = Field(alias="as")


class Writing(MemberCall):
    """A message; `files` are `{filename, data}` with base64."""

    content: str = ""
    files: list[dict[str, Any]] = []


class Act(MemberCall):
    """What the bot is to answer; the call waits that long for it."""

    wait_ms: int = Field(WAIT_MS, ge=0)


class Typing(Act):
    """A slash command with what was typed so far; the bot is to suggest values for the option `focused`."""

    channel: str
    name: str
    options: dict[str, Any] = {}
    focused: str


class Command(Act):
    """A command to run; `target` for the menus of a user (type 2) or message (3)."""

    channel: str
    name: str
    options: dict[str, Any] = {}
    type: Literal[1, 2, 3] = 1
    target: str | None = None
    unchecked: bool = False


class Press(Act):
    """A button pressed or values picked."""

    channel: str
    message: str
    custom_id: str
    values: list[str] | None = None


class Form(Act):
    """A form sent."""

    interaction: str
    fields: dict[str, Any] = {}
    unchecked: bool = False

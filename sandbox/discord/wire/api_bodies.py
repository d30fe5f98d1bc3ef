"""The bodies of the JSON API that no member could send."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.discord.model.calls import Body

Limit = Annotated[int | None, Field(ge=0)]


class SettingsBody(Body):
    """Fields of `Settings` to change."""

    upload_limit: int | None = Field(None, ge=1)
    boost_tier: Literal[0, 1, 2, 3] | None = None
    nonce_window_ms: Limit = None
    guild_locale: str | None = None
    message_limit: Limit = None
    webhook_limit: Limit = None
    route_limit: Limit = None
    global_limit: Limit = None
    rename_limit: Limit = None
    old_edit_limit: Limit = None
    max_concurrency: Limit = None
    session_starts: Limit = None
    privileged_intents: list[Literal["members", "presences", "message_content"]] | None = None


class PersonBody(Body):
    """The language a member's Discord is set to, such as `zh-TW`."""

    locale: str


class PermissionsBody(Body):
    """What a member, or "bot", may and may not do."""

    channel: str | None = None
    member: str
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


class ChannelStateBody(Body):
    """A thread locked, archived or opened, or a forum's tags by name."""

    locked: bool | None = None
    archived: bool | None = None
    tags: list[Annotated[str, Field(min_length=1, max_length=20)]] | None = Field(None, max_length=20)
    require_tag: bool | None = None


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
    scope: Literal["user", "global", "shared"] = "user"


class BotBody(Body):
    """What to do to the bot's process."""

    action: Literal["restart", "kill", "start"]


class AnyBody(BaseModel):
    """A body whose fields another API checks."""

    model_config = ConfigDict(extra="allow", frozen=True)

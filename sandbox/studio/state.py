"""What the studio's operator can change: settings, AppKeys, scripted outcomes and the clock's offset."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class KeyStatus(StrEnum):
    """MusicMint's three statuses of an AppKey."""

    ACTIVE = "active"
    DISABLED = "disabled"
    DELETED = "deleted"


class AppKey(BaseModel):
    """What is known of a key beside the key itself; without a secret its callbacks are not signed."""

    model_config = ConfigDict(frozen=True)

    status: KeyStatus = KeyStatus.ACTIVE
    signing_secret: str | None = None


class Settings(BaseModel):
    """How the studio works: the least time a task takes, and whether its music is one prepared recording."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    generation_ms: Annotated[int, Field(ge=0)] = 10_000
    canned: bool = False


class Outcome(BaseModel):
    """How one coming task ends instead of well."""

    model_config = ConfigDict(frozen=True)

    error: str


class StudioState(BaseModel):
    """Everything of the studio that is no task and no holding; `keys` are known by the hash of the AppKey."""

    model_config = ConfigDict(frozen=True)

    settings: Settings = Settings()
    keys: dict[str, AppKey] = {}
    outcomes: tuple[Outcome, ...] = ()
    advanced_ms: int = 0

"""The operator's settings, from the environment and `.env`. Secrets never print."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Final, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from yarl import URL

from bot.errors import SettingsError
from bot.musicmint.endpoints import InferredPaths
from bot.requests import DEFAULT_RETENTION_DAYS, MAX_RETENTION_DAYS
from bot.turns import PER_SECOND

ENV_FILE: Final = ".env"
"""In the folder the program is started in."""


def _split(url: str) -> SplitResult:
    """Raises `ValueError` in words of ours: those of the libraries would show the value."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # checked when it is asked for
        (URL(url).raw_host or "").encode("idna")  # as a call does it: yarl reads the host, the resolver encodes it
    except ValueError:
        raise ValueError("is not an address") from None
    return parts


def _check_url(*schemes: str) -> AfterValidator:
    def check(url: str) -> str:
        parts = _split(url)
        if parts.username is not None:
            raise ValueError("must hold no user name or password")
        if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"must be an address that begins with {' or '.join(f'{word}://' for word in schemes)}")
        return url.rstrip("/")

    return AfterValidator(check)


def _check_secret(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value()
    if not (value.isascii() and value.isprintable()) or value.split() != [value]:
        raise ValueError("must be one word without spaces")
    return secret


def _check_origins(text: str) -> str:
    for origin in text.split():
        parts = _split(origin)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            raise ValueError("must hold origins such as http://127.0.0.1:8801, separated by spaces")
    return text


HttpUrl = Annotated[str, _check_url("http", "https")]
Secret = Annotated[SecretStr, AfterValidator(_check_secret)]
Origins = Annotated[str, AfterValidator(_check_origins)]
ApiPath = Annotated[str, Field(pattern=r"^/[A-Za-z0-9/_-]+$")]


class Settings(BaseSettings):
    """Every setting; its description stands in the README's table. Made by `load_settings`."""

    model_config = SettingsConfigDict(env_file=ENV_FILE, env_ignore_empty=True, extra="ignore", frozen=True)

    discord_token: Secret = Field(description="The bot's token, from its page in Discord's developer portal.")
    musicmint_api_key: Secret = Field(description="The AppKey, from MusicMint's dashboard.")
    musicmint_base_url: HttpUrl = Field(description="Where MusicMint's API lives; its dashboard names the host.")
    musicmint_model: str = Field(
        "", max_length=100, description="The model (`mv`) to ask for; empty leaves the choice to MusicMint."
    )
    musicmint_add_instrumental_path: ApiPath = Field(
        InferredPaths().add_instrumental, description="MusicMint's docs leave this endpoint's path open."
    )
    musicmint_sample_path: ApiPath = Field(InferredPaths().sample, description="And this one's.")
    musicmint_signing_secret: Secret | None = Field(
        None, description="The AppKey's signing secret; with it a callback without a right signature is refused."
    )
    musicmint_signing_secret_old: Secret | None = Field(
        None, description="The one before, while it is being replaced: either of the two may have signed."
    )
    callback_url: HttpUrl | None = Field(
        None, description="Where MusicMint reaches this bot's web server, such as `https://bot.example`."
    )
    callback_secret: Secret | None = Field(
        None, description="Any long random word of your own; it keys the callbacks' addresses."
    )
    database_url: str = Field("sqlite:///data/minstrel.db", description="The database file.")
    retention_days: int = Field(
        DEFAULT_RETENTION_DAYS,
        ge=1,
        le=MAX_RETENTION_DAYS,
        description="Days MusicMint keeps the files where a member names none.",
    )
    member_daily_songs: int | None = Field(
        None, ge=1, description="How many songs and other paid requests a member may make a day (UTC); empty for any."
    )
    server_daily_songs: int | None = Field(None, ge=1, description="The same for all members of a server together.")
    daily_songs: int | None = Field(
        None, ge=0, description="The same for all servers and members together; `0` stops what costs money."
    )
    poll_seconds: float = Field(5.0, ge=1, le=300, description="How often MusicMint is asked what has ended.")
    web_host: str = Field(
        "127.0.0.1", description="Where `/healthz`, `/readyz` and `/metrics` listen; `0.0.0.0` inside a container."
    )
    web_port: int = Field(8080, ge=0, le=65535, description="Its port; `0` lets the system choose.")
    log_level: str = Field(
        "info", pattern="^(debug|info|warning|error)$", description="`debug`, `info`, `warning` or `error`."
    )
    discord_calls_per_second: int = Field(
        PER_SECOND, ge=5, le=1000, description="Calls to Discord a second at most; it takes 50 unless it granted more."
    )
    discord_api_url: HttpUrl | None = Field(None, description="Another REST address: a shared rate-limit proxy.")
    discord_gateway_url: Annotated[str, _check_url("ws", "wss")] | None = Field(
        None, description="Another gateway address."
    )
    media_origins: Origins = Field(
        "",
        description="Origins, parted by spaces, from which files may come over http or a private address.",
    )

    discord_cdn_origins: Origins = Field(
        "", description="Origins from which members' uploads may come beside Discord's own."
    )

    @model_validator(mode="after")
    def _callback_needs_both(self) -> Self:
        if self.callback_url is not None and self.callback_secret is None:
            raise ValueError("CALLBACK_SECRET must be set where CALLBACK_URL is")
        return self

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for those who must keep them out of sight."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return tuple(value.get_secret_value() for value in values if isinstance(value, SecretStr))

    @property
    def uploads_can_be_fetched(self) -> bool:
        """A real MusicMint cannot reach files that lie on a local Discord."""
        return not self.discord_cdn_origins or self.musicmint_base_url in self.media_origin_set

    @property
    def cdn_origin_set(self) -> frozenset[str]:
        """`discord_cdn_origins`, parted."""
        return frozenset(self.discord_cdn_origins.split())

    @property
    def key_id(self) -> str:
        """Names the API key in rows without telling it."""
        return hashlib.sha256(self.musicmint_api_key.get_secret_value().encode()).hexdigest()[:12]

    @property
    def media_origin_set(self) -> frozenset[str]:
        """`media_origins`, parted."""
        return frozenset(self.media_origins.split())


def load_settings(env_file: str | None = ENV_FILE) -> Settings:
    """Raises `SettingsError`: one line that names every variable to mend and never shows a value."""
    try:
        return Settings(_env_file=env_file)
    except UnicodeDecodeError:
        raise SettingsError(f"{env_file} must be text in UTF-8") from None
    except ValidationError as error:
        complaints = [_complaint(fault["loc"], fault["type"], fault["msg"]) for fault in error.errors()]
        raise SettingsError("; ".join(complaints)) from None


def _complaint(where: tuple[int | str, ...], kind: str, message: str) -> str:
    name = str(where[0]).upper() if where else ""
    if kind == "missing":
        return f"{name} is not set (see .env.example)"
    return f"{name} {re.sub('^(Value error, |Input |String )', '', message)}".strip()

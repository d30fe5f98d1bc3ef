"""Settings each of which is well by itself, and which do not go together."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from bot.config import Settings
from bot.finding import Finding, look, mend

SHORT_SECRET: Final = 16
"""Characters. Whoever can guess the secret can give hints about every submission."""


def contradictions(settings: Settings) -> Iterator[Finding]:
    """One finding each; none where everything goes together."""
    yield from _secrets(settings)
    yield from _callbacks(settings)
    yield from _addresses(settings)


def _secrets(settings: Settings) -> Iterator[Finding]:
    values = settings.secrets
    if len(set(values)) < len(values):
        yield mend("Two of the secrets are the same word: each must be its own, or who learns one has both")
    own = settings.callback_secret
    if own is not None and len(own.get_secret_value()) < SHORT_SECRET:
        yield look(f"CALLBACK_SECRET is shorter than {SHORT_SECRET} characters: take a long random word")


def _callbacks(settings: Settings) -> Iterator[Finding]:
    if settings.musicmint_signing_secret_old is not None and settings.musicmint_signing_secret is None:
        yield look("MUSICMINT_SIGNING_SECRET_OLD is set and MUSICMINT_SIGNING_SECRET is not: only the old one counts")
    if settings.callback_url is None:
        if settings.callback_secret is not None or settings.musicmint_signing_secret is not None:
            yield look("CALLBACK_SECRET and MUSICMINT_SIGNING_SECRET do nothing without CALLBACK_URL")
        return
    if settings.musicmint_signing_secret is None and settings.musicmint_signing_secret_old is None:
        yield look("MUSICMINT_SIGNING_SECRET is not set: a callback is believed by its address alone")
    if settings.web_port == 0:
        yield mend("WEB_PORT is 0, so nobody can know at which port CALLBACK_URL must end; name one")
    callback, api = urlsplit(settings.callback_url), urlsplit(settings.musicmint_base_url)
    if _is_here(callback.hostname) and not _is_here(api.hostname):
        yield mend("CALLBACK_URL names this very machine, which MusicMint cannot reach; name a public address")
    elif callback.scheme == "http" and not _is_here(callback.hostname):
        yield look("CALLBACK_URL is not https: whoever sits on the way can read the addresses of callbacks")


def _addresses(settings: Settings) -> Iterator[Finding]:
    api = urlsplit(settings.musicmint_base_url)
    if api.scheme == "http" and not _is_here(api.hostname):
        yield mend("MUSICMINT_BASE_URL is not https: the key would travel for everybody to read")
    if "/api/v1" in api.path:
        yield mend("MUSICMINT_BASE_URL must end before /api/v1, which the bot adds itself")
    if (settings.discord_api_url is None) != (settings.discord_gateway_url is None):
        yield look("Only one of DISCORD_API_URL and DISCORD_GATEWAY_URL is set: the other stays Discord's own")
    if not settings.uploads_can_be_fetched:
        yield look("DISCORD_CDN_ORIGINS names a local Discord: MusicMint cannot fetch members' files from there")


def _is_here(host: str | None) -> bool:
    if host is None:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")

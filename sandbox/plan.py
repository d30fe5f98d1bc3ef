"""Which credentials are missing, what stands in for each, and what the bot is told about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOCAL_BOT: Final = "local-discord-bot"
LOCAL_KEY: Final = "sk-mm-local"


@dataclass(frozen=True, slots=True)
class Plan:
    """`given` is what the operator set, from the environment and `.env`, without empty ones."""

    given: Mapping[str, str]

    @property
    def local_discord(self) -> bool:
        """No bot token: the local Discord and its page stand in."""
        return "DISCORD_TOKEN" not in self.given

    @property
    def local_studio(self) -> bool:
        """No AppKey: the local studio stands in."""
        return "MUSICMINT_API_KEY" not in self.given

    def bot_settings(self, *, discord_url: str, studio_url: str, data: Path) -> dict[str, str]:
        """The bot's environment: what was given, with the addresses of whatever stands in.

        A database that has seen a stand-in is never the live one.
        """
        told = dict(self.given)
        if self.local_discord:
            told |= {
                "DISCORD_TOKEN": LOCAL_BOT,
                "DISCORD_API_URL": f"{discord_url}/api/v10",
                "DISCORD_GATEWAY_URL": f"{discord_url.replace('http', 'ws', 1)}/gateway",
                "DISCORD_CDN_ORIGINS": discord_url,
            }
        if self.local_studio:
            origins = self.given.get("MEDIA_ORIGINS", "")
            told |= {
                "MUSICMINT_API_KEY": LOCAL_KEY,
                "MUSICMINT_BASE_URL": studio_url,
                "MEDIA_ORIGINS": f"{origins} {studio_url}".strip(),
            }
        if self.local_discord or self.local_studio:
            told["DATABASE_URL"] = f"sqlite:///{self.database(data).resolve()}"
            told.setdefault("WEB_PORT", "0")  # nobody looks at it here, and 8080 is often taken
        return told

    def database(self, data: Path) -> Path:
        """Each mix of real and local services has a database of its own."""
        mix = f"{'local' if self.local_discord else 'real'}-discord-{'local' if self.local_studio else 'real'}-studio"
        return data / f"{mix}.db"

    def lines(self, *, discord_url: str, studio_url: str) -> list[str]:
        """What whoever ran it needs to know, and where to look."""
        said = []
        if self.local_discord:
            said += [
                "DISCORD_TOKEN is not set: a local Discord stands in.",
                f"    Open {discord_url} and type /song",
            ]
        if self.local_studio:
            said.append(f"MUSICMINT_API_KEY is not set: a local studio makes the music, at {studio_url}")
        if not said:
            said.append("Both credentials are set: nothing is stood in for.")
        return [*said, "Ctrl-C stops everything. Credentials go into .env; .env.example shows how."]

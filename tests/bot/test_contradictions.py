"""Every pair of settings that does not go together is told in one line that names both."""

from __future__ import annotations

import pytest

from bot.config import Settings
from bot.contradictions import contradictions
from bot.finding import Verdict

GOOD = {
    "discord_token": "token-of-discord",
    "musicmint_api_key": "sk-mm-key",
    "musicmint_base_url": "https://api.test",
}
CALLS_BACK = {
    "callback_url": "https://bot.test",
    "callback_secret": "a-long-word-of-our-own",
    "musicmint_signing_secret": "whsec-one",
}


def told(**settings: str) -> list[tuple[Verdict, str]]:
    return [(found.verdict, found.line) for found in contradictions(Settings.model_validate(GOOD | settings))]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        CALLS_BACK,
        CALLS_BACK | {"musicmint_signing_secret_old": "whsec-zero"},
        {"discord_api_url": "http://127.0.0.1:1/api/v10", "discord_gateway_url": "ws://127.0.0.1:1"},
        CALLS_BACK | {"callback_url": "http://127.0.0.1:8080", "musicmint_base_url": "http://127.0.0.1:8801"},
        CALLS_BACK | {"callback_url": "http://localhost:8080", "musicmint_base_url": "http://[::1]:8801"},
    ],
)
def test_settings_that_go_together_are_not_complained_about(settings: dict[str, str]) -> None:
    assert told(**settings) == []


@pytest.mark.parametrize(
    ("settings", "verdict", "words"),
    [
        ({"musicmint_api_key": "token-of-discord"}, Verdict.MEND, "the same word"),
        (
            CALLS_BACK | {"callback_secret": "whsec-one-and-only", "musicmint_signing_secret": "whsec-one-and-only"},
            Verdict.MEND,
            "the same word",
        ),
        (CALLS_BACK | {"callback_secret": "short"}, Verdict.LOOK, "CALLBACK_SECRET is shorter"),
        ({"callback_secret": "a-long-word-of-our-own"}, Verdict.LOOK, "do nothing without CALLBACK_URL"),
        ({"musicmint_signing_secret": "whsec-one"}, Verdict.LOOK, "do nothing without CALLBACK_URL"),
        (
            {name: CALLS_BACK[name] for name in ("callback_url", "callback_secret")},
            Verdict.LOOK,
            "MUSICMINT_SIGNING_SECRET is not set",
        ),
        (
            {name: CALLS_BACK[name] for name in ("callback_url", "callback_secret")}
            | {"musicmint_signing_secret_old": "whsec-zero"},
            Verdict.LOOK,
            "only the old one counts",
        ),
        (CALLS_BACK | {"web_port": "0"}, Verdict.MEND, "WEB_PORT is 0"),
        (CALLS_BACK | {"callback_url": "http://127.0.0.1:8080"}, Verdict.MEND, "CALLBACK_URL names this very machine"),
        (CALLS_BACK | {"callback_url": "http://localhost"}, Verdict.MEND, "CALLBACK_URL names this very machine"),
        (CALLS_BACK | {"callback_url": "http://bot.test"}, Verdict.LOOK, "CALLBACK_URL is not https"),
        ({"musicmint_base_url": "http://api.test"}, Verdict.MEND, "MUSICMINT_BASE_URL is not https"),
        ({"musicmint_base_url": "https://api.test/api/v1"}, Verdict.MEND, "must end before /api/v1"),
        ({"discord_api_url": "http://127.0.0.1:1/api"}, Verdict.LOOK, "DISCORD_GATEWAY_URL"),
        ({"discord_gateway_url": "ws://127.0.0.1:1"}, Verdict.LOOK, "DISCORD_API_URL"),
        ({"discord_cdn_origins": "http://127.0.0.1:8800"}, Verdict.LOOK, "cannot fetch members' files"),
    ],
)
def test_settings_that_do_not_are_told_in_one_line(settings: dict[str, str], verdict: Verdict, words: str) -> None:
    ((said, line),) = told(**settings)
    assert said is verdict
    assert words in line
    assert not any(secret in line for secret in ("token-of-discord", "sk-mm-key", "whsec-one", "a-long-word"))

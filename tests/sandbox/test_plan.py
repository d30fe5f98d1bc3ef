from __future__ import annotations

from pathlib import Path

from sandbox.plan import Plan

PLACES = {"discord_url": "http://127.0.0.1:8800", "studio_url": "http://127.0.0.1:8801"}
DATA = Path("/somewhere/data/sandbox")
TOKEN = {"DISCORD_TOKEN": "real"}
KEY = {"MUSICMINT_API_KEY": "sk-mm-real", "MUSICMINT_BASE_URL": "https://api.example.com"}


def test_without_credentials_both_services_are_stood_in_for() -> None:
    settings = Plan({}).bot_settings(**PLACES, data=DATA)
    assert settings["DISCORD_API_URL"] == "http://127.0.0.1:8800/api/v10"
    assert settings["DISCORD_GATEWAY_URL"] == "ws://127.0.0.1:8800/gateway"
    assert settings["MUSICMINT_BASE_URL"] == settings["MEDIA_ORIGINS"] == "http://127.0.0.1:8801"
    assert settings["DATABASE_URL"].startswith("sqlite:////somewhere/data/sandbox/")


def test_with_both_credentials_nothing_is_changed() -> None:
    given = TOKEN | KEY | {"DATABASE_URL": "sqlite:///mine.db"}
    plan = Plan(given)
    assert plan.bot_settings(discord_url="", studio_url="", data=DATA) == given
    assert "nothing is stood in for" in "\n".join(plan.lines(**PLACES))


def test_a_real_discord_with_the_local_studio_keeps_its_token() -> None:
    settings = Plan(TOKEN).bot_settings(**PLACES, data=DATA)
    assert settings["DISCORD_TOKEN"] == "real"
    assert "DISCORD_API_URL" not in settings
    assert settings["MUSICMINT_BASE_URL"] == "http://127.0.0.1:8801"


def test_the_local_discord_with_the_real_service_keeps_its_key_and_trusts_no_extra_origin() -> None:
    settings = Plan(KEY).bot_settings(**PLACES, data=DATA)
    assert settings["MUSICMINT_BASE_URL"] == "https://api.example.com"
    assert "MEDIA_ORIGINS" not in settings


def test_every_mix_of_real_and_local_has_a_database_of_its_own() -> None:
    plans = [Plan(given) for given in ({}, TOKEN, KEY)]
    databases = {plan.bot_settings(**PLACES, data=DATA)["DATABASE_URL"] for plan in plans}
    assert len(databases) == 3


def test_it_is_said_what_is_missing_and_where_to_look() -> None:
    said = "\n".join(Plan({}).lines(**PLACES))
    assert "DISCORD_TOKEN" in said
    assert "Open http://127.0.0.1:8800" in said
    assert "MUSICMINT_API_KEY" in said
    assert ".env" in said

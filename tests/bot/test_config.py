from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import Settings, load_settings
from bot.errors import SettingsError

TOKEN, KEY = "discord-canary-1", "musicmint-canary-2"
GOOD = {"DISCORD_TOKEN": TOKEN, "MUSICMINT_API_KEY": KEY, "MUSICMINT_BASE_URL": "https://api.test"}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def load(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in {**GOOD, **variables}.items():
        monkeypatch.setenv(name, value)
    return load_settings(env_file=None)


def test_three_settings_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch)
    assert settings.discord_token.get_secret_value() == TOKEN
    assert settings.musicmint_api_key.get_secret_value() == KEY
    assert (settings.database_url, settings.poll_seconds, settings.web_port) == ("sqlite:///data/minstrel.db", 5, 8080)
    assert (settings.discord_api_url, settings.media_origin_set) == (None, frozenset())


def test_every_missing_setting_is_named_in_one_line() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(env_file=None)
    assert str(refused.value) == "; ".join(f"{name} is not set (see .env.example)" for name in GOOD)


NO_HOSTS = [
    "http://canary..test",
    "http://.canary.test",
    f"http://{'canary' * 11}.test",
    f"http://test.{'canary' * 11}",
    "http://canary\u200btest",
    "http://canary\u2024.test",
    "http://canary\\test",
]
"""No name server can be asked for these: a label is empty or longer than 63, or holds what no name may."""

BAD = [
    ("DISCORD_TOKEN", "two words"),
    ("DISCORD_TOKEN", "new\nline"),
    ("DISCORD_TOKEN", "tab\there"),
    ("DISCORD_TOKEN", " padded-canary "),
    ("MUSICMINT_API_KEY", "schlüssel"),
    ("MUSICMINT_API_KEY", "control\x01canary"),
    ("MUSICMINT_BASE_URL", "api.canary.test"),
    ("MUSICMINT_BASE_URL", "ftp://canary.test"),
    ("MUSICMINT_BASE_URL", "https://"),
    ("MUSICMINT_BASE_URL", "https://canary.test?x=1"),
    ("MUSICMINT_BASE_URL", "https://canary.test:99999"),
    ("MUSICMINT_BASE_URL", "https://canary.test:port"),
    ("MUSICMINT_BASE_URL", "https://[canary"),
    ("MUSICMINT_BASE_URL", "https://canary℀.test"),
    ("RETENTION_DAYS", "0"),
    ("RETENTION_DAYS", "31"),
    ("RETENTION_DAYS", "canary"),
    ("POLL_SECONDS", "0.5"),
    ("POLL_SECONDS", "nan"),
    ("WEB_PORT", "65536"),
    ("LOG_LEVEL", "loud-canary"),
    ("DISCORD_API_URL", "ws://canary.test"),
    ("DISCORD_GATEWAY_URL", "https://canary.test"),
    ("MEDIA_ORIGINS", "127.0.0.1:8801"),
    ("MEDIA_ORIGINS", "http://canary.test/path"),
    ("MEDIA_ORIGINS", "http://canary.test:99999"),
    *[
        (name, host)
        for name in ("MUSICMINT_BASE_URL", "CALLBACK_URL", "MEDIA_ORIGINS", "DISCORD_CDN_ORIGINS", "DISCORD_API_URL")
        for host in NO_HOSTS
    ],
    ("DISCORD_GATEWAY_URL", "ws://canary..test"),
]


@pytest.mark.parametrize(("name", "value"), BAD, ids=[f"{name}={value!r}" for name, value in BAD])
def test_a_bad_setting_is_one_line_with_its_name_and_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        load(monkeypatch, **{name: value})
    line = str(refused.value)
    assert line.startswith(f"{name} ")
    assert "\n" not in line
    assert "canary" not in line
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "url",
    ["http://my_studio:8801", "http://[::1]:8801", "http://studio.test.", f"http://{'x' * 63}.test", "http://ü.test"],
)
def test_a_name_that_can_be_looked_up_is_an_address(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    settings = load(monkeypatch, MUSICMINT_BASE_URL=url, MEDIA_ORIGINS=url)
    assert (settings.musicmint_base_url, settings.media_origins) == (url, url)


def test_several_bad_settings_are_all_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"WEB_PORT .*; LOG_LEVEL "):
        load(monkeypatch, WEB_PORT="x", LOG_LEVEL="y")


def test_an_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, RETENTION_DAYS="", DISCORD_API_URL="").retention_days == 30


def test_an_address_loses_its_last_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, MUSICMINT_BASE_URL="https://api.test/").musicmint_base_url == "https://api.test"


def test_origins_are_parted_by_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, MEDIA_ORIGINS="http://127.0.0.1:8801  http://[::1]:8802")
    assert settings.media_origin_set == {"http://127.0.0.1:8801", "http://[::1]:8802"}


def test_settings_are_read_from_an_env_file_and_the_environment_goes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text("\n".join(f"{name}={value}" for name, value in GOOD.items()) + "\nWEB_PORT=1\nSOMETHING_ELSE=1\n")
    monkeypatch.setenv("WEB_PORT", "2")
    settings = load_settings(env_file=str(file))
    assert (settings.discord_token.get_secret_value(), settings.web_port) == (TOKEN, 2)


def test_an_env_file_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"DISCORD_TOKEN=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"\.env .*UTF-8"):
        load_settings(env_file=str(file))


def test_secrets_never_print(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch)
    for shown in (repr(settings), str(settings), settings.model_dump_json(), repr(settings.model_dump())):
        assert "canary" not in shown


def test_the_keys_name_in_rows_does_not_tell_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch)
    assert len(settings.key_id) == 12
    assert "canary" not in settings.key_id
    assert settings.key_id != load(monkeypatch, MUSICMINT_API_KEY="another").key_id


def test_settings_cannot_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    field = "web_port"
    with pytest.raises(ValueError, match="frozen"):
        setattr(load(monkeypatch), field, 1)

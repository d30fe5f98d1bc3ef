"""What `check` finds out, line by line: what is wrong, and who mends it."""

from __future__ import annotations

import shutil
import sqlite3
from collections import namedtuple
from contextlib import closing
from email.utils import formatdate
from pathlib import Path

import aiohttp
import pytest

from bot import check
from bot.check import Check
from bot.config import Settings
from bot.errors import (
    KeyRejected,
    Offline,
    RateLimited,
    RequestRejected,
    ServiceError,
    SettingsError,
    Unclear,
    Unreachable,
)
from bot.finding import Finding, Verdict
from bot.survey import ChannelSeen, ServerSeen, Survey
from bot.web import Health, serve
from db.engine import ProcessLock
from tests.bot.fake_musicmint import FakeMusicMint
from tests.bot.fakes import FakeClock
from tests.bot.musicmint.api import ScriptedApi, scripted_api
from tests.test_callback import free_port

WELL = Survey("Minstrel#1", (), 999, (ServerSeen("Room", (), (ChannelSeen("songs", ()),)),), (), more=False)
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in the folder of whoever runs the tests, whose `.env` is none of theirs."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)


def settings_for(database: Path, **more: str) -> Settings:
    given = {
        "discord_token": "a-token",
        "musicmint_api_key": "sk-mm-key",
        "musicmint_base_url": "http://127.0.0.1:9",
        "discord_api_url": "http://127.0.0.1:9",
        "discord_gateway_url": "ws://127.0.0.1:9",
        "database_url": f"sqlite:///{database}",
    }
    return Settings.model_validate(given | more)


async def lines(
    settings: Settings,
    seen: Survey | Exception = WELL,
    musicmint: FakeMusicMint | None = None,
    clock: FakeClock | None = None,
) -> list[str]:
    async def survey(_token: str) -> Survey:
        if isinstance(seen, Exception):
            raise seen
        return seen

    async with aiohttp.ClientSession() as session:
        tried = Check(settings, musicmint or FakeMusicMint(), session, clock or FakeClock(), survey)
        return [str(found) async for found in tried.findings()]


def troubles(said: list[str]) -> list[str]:
    return [line for line in said if not line.startswith("ok")]


async def test_where_everything_is_well_every_line_says_so(database_file: Path) -> None:
    said = await lines(settings_for(database_file))
    assert troubles(said) == []
    assert 'ok    Server "Room": the bot may do all it needs in the 1 channels it sees' in said
    assert "ok    CALLBACK_URL is not set: MusicMint is asked every 5 s what has ended" in said
    assert "ok    MUSICMINT_API_KEY: accepted; 0 tasks so far" in said
    assert "ok    DATABASE_URL: can be used" in said


async def test_a_database_that_is_not_there_yet_comes_with_the_first_run(tmp_path: Path) -> None:
    said = await lines(settings_for(tmp_path / "new" / "minstrel.db"))
    assert troubles(said) == []
    assert "ok    DATABASE_URL: its tables come with the first run" in said


async def test_a_token_that_is_refused_is_one_line(database_file: Path) -> None:
    refused = SettingsError("DISCORD_TOKEN is not accepted")
    assert troubles(await lines(settings_for(database_file), refused)) == ["MEND  DISCORD_TOKEN is not accepted [you]"]


@pytest.mark.parametrize(
    ("url", "at"),
    [("http://127.0.0.1:9", "DISCORD_API_URL, at this machine's network"), (None, "this machine's network")],
)
async def test_a_discord_out_of_reach_is_one_line_that_blames_an_address_only_where_it_is_set(
    database_file: Path, monkeypatch: pytest.MonkeyPatch, url: str | None, at: str
) -> None:
    monkeypatch.setattr(check, "DISCORD", "http://127.0.0.1:9")
    settings = settings_for(database_file).model_copy(update={"discord_api_url": url})
    line = f"MEND  Discord cannot be reached (OSError): look at {at}, or at its status page [you]"
    assert line in await lines(settings, Offline("OSError"))


async def test_what_a_server_s_admin_must_give_is_told_by_its_english_name(database_file: Path) -> None:
    channels = (ChannelSeen("songs", ("Attach Files", "Embed Links")), ChannelSeen("general", ()))
    server = ServerSeen("Room", ("Send Messages in Threads",), channels)
    seen = Survey("Minstrel#1", (), 999, (server,), (), more=False)
    assert troubles(await lines(settings_for(database_file), seen)) == [
        'MEND  Server "Room": the bot lacks Send Messages in Threads [an admin of Room]',
        'look  Server "Room", #songs: the bot lacks Attach Files, Embed Links there [an admin of Room]',
    ]


async def test_a_server_with_many_such_channels_fills_few_lines(database_file: Path) -> None:
    channels = tuple(ChannelSeen(f"c{number}", ("Attach Files",)) for number in range(40))
    seen = Survey("Minstrel#1", (), 999, (ServerSeen("Room", (), channels),), (), more=False)
    said = troubles(await lines(settings_for(database_file), seen))
    assert len(said) == check.MOST_CHANNELS + 1
    assert said[-1] == 'look  Server "Room": the same in 35 more channels [an admin of Room]'


async def test_a_server_s_name_cannot_draw_on_the_terminal(database_file: Path) -> None:
    server = ServerSeen("Ro\n\x1b[31mom\u202e", ("Attach Files",), ())
    said = await lines(settings_for(database_file), Survey("M", (), 999, (server,), ("gone\x07",), more=True))
    assert all(line.isprintable() for line in said)
    assert 'look  Server "gone?" could not be looked at [you]' in said
    assert "look  There are more servers than were looked at [you]" in said


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        (
            Survey("M", ("Message Content", "Presence"), 999, WELL.servers, (), more=False),
            "look  Privileged intents are on and not needed: Message Content, Presence; see the developer portal [you]",
        ),
        (
            Survey("M", (), 0, WELL.servers, (), more=False),
            "MEND  DISCORD_TOKEN: Discord lets it connect 0 more times today; does something restart it? [you]",
        ),
        (
            Survey("M", (), 3, WELL.servers, (), more=False),
            "look  DISCORD_TOKEN: Discord lets it connect 3 more times today [you]",
        ),
        (
            Survey("M", (), 999, (), (), more=False),
            "look  The bot is in no server yet; the README has the link that invites it [you]",
        ),
    ],
)
async def test_what_is_odd_about_the_application_is_told(database_file: Path, seen: Survey, line: str) -> None:
    assert troubles(await lines(settings_for(database_file), seen)) == [line]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (KeyRejected(), "MEND  MUSICMINT_API_KEY is not accepted by MusicMint; look at its dashboard [you]"),
        (
            RequestRejected(reason="no\nmoney"),
            "MEND  MUSICMINT_API_KEY: MusicMint refuses to list its tasks: no?money [MusicMint]",
        ),
        (
            RateLimited(retry_after_s=9),
            "look  MUSICMINT_API_KEY: MusicMint takes no more calls just now; other software may use the key too [you]",
        ),
        (Unreachable(cause="Refused"), "MEND  MUSICMINT_BASE_URL: nobody answers there (Refused) [you]"),
        (
            Unclear(cause="HTTP 503"),
            "MEND  MUSICMINT_BASE_URL does not answer as MusicMint does (HTTP 503) [you, or MusicMint]",
        ),
    ],
)
async def test_a_musicmint_that_refuses_is_one_line(database_file: Path, error: ServiceError, line: str) -> None:
    musicmint = FakeMusicMint()
    musicmint.fail("list_tasks", error)
    assert troubles(await lines(settings_for(database_file), musicmint=musicmint)) == [line]


async def test_a_file_that_others_can_read_is_told_with_what_to_type(database_file: Path) -> None:
    database_file.chmod(0o644)
    (line,) = troubles(await lines(settings_for(database_file)))
    assert line.startswith(f"MEND  {database_file} can be read by others (mode 0644)")
    assert line.endswith(f": chmod 600 {database_file} [you]")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
async def test_settings_that_others_can_read_are_told_with_what_to_type(database_file: Path, mode: int) -> None:
    file = Path(".env")
    file.touch()
    file.chmod(mode)
    line = f"MEND  .env can be read by others (mode {mode:04o}), and secrets are in it: chmod 600 .env [you]"
    assert troubles(await lines(settings_for(database_file))) == [line]
    file.chmod(0o600)
    assert troubles(await lines(settings_for(database_file))) == []


@pytest.mark.parametrize(("free_mib", "said"), [(50, "MEND"), (500, "look"), (5000, "ok")])
async def test_a_full_disk_is_told_before_it_stops_the_bot(
    database_file: Path, monkeypatch: pytest.MonkeyPatch, free_mib: int, said: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(0, 0, free_mib * 1024 * 1024))
    told = [line for line in await lines(settings_for(database_file)) if f" has {free_mib} MiB left" in line]
    assert len(told) == 2
    assert all(line.startswith(said) for line in told)


async def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    (line,) = troubles(await lines(settings_for(tmp_path / "file" / "minstrel.db")))
    assert line.startswith("MEND  DATABASE_URL: cannot write ")


async def test_a_damaged_database_is_one_line(database_file: Path) -> None:
    with database_file.open("r+b") as opened:
        opened.seek(3 * 4096)
        opened.write(b"\xa5" * 4096)
    (line,) = troubles(await lines(settings_for(database_file)))
    assert line.startswith(f"MEND  DATABASE_URL: {database_file} is damaged: ")


@pytest.mark.parametrize(
    ("apart_s", "line"),
    [
        (2, "ok    This machine's clock agrees with MusicMint's"),
        (-31, "look  This machine's clock is 31 s away from MusicMint's; let it follow a time server [you]"),
        (31, "look  This machine's clock is 31 s away from MusicMint's; let it follow a time server [you]"),
        (301, "MEND  This machine's clock is 301 s away from MusicMint's; let it follow a time server [you]"),
        (-86_400, "MEND  This machine's clock is 86400 s away from MusicMint's; let it follow a time server [you]"),
    ],
)
async def test_a_clock_that_is_off_is_told(database_file: Path, clock: FakeClock, apart_s: int, line: str) -> None:
    async with scripted_api() as api:
        api.says(404, b"", Date=formatdate(clock.now / 1000 + apart_s, usegmt=True))
        assert line in await lines(settings_for(database_file, musicmint_base_url=api.url), clock=clock)


@pytest.mark.parametrize("date", ["yesterday", ""])
async def test_a_service_that_tells_no_time_is_not_judged_by_it(database_file: Path, date: str) -> None:
    async with scripted_api() as api:
        api.says(404, b"", Date=date)
        said = await lines(settings_for(database_file, musicmint_base_url=api.url))
    assert not [line for line in said if "clock" in line]


def with_callback(database: Path, port: int, url: str = "", **more: str) -> Settings:
    own = {"callback_secret": "a-long-word-of-our-own", "musicmint_signing_secret": "whsec-one"}
    here = {"callback_url": url or f"http://127.0.0.1:{port}", "web_port": str(port)}
    return settings_for(database, **(own | here | more))


async def test_a_callback_address_that_leads_here_is_well(database_file: Path) -> None:
    said = await lines(with_callback(database_file, free_port()))
    assert troubles(said) == []
    assert "ok    CALLBACK_URL leads to this bot" in said


async def test_a_callback_address_nobody_answers_at_is_told(database_file: Path) -> None:
    settings = with_callback(database_file, free_port(), f"http://127.0.0.1:{free_port()}")
    assert troubles(await lines(settings)) == [
        "MEND  CALLBACK_URL cannot be reached from here (ClientConnectorError) [you]"
    ]


async def answered(api: ScriptedApi, database: Path) -> list[str]:
    return troubles(await lines(with_callback(database, free_port(), api.url)))


async def test_a_callback_address_that_leads_elsewhere_is_told(database_file: Path) -> None:
    async with scripted_api() as api:
        api.says(404, b"<html>nginx</html>")
        assert await answered(api, database_file) == [
            "MEND  CALLBACK_URL answers with HTTP 404, not as Minstrel does; it must lead to WEB_PORT [you]"
        ]
        api.says(301, b"", Location="https://elsewhere.test")
        assert await answered(api, database_file) == [
            "MEND  CALLBACK_URL answers with HTTP 301, not as Minstrel does; it must lead to WEB_PORT [you]"
        ]


async def test_a_callback_address_of_another_minstrel_is_told(database_file: Path) -> None:
    async with serve("127.0.0.1", 0, lambda: Health(True, True)) as other:
        settings = with_callback(database_file, free_port(), f"http://127.0.0.1:{other}")
        assert troubles(await lines(settings)) == ["MEND  CALLBACK_URL leads to another Minstrel than this one [you]"]


async def test_a_bot_that_runs_already_is_asked_itself(database_file: Path) -> None:
    lock = ProcessLock(f"sqlite:///{database_file}")
    lock.acquire()
    async with serve("127.0.0.1", 0, lambda: Health(True, True)) as running:
        said = await lines(with_callback(database_file, running))
    lock.release()
    assert troubles(said) == []
    assert "ok    CALLBACK_URL leads to this bot (the Minstrel that runs here was asked)" in said


async def test_a_port_that_another_program_has_is_told(database_file: Path) -> None:
    async with scripted_api() as api:
        port = int(api.url.rpartition(":")[2])
        (line,) = troubles(await lines(with_callback(database_file, port)))
    assert line.startswith(f"MEND  WEB_PORT: cannot listen on 127.0.0.1:{port} (")
    assert line.endswith(", though no Minstrel runs on this database: another program has the port [you]")


async def test_trying_writes_nothing(database_file: Path) -> None:
    def dump() -> list[str]:
        with closing(sqlite3.connect(database_file)) as connection:
            return list(connection.iterdump())

    before = dump()
    await lines(with_callback(database_file, free_port()))
    assert dump() == before


def test_a_finding_is_well_unless_it_must_be_mended() -> None:
    assert [Finding(verdict, "x").ok for verdict in Verdict] == [True, True, False]

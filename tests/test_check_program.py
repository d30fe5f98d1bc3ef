"""`python -m bot check` against both stand-ins: a line for everything, and the exit code."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.discord.wire import open_discord
from sandbox.discord.wire.server import Discord
from sandbox.studio.wire import OpenStudio, open_studio
from tests.bot.musicmint.api import scripted_api
from tests.test_callback import free_port
from tests.town import KEY, TOKEN, open_town, settings_for

SECRET, SIGNING = "our-own-secret-canary", "whsec-signing-canary"
ROOM = "an admin of The Songwriting Room"


@dataclass(frozen=True)
class Doctor:
    """Runs the program, and tells the stand-ins what to do."""

    discord: Discord
    studio: OpenStudio
    session: aiohttp.ClientSession
    folder: Path

    async def check(self, **settings: str) -> tuple[int, list[str]]:
        """The exit code and the lines."""
        known = settings_for(self.discord, self.studio, self.folder / "minstrel.db")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "check",
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "WEB_PORT": "0"} | known | settings,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(120):
            out, err = await process.communicate()
        said = (out + err).decode()
        assert "Traceback" not in said
        assert not any(secret in said for secret in (KEY, TOKEN, SECRET, SIGNING)), said
        return process.returncode or 0, said.splitlines()

    async def tell(self, stand_in: Discord | OpenStudio, method: str, path: str, body: dict[str, Any]) -> None:
        async with self.session.request(method, f"{stand_in.url}/sandbox/v1/{path}", json=body) as answer:
            assert answer.ok, await answer.text()

    def channel(self, name: str) -> str:
        return next(one.id for one in self.discord.model.core.world.channels.values() if one.name == name)


@pytest.fixture
async def doctor(tmp_path: Path) -> AsyncIterator[Doctor]:
    async with (
        open_discord(tmp_path / "discord") as discord,
        open_studio(tmp_path / "studio") as studio,
        aiohttp.ClientSession() as session,
    ):
        yield Doctor(discord, studio, session, tmp_path)


def troubles(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith("ok")]


async def test_where_all_is_well_every_line_is_and_the_code_is_0(doctor: Doctor) -> None:
    code, lines = await doctor.check()
    assert (code, troubles(lines)) == (0, [])
    told = "\n".join(lines)
    for words in (
        f"DATABASE_URL: {doctor.folder} has ",
        "The temporary folder ",
        "DATABASE_URL: its tables come with the first run",
        "DISCORD_TOKEN: logged in as Minstrel",
        'Server "The Songwriting Room": the bot may do all it needs in the 4 channels it sees',
        "MUSICMINT_API_KEY: accepted; 0 tasks so far",
        "This machine's clock agrees with Discord's",
        "This machine's clock agrees with MusicMint's",
        "CALLBACK_URL is not set",
    ):
        assert f"ok    {words}" in told, words


async def test_what_an_admin_took_away_is_told_by_server_and_channel(doctor: Doctor) -> None:
    songs = doctor.channel("songs")
    await doctor.tell(
        doctor.discord,
        "PUT",
        "permissions",
        {"channel": songs, "member": "bot", "deny": ["ATTACH_FILES", "READ_MESSAGE_HISTORY"]},
    )
    code, lines = await doctor.check()
    assert code == 0  # a channel may well be closed to the bot on purpose
    (line,) = troubles(lines)
    assert line.startswith('look  Server "The Songwriting Room", #songs: the bot lacks ')
    assert "Attach Files" in line
    assert "Read Message History" in line
    assert line.endswith(f" there [{ROOM}]")

    await doctor.tell(doctor.discord, "PUT", "permissions", {"member": "bot", "deny": ["CREATE_PUBLIC_THREADS"]})
    code, lines = await doctor.check()
    assert code == 2
    assert f'MEND  Server "The Songwriting Room": the bot lacks Create Public Threads [{ROOM}]' in lines


async def test_a_channel_the_bot_may_not_see_is_not_named(doctor: Doctor) -> None:
    hidden = {"channel": doctor.channel("songwriting"), "member": "bot", "deny": ["VIEW_CHANNEL"]}
    await doctor.tell(doctor.discord, "PUT", "permissions", hidden)
    code, lines = await doctor.check()
    assert (code, troubles(lines)) == (0, [])
    assert any("in the 3 channels it sees" in line for line in lines)
    assert not any("songwriting" in line.lower() and "The Songwriting Room" not in line for line in lines)


async def test_intents_that_nobody_needs_are_worth_a_look(doctor: Doctor) -> None:
    await doctor.tell(doctor.discord, "PATCH", "settings", {"privileged_intents": ["message_content", "members"]})
    code, lines = await doctor.check()
    assert code == 0
    (line,) = troubles(lines)
    assert line.startswith("look  Privileged intents are on and not needed: Server Members, Message Content")


async def test_a_token_that_is_refused_is_the_operator_s_to_mend(doctor: Doctor) -> None:
    code, lines = await doctor.check(DISCORD_TOKEN="invalid-token")
    assert code == 2
    assert troubles(lines) == [
        "MEND  DISCORD_TOKEN is not accepted by Discord; copy it anew from the developer portal [you]"
    ]


async def test_a_discord_out_of_reach_does_not_hide_the_rest(doctor: Doctor) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/api/v10"
    code, lines = await doctor.check(DISCORD_API_URL=nobody)
    assert code == 2
    (line,) = troubles(lines)
    assert line.startswith("MEND  Discord cannot be reached (ClientConnectorError)")
    assert any("MUSICMINT_API_KEY: accepted" in line for line in lines)


async def test_another_who_answers_for_discord_does_not_hide_the_rest(doctor: Doctor) -> None:
    async with scripted_api() as api:
        api.says(200, b"<html>Log in to the Wi-Fi</html>", Content_Type="text/html")
        code, lines = await doctor.check(DISCORD_API_URL=api.url)
    assert code == 2
    (line,) = troubles(lines)
    assert line == (
        "MEND  Discord cannot be reached (what answers is not Discord): "
        "look at DISCORD_API_URL, at this machine's network, or at its status page [you]"
    )
    assert any("MUSICMINT_API_KEY: accepted" in line for line in lines)


@pytest.mark.parametrize("status", ["disabled", "deleted"])
async def test_a_key_that_is_refused_is_mended_at_the_dashboard(doctor: Doctor, status: str) -> None:
    await doctor.tell(doctor.studio, "POST", "keys", {"key": KEY, "status": status})
    code, lines = await doctor.check()
    assert code == 2
    assert troubles(lines) == ["MEND  MUSICMINT_API_KEY is not accepted by MusicMint; look at its dashboard [you]"]


async def test_a_musicmint_that_is_unwell_may_be_musicmint_s_to_mend(doctor: Doctor) -> None:
    fault = {"path": "tasks", "times": 1, "status": 502, "body": "<html>", "content_type": "text/html"}
    await doctor.tell(doctor.studio, "POST", "faults", fault)
    code, lines = await doctor.check()
    assert code == 2
    (line,) = troubles(lines)
    assert line.startswith("MEND  MUSICMINT_BASE_URL does not answer as MusicMint does (HTTP 502")
    assert line.endswith("[you, or MusicMint]")


async def test_a_musicmint_nobody_answers_for_is_the_operator_s(doctor: Doctor) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    code, lines = await doctor.check(MUSICMINT_BASE_URL=nobody, MEDIA_ORIGINS=nobody)
    assert code == 2
    assert troubles(lines) == ["MEND  MUSICMINT_BASE_URL: nobody answers there (ClientConnectorError) [you]"]


async def test_beside_a_bot_that_runs_it_asks_that_one(tmp_path: Path) -> None:
    port = free_port()
    settings = {
        "WEB_PORT": str(port),
        "CALLBACK_URL": f"http://127.0.0.1:{port}",
        "CALLBACK_SECRET": SECRET,
        "MUSICMINT_SIGNING_SECRET": SIGNING,
    }
    async with open_town(tmp_path, canned=True, generation_ms=500, **settings) as town:
        doctor = Doctor(town.discord, town.studio, town.session, tmp_path)
        code, lines = await doctor.check(**settings)
        assert (code, troubles(lines)) == (0, [])
        assert "ok    CALLBACK_URL leads to this bot (the Minstrel that runs here was asked)" in lines
        assert "ok    DATABASE_URL: can be used" in lines


async def test_a_callback_address_that_ends_nowhere_is_told(doctor: Doctor) -> None:
    code, lines = await doctor.check(
        WEB_PORT=str(free_port()),
        CALLBACK_URL=f"http://127.0.0.1:{free_port()}",
        CALLBACK_SECRET=SECRET,
        MUSICMINT_SIGNING_SECRET=SIGNING,
    )
    assert code == 2
    assert troubles(lines) == ["MEND  CALLBACK_URL cannot be reached from here (ClientConnectorError) [you]"]

"""discord.js meets what it expects of Discord. Set DISCORD_JS to a folder whose node_modules holds it to run this."""

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.discord.conftest import Place

BOT = Path(__file__).with_name("discord_js_bot.js")

pytestmark = pytest.mark.skipif(
    not os.environ.get("DISCORD_JS") or shutil.which("node") is None,
    reason="DISCORD_JS names no folder with discord.js in its node_modules, or there is no node",
)


async def test_discord_js_logs_in_registers_answers_resumes_and_sends_a_file(
    strict: Place,
) -> None:
    node = await asyncio.create_subprocess_exec(
        "node", str(BOT), f"{strict.local.url}/api", stdout=asyncio.subprocess.PIPE
    )

    async def told(what: str) -> dict[str, Any]:
        assert node.stdout is not None
        line = json.loads(await asyncio.wait_for(node.stdout.readline(), 20))
        assert line["what"] == what, line
        return dict(line)

    try:
        ready = await told("ready")
        assert (ready["guild"], len(ready["channels"])) == ("The Songwriting Room", 4)
        await strict.call("POST", "/gateway", json={"action": "reconnect"})
        await told("resumed")
        answer = await strict.person("ben").run("song", options={"title": "Rain"})
        sent = await told("sent")
    finally:
        node.terminate()
        await node.wait()
    assert answer["message"]["content"] == "Rain begins"
    assert (sent["type"], sent["thread"]) == ("audio/mpeg", sent["message"])
    ledger = await strict.call("GET", "/ledger")
    assert {entry["status"] for entry in ledger["requests"]} <= {200, 201, 204}

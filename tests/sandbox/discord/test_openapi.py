"""Every answer has the fields Discord's own OpenAPI file requires. Set DISCORD_OPENAPI to that file to run this."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.sandbox.discord.conftest import Place

jsonschema: Any = pytest.importorskip("jsonschema")  # it ships no types

FILE = os.environ.get("DISCORD_OPENAPI", "")
ROW = {"type": 1, "components": [{"type": 2, "style": 1, "label": "Again", "custom_id": "m1:again:1"}]}
EMBED = {"title": "Rain · v1a", "fields": [{"name": "Style", "value": "folk"}], "footer": {"text": "0:42"}}
COMMAND = {"name": "song", "description": "Write a song", "options": [{"type": 3, "name": "title", "description": "t"}]}

pytestmark = pytest.mark.skipif(not FILE, reason="DISCORD_OPENAPI does not name Discord's OpenAPI file")


class Spec:
    """Discord's file, asked about one answer at a time."""

    def __init__(self, file: Path) -> None:
        self._paths: dict[str, Any] = json.loads(file.read_text())["paths"]
        resource = Resource.from_contents(json.loads(file.read_text()), default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource("urn:discord", resource)

    def faults(self, method: str, path: str, status: int, answer: Any) -> list[str]:
        """What an answer lacks or has wrong; empty too where the file describes none."""
        fitting = [t for t in self._paths if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", t), path.split("?")[0])]
        template = max(fitting, key=lambda t: len(re.sub(r"\{\w+\}", "", t)))
        described = self._paths[template][method.lower()]["responses"].get(str(status), {})
        assert status < 300, answer
        if "content" not in described:
            return []
        steps = ("paths", template.replace("/", "~1"), method.lower(), "responses", status, "content")
        pointer = "/".join(map(str, (*steps, "application~1json", "schema")))
        validator = jsonschema.Draft202012Validator({"$ref": f"urn:discord#/{pointer}"}, registry=self._registry)
        return [f"{method} {template}: {fault.json_path} {fault.message}" for fault in validator.iter_errors(answer)]


async def test_every_answer_has_what_discords_own_file_requires(place: Place) -> None:
    spec = Spec(Path(FILE))
    faults: list[str] = []

    async def ask(method: str, path: str, body: Any = None) -> Any:
        status, answer = await place.bot(method, path, json=body)
        faults.extend(spec.faults(method, path, status, answer))
        return answer

    await place.deny(allow=["PIN_MESSAGES", "MANAGE_CHANNELS"])
    app, guild, ben = place.core.world.bot_id, f"/guilds/{place.core.world.guild.id}", place.person("ben")
    general, forum = f"/channels/{place.channel('general')}", f"/channels/{place.channel('finished-songs')}"
    about = (
        "/users/@me",
        "/users/@me/guilds",
        f"/users/{ben.id}",
        "/oauth2/applications/@me",
        "/applications/@me",
        "/gateway/bot",
    )
    inside = (guild, f"{guild}/channels", f"{guild}/roles", f"{guild}/members/{ben.id}", general, forum)
    for path in (*about, *inside):
        await ask("GET", path)
    for method, path, body in (("PUT", "", [COMMAND]), ("GET", "", None), ("POST", guild, COMMAND)):
        await ask(method, f"/applications/{app}{path}/commands", body)
    card = await ask("POST", f"{general}/messages", {"content": f"<@{ben.id}>", "embeds": [EMBED], "components": [ROW]})
    await ask("POST", f"{general}/messages", {"content": "re", "message_reference": {"message_id": card["id"]}})
    await ask("PATCH", f"{general}/messages/{card['id']}", {"content": "new"})
    await ask("PUT", f"{general}/messages/pins/{card['id']}")
    thread = await ask("POST", f"{general}/messages/{card['id']}/threads", {"name": "Rain"})
    await ask("POST", f"{forum}/threads", {"name": "Rain", "message": {"content": "finished"}})
    await ask("PATCH", f"/channels/{thread['id']}", {"name": "Snow"})
    read = (f"{general}/messages", f"{general}/messages/{card['id']}", f"/channels/{thread['id']}/messages")
    for path in (*read, f"{general}/messages/pins", f"{guild}/threads/active", f"/channels/{thread['id']}"):
        await ask("GET", path)
    async with place.session.ws_connect(place.local.gateway_url) as socket:
        await socket.send_json({"op": 2, "d": {"token": "token", "intents": 0}})
        await ben.run("song", wait_ms=0)
        while (frame := await socket.receive_json(timeout=5))["t"] != "INTERACTION_CREATE":
            pass
    heard = frame["d"]
    callback = f"/interactions/{heard['id']}/{heard['token']}/callback?with_response=true"
    await ask("POST", callback, {"type": 4, "data": {"content": "begun", "components": [ROW]}})
    await ask("POST", f"/webhooks/{app}/{heard['token']}?wait=true", {"content": "more"})
    await ask("GET", f"/webhooks/{app}/{heard['token']}/messages/@original")
    await ask("DELETE", general)
    assert faults == []

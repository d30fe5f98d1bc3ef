"""MusicMint calls back once, signed: the song comes at once. Whoever else calls changes nothing."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from pathlib import Path

from tests.town import KEY, open_town

SIGNING = "whsec-of-the-key"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


async def test_a_callback_brings_the_song_long_before_the_next_poll(tmp_path: Path) -> None:
    port = free_port()
    settings = {
        "POLL_SECONDS": "300",
        "WEB_PORT": str(port),
        "CALLBACK_URL": f"http://127.0.0.1:{port}",
        "CALLBACK_SECRET": "our-own-secret",
        "MUSICMINT_SIGNING_SECRET": SIGNING,
    }
    async with open_town(tmp_path, canned=True, generation_ms=60_000, **settings) as town:
        await town.tell_studio("POST", "keys", {"key": KEY, "signing_secret": SIGNING})
        answer = await town.member("ben").run("song", lyrics="[Verse]\nCall me back", title="Ring")

        async def submitted() -> str | None:
            if not town.rows("SELECT id FROM tasks WHERE state = 'running'"):
                return None
            return str((await town.paid("music/generate"))[0]["body"]["callback_url"])

        url = await town.eventually(submitted, lambda: "nothing was submitted")
        task_id = (await town.paid("music/generate"))[0]["task_id"]
        before = town.rows("SELECT state, due_at FROM tasks") + town.rows("SELECT * FROM submissions")
        body = json.dumps({"task_id": task_id, "status": "completed", "results": []}).encode()
        right = hmac.new(SIGNING.encode(), body, hashlib.sha256).hexdigest()
        for address, signature, status in (
            (url, None, 401),
            (url, "0" * 64, 401),
            (url[:-1] + ("0" if url[-1] != "0" else "1"), right, 404),
            (url.replace("/musicmint/1.", "/musicmint/2."), right, 404),
        ):
            headers = {} if signature is None else {"X-Signature": signature}
            async with town.session.post(address, data=body, headers=headers) as refused:
                assert refused.status == status
        assert town.rows("SELECT state, due_at FROM tasks") + town.rows("SELECT * FROM submissions") == before

        await town.tell_studio("POST", f"tasks/{task_id}/finish")
        await town.labelled(answer["message"]["id"], "v1a", "v1b")
        async with town.session.post(url, data=body, headers={"X-Signature": right}) as replayed:
            assert replayed.status == 202
        assert len(await town.takes(answer["message"]["id"], 2)) == 2
        secrets = ("our-own-secret", SIGNING, url.rpartition(".")[2])
        assert not [line for line in town.bot.lines if any(secret in line for secret in secrets)]

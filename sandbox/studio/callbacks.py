"""The callbacks: one POST when a task ends, signed, never repeated."""

import asyncio
import hashlib
import hmac
import json
import logging
from contextlib import suppress

import aiohttp

from sandbox.studio.studio import Studio
from sandbox.studio.tasks import Task

log = logging.getLogger(__name__)

PATIENCE = aiohttp.ClientTimeout(total=10)


class Callbacks:
    """Sends them as tasks end, by the studio's clock."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._stirred = asyncio.Event()

    def stir(self) -> None:
        """A task may have ended."""
        self._stirred.set()

    async def work(self, studio: Studio, base_url: str) -> None:
        """Call back until cancelled."""
        async with asyncio.TaskGroup() as calls:
            while True:
                for task in studio.take_uncalled():
                    calls.create_task(self._call(studio, task, base_url))
                self._stirred.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(studio.until_next_end()):
                        await self._stirred.wait()

    async def _call(self, studio: Studio, task: Task, base_url: str) -> None:
        url = task.callback_url or ""
        body = json.dumps(task.as_callback(studio.now(), base_url), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        if secret := studio.signing_secret(task.owner):
            headers["X-Signature"] = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        try:
            post = self._session.post(url, data=body, headers=headers, allow_redirects=False, timeout=PATIENCE)
            async with post as answer:
                log.info("the callback of task %s was answered with HTTP %d", task.id, answer.status)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.warning("the callback of task %s met nobody: %s", task.id, error)

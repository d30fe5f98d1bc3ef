"""The gateway on the wire: one WebSocket per connection of the bot, JSON frames, op codes as Discord's."""

import asyncio
import json
import zlib
from collections import deque
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.discord.model.errors import Json
from sandbox.discord.model.model import Model
from sandbox.discord.model.sessions import INVALID_SESSION, Close, Outbox, Session
from sandbox.discord.wire.ledger import Ledger

HEARTBEAT_MS = 41_250
PATIENCE = 1.5
"""Heartbeat intervals without a beat before the connection ends."""
FRAMES, FRAMES_S = 120, 60.0
"""What a client may send, and in how many seconds."""
# discord.py's thread notes when it sent a heartbeat only after it was sent; an answer that is there sooner makes it
# count from the heartbeat before, and warn that it is 41 s behind.
ACK_AFTER_S = 0.05
HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, MEMBERS, HELLO, ACK = 1, 2, 3, 4, 6, 8, 10, 11
KNOWN_INTENTS = (1 << 26) - 1
PAYLOAD_BYTES = 4096


class Closed(Exception):
    """The connection ends with a close code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Gateway:
    """All connections of the bot."""

    def __init__(self, model: Model, ledger: Ledger) -> None:
        self._model = model
        self._ledger = ledger
        self._open: set[web.WebSocketResponse] = set()

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection from HELLO to its end."""
        socket = web.WebSocketResponse(max_msg_size=1 << 20, autoping=True, compress=False)
        await socket.prepare(request)
        self._open.add(socket)
        deflate = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
        connection = Connection(self._model, self._ledger, socket, deflate)
        try:
            await connection.run()
        finally:
            self._open.discard(socket)
        return socket

    async def close(self) -> None:
        """End every connection; the bot may resume later."""
        await asyncio.gather(*(socket.close(code=1012, message=b"Shutting down") for socket in list(self._open)))


class Connection:
    """One socket; carries a session once the bot identified or resumed.

    With `deflate` (`compress=zlib-stream`) every frame is a further piece of one stream, flushed after it.
    """

    def __init__(
        self, model: Model, ledger: Ledger, socket: web.WebSocketResponse, deflate: "zlib._Compress | None"
    ) -> None:
        self._model = model
        self._ledger = ledger
        self._socket = socket
        self._deflate = deflate
        self._beaten = asyncio.get_running_loop().time()
        self._heard: deque[float] = deque([-FRAMES_S] * FRAMES, FRAMES)
        self._outbox: Outbox = asyncio.Queue()
        self._session: Session | None = None
        self._ended = False

    async def run(self) -> None:
        """Talk until either side ends it."""
        self._outbox.put_nowait({"op": HELLO, "d": {"heartbeat_interval": HEARTBEAT_MS}})
        talk = (asyncio.create_task(self._read()), asyncio.create_task(self._write()))
        try:
            await asyncio.wait(talk, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in talk:
                task.cancel()
            ends = await asyncio.gather(*talk, return_exceptions=True)
            if self._session is not None:
                self._model.sessions.lose(self._session, self._outbox, ended=self._ended)
        for end in ends:
            if isinstance(end, Closed):
                await self._socket.close(code=end.code, message=str(end).encode())
            elif isinstance(end, Exception) and not isinstance(end, ConnectionResetError):
                raise end

    async def _write(self) -> None:
        while True:
            item = await self._outbox.get()
            if isinstance(item, Close):
                raise Closed(item.code, item.reason)
            frame = {"s": None, "t": None} | item
            self._ledger.pass_frame(self._model.core.clock.now_ms(), "sent", frame)
            text = json.dumps(frame)
            if self._deflate is None:
                await self._socket.send_str(text)
            else:
                piece = self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
                await self._socket.send_bytes(piece)

    async def _read(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            left = self._beaten + HEARTBEAT_MS * PATIENCE / 1000 - clock()
            try:
                frame = await self._socket.receive(timeout=max(left, 0.001))
            except TimeoutError as silence:
                raise Closed(4009, "Session timed out.") from silence
            if frame.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                self._ended = frame.type is WSMsgType.CLOSE and frame.data in (1000, 1001)
                return
            if len(frame.data) > PAYLOAD_BYTES:
                raise Closed(4002, "Payload too large.")
            if clock() - self._heard[0] < FRAMES_S:
                raise Closed(4008, "Rate limited.")
            self._heard.append(clock())
            self._hear(frame.data)

    def _hear(self, text: str | bytes) -> None:
        try:
            payload: Json = json.loads(text)
            op, data = payload["op"], payload.get("d")
        except (ValueError, KeyError, TypeError) as fault:
            raise Closed(4002, "Error while decoding payload.") from fault
        self._ledger.pass_frame(self._model.core.clock.now_ms(), "received", payload)
        if op == HEARTBEAT:
            self._beaten = asyncio.get_running_loop().time()
            asyncio.get_running_loop().call_later(ACK_AFTER_S, self._outbox.put_nowait, {"op": ACK})
        elif op in (IDENTIFY, RESUME):
            self._begin(op, data)
        elif op not in (PRESENCE, VOICE, MEMBERS):
            raise Closed(4001, "Unknown opcode.")
        elif self._session is None:
            raise Closed(4003, "Not authenticated.")

    def _begin(self, op: int, data: Any) -> None:
        if self._session is not None:
            raise Closed(4005, "Already authenticated.")
        if not isinstance(data, dict) or data.get("token") in (None, "", "invalid-token"):
            raise Closed(4004, "Authentication failed.")
        if op == IDENTIFY:
            intents = data.get("intents")
            if not isinstance(intents, int) or intents & ~KNOWN_INTENTS:
                raise Closed(4013, "Invalid intent(s).")
            if not self._model.sessions.may_ask(intents):
                raise Closed(4014, "Disallowed intent(s).")
            shard = _shard(data.get("shard"))
            if self._model.sessions.may_identify(shard):
                self._session = self._model.sessions.identify(intents, self._outbox, shard)
            else:
                self._outbox.put_nowait({"op": INVALID_SESSION, "d": False})
            return
        self._session = self._model.sessions.resume(
            str(data.get("session_id")), int(data.get("seq") or 0), self._outbox
        )
        if self._session is None:
            self._outbox.put_nowait({"op": INVALID_SESSION, "d": False})


def _shard(given: object) -> tuple[int, int]:
    match given:
        case None:
            return 0, 1
        case [int(number), int(shards)] if 0 <= number < shards:
            return number, shards
        case _:
            raise Closed(4010, "Invalid shard.")

"""A file host on loopback that says what a test tells it to, and real files to put on it."""

from __future__ import annotations

import io
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache

import av
import lameenc
import numpy as np
from aiohttp import web
from av.audio.stream import AudioStream

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class FileHost:
    """Serves `files` by path; `answers` go first."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[web.Request] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        if request.path in self.answers:
            return await self.answers[request.path](request)
        if request.path in self.files:
            return web.Response(body=self.files[request.path])
        return web.Response(status=404)

    def says(self, path: str, status: int, body: bytes = b"", **headers: str) -> str:
        """The URL of a fixed answer."""

        async def answer(_request: web.Request) -> web.StreamResponse:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return web.Response(status=status, body=body, headers=named)

        self.answers[path] = answer
        return self.url + path

    def holds(self, path: str, body: bytes) -> str:
        """The URL of a file."""
        self.files[path] = body
        return self.url + path


@asynccontextmanager
async def file_host() -> AsyncIterator[FileHost]:
    host = FileHost()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", host.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address, port = runner.addresses[0][:2]
        host.url = f"http://{address}:{port}"
        yield host
    finally:
        await runner.cleanup()


@cache
def sine_mp3(seconds: int = 2) -> bytes:
    """A real MP3: 440 Hz, mono, 44.1 kHz, 128 kbit/s."""
    rate = 44_100
    wave = np.sin(2 * np.pi * 440 * np.arange(seconds * rate) / rate)
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(128)
    encoder.set_in_sample_rate(rate)
    encoder.set_channels(1)
    encoder.silence()
    return bytes(encoder.encode((wave * 20_000).astype(np.int16).tobytes()) + encoder.flush())


def wav(seconds: float, *, form: int = 1, wrapped: bool = False) -> bytes:
    """A WAVE of silence: 8 bits, mono, 8 kHz; `form` 1 is PCM, 3 float; `wrapped` tells it in the extension alone."""
    rate = 8000
    fmt = struct.pack("<HHLLHH", 0xFFFE if wrapped else form, 1, rate, rate, 1, 8)
    if wrapped:
        fmt += struct.pack("<HHLH14s", 22, 8, 4, form, bytes.fromhex("000000001000800000aa00389b71"))
    data = bytes(int(seconds * rate))
    body = b"WAVEfmt " + struct.pack("<L", len(fmt)) + fmt + b"data" + struct.pack("<L", len(data)) + data
    return b"RIFF" + struct.pack("<L", len(body)) + body


@cache
def encoded(container: str, codec: str, seconds: int = 3) -> bytes:
    """Real audio as FFmpeg writes it: a quiet tone, mono, 48 kHz."""
    rate = 48_000
    wave = np.sin(2 * np.pi * 440 * np.arange(seconds * rate) / rate) * 2000
    whole = av.AudioFrame.from_ndarray(wave.astype(np.int16)[np.newaxis], format="s16", layout="mono")
    whole.sample_rate = rate
    file = io.BytesIO()
    with av.open(file, "w", format=container) as opened:
        stream = opened.add_stream(codec, rate=rate)
        assert isinstance(stream, AudioStream)
        stream.layout = "mono"
        parts = av.AudioResampler(stream.codec_context.format, "mono", rate, stream.codec_context.frame_size or 4096)
        for frame in [*parts.resample(whole), *parts.resample(None), None]:
            opened.mux(stream.encode(frame))
    return file.getvalue()

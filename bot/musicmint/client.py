"""The MusicMint client: one method per endpoint, typed both ways. It never repeats a request.

Which answer raises what stands in `bot/musicmint/reply.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

import aiohttp
from yarl import URL

from bot.errors import ServiceError, Unclear, Unreachable
from bot.http_date import unix_ms
from bot.musicmint import bodies, endpoints
from bot.musicmint.bodies import Body
from bot.musicmint.callback import without_tokens
from bot.musicmint.endpoints import Endpoint, InferredPaths
from bot.musicmint.models import (
    FullSong,
    PersonaBatch,
    ResultItem,
    SubmittedTask,
    TaskPage,
    TaskReport,
    TaskStatus,
    Timing,
    Transcription,
    UploadedClip,
    VocalStem,
)
from bot.musicmint.reply import Reply
from bot.ports import Clock
from bot.requests import (
    AddInstrumental,
    AddVocals,
    Concat,
    Cover,
    Generate,
    Infill,
    Lyrics,
    Midi,
    Persona,
    Remaster,
    Sample,
    SoundEffect,
    Stem,
    Upload,
)

CONNECT_S: Final = 10.0

CHUNK: Final = 64 * 1024

LARGE: Final = 256 * 1024
"""Bytes of an answer that is read in a thread: 10,000 notes take 50 ms, in which the loop would stand still."""

T = TypeVar("T")


Heard = Callable[[str, ServiceError | None, float], None]
"""Told of every call that ended: the endpoint's path with `{id}` in it, the error if there was one, the seconds."""


def unwatched(_path: str, _error: ServiceError | None, _seconds: float) -> None:
    """Nobody watches."""


class BodyTooLarge(aiohttp.ClientPayloadError):
    """More bytes than the endpoint may answer."""


class MusicMintClient:
    """Implements `bot.ports.MusicMint`.

    `session` keeps connections for reads; `submit_session` must not (`force_close=True`), it makes the calls that may
    be charged. `key` is not empty and appears in no error. `model` is sent as `mv` where the docs list it; "" leaves
    the choice to the API.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        submit_session: aiohttp.ClientSession,
        base_url: str,
        key: str,
        clock: Clock,
        *,
        model: str = "",
        paths: InferredPaths | None = None,
        watch: Heard = unwatched,
    ) -> None:
        self._session = session
        self._submit_session = submit_session
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._clock = clock
        self._model = model
        self._watch = watch
        self._add_instrumental = endpoints.add_instrumental(paths or InferredPaths())
        self._sample = endpoints.sample(paths or InferredPaths())
        self._skew_ms = 0

    async def generate(self, request: Generate, callback_url: str | None) -> SubmittedTask:
        """A new song, or what follows a clip."""
        return await self._call(endpoints.GENERATE, bodies.generate_body(request, callback_url))

    async def cover(self, request: Cover, callback_url: str | None) -> SubmittedTask:
        """A clip's song in another style or with other words."""
        return await self._call(endpoints.COVER, bodies.cover_body(request, self._model, callback_url))

    async def remaster(self, request: Remaster, callback_url: str | None) -> SubmittedTask:
        """A clip in better sound."""
        return await self._call(endpoints.REMASTER, bodies.remaster_body(request, self._model, callback_url))

    async def sound_effect(self, request: SoundEffect, callback_url: str | None) -> SubmittedTask:
        """A sound, once or as a loop."""
        return await self._call(endpoints.SOUND_EFFECT, bodies.sound_effect_body(request, self._model, callback_url))

    async def add_vocals(self, request: AddVocals, callback_url: str | None) -> SubmittedTask:
        """New vocals over a range of a clip."""
        return await self._call(endpoints.ADD_VOCALS, bodies.add_vocals_body(request, self._model, callback_url))

    async def add_instrumental(self, request: AddInstrumental, callback_url: str | None) -> SubmittedTask:
        """A band for an uploaded voice."""
        return await self._call(self._add_instrumental, bodies.ranged_body(request, self._model, callback_url))

    async def sample(self, request: Sample, callback_url: str | None) -> SubmittedTask:
        """A song from a hummed melody."""
        return await self._call(self._sample, bodies.ranged_body(request, self._model, callback_url))

    async def infill(self, request: Infill, callback_url: str | None) -> SubmittedTask:
        """A clip with one range replaced."""
        return await self._call(endpoints.INFILL, bodies.infill_body(request, self._model, callback_url))

    async def lyrics(self, request: Lyrics, callback_url: str | None) -> SubmittedTask:
        """Words alone."""
        return await self._call(endpoints.LYRICS, bodies.lyrics_body(request, callback_url))

    async def upload(self, request: Upload) -> UploadedClip:
        """Let the API fetch a member's audio; up to 2 minutes."""
        return await self._call(endpoints.UPLOAD, bodies.upload_body(request))

    async def concat(self, request: Concat) -> FullSong:
        """The full-length song; blocks up to 5 minutes."""
        return await self._call(endpoints.CONCAT, bodies.concat_body(request))

    async def persona(self, request: Persona) -> PersonaBatch:
        """A singer from a clip."""
        return await self._call(endpoints.PERSONA, bodies.persona_body(request))

    async def stem(self, request: Stem) -> VocalStem:
        """The vocals alone; blocks up to 5 minutes."""
        return await self._call(endpoints.STEM, bodies.stem_body(request))

    async def midi(self, request: Midi) -> Transcription:
        """The notes that make sense, of those that came."""
        return await self._call(endpoints.MIDI, bodies.midi_body(request))

    async def timeline(self, clip_id: str) -> Timing:
        """When each word is sung."""
        return await self._call(endpoints.TIMELINE, name=clip_id)

    async def waveform(self, clip_id: str) -> tuple[float, ...]:
        """The envelope, 0 to 1, evenly spaced over the clip."""
        return await self._call(endpoints.WAVEFORM, name=clip_id)

    async def wav(self, clip_id: str) -> str:
        """The address of the clip as WAV."""
        return await self._call(endpoints.WAV, name=clip_id)

    async def get_task(self, task_id: str) -> TaskReport:
        """One task. An answer about another task is `Unclear`."""
        report = await self._call(endpoints.TASK, {}, task_id)
        if report.id != task_id:
            raise Unclear(cause="another task's id")
        return report

    async def list_tasks(self, *, page: int, status: TaskStatus | None = None) -> TaskPage:
        """A page of up to 100 tasks of this key, newest first; pages count from 1."""
        return await self._call(endpoints.TASKS, bodies.list_body(page, status))

    async def get_music(self, clip_id: str) -> ResultItem:
        """One result with a fresh link; raises `ResultExpired` once it is gone. Another clip's is `Unclear`."""
        item = await self._call(endpoints.MUSIC, {}, clip_id)
        if item.id not in ("", clip_id):
            raise Unclear(cause="another clip's id")
        return item if item.id else item.model_copy(update={"id": clip_id})

    def skew_ms(self) -> int:
        """How far MusicMint's clock is ahead of ours, to a second, by the `Date` of its last answer."""
        return self._skew_ms

    async def _call(self, endpoint: Endpoint[T], body: Body | None = None, name: str = "") -> T:
        begun = self._clock.now_ms()
        try:
            answer = await self._answer(endpoint, body, name)
        except ServiceError as error:
            self._watch(endpoint.path, error, self._seconds_since(begun))
            raise
        self._watch(endpoint.path, None, self._seconds_since(begun))
        return answer

    def _seconds_since(self, begun: int) -> float:
        return max(self._clock.now_ms() - begun, 0) / 1000  # the wall clock may be put back meanwhile

    async def _answer(self, endpoint: Endpoint[T], body: Body | None, name: str) -> T:
        reply = await self._exchange(endpoint, body, name)
        if isinstance(reply, ServiceError):
            raise reply
        now_ms = self._clock.now_ms()
        if len(reply.body) > LARGE:
            return await asyncio.to_thread(reply.read, endpoint.answer, now_ms)
        return reply.read(endpoint.answer, now_ms)

    async def _exchange(self, endpoint: Endpoint[T], body: Body | None, name: str) -> Reply | ServiceError:
        """Errors are returned, to be raised outside of `except`: the repr of aiohttp's own prints our headers."""
        session = self._submit_session if endpoint.fresh else self._session
        try:
            async with session.request(
                endpoint.method,
                URL(self._base_url + endpoint.at(name), encoded=True),
                json=body,
                headers={"Authorization": f"Bearer {self._key}"},
                timeout=aiohttp.ClientTimeout(total=endpoint.total_s, connect=CONNECT_S),
                allow_redirects=False,
            ) as response:
                self._compare_clocks(response.headers.get("Date"))
                raw = await _read_capped(response.content, endpoint.max_body)
                return Reply(response.status, response.headers.get("Retry-After"), self._without_secrets(raw))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Unreachable(cause=type(error).__name__)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            # A `ValueError` is what yarl and idna say to an address, but it does not prove that nothing was sent.
            return Unclear(cause=type(error).__name__)

    def _compare_clocks(self, date: str | None) -> None:
        sent_at = unix_ms(date)
        if sent_at is not None:
            # The header leaves out the second's fraction; less than that is no skew but the way the answer took.
            skew = sent_at - self._clock.now_ms()
            self._skew_ms = 0 if -2000 < skew < 1000 else skew

    def _without_secrets(self, body: bytes) -> bytes:
        """A refusal may quote the key it refuses, or the address at which it was to call back."""
        return without_tokens(body.replace(self._key.encode(), b"***"))


async def _read_capped(content: aiohttp.StreamReader, limit: int) -> bytes:
    body = bytearray()
    async for chunk in content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge
    return bytes(body)

"""MusicMint's endpoints: one function each, from a call to the `data` of its answer, and the table of all twenty."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeVar

import aiohttp
from pydantic import JsonValue, ValidationError
from pydantic_core import to_jsonable_python
from yarl import URL

from sandbox.studio import envelope, requests
from sandbox.studio.account import STEM_PREFIX, Account
from sandbox.studio.booth import Booth
from sandbox.studio.download import download
from sandbox.studio.envelope import Rule
from sandbox.studio.ledger import GENERATE, LedgerLine
from sandbox.studio.music import door
from sandbox.studio.music.order import RenderedTake, TakeOrder, Work
from sandbox.studio.studio import Studio
from sandbox.studio.tasks import Clip, Persona, Stem

RequestT = TypeVar("RequestT", bound=requests.ApiRequest)

RETENTION_DAYS = 7
READY_UPLOAD = 1
JOINED = 20


@dataclass(frozen=True, slots=True)
class Call:
    """An authenticated call: whose it is, the id in its path (or ""), its body or query, and what serves it.

    `base_url` is where this studio is reached; `line` is the call's line in the ledger, if it is a paid one.
    """

    studio: Studio
    booth: Booth
    session: aiohttp.ClientSession
    account: Account
    path_id: str
    body: dict[str, JsonValue]
    base_url: str
    line: LedgerLine | None

    def parsed(self, model: type[RequestT]) -> RequestT:
        """The body as this request; its first broken rule is the refusal."""
        present = {name: value for name, value in self.body.items() if value is not None}
        try:
            return model.model_validate(present)
        except ValidationError as error:
            raise envelope.refused_fields(error) from error

    def clip(self) -> Clip:
        """The clip with audio that the request names."""
        return self.account.sounding(self.parsed(requests.ClipRequest).clip_id)

    def keep(self, item: Clip | Stem | Persona) -> None:
        """Something new of this account, which the ledger notes."""
        self.studio.hold(item)
        if self.line:
            self.line.result_id = item.id

    def keep_take(self, take: RenderedTake) -> Clip:
        """A recording that no task made, as a clip."""
        expire_at = self.studio.days_from_now(RETENTION_DAYS)
        clip = Clip(id=take.recording, owner=self.account.owner, expire_at=expire_at, **take.model_dump())
        self.keep(clip)
        return clip

    def audio(self, item: Clip | Stem) -> str:
        """Where it can be heard."""
        return item.url(self.base_url, "mp3")


Answer = Callable[[Call], Awaitable[JsonValue]]


def submits(model: type[requests.TaskRequest]) -> Answer:
    """3.1 to 3.9: accept a task."""

    async def answer(call: Call) -> JsonValue:
        task = call.account.submit(call.parsed(model))
        if call.line:
            call.line.task_id = task.id
        return {"task_id": task.id, "status": "queuing"}

    return answer


async def upload(call: Call) -> JsonValue:
    """4.1: take in the audio at an address."""
    url = call.parsed(requests.UploadRequest).audio_url
    clip_id = call.studio.token(6)
    file = call.booth.files / f"{clip_id}.upload"
    try:
        await download(call.session, url, file)
        take = await call.booth.run(door.take_in, clip_id, file, PurePosixPath(URL(url).path).stem)
    except ValueError as error:
        raise Rule.NO_AUDIO.broken(str(error)) from error
    finally:
        file.unlink(missing_ok=True)
    clip = call.keep_take(take)
    return {"clipId": clip.id, "audioUrl": call.audio(clip), "duration": int(clip.duration), "status": READY_UPLOAD}


async def concat(call: Call) -> JsonValue:
    """4.2: the whole song a clip belongs to, as a clip of its own."""
    last = call.clip()
    order = TakeOrder(
        call.studio.token(6), 0, Work.JOIN, last.recording, call.account.lineage(last), title=last.title, tags=last.tags
    )
    clip = call.keep_take(await call.booth.run(door.make, order))
    url = call.audio(clip)
    return {"id": clip.id, "status": JOINED, "audioUrl": url, "cld2AudioUrl": url, "duration": int(clip.duration)}


async def create_persona(call: Call) -> JsonValue:
    """4.3: a singer, from a clip."""
    name, clip = call.parsed(requests.PersonaRequest).name, call.clip()
    persona_id = f"persona-{call.studio.token(6)}"
    call.keep(Persona(id=persona_id, owner=clip.owner, recording=clip.recording, name=name))
    return {"taskBatchId": f"batch-{call.studio.token(6)}", "items": [{"id": persona_id, "status": "complete"}]}


async def stem(call: Call) -> JsonValue:
    """5.4: the vocals alone, over a range."""
    request, clip = call.parsed(requests.StemRequest), call.clip()
    stem_id = f"{STEM_PREFIX}{call.studio.token(6)}"
    span = clip.span(request.vocal_start_s, request.vocal_end_s)
    start, end = await call.booth.run(door.vocals, clip.recording, stem_id, *span)
    vocals = Stem(id=stem_id, owner=clip.owner, recording=stem_id, expire_at=clip.expire_at, clip_id=clip.id)
    call.keep(vocals)
    return {
        "id": stem_id,
        "source_clip_id": clip.id,
        "status": "complete",
        "vocal_audio_url": call.audio(vocals),
        "vocal_start_s": start,
        "vocal_end_s": end,
    }


async def midi(call: Call) -> JsonValue:
    """5.5: the notes; they are known exactly, so a stem adds nothing, but it has to be one of this clip."""
    stem_id, clip = call.parsed(requests.MidiRequest).stem_clip_id, call.clip()
    if stem_id and call.account.item(Stem, stem_id).clip_id != clip.id:
        raise Rule.WRONG_FIELD.broken("stem_clip_id: it is the stem of another clip")
    instruments = await call.booth.run(door.notes, clip.recording)
    return {"state": "complete", "instruments": to_jsonable_python(instruments)}


async def timeline(call: Call) -> JsonValue:
    """5.6: when each word is sung."""
    return {"aligned": to_jsonable_python(await call.booth.run(door.words, call.clip().recording))}


async def waveform(call: Call) -> JsonValue:
    """5.7: how loud it is, from start to end."""
    return list(await call.booth.run(door.envelope, call.clip().recording))


async def wav(call: Call) -> JsonValue:
    """5.8: where the uncompressed audio is."""
    clip = call.clip()
    await call.booth.run(door.wav, clip.recording)
    return clip.url(call.base_url, "wav")


async def get_task(call: Call) -> JsonValue:
    """5.1: one task, with its results once it is completed."""
    return call.account.task(call.path_id).as_detail(call.studio.now(), call.base_url)


async def list_tasks(call: Call) -> JsonValue:
    """5.2: this key's tasks, newest first."""
    request = call.parsed(requests.TaskListRequest)
    tasks = call.account.tasks(request.status)
    start = (request.page - 1) * request.page_size
    now = call.studio.now()
    items: list[JsonValue] = [task.as_item(now) for task in tasks[start : start + request.page_size]]
    return {"items": items, "total": len(tasks), "page": request.page}


async def get_music(call: Call) -> JsonValue:
    """5.3: one result item."""
    return call.account.item(Clip, call.path_id).as_result(call.base_url)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row of MusicMint's index; `name` is the path below /api/v1/."""

    name: str
    answer: Answer
    method: str = "POST"
    paid: bool = True


ENDPOINTS = (
    Endpoint(GENERATE, submits(requests.GenerateRequest)),
    Endpoint("music/cover", submits(requests.CoverRequest)),
    Endpoint("music/remaster", submits(requests.RemasterRequest)),
    Endpoint("music/soundfx", submits(requests.SoundRequest)),
    Endpoint("music/add-vocals", submits(requests.VocalsRequest)),
    Endpoint("music/add-instrumental", submits(requests.BackingRequest)),
    Endpoint("music/sample", submits(requests.HumRequest)),
    Endpoint("music/infill", submits(requests.InfillRequest)),
    Endpoint("lyrics/generate", submits(requests.LyricsRequest)),
    Endpoint("music/upload", upload),
    Endpoint("music/concat", concat),
    Endpoint("music/persona", create_persona),
    Endpoint("music/stem", stem),
    Endpoint("music/midi", midi),
    Endpoint("music/timeline", timeline, "GET", paid=False),
    Endpoint("music/waveform", waveform, "GET", paid=False),
    Endpoint("music/wav", wav, "GET", paid=False),
    Endpoint("task/{id}", get_task, paid=False),
    Endpoint("tasks", list_tasks, paid=False),
    Endpoint("music/{id}", get_music, paid=False),
)

"""Which call a request is, and what its answer brings. One call each; nothing is repeated here."""

from __future__ import annotations

from pathlib import PurePosixPath

from bot.brought import LEVELS, LINK, Brought, Export, Followed, Fresh, Takes, Voice
from bot.musicmint.models import FullSong, ResultItem, SubmittedTask, UploadedClip
from bot.ports import MusicMint
from bot.requests import (
    AddInstrumental,
    AddVocals,
    Concat,
    Cover,
    Generate,
    Infill,
    Lane,
    Lyrics,
    Midi,
    Persona,
    Recover,
    Remaster,
    Request,
    Sample,
    Show,
    SoundEffect,
    Stem,
    Timeline,
    Upload,
    Wav,
    Waveform,
)


async def call(musicmint: MusicMint, request: Request, callback_url: str | None) -> SubmittedTask | Brought:
    """Make the one call of a request. Raises `ServiceError`."""
    match request.lane:
        case Lane.SUBMIT:
            return await _submit(musicmint, request, callback_url)
        case Lane.BLOCK:
            return await _block(musicmint, request)
        case Lane.READ:
            return await _read(musicmint, request)


async def _submit(musicmint: MusicMint, request: Request, callback_url: str | None) -> SubmittedTask:
    match request:
        case Generate():
            return await musicmint.generate(request, callback_url)
        case Cover():
            return await musicmint.cover(request, callback_url)
        case Remaster():
            return await musicmint.remaster(request, callback_url)
        case SoundEffect():
            return await musicmint.sound_effect(request, callback_url)
        case AddVocals():
            return await musicmint.add_vocals(request, callback_url)
        case AddInstrumental():
            return await musicmint.add_instrumental(request, callback_url)
        case Sample():
            return await musicmint.sample(request, callback_url)
        case Infill():
            return await musicmint.infill(request, callback_url)
        case Lyrics():
            return await musicmint.lyrics(request, callback_url)
    raise LookupError(request.kind)


async def _block(musicmint: MusicMint, request: Request) -> Brought:
    match request:
        case Upload():
            return _uploaded(request, await musicmint.upload(request))
        case Concat():
            return _joined(request, await musicmint.concat(request))
        case Persona():
            return Voice((await musicmint.persona(request)).singer)
        case Stem():
            return Export((await musicmint.stem(request)).model_dump_json())
        case Midi():
            notes = await musicmint.midi(request)
            return Export(notes.model_dump_json(), blank=not any(notes.instruments.values()))
    raise LookupError(request.kind)


async def _read(musicmint: MusicMint, request: Request) -> SubmittedTask | Brought:
    match request:
        case Timeline():
            timing = await musicmint.timeline(request.clip_id)
            return Export(timing.model_dump_json(), blank=not timing.aligned)
        case Waveform():
            levels = await musicmint.waveform(request.clip_id)
            return Export(LEVELS.dump_json(levels).decode(), blank=not levels)
        case Wav():
            return Export(LINK.dump_json(await musicmint.wav(request.clip_id)).decode())
        case Show():
            return Fresh(await musicmint.get_music(request.clip_id))
        case Recover():
            return SubmittedTask(task_id=(await musicmint.get_task(request.task_id)).id)
    raise LookupError(request.kind)


def _uploaded(request: Upload, clip: UploadedClip) -> Takes | Followed:
    if request.hummed:
        return Followed(request.sample(clip.clip_id))
    title = request.title or PurePosixPath(request.file_name).stem
    link = clip.audio_url or request.audio_url
    return Takes((ResultItem(id=clip.clip_id, audio_url=link, title=title, duration=clip.duration),))


def _joined(request: Concat, song: FullSong) -> Takes:
    item = ResultItem(id=song.id, audio_url=song.audio_url, title=request.title, duration=song.duration)
    return Takes((item,))

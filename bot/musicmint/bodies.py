"""What is sent to MusicMint: one function per endpoint, the only place that writes the API's field names.

Empty fields are left out: the API tells its modes apart by what is there. Source: docs.musicmint.ai, one page each.
"""

from __future__ import annotations

from typing import Final

from bot.musicmint.models import TaskStatus
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
    Request,
    Sample,
    SoundEffect,
    Stem,
    Upload,
)

Value = str | int | float | bool
Body = dict[str, Value]

PAGE_SIZE: Final = 100
"""Tasks a page; the most the list gives."""


def generate_body(request: Generate, callback_url: str | None) -> Body:
    """A new song, or with `continue_clip_id` what follows a clip."""
    return _body(
        prompt=request.prompt,
        tags=request.tags,
        gpt_description_prompt=request.description,
        title=request.title,
        make_instrumental=request.instrumental or None,
        persona_id=request.persona_id,
        continue_clip_id=request.continue_clip_id,
        continue_at=request.continue_at,  # docs disagree: whole seconds here, floats in every other field of time
        **_shared(request, callback_url),
    )


def cover_body(request: Cover, model: str, callback_url: str | None) -> Body:
    """What is left out stays as it is in the clip."""
    return _body(
        cover_clip_id=request.clip_id,
        prompt=request.prompt,
        tags=request.tags,
        title=request.title,
        **_shared(request, callback_url, model),
    )


def remaster_body(request: Remaster, model: str, callback_url: str | None) -> Body:
    """The clip alone."""
    return _body(clip_id=request.clip_id, **_shared(request, callback_url, model))


def sound_effect_body(request: SoundEffect, model: str, callback_url: str | None) -> Body:
    """The type is always said; speed and key where there are any."""
    return _body(
        sound_desc=request.description,
        sound_type=str(request.sound_type),
        sound_bpm=request.bpm,
        sound_key=request.key,
        **_shared(request, callback_url, model),
    )


def add_vocals_body(request: AddVocals, model: str, callback_url: str | None) -> Body:
    """Docs disagree: the stem page would pass `vocal_audio_url` here, this endpoint's own page asks for a clip's id."""
    return _body(
        chop_sample_clip_id=request.clip_id,
        chop_sample_start_s=_bound(request.start_s),
        chop_sample_end_s=_bound(request.end_s),
        prompt=request.prompt,
        tags=request.tags,
        **_shared(request, callback_url, model),
    )


def ranged_body(request: AddInstrumental | Sample, model: str, callback_url: str | None) -> Body:
    """Add instrumental and sample take the same fields."""
    return _body(
        clip_id=request.clip_id,
        start_s=_bound(request.start_s),
        end_s=_bound(request.end_s),
        **_shared(request, callback_url, model),
    )


def infill_body(request: Infill, model: str, callback_url: str | None) -> Body:
    """Both bounds are required, so a start of 0 is sent too."""
    return _body(
        clip_id=request.clip_id,
        infill_start_s=float(request.start_s),
        infill_end_s=float(request.end_s),
        prompt=request.prompt,
        tags=request.tags,
        **_shared(request, callback_url, model),
    )


def lyrics_body(request: Lyrics, callback_url: str | None) -> Body:
    """What the words are about, and how they feel."""
    return _body(
        prompt=request.prompt,
        topics=request.topics,
        keyword=request.keyword,
        moods=request.moods,
        style=request.style,
        **_shared(request, callback_url),
    )


def upload_body(request: Upload) -> Body:
    """An address the API can reach."""
    return _body(audio_url=request.audio_url)


def concat_body(request: Concat) -> Body:
    """The clip alone."""
    return _body(clip_id=request.clip_id)


def persona_body(request: Persona) -> Body:
    """A name and the clip it sings in."""
    return _body(name=request.name, clip_id=request.clip_id)


def stem_body(request: Stem) -> Body:
    """The whole clip."""
    return _body(clip_id=request.clip_id)


def midi_body(request: Midi) -> Body:
    """Docs disagree: despite its name, `stem_clip_id` is the id of a stem's job."""
    return _body(clip_id=request.clip_id, stem_clip_id=request.stem_id)


def list_body(page: int, status: TaskStatus | None) -> Body:
    """Without a status the API lists all."""
    return _body(page=page, page_size=PAGE_SIZE, status=None if status is None else status.number)


def _body(**fields: Value | None) -> Body:
    return {
        name: value
        for name, value in fields.items()
        if value is not None and not (isinstance(value, str) and not value.strip())
    }


def _shared(request: Request, callback_url: str | None, model: str = "") -> dict[str, Value | None]:
    """What every submit takes besides its own fields.

    Docs disagree: the webhook page lists six endpoints that call back, the pages of lyrics, sample and add-instrumental
    list `callback_url` too, so all nine get it. The docs are silent on `mv` for generate and lyrics, so those two go
    without; and on the most days outside of generate, so generate's 30 holds for all (`bot/requests`).
    """
    return {"mv": model, "callback_url": callback_url, "retention_days": request.retention_days}


def _bound(seconds: float | None) -> float | None:
    """Docs disagree: the end of the clip is an end left out in add-vocals, and 0 in add-instrumental and sample.

    0 is what each of them takes where nothing is sent, so neither 0 nor None is sent.
    """
    return float(seconds) if seconds else None

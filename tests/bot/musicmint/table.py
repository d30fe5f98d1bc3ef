"""The table of the endpoints: a new one is a new row, and every contract test holds for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.musicmint import endpoints
from bot.musicmint.client import MusicMintClient
from bot.musicmint.endpoints import Endpoint, InferredPaths
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
    Sample,
    SoundEffect,
    SoundType,
    Stem,
    Upload,
)
from tests.bot.musicmint.api import EXAMPLES, TASK

CLIP = "clip-abc123"
CALLBACK = "https://bot.example.com/musicmint/7.abc"

Call = Callable[[MusicMintClient], Awaitable[object]]
Body = Mapping[str, object] | None

CREATED = {"task_id": TASK, "status": "queuing"}
ITEM: Any = EXAMPLES["music"]["data"]


@dataclass(frozen=True)
class Row:
    """`full` says all there is to say with a model and a callback configured, `bare` what is required and no more."""

    name: str
    asks: str
    endpoint: Endpoint[Any]
    full: tuple[Call, Body]
    bare: tuple[Call, Body]
    means: object
    """What the documented example is read as, in plain JSON; by field names, and with the fields nobody asked for."""
    example: str = "submit"

    def __str__(self) -> str:
        return self.name


def submit(name: str, slug: str, endpoint: Endpoint[Any], full: tuple[Call, Body], bare: tuple[Call, Body]) -> Row:
    """The nine that answer with a task: what all share stands here once."""
    shared = {"callback_url": CALLBACK, "retention_days": 7}
    if name not in ("generate", "lyrics"):
        shared |= {"mv": "chirp-v3-5"}
    return Row(
        name,
        f"POST /api/v1/{slug}",
        endpoint,
        (full[0], {**(full[1] or {}), **shared}),
        (bare[0], {**(bare[1] or {}), "retention_days": 30}),
        CREATED,
    )


def read(name: str, asks: str, endpoint: Endpoint[Any], call: Call, body: Body, means: object) -> Row:
    """Those that say the same every time."""
    return Row(name, asks, endpoint, (call, body), (call, body), means, example=name)


SUBMITS = [
    submit(
        "generate",
        "music/generate",
        endpoints.GENERATE,
        (
            lambda c: c.generate(
                Generate(
                    prompt="[Verse]\nLa",
                    tags="pop upbeat",
                    title="Song",
                    instrumental=True,
                    persona_id="persona-abc123",
                    persona_name="Ada",
                    continue_clip_id=CLIP,
                    continue_at=0,
                    retention_days=7,
                ),
                CALLBACK,
            ),
            {
                "prompt": "[Verse]\nLa",
                "tags": "pop upbeat",
                "title": "Song",
                "make_instrumental": True,
                "persona_id": "persona-abc123",
                "continue_clip_id": CLIP,
                "continue_at": 0,
            },
        ),
        (
            lambda c: c.generate(Generate(description="a sea shanty", prompt=" "), None),
            {"gpt_description_prompt": "a sea shanty"},
        ),
    ),
    submit(
        "cover",
        "music/cover",
        endpoints.COVER,
        (
            lambda c: c.cover(
                Cover(clip_id=CLIP, prompt="[主歌]\n啦", tags="jazz", title="Song", retention_days=7), CALLBACK
            ),
            {"cover_clip_id": CLIP, "prompt": "[主歌]\n啦", "tags": "jazz", "title": "Song"},
        ),
        (lambda c: c.cover(Cover(clip_id=CLIP, tags=" "), None), {"cover_clip_id": CLIP}),
    ),
    submit(
        "remaster",
        "music/remaster",
        endpoints.REMASTER,
        (
            lambda c: c.remaster(Remaster(clip_id=CLIP, title="Ours", retention_days=7), CALLBACK),
            {"clip_id": CLIP},
        ),
        (lambda c: c.remaster(Remaster(clip_id=CLIP), None), {"clip_id": CLIP}),
    ),
    submit(
        "sound effect",
        "music/soundfx",
        endpoints.SOUND_EFFECT,
        (
            lambda c: c.sound_effect(
                SoundEffect(description="rain", sound_type=SoundType.LOOP, bpm=120, key="Am", retention_days=7),
                CALLBACK,
            ),
            {"sound_desc": "rain", "sound_type": "loop", "sound_bpm": 120, "sound_key": "Am"},
        ),
        (
            lambda c: c.sound_effect(SoundEffect(description="rain"), None),
            {"sound_desc": "rain", "sound_type": "one-shot"},
        ),
    ),
    submit(
        "add vocals",
        "music/add-vocals",
        endpoints.ADD_VOCALS,
        (
            lambda c: c.add_vocals(
                AddVocals(clip_id=CLIP, start_s=1.5, end_s=30, prompt="La", tags="soul", retention_days=7), CALLBACK
            ),
            {
                "chop_sample_clip_id": CLIP,
                "chop_sample_start_s": 1.5,
                "chop_sample_end_s": 30.0,
                "prompt": "La",
                "tags": "soul",
            },
        ),
        (lambda c: c.add_vocals(AddVocals(clip_id=CLIP), None), {"chop_sample_clip_id": CLIP}),
    ),
    submit(
        "add instrumental",
        "music/add-instrumental",
        endpoints.add_instrumental(InferredPaths()),
        (
            lambda c: c.add_instrumental(
                AddInstrumental(clip_id=CLIP, start_s=1, end_s=30.5, retention_days=7), CALLBACK
            ),
            {"clip_id": CLIP, "start_s": 1.0, "end_s": 30.5},
        ),
        (lambda c: c.add_instrumental(AddInstrumental(clip_id=CLIP), None), {"clip_id": CLIP}),
    ),
    submit(
        "sample",
        "music/sample",
        endpoints.sample(InferredPaths()),
        (
            lambda c: c.sample(Sample(clip_id=CLIP, start_s=0.5, end_s=8, retention_days=7), CALLBACK),
            {"clip_id": CLIP, "start_s": 0.5, "end_s": 8.0},
        ),
        (lambda c: c.sample(Sample(clip_id=CLIP), None), {"clip_id": CLIP}),
    ),
    submit(
        "infill",
        "music/infill",
        endpoints.INFILL,
        (
            lambda c: c.infill(
                Infill(clip_id=CLIP, start_s=10, end_s=20.5, prompt="La", tags="soul", retention_days=7), CALLBACK
            ),
            {"clip_id": CLIP, "infill_start_s": 10.0, "infill_end_s": 20.5, "prompt": "La", "tags": "soul"},
        ),
        (
            lambda c: c.infill(Infill(clip_id=CLIP, start_s=0, end_s=5), None),
            {"clip_id": CLIP, "infill_start_s": 0.0, "infill_end_s": 5.0},
        ),
    ),
    submit(
        "lyrics",
        "lyrics/generate",
        endpoints.LYRICS,
        (
            lambda c: c.lyrics(
                Lyrics(prompt="us", topics="love, sea", keyword="sea", moods="happy", style="folk", retention_days=7),
                CALLBACK,
            ),
            {"prompt": "us", "topics": "love, sea", "keyword": "sea", "moods": "happy", "style": "folk"},
        ),
        (lambda c: c.lyrics(Lyrics(topics="love", title="Ours alone"), None), {"topics": "love"}),
    ),
]

BLOCKING = [
    read(
        "upload",
        "POST /api/v1/music/upload",
        endpoints.UPLOAD,
        lambda c: c.upload(Upload(audio_url="https://cdn.example.com/a.wav", file_name="a.wav", hummed=True)),
        {"audio_url": "https://cdn.example.com/a.wav"},
        {
            "clip_id": "abc123def456",
            "audio_url": "https://cdn.example.com/tob/gen/abc123.mp3",
            "duration": 30.0,
            "status": 1,
        },
    ),
    read(
        "concat",
        "POST /api/v1/music/concat",
        endpoints.CONCAT,
        lambda c: c.concat(Concat(clip_id=CLIP, title="Ours alone")),
        {"clip_id": CLIP},
        {
            "id": "abc123def456",
            "audio_url": "https://cdn.example.com/tob/gen/abc123-full.mp3",
            "duration": 180.0,
            "status": 20,
            "audioUrl": "https://cdn.example.com/tob/gen/abc123.mp3",
        },
    ),
    read(
        "persona",
        "POST /api/v1/music/persona",
        endpoints.PERSONA,
        lambda c: c.persona(Persona(clip_id=CLIP, name="Ada")),
        {"name": "Ada", "clip_id": CLIP},
        {"taskBatchId": "batch-xyz789", "items": [{"id": "persona-abc123", "status": "complete"}]},
    ),
    read(
        "stem",
        "POST /api/v1/music/stem",
        endpoints.STEM,
        lambda c: c.stem(Stem(clip_id=CLIP)),
        {"clip_id": CLIP},
        {
            "id": "stem-abc123",
            "source_clip_id": CLIP,
            "status": "complete",
            "vocal_audio_url": "https://cdn.example.com/tob/gen/stem-abc123.mp3",
            "vocal_start_s": 0.0,
            "vocal_end_s": 87.4,
        },
    ),
    Row(
        "midi",
        "POST /api/v1/music/midi",
        endpoints.MIDI,
        (
            lambda c: c.midi(Midi(clip_id=CLIP, stem_id="stem-abc123")),
            {"clip_id": CLIP, "stem_clip_id": "stem-abc123"},
        ),
        (lambda c: c.midi(Midi(clip_id=CLIP)), {"clip_id": CLIP}),
        {
            "state": "complete",
            "instruments": {
                "piano": [
                    {"pitch": 60, "start": 0.0, "end": 0.5, "velocity": 102},
                    {"pitch": 64, "start": 0.5, "end": 1.0, "velocity": 76},
                ],
                "bass": [{"pitch": 36, "start": 0.0, "end": 1.0, "velocity": 127}],
            },
        },
        example="midi",
    ),
]

READS = [
    read(
        "timeline",
        f"GET /api/v1/music/timeline?clip_id={CLIP}",
        endpoints.TIMELINE,
        lambda c: c.timeline(CLIP),
        None,
        EXAMPLES["timeline"]["data"],
    ),
    read(
        "waveform",
        f"GET /api/v1/music/waveform?clip_id={CLIP}",
        endpoints.WAVEFORM,
        lambda c: c.waveform(CLIP),
        None,
        EXAMPLES["waveform"]["data"],
    ),
    read(
        "wav",
        f"GET /api/v1/music/wav?clip_id={CLIP}",
        endpoints.WAV,
        lambda c: c.wav(CLIP),
        None,
        EXAMPLES["wav"]["data"],
    ),
    read(
        "task",
        f"POST /api/v1/task/{TASK}",
        endpoints.TASK,
        lambda c: c.get_task(TASK),
        {},
        {"id": TASK, "status": "completed", "created_at": 1710000000000, "error": None, "results": [ITEM]},
    ),
    Row(
        "tasks",
        "POST /api/v1/tasks",
        endpoints.TASKS,
        (
            lambda c: c.list_tasks(page=2, status=TaskStatus.PROCESSING),
            {"page": 2, "page_size": 100, "status": 1},
        ),
        (lambda c: c.list_tasks(page=1), {"page": 1, "page_size": 100}),
        {
            "items": [
                {"id": TASK, "status": "completed", "created_at": 1710000000000, "error": None},
                {
                    "id": "64f3a1b2c8d9e0f1a2b3c4d6",
                    "status": "failed",
                    "created_at": 1710000000000,
                    "error": "Generation failed: all platforms unavailable",
                },
            ],
            "total": 42,
            "page": 1,
        },
        example="tasks",
    ),
    read("music", f"POST /api/v1/music/{CLIP}", endpoints.MUSIC, lambda c: c.get_music(CLIP), {}, ITEM),
]

ROWS = [*SUBMITS, *BLOCKING, *READS]

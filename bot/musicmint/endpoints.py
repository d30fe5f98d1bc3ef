"""MusicMint's 20 endpoints: where each is, what it answers, how long that may take and how large it may be.

A call that may be charged goes over a fresh connection: a kept one may just be closing at the server's end, which would
leave the call `Unclear`. Reads keep theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter

from bot.musicmint.models import (
    FullSong,
    HeardTranscription,
    PersonaBatch,
    ResultItem,
    SubmittedTask,
    TaskPage,
    TaskReport,
    Timing,
    Transcription,
    UploadedClip,
    VocalStem,
    WavAddress,
    Waveform,
)

READ_S: Final = 30.0
SUBMIT_S: Final = 60.0
WORK_S: Final = 120.0
"""Calls that answer with their result, without a time in the docs."""
LONG_S: Final = 330.0
"""Stem and concat: the docs say up to 5 minutes, and ask for 300 s at least."""

MIB: Final = 1024 * 1024
"""Bytes. A page of 100 tasks has about 15 kB, a note about 80 bytes, a waveform's value up to 20."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[T]):
    """One endpoint; `{id}` in its path is where the name of a task or clip goes."""

    path: str
    answer: TypeAdapter[T]
    total_s: float = SUBMIT_S
    max_body: int = MIB
    fresh: bool = True
    method: Literal["GET", "POST"] = "POST"

    def at(self, name: str) -> str:
        """The path for this task or clip, percent-encoded: a name cannot leave its place."""
        return self.path.replace("{id}", quote(name, safe="", errors="replace"))


@dataclass(frozen=True, slots=True)
class InferredPaths:
    """The docs are silent on two paths. These follow the pattern of the others."""

    add_instrumental: str = "/api/v1/music/add-instrumental"
    sample: str = "/api/v1/music/sample"


SUBMITTED: Final = TypeAdapter(SubmittedTask)

GENERATE: Final = Endpoint("/api/v1/music/generate", SUBMITTED)
COVER: Final = Endpoint("/api/v1/music/cover", SUBMITTED)
REMASTER: Final = Endpoint("/api/v1/music/remaster", SUBMITTED)
SOUND_EFFECT: Final = Endpoint("/api/v1/music/soundfx", SUBMITTED)
ADD_VOCALS: Final = Endpoint("/api/v1/music/add-vocals", SUBMITTED)
INFILL: Final = Endpoint("/api/v1/music/infill", SUBMITTED)
LYRICS: Final = Endpoint("/api/v1/lyrics/generate", SUBMITTED)


def add_instrumental(paths: InferredPaths) -> Endpoint[SubmittedTask]:
    """Where it is believed to be."""
    return Endpoint(paths.add_instrumental, SUBMITTED)


def sample(paths: InferredPaths) -> Endpoint[SubmittedTask]:
    """Where it is believed to be."""
    return Endpoint(paths.sample, SUBMITTED)


UPLOAD: Final = Endpoint("/api/v1/music/upload", TypeAdapter(UploadedClip), WORK_S)
PERSONA: Final = Endpoint("/api/v1/music/persona", TypeAdapter(PersonaBatch), WORK_S)
MIDI: Final = Endpoint("/api/v1/music/midi", TypeAdapter[Transcription](HeardTranscription), WORK_S, 4 * MIB)
STEM: Final = Endpoint("/api/v1/music/stem", TypeAdapter(VocalStem), LONG_S)
CONCAT: Final = Endpoint("/api/v1/music/concat", TypeAdapter(FullSong), LONG_S)

# Docs disagree: the persona page reads a task by GET, the task's own page and the quickstart by POST.
TASK: Final = Endpoint("/api/v1/task/{id}", TypeAdapter(TaskReport), READ_S, fresh=False)
TASKS: Final = Endpoint("/api/v1/tasks", TypeAdapter(TaskPage), READ_S, fresh=False)
MUSIC: Final = Endpoint("/api/v1/music/{id}", TypeAdapter(ResultItem), READ_S, fresh=False)
TIMELINE: Final = Endpoint(
    "/api/v1/music/timeline?clip_id={id}", TypeAdapter(Timing), READ_S, fresh=False, method="GET"
)
WAVEFORM: Final = Endpoint(
    "/api/v1/music/waveform?clip_id={id}",
    TypeAdapter[tuple[float, ...]](Waveform),
    READ_S,
    2 * MIB,
    fresh=False,
    method="GET",
)
WAV: Final = Endpoint("/api/v1/music/wav?clip_id={id}", TypeAdapter[str](WavAddress), READ_S, fresh=False, method="GET")

"""What MusicMint answers, as frozen models."""

from __future__ import annotations

from bot.musicmint.models.blocking import FullSong, PersonaBatch, PersonaItem, UploadedClip, VocalStem
from bot.musicmint.models.notes import HeardTranscription, MidiNote, Transcription
from bot.musicmint.models.reading import Timing, WavAddress, Waveform, Word
from bot.musicmint.models.tasks import ResultItem, SubmittedTask, TaskListItem, TaskPage, TaskReport, TaskStatus

__all__ = [
    "FullSong",
    "HeardTranscription",
    "MidiNote",
    "PersonaBatch",
    "PersonaItem",
    "ResultItem",
    "SubmittedTask",
    "TaskListItem",
    "TaskPage",
    "TaskReport",
    "TaskStatus",
    "Timing",
    "Transcription",
    "UploadedClip",
    "VocalStem",
    "WavAddress",
    "Waveform",
    "Word",
]

"""What an export is made from: the answer that stands in its task's row -> a file members can use elsewhere."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from bot import lineage
from bot.brought import LEVELS, LINK
from bot.links import Links
from bot.musicmint.models import Timing, Transcription, VocalStem
from bot.picture import EXPORT_NAMES, ExportPicture
from bot.ports import Media, MusicMint, Tags, TakeFile
from bot.requests import Midi, Stem, Timeline, Wav, Waveform


def links(export: ExportPicture, musicmint: MusicMint) -> Links[str]:
    """Where it can be heard at MusicMint; empty for what is made here. No read names a stem's link anew."""
    match export.request:
        case Stem():
            return Links(VocalStem.model_validate_json(export.result).vocal_audio_url)
        case Wav():
            return Links(LINK.validate_json(export.result), partial(musicmint.wav, export.take.clip.clip_id))
    return Links("")


async def make(export: ExportPicture, links: Links[str], media: Media, place: str | None, folder: Path) -> TakeFile:
    """Its file. `place` is the server's name. Raises what `Media` raises."""
    name, title = export.file_stem, _title(export)
    match export.request:
        case Stem():
            return await media.fetch_audio(links, folder, name, _tags(export, title, place))
        case Wav():
            return await media.fetch_audio(links, folder, name, None)
        case Midi():
            notes = Transcription.model_validate_json(export.result)
            return await media.write_midi(notes.instruments, title, folder, name)
        case Timeline():
            words = Timing.model_validate_json(export.result).aligned
            lyrics = lineage.lyrics_of(export.take)
            return await media.write_karaoke(words, lyrics, title, place or "Minstrel", folder, name)
        case Waveform():
            return await media.draw_waveform(LEVELS.validate_json(export.result), folder, name)
    raise LookupError(export.format)


def _title(export: ExportPicture) -> str:
    return export.take.clip.title or export.take.song_title


def _tags(export: ExportPicture, title: str, place: str | None) -> Tags:
    return Tags(
        title=f"{title} ({EXPORT_NAMES[export.format]})",
        artist=lineage.request_of(export.take).singer or place or "Minstrel",
        album=place or "Minstrel",
        lyrics=lineage.lyrics_of(export.take),
        style=lineage.style_of(export.take),
        prompt="",
        task_id="",
    )

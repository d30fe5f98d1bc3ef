"""How long a file of audio is, told from its stream alone.

Tags are not read: some KB of them may unpack to gigabytes. Nor are more pieces than audio has: some MB of empty boxes
would become as many objects.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from mutagen import MutagenError
from mutagen.flac import StreamInfo as FlacInfo
from mutagen.mp3 import MPEGInfo
from mutagen.mp4 import MP4
from mutagen.oggflac import OggFLACStreamInfo
from mutagen.oggopus import OggOpusInfo
from mutagen.oggvorbis import OggVorbisInfo
from mutagen.wave import WaveStreamInfo

from bot.errors import MediaRefused

MAX_READS: Final = 100_000
"""More than the longest song needs in any of the formats."""

PCM: Final = 1
FLOAT: Final = 3
EXTENSIBLE: Final = 0xFFFE
"""Numbers of a WAVE's format; behind the last one the true number follows in the chunk's extension."""

FLAC_FRAME: Final = (b"\xff\xf8", b"\xff\xf9")
"""How a frame begins, of one block size or of several."""

OGG: Final[dict[bytes, Callable[[io.FileIO], Any]]] = {
    b"\x01vorbis": OggVorbisInfo,
    b"OpusHead": OggOpusInfo,
    b"\x7fFLAC": OggFLACStreamInfo,
}
"""By what the first page begins with."""

BROKEN: Final = (MutagenError, EOFError, LookupError, ArithmeticError, ValueError, RecursionError, struct.error)
"""What mutagen lets through when a file is not what it begins like; recursion, where its boxes lie in boxes."""


class _CountedFile(io.FileIO):
    """Ends its reader's patience."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._left = MAX_READS
        self._size = self.seek(0, io.SEEK_END)
        self.seek(0)

    def read(self, size: int | None = -1, /) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise MutagenError("too many pieces")
        # Python makes room for as many bytes as are asked for, and a damaged size asks for gigabytes.
        there = max(0, self._size - self.tell())
        return super().read(there if size is None or size < 0 else min(size, there))


def seconds_of(audio: Path) -> float:
    """The length of a file with one of `bot.audio.AUDIO`'s endings; a WAVE must hold PCM or float.

    Blocks. Raises `MediaRefused` by the rule `type` for what is no such audio, and `OSError`.
    """
    try:
        with _CountedFile(audio) as file:
            return float(_READERS[audio.suffix](file).length)
    except BROKEN:
        raise MediaRefused(rule="type") from None


def _wave(file: io.FileIO) -> Any:
    info: Any = WaveStreamInfo(file)
    form = info.audio_format
    if form == EXTENSIBLE:
        file.seek(0)
        head = file.read(4096)
        form = int.from_bytes(head[head.index(b"fmt ") + 32 :][:2], "little")
    if form not in (PCM, FLOAT):
        raise ValueError("a codec in a WAVE")
    return info


def _flac(file: io.FileIO) -> Any:
    """The block that tells the length comes first, after 8 bytes, and has 34. Behind the last one sound must begin."""
    head = file.read(42)
    if head[4] & 0x7F or head[5:8] != b"\0\0\x22":
        raise ValueError("another block comes first")
    block = head[4:8]
    while not block[0] & 0x80:
        block = file.read(4)
        file.seek(int.from_bytes(block[1:4], "big"), io.SEEK_CUR)
    if file.read(2) not in FLAC_FRAME:
        raise ValueError("no sound follows")
    return FlacInfo(head[8:])


def _ogg(file: io.FileIO) -> Any:
    head = file.read(64)
    file.seek(0)
    info = OGG[next((mark for mark in OGG if mark in head), b"")](file)
    info._post_tags(file)  # finds the last page; the public way there reads the tags first
    return info


def _m4a(file: io.FileIO) -> Any:
    return MP4(file).info


_READERS: Final[dict[str, Callable[[io.FileIO], Any]]] = {
    ".mp3": MPEGInfo,
    ".wav": _wave,
    ".flac": _flac,
    ".ogg": _ogg,
    ".m4a": _m4a,
}

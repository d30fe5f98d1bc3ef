"""`python -m bot.reencode SOURCE TARGET BYTES`: a whole audio file as an MP3 of at most so many bytes, without tags.

A program of its own, because FFmpeg's libraries are heavy and decode what strangers made: here both end with the
process, which the system bounds. It prints the kbit/s it chose.
"""

from __future__ import annotations

import os
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

LADDER: Final = (320, 256, 192, 160, 128, 112, 96, 80, 64, 48, 32)
"""kbit/s that an MP3 may have, best first."""
HALF_BAND: Final = 64
"""kbit/s up to which half of the band sounds better than all of it, smeared."""
MARGIN: Final = 8 * 1024
"""Bytes for the header with the length, the encoder's delay and its last frame: some 5 frames of up to 1441."""

MEMORY_BYTES: Final = 1024 * 1024 * 1024
"""Address space; the libraries alone take an eighth of it."""
CPU_S: Final = 110
NO_ROOM: Final = 3
"""The exit code where not even the lowest bit rate fits."""

FORMATS: Final = {".mp3": "mp3", ".wav": "wav", ".flac": "flac", ".ogg": "ogg", ".m4a": "mov"}
"""FFmpeg's demuxer by our ending. Left to guess, it might take a song for a playlist and open what that names."""


def rate_for(seconds: float, max_bytes: int) -> int | None:
    """The best kbit/s with which so many seconds fit; None where none does."""
    room = max_bytes - MARGIN
    return next((rate for rate in LADDER if seconds * rate * 1000 / 8 <= room), None)


def encode(source: Path, target: Path, max_bytes: int) -> int | None:
    """Write `target`; the kbit/s. None, and nothing is written, where none is low enough. Raises av's errors."""
    import av  # heavy: the bot itself imports this module, too

    with _opened(source) as container:
        rate = rate_for(_seconds(container, container.streams.audio[0]), max_bytes)
    if rate is None:
        return None
    with (
        _opened(source) as container,
        av.open(str(target), "w", format="mp3", options={"id3v2_version": "0"}) as made,
    ):
        context = container.streams.audio[0].codec_context
        hertz = (48_000 if context.sample_rate % 8000 == 0 else 44_100) // (2 if rate <= HALF_BAND else 1)
        out = made.add_stream("libmp3lame", rate=hertz, layout="mono" if context.channels == 1 else "stereo")
        out.bit_rate = rate * 1000
        parts = av.AudioResampler(out.format, out.layout, hertz, frame_size=out.frame_size or 1152)
        for frame in chain(container.decode(audio=0), [None]):
            for part in parts.resample(frame):
                made.mux(out.encode(part))
        made.mux(out.encode(None))
    return rate


def _opened(source: Path) -> InputContainer:
    import av

    return av.open(str(source), format=FORMATS[source.suffix], options={"protocol_whitelist": "file"})


def _seconds(container: InputContainer, stream: AudioStream) -> float:
    """Counted, since what a file says of its length may be a guess."""
    return float(sum((packet.duration or 0) * packet.time_base for packet in container.demux(stream)))


def _bound() -> None:
    """A bomb ends this process, and songs that are being sent go first."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
        os.nice(10)


def main(source: str, target: str, max_bytes: str) -> int:
    """The exit code."""
    _bound()
    rate = encode(Path(source), Path(target), int(max_bytes))
    if rate is None:
        return NO_ROOM
    sys.stdout.write(f"{rate}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

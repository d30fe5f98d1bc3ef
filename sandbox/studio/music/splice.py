"""Replaces a stretch of an MP3 and leaves its other frames as they are, so that what is kept is not encoded twice.

A frame's main data may begin in the frames before it (the bit reservoir, ISO/IEC 11172-3, 2.4.2.7), so frames are taken
apart into what each one means and laid out anew: decoded, a kept frame gives the same samples to the last bit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from sandbox.studio.music import mp3
from sandbox.studio.music.sampler import RATE
from sandbox.studio.music.soundfont import Samples

FRAME = mp3.FRAME_SAMPLES
HEAD = mp3.HEADER_AND_SIDE_INFO
RATES = range(mp3.KBITS.index(mp3.KBIT_PER_S), len(mp3.KBITS))
BEGIN = 32 * 8 - 9  # where, in the side information read as one number, the 9 bits stand that say where the data begin
FARTHEST_BACK = 511
SETTLING = 6  # frames the encoder is given before the ones that are used


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame by itself: header and side information, and the main data they describe."""

    head: bytes
    data: bytes


def replaced(audio: bytes, sound: Samples, first: int, after: int) -> bytes:
    """The MP3 with the samples `first` to `after` of `sound`, which is what it decodes to but for that stretch.
    60 ms beyond the stretch it decodes to the same samples as before."""
    kept = tuple(_taken_apart(mp3.without_info(audio)))
    start = max(0, (first + mp3.DELAY) // FRAME - 1)
    stop = min(len(kept), -(-(after + mp3.DELAY) // FRAME))
    lead = min(start, SETTLING)
    piece = sound[:, (start - lead) * FRAME : (stop + 2) * FRAME]
    made = tuple(_taken_apart(mp3.without_info(mp3.encoded(piece))))[lead:]
    frames = (*kept[:start], *made[: stop - start], *kept[stop:])
    return mp3.with_info(_laid_out(frames), mp3.samples(audio))


def _area(head: bytes, rate: int) -> int:
    """How many bytes of main data a frame has room for at this bit rate."""
    return 144_000 * mp3.KBITS[rate] // RATE + (head[2] >> 1 & 1) - HEAD


def _taken_apart(audio: bytes) -> Iterator[Frame]:
    place, stream = 0, b""
    while place + HEAD <= len(audio):
        head = audio[place : place + HEAD]
        end = place + HEAD + _area(head, head[2] >> 4)
        side = int.from_bytes(head[4:], "big")
        bits = sum(side >> 256 - 20 - 59 * channel - 12 & 0xFFF for channel in range(4))
        start = max(0, len(stream) - (side >> BEGIN))
        stream += audio[place + HEAD : end]
        yield Frame(head, stream[start : start + (bits + 7) // 8])
        place, stream = end, stream[-FARTHEST_BACK:]


def _laid_out(frames: tuple[Frame, ...]) -> bytes:
    """The frames as a stream again, each one's data as early as may be."""
    stream, heads, places = bytearray(), [], [0]
    for frame, rate in zip(frames, _rates(frames), strict=True):
        start = max(len(stream), places[-1] - FARTHEST_BACK)
        stream += bytes(start - len(stream)) + frame.data
        side = int.from_bytes(frame.head[4:], "big") & (1 << BEGIN) - 1 | places[-1] - start << BEGIN
        third = bytes((rate << 4 | frame.head[2] & 0x0F,))
        heads.append(frame.head[:2] + third + frame.head[3:4] + side.to_bytes(32, "big"))
        places.append(places[-1] + _area(frame.head, rate))
    stream += bytes(places[-1] - len(stream))
    return b"".join(head + stream[start:end] for head, (start, end) in zip(heads, pairwise(places), strict=True))


def _rates(frames: tuple[Frame, ...]) -> list[int]:
    """The usual bit rate for each frame, or the least above it with which the data of those behind still fit."""
    rates, borrowed = [], 0
    for place in reversed(range(len(frames))):
        frame, before = frames[place], frames[place - 1] if place else None
        # A frame lends no more than it has left at the highest rate, so that none depends on those before it.
        left = _area(before.head, RATES[-1]) - len(before.data) if before else 0
        lendable, needed = max(0, min(FARTHEST_BACK, left)), len(frame.data) + borrowed
        fitting = (rate for rate in RATES if needed - _area(frame.head, rate) <= lendable)
        rates.append(next(fitting, RATES[-1]))
        borrowed = max(0, needed - _area(frame.head, rates[-1]))
    return rates[::-1]

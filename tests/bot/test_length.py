from __future__ import annotations

import struct
import tracemalloc
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.ogg import OggPage

from bot.errors import MediaRefused
from bot.length import seconds_of
from tests.bot.files import encoded, sine_mp3, wav


def vorbis(seconds: int) -> bytes:
    """The first and the last page of a stream; nothing between them tells the length."""
    head = struct.pack("<7sLBL3lBB", b"\x01vorbis", 0, 1, 44_100, 0, 128_000, 0, 0xB8, 1)
    pages = [OggPage(), OggPage()]
    pages[0].first, pages[0].packets = True, [head]
    pages[1].last, pages[1].packets, pages[1].position, pages[1].sequence = True, [bytes(50)], 44_100 * seconds, 1
    return b"".join(page.write() for page in pages)


REAL = {
    "mp3": sine_mp3(3),
    "wav": wav(3),
    "float.wav": encoded("wav", "pcm_f32le"),
    "wrapped.wav": wav(3, wrapped=True),
    "flac": encoded("flac", "flac"),
    "opus.ogg": encoded("ogg", "libopus"),
    "vorbis.ogg": vorbis(3),
    "m4a": encoded("ipod", "aac"),
}


def length(folder: Path, name: str, data: bytes) -> float:
    path = folder / f"x.{name}"
    path.write_bytes(data)
    return seconds_of(path)


def refusal(folder: Path, name: str, data: bytes) -> object:
    with pytest.raises(MediaRefused) as caught:
        length(folder, name, data)
    return caught.value.arguments


@pytest.mark.parametrize("name", REAL)
def test_every_kind_of_audio_tells_its_length(name: str, tmp_path: Path) -> None:
    assert length(tmp_path, name, REAL[name]) == pytest.approx(3, abs=0.1)


def test_tags_are_stepped_over(tmp_path: Path) -> None:
    tag = b"ID3\x03\x00\x00" + bytes((0, 0, 16, 0)) + bytes(16 << 7)
    assert length(tmp_path, "mp3", tag + sine_mp3(3)) == pytest.approx(3, abs=0.1)


def boxes_in_boxes(depth: int) -> bytes:
    box = b""
    for _ in range(depth):
        box = struct.pack(">L4s", 8 + len(box), b"moov") + box
    return struct.pack(">L4s4sL", 16, b"ftyp", b"M4A ", 0) + box


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("mp3", b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"<html>" * 500),
        ("mp3", b""),
        ("wav", wav(3, form=2)),
        ("wav", wav(3, form=0x55)),
        ("wav", wav(3, form=2, wrapped=True)),
        ("wav", wav(3)[:30]),
        ("flac", REAL["flac"][:20]),
        ("flac", b"fLaC\x84" + REAL["flac"][5:]),
        ("ogg", b"OggS" + bytes(200)),
        ("ogg", REAL["opus.ogg"][:40]),
        ("ogg", REAL["opus.ogg"].replace(b"OpusHead", b"Speex   ")),
        ("m4a", REAL["m4a"][:32] + bytes(300)),
        ("m4a", boxes_in_boxes(2000)),
    ],
    ids=range(13),  # the bytes of an encoder differ from process to process
)
def test_what_only_begins_like_audio_is_refused(name: str, data: bytes, tmp_path: Path) -> None:
    assert refusal(tmp_path, name, data) == {"rule": "type"}


def test_a_file_that_cannot_be_read_is_not_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        seconds_of(tmp_path / "none.mp3")


def test_a_tag_that_unpacks_to_much_more_is_never_unpacked(tmp_path: Path) -> None:
    packed = zlib.compress(bytes(64 << 20))
    frame = struct.pack(">4sLBBL", b"TXXX", len(packed) + 4, 0, 0x80, 64 << 20) + packed
    size = bytes(len(frame) >> shift & 127 for shift in (21, 14, 7, 0))
    tracemalloc.start()
    try:
        assert length(tmp_path, "mp3", b"ID3\x03\x00\x00" + size + frame + sine_mp3(3)) > 2.9
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "head", "piece"), [("wav", wav(3), b"junk" + bytes(4)), ("m4a", REAL["m4a"], b"\0\0\0\x08free")]
)
def test_a_file_of_countless_empty_pieces_is_given_up(name: str, head: bytes, piece: bytes, tmp_path: Path) -> None:
    data = head + piece * 150_000
    if name == "wav":
        data = data[:4] + struct.pack("<L", len(data) - 8) + data[8:]
    assert refusal(tmp_path, name, data) == {"rule": "type"}


def test_no_room_is_made_for_more_bytes_than_the_file_has(tmp_path: Path) -> None:
    data = wav(3)
    huge = data[:16] + struct.pack("<L", 0x7FFF_FFFF) + data[20:]  # the chunk that tells the format
    tracemalloc.start()
    try:
        assert length(tmp_path, "wav", huge) >= 0
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@given(name=st.sampled_from(sorted(REAL)), data=st.data())
def test_a_damaged_file_has_a_length_or_is_refused(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    damaged = bytearray(REAL[name][: data.draw(st.integers(1, len(REAL[name])))])
    for place in data.draw(st.lists(st.integers(0, min(len(damaged), 900) - 1), max_size=20)):
        damaged[place] = data.draw(st.sampled_from([0, 1, 255]) | st.integers(0, 255))
    with suppress(MediaRefused):
        assert isinstance(length(tmp_path_factory.getbasetemp(), name, bytes(damaged)), float)

"""What a file is, its bytes say: twelve samples, and ten thousand heads that go on like noise."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from bot.audio import AUDIO, HEAD, PICTURE, type_of
from bot.errors import MediaRefused
from bot.length import seconds_of
from tests.bot.files import encoded, sine_mp3, wav

AUDIBLE = {
    "mp3": sine_mp3(),
    "mp3 with tags": b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) + sine_mp3(),
    "wav": wav(2),
    "wav of floats": wav(2, form=3),
    "flac": encoded("flac", "flac"),
    "ogg": encoded("ogg", "libopus"),
    "m4a": encoded("ipod", "aac"),
}
OTHER = {
    "page": b"<!DOCTYPE html><html><body>gone</body></html>" * 40,
    "archive": b"PK\x03\x04\x14\x00\x08\x08" + bytes(500),
    "program": b"\x7fELF\x02\x01\x01" + bytes(500),
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(500),
    "film": b"\x00\x00\x00\x20ftypqt  " + bytes(500),
}
LIKE_AUDIO = (
    *(b"ID3", b"\xff\xfb\x90", b"\xff\xe3", b"RIFF\x24\x08\x00\x00WAVE", b"fLaC", b"fLaC\x00\x00\x00\x22", b"OggS"),
    *(b"OggS\x00\x02\x01vorbis", b"\x00\x00\x00\x20ftypM4A "),
)
UNLIKE_AUDIO = (
    *(b"RIFF\x24\x08\x00\x00AVI ", b"\x00\x00\x00\x20ftypavif", b"\xff\xd8\xff", b"\x89PNG", b"MZ", b"%PDF", b"<html"),
    *(b"PK", b"\x1f\x8b\x08", b"\x7fELF", b"#!/bin/sh\n", b"{", b""),
)
"""What a hostile file may begin with."""
FUZZED = 10_000


def is_taken(body: bytes, folder: Path) -> bool:
    """As a file is judged after it was fetched: the type by its head, then the stream by its frames."""
    ending = type_of(body[:HEAD])
    if ending not in AUDIO.types:
        return False
    file = folder / f"song.{ending}"
    file.write_bytes(body)
    try:
        seconds_of(file)
    except MediaRefused:
        return False
    return True


@pytest.mark.parametrize("name", AUDIBLE)
def test_audio_is_taken(name: str, tmp_path: Path) -> None:
    assert is_taken(AUDIBLE[name], tmp_path)


@pytest.mark.parametrize("name", OTHER)
def test_anything_else_is_not(name: str, tmp_path: Path) -> None:
    assert not is_taken(OTHER[name], tmp_path)


def test_of_ten_thousand_heads_followed_by_noise_none_is_taken(tmp_path: Path) -> None:
    chance = random.Random(20_26)
    typed = 0
    taken = []
    for _ in range(FUZZED):
        start = chance.choice(LIKE_AUDIO if chance.random() < 0.2 else UNLIKE_AUDIO)
        body = start + chance.randbytes(100)
        typed += type_of(body[:HEAD]) in AUDIO.types
        if is_taken(body, tmp_path):
            taken.append(body)
    assert taken == []
    assert typed > FUZZED / 10  # else the heads would have tried nothing


def test_no_head_is_both_audio_and_a_picture() -> None:
    assert len(AUDIBLE) + len(OTHER) == 12
    assert not AUDIO.types & PICTURE.types

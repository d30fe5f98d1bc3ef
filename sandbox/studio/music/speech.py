"""eSpeak NG through its C interface: a line spoken in one tone, and when each of its sounds begins."""

import _ctypes
import ctypes
import re
import sys
from dataclasses import dataclass
from functools import lru_cache

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

RATE = 22_050
WORDS_A_MINUTE = 140
TONE = 89.0  # Hz: the voice of every language without its intonation
ENGLISH = "en-us"
# By the letters of a line; eSpeak NG itself switches to English for Latin words within these.
ACCENTS = {
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "ko": re.compile(r"[\uac00-\ud7af]"),
    "cmn": re.compile(r"[\u3400-\u9fff]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
}
# What eSpeak NG 1.52 would spell in English letters, by what sounds closest.
MISREAD = {
    "花儿": "华儿",
    **dict.fromkeys("兄凶胸匈汹雄熊", "休"),
    **dict.fromkeys("穷琼穹", "球"),
    **dict.fromkeys("窘炯", "九"),
}

# speak_lib.h
SYNCHRONOUS, PHONEME_EVENTS, UTF8 = 2, 1, 1
SPEED, PITCH_RANGE = 1, 4
LIST_END, PHONEME = 0, 7


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True, slots=True)
class Phone:
    """One sound of speech by eSpeak's name for it, its samples, and the letter of the text its word begins with."""

    name: str
    start: int
    end: int
    letter: int


@dataclass(frozen=True, slots=True)
class Speech:
    """A spoken text at RATE."""

    sound: NDArray[np.float64]
    phones: tuple[Phone, ...]


@lru_cache(1024)
def spoken(text: str) -> Speech:
    """The text in the language its letters tell; always the same samples."""
    accent = next((name for name, letters in ACCENTS.items() if letters.search(text)), ENGLISH)
    text = text.lower() if text.isupper() else text
    for written, read in MISREAD.items():
        text = text.replace(written, read)
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    try:
        return _spoken(library, text, accent)
    finally:
        # It has no way to put back the phase of its flutter; a library loaded anew starts where it did before.
        library.espeak_Terminate()
        _unload(library)


def _spoken(library: ctypes.CDLL, text: str, accent: str) -> Speech:
    pieces: list[NDArray[np.int16]] = [np.zeros(0, np.int16)]
    begun: list[tuple[str, int, int]] = []

    def receive(pcm: "ctypes._Pointer[ctypes.c_short]", count: int, events: "ctypes._Pointer[_Event]") -> int:
        if count > 0:
            pieces.append(np.ctypeslib.as_array(pcm, (count,)).copy())
        place = 0
        while events[place].type != LIST_END:
            event = events[place]
            if event.type == PHONEME:
                begun.append((event.id.string.decode("utf-8", "replace"), event.sample, event.text_position - 1))
            place += 1
        return 0

    library.espeak_Initialize(SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), PHONEME_EVENTS)
    callback = _Callback(receive)
    library.espeak_SetSynthCallback(callback)
    library.espeak_SetVoiceByName(accent.encode())
    library.espeak_SetParameter(SPEED, WORDS_A_MINUTE, 0)
    library.espeak_SetParameter(PITCH_RANGE, 0, 0)
    letters = text.encode()
    library.espeak_Synth(letters, len(letters) + 1, 0, 1, 0, UTF8, None, None)
    sound = np.concatenate(pieces) / 32768
    ends = [start for _, start, _ in begun[1:]] + [len(sound)]
    phones = (Phone(name, start, end, letter) for (name, start, letter), end in zip(begun, ends, strict=True))
    return Speech(sound, tuple(phone for phone in phones if not phone.name.startswith("(")))


def _unload(library: ctypes.CDLL) -> None:
    if sys.platform == "win32":
        _ctypes.FreeLibrary(library._handle)
    else:
        _ctypes.dlclose(library._handle)

"""MP3 out of samples, samples out of whatever can be decoded, and how long an MP3 is."""

import io
import struct
import wave
from pathlib import Path

import av
import lameenc
import numpy as np

from sandbox.studio.music.sampler import RATE
from sandbox.studio.music.soundfont import Samples

KBIT_PER_S = 192
SPEED_OVER_QUALITY = 5  # LAME's own scale, 2 best to 7 fastest
FRAME_SAMPLES = 1152
ENCODER_DELAY = 576
DELAY = ENCODER_DELAY + 529  # With the decoder's own: the samples in front of the first that was encoded.
KBITS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
HEADER_AND_SIDE_INFO = 4 + 32
INFO = struct.Struct(">4sIII9s2xI4x2x3s")  # Tag, flags, frames, bytes, LAME's version, peak, delay and padding.


def encoded(sound: Samples) -> bytes:
    """The MP3 of a (2, samples) recording; it decodes to just as many samples."""
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(KBIT_PER_S)
    encoder.set_in_sample_rate(RATE)
    encoder.set_channels(2)
    encoder.set_quality(SPEED_OVER_QUALITY)
    return with_info(bytes(encoder.encode(_pcm(sound)) + encoder.flush()), sound.shape[1])


def decoded(source: Path | bytes) -> Samples:
    """The (2, samples) of any audio file at the studio's rate; ValueError when it is none."""
    try:
        with av.open(io.BytesIO(source) if isinstance(source, bytes) else str(source), "r") as container:
            resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
            frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
            frames += resampler.resample(None)
    except (av.FFmpegError, IndexError) as error:
        raise ValueError(f"No audio can be read from it: {error}") from error
    if not frames:
        raise ValueError("There is no sound in it")
    return np.concatenate([frame.to_ndarray() for frame in frames], axis=1).astype(np.float32)


def wav(sound: Samples) -> bytes:
    """16-bit PCM in a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(_pcm(sound))
    return file.getvalue()


def seconds(mp3: bytes) -> float:
    """How long an MP3 of this module sounds."""
    return samples(mp3) / RATE


def samples(mp3: bytes) -> int:
    """How many samples an MP3 of this module decodes to, from its Info frame."""
    _, _, frames, _, _, _, lag = INFO.unpack_from(mp3, HEADER_AND_SIDE_INFO)
    return int(frames) * FRAME_SAMPLES - ENCODER_DELAY - (int.from_bytes(lag, "big") & 0xFFF)


def with_info(frames: bytes, samples: int) -> bytes:
    """Frames of music behind the silent one that says what the encoder added on both sides; decoders take it off.

    Layout: Gabriel Bouvigne, "Mp3 Info Tag revision 1", which LAME writes and lameenc leaves out.
    """
    header = bytes((frames[0], frames[1], frames[2] & 0xFD, frames[3]))  # As the others, but not padded.
    place, count = 0, 0
    while place < len(frames):
        place += _frame_bytes(frames, place)
        count += 1
    lag = (ENCODER_DELAY << 12) + count * FRAME_SAMPLES - ENCODER_DELAY - samples
    size = _frame_bytes(header, 0)
    tag = INFO.pack(b"Info", 3, count, len(frames) + size, b"LAME3.100", 0, lag.to_bytes(3, "big"))
    return (header.ljust(HEADER_AND_SIDE_INFO, b"\0") + tag).ljust(size, b"\0") + frames


def without_info(mp3: bytes) -> bytes:
    """The frames of music alone."""
    return mp3[_frame_bytes(mp3, 0) :]


def _frame_bytes(mp3: bytes, place: int) -> int:
    """The size of the frame that begins here, from its header (MPEG-1, layer III, 44.1 kHz)."""
    bits = mp3[place + 2]
    return FRAME_SAMPLES // 8 * KBITS[bits >> 4] * 1000 // RATE + (bits >> 1 & 1)


def _pcm(sound: Samples) -> bytes:
    return bytes(np.round(np.clip(sound, -1, 1).T * 32767).astype("<i2").tobytes())

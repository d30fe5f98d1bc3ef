"""MP3 out of samples, and how long an MP3 is."""

import lameenc
import numpy as np

from sandbox.studio.music.sampler import RATE
from sandbox.studio.music.soundfont import Samples

KBIT_PER_S = 192
SPEED_OVER_QUALITY = 5  # LAME's own scale, 2 best to 7 fastest
FRAME_SAMPLES = 1152


def encoded(sound: Samples) -> bytes:
    """The MP3 of a (2, samples) recording."""
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(KBIT_PER_S)
    encoder.set_in_sample_rate(RATE)
    encoder.set_channels(2)
    encoder.set_quality(SPEED_OVER_QUALITY)
    pcm = np.round(sound.T * 32767).astype("<i2")
    return bytes(encoder.encode(pcm.tobytes()) + encoder.flush())


def seconds(mp3: bytes) -> float:
    """The length of an MP3 of this bit rate, from its size: a frame is 1152 samples."""
    frame_bytes = FRAME_SAMPLES / 8 * KBIT_PER_S * 1000 / RATE
    return round(len(mp3) / frame_bytes) * FRAME_SAMPLES / RATE

"""What an order became before it is encoded and filed."""

from dataclasses import dataclass

from sandbox.studio.music.arrangement import Arrangement
from sandbox.studio.music.soundfont import Samples
from sandbox.studio.music.styles import Style


@dataclass(frozen=True, slots=True)
class Written:
    """A take. `prompt` is what is sung, `style` lends its colours to the cover; without an arrangement none is kept.

    How it sounds is the first that is there of: a finished MP3, a finished (2, samples) recording, the arrangement.
    """

    title: str
    style: Style
    tags: str
    prompt: str = ""
    arrangement: Arrangement | None = None
    sound: Samples | None = None
    audio: bytes | None = None

"""One order, start to end: compose, mix, encode, draw, write. The only door for the rendering process."""

from pathlib import Path

from sandbox.studio.music import cover, mp3, titles
from sandbox.studio.music.arrangement import Arrangement
from sandbox.studio.music.composer import Composition, composed, continued
from sandbox.studio.music.mix import mixed
from sandbox.studio.music.order import RenderedTake, TakeOrder
from sandbox.studio.music.sampler import Sampler
from sandbox.studio.music.soundfont import general_midi


def render_take(files: Path, order: TakeOrder) -> RenderedTake:
    """Write `<recording>.mp3`, `.jpg` and `.json` into the folder; a second run writes the same bytes."""
    composition = written(files, order)
    audio = mp3.encoded(mixed(composition.arrangement, Sampler(general_midi())))
    title = order.title or titles.title(order, composition.style)
    stem = files / order.recording
    stem.with_suffix(".mp3").write_bytes(audio)
    stem.with_suffix(".jpg").write_bytes(cover.drawn(title, composition.style.palette, order.seed("cover", order.take)))
    stem.with_suffix(".json").write_text(composition.arrangement.model_dump_json(), encoding="utf-8")
    return RenderedTake(
        recording=order.recording,
        title=title,
        duration=round(mp3.seconds(audio), 3),
        tags=order.tags or composition.tags,
    )


def written(files: Path, order: TakeOrder) -> Composition:
    """The notes of an order: a new song, or the clip it extends and what follows."""
    if not order.continues:
        return composed(order)
    source = Arrangement.model_validate_json((files / f"{order.continues}.json").read_bytes())
    return continued(source, order)

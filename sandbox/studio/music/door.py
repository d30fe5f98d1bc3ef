"""The only door for the rendering process: orders in, files and facts out. Numpy and its like load behind it."""

from pathlib import Path

from sandbox.studio.music.order import RenderedTake, TakeOrder


def make(files: Path, order: TakeOrder) -> RenderedTake:
    """Write `<recording>.mp3`, `.jpg` and, where it has notes, `.json`; a second run writes the same bytes."""
    from sandbox.studio.music import cover, mix, mp3, works

    take = works.written(files, order)
    audio = take.audio
    if audio is None:
        sound = take.sound
        if sound is None and take.arrangement:
            sound = mix.mixed(take.arrangement, files)
        if sound is None:
            raise ValueError("A take needs audio, a recording or an arrangement")
        audio = mp3.encoded(sound)
    stem = files / order.recording
    stem.with_suffix(".mp3").write_bytes(audio)
    picture = cover.drawn(take.title, take.style.palette, order.seed("cover", order.take))
    stem.with_suffix(".jpg").write_bytes(picture)
    if take.arrangement:
        stem.with_suffix(".json").write_text(take.arrangement.model_dump_json(), encoding="utf-8")
    duration = round(mp3.seconds(audio), 3)
    return RenderedTake(
        recording=order.recording, title=take.title, duration=duration, tags=take.tags, prompt=take.prompt
    )


def take_in(files: Path, recording: str, audio: Path, title: str) -> RenderedTake:
    """File an upload as `<recording>.mp3` with a cover; ValueError when it is no audio."""
    from sandbox.studio.music import cover, mp3
    from sandbox.studio.music.styles import STYLES

    encoded = mp3.encoded(mp3.decoded(audio))
    (files / f"{recording}.mp3").write_bytes(encoded)
    (files / f"{recording}.jpg").write_bytes(cover.drawn(title, STYLES["ambient"].palette, recording))
    return RenderedTake(recording=recording, title=title, duration=round(mp3.seconds(encoded), 3), tags="", prompt="")


def vocals(files: Path, recording: str, name: str, start_s: float, end_s: float | None) -> tuple[float, float]:
    """Write `<name>.mp3`: the vocals of a range alone, silent where nobody sings. The range that it has become."""
    from sandbox.studio.music import mp3, stems
    from sandbox.studio.music.sampler import RATE

    sound = stems.vocals(files, recording)
    first = min(max(0, round(start_s * RATE)), sound.shape[1] - 1)
    after = sound.shape[1] if end_s is None else min(sound.shape[1], max(first + 1, round(end_s * RATE)))
    (files / f"{name}.mp3").write_bytes(mp3.encoded(sound[:, first:after]))
    return round(first / RATE, 3), round(after / RATE, 3)


def notes(files: Path, recording: str) -> dict[str, list[dict[str, float]]]:
    """Instrument by instrument its notes: "pitch" and "velocity" as in MIDI, "start" and "end" in seconds."""
    from sandbox.studio.music import stems, uploaded

    return stems.notes(uploaded.score(files, recording))


def words(files: Path, recording: str) -> list[dict[str, str | float]]:
    """The sung words in order: "word", "start" and "end" in seconds."""
    from sandbox.studio.music import stems

    return stems.words(files, recording)


def envelope(files: Path, recording: str) -> list[float]:
    """The peaks of the audio, 0 to 1, ten a second."""
    from sandbox.studio.music import mp3, stems

    return stems.outline(mp3.decoded(files / f"{recording}.mp3"))


def wav(files: Path, recording: str) -> None:
    """Write `<recording>.wav`, the samples of its MP3, unless it is there."""
    from sandbox.studio.music import mp3

    path = files / f"{recording}.wav"
    if not path.exists():
        path.write_bytes(mp3.wav(mp3.decoded(files / f"{recording}.mp3")))

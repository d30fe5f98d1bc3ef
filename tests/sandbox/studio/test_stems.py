"""What is read from a finished recording: its vocals, notes, outline and samples; and what comes in from outside."""

import io
import wave
from pathlib import Path

import numpy as np
import pytest

from sandbox.studio.music import door, mix, mp3, pitch, stems
from sandbox.studio.music.arrangement import Arrangement, Recorded, Section, TempoMark
from sandbox.studio.music.composer import composed
from sandbox.studio.music.order import TakeOrder
from sandbox.studio.music.sampler import RATE
from sandbox.studio.music.soundfont import Samples

TUNE = (57, 60, 64, 62)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short song, sung, and an upload: four hummed notes of 0.6 s with as much silence after each."""
    files = tmp_path_factory.mktemp("files")
    order = TakeOrder(
        recording="song", take=0, lyrics="[Verse]\nSing it one more time\nUntil the light", tags="folk 110 bpm"
    )
    song = composed(order).arrangement.until(32)
    (files / "song.mp3").write_bytes(mp3.encoded(mix.mixed(song, files)))
    (files / "song.json").write_text(song.model_dump_json(), encoding="utf-8")
    (files / "hum.wav").write_bytes(mp3.wav(hummed(TUNE)))
    door.take_in(files, "hum", files / "hum.wav", "A hum")
    return files


def hummed(keys: tuple[float, ...]) -> Samples:
    time = np.arange(round(0.6 * RATE)) / RATE
    pieces = []
    for key in keys:
        hertz = 440 * 2 ** ((key - 69) / 12)
        hum = sum(np.sin(2 * np.pi * hertz * n * time) / n**2 for n in range(1, 6)) * 0.3 * np.hanning(len(time)) ** 0.3
        pieces += [hum, np.zeros(len(time))]
    return np.tile(np.concatenate(pieces), (2, 1)).astype(np.float32)


def as_arranged(files: Path) -> Arrangement:
    made = stems.score(files, "song")
    assert made is not None
    return made


def test_the_wav_is_the_mp3_sample_for_sample(folder: Path) -> None:
    door.wav(folder, "song")
    with wave.open(str(folder / "song.wav")) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
        shape = (file.getnchannels(), file.getsampwidth(), file.getframerate())
    decoded = mp3.decoded(folder / "song.mp3")

    assert shape == (2, 2, RATE)
    assert pcm.shape[0] == decoded.shape[1] == mp3.samples((folder / "song.mp3").read_bytes())
    assert np.abs(pcm.T / 32767 - np.clip(decoded, -1, 1)).max() < 1e-4


@pytest.mark.parametrize("samples", [1, 1151, 1152, 1153, 44_100, 100_003])
def test_an_mp3_decodes_to_what_was_encoded_no_sample_more_and_in_its_place(samples: int) -> None:
    sound = (0.3 * np.sin(np.arange(samples) / 20) * np.ones((2, 1))).astype(np.float32)
    audio = mp3.encoded(sound)
    decoded = mp3.decoded(audio)

    assert decoded.shape == sound.shape
    assert mp3.samples(audio) == samples
    assert mp3.seconds(audio) == samples / RATE
    assert mp3.with_info(mp3.without_info(audio), samples) == audio
    if samples > 2000:
        assert ((decoded - sound) ** 2).mean() < 0.01 * (sound**2).mean()


def test_a_stem_of_a_range_is_that_piece_of_the_whole_stem(folder: Path) -> None:
    whole = stems.vocals(folder, "song")
    start, end = door.vocals(folder, "song", "piece", 9.5, 12.25)
    piece = mp3.decoded(folder / "piece.mp3")

    assert (start, end) == (9.5, 12.25)
    assert piece.shape[1] == round(2.75 * RATE)
    assert np.corrcoef(piece[0], whole[0, round(9.5 * RATE) :][: piece.shape[1]])[0, 1] > 0.99


def test_a_range_that_reaches_too_far_is_the_one_there_is(folder: Path) -> None:
    length = mp3.seconds((folder / "song.mp3").read_bytes())

    assert door.vocals(folder, "song", "rest", length - 1, length + 50)[1] == pytest.approx(length, abs=0.001)
    assert door.vocals(folder, "song", "rest", -3, 1) == (0, 1)


def test_the_notes_of_a_song_are_those_it_was_made_from_in_seconds(folder: Path) -> None:
    arrangement, notes = as_arranged(folder), door.notes(folder, "song")
    voice = next(part for part in arrangement.parts if part.singer)

    assert set(notes) == {part.name for part in arrangement.parts if part.notes}
    assert [note["pitch"] for note in notes["voice"]] == [note.pitch for note in voice.notes]
    for told, note in zip(notes["voice"], voice.notes, strict=True):
        assert told["start"] == pytest.approx(note.start * 60 / 110, abs=0.001)
        assert told["end"] == pytest.approx((note.start + note.length) * 60 / 110, abs=0.001)
        assert told["velocity"] == note.velocity


def test_the_notes_of_an_upload_are_heard_in_it(folder: Path) -> None:
    (notes,) = door.notes(folder, "hum").values()

    assert [note["pitch"] for note in notes] == list(TUNE)
    for number, note in enumerate(notes):
        assert note["start"] == pytest.approx(1.2 * number, abs=0.06)
        assert note["end"] == pytest.approx(1.2 * number + 0.6, abs=0.06)


def test_a_hum_out_of_tune_is_heard_by_its_own_tuning() -> None:
    heard = pitch.heard(hummed(tuple(key - 0.45 for key in (57, 58, 60, 62))))

    assert list(np.diff([note.pitch for note in heard])) == [1, 2, 2]


def test_nothing_is_heard_in_silence_and_noise_is_no_melody() -> None:
    assert pitch.heard(np.zeros((2, RATE), np.float32)) == ()
    noise = np.random.default_rng(0).normal(0, 0.1, (2, 2 * RATE)).astype(np.float32)
    assert sum(note.end - note.start for note in pitch.heard(noise)) < 0.6


def test_the_vocals_of_an_upload_are_silent_where_nobody_hums(folder: Path) -> None:
    door.vocals(folder, "hum", "hum-stem", 0, None)
    sound = mp3.decoded(folder / "hum-stem.mp3")[0]

    for number in range(len(TUNE)):
        assert np.abs(sound[round((1.2 * number + 0.2) * RATE) : round((1.2 * number + 0.4) * RATE)]).max() > 0.2
        assert np.abs(sound[round((1.2 * number + 0.85) * RATE) : round((1.2 * number + 1.0) * RATE)]).max() < 0.001
    assert door.words(folder, "hum") == []


def test_the_outline_follows_the_sound(folder: Path) -> None:
    outline = np.array(door.envelope(folder, "hum"))
    song = door.envelope(folder, "song")

    assert outline.min() >= 0
    assert outline.max() == 1
    assert len(outline) == 48
    assert (outline[[2, 3, 14, 15, 26, 27]] > 0.5).all()
    assert (outline[[8, 9, 20, 21, 32, 33]] < 0.05).all()
    assert len(song) == round(10 * mp3.seconds((folder / "song.mp3").read_bytes()))


def test_an_upload_of_another_rate_and_one_side_becomes_a_recording_with_a_cover(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "in"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(22_050)
        file.writeframes((8000 * np.sin(np.arange(33_075) / 22_050 * 2 * np.pi * 440)).astype("<i2").tobytes())
    taken = door.take_in(tmp_path, "upload", tmp_path / "in", "My hum")

    assert (taken.recording, taken.title, taken.prompt) == ("upload", "My hum", "")
    assert taken.duration == pytest.approx(1.5, abs=0.01)
    assert {path.name for path in tmp_path.iterdir()} == {"in", "upload.mp3", "upload.jpg"}
    assert np.median(pitch.keys(pitch.track(mp3.decoded(tmp_path / "upload.mp3")))) == pytest.approx(69, abs=0.1)


@pytest.mark.parametrize("content", [b"", b"This is no audio at all." * 50, b"\x89PNG\r\n\x1a\n" + bytes(200)])
def test_what_is_no_audio_is_not_taken_in(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in").write_bytes(content)

    with pytest.raises(ValueError):
        door.take_in(tmp_path, "upload", tmp_path / "in", "No song")
    assert {path.name for path in tmp_path.iterdir()} == {"in"}


def with_guest(beat: float, start: float, end: float) -> Arrangement:
    return Arrangement(
        style="pop",
        key=0,
        mode="major",
        beats_per_bar=4,
        tempo=(TempoMark(beat=0, bpm=120),),
        sections=(Section(name="verse", start_bar=0, bars=4),),
        parts=(),
        recorded=(Recorded(recording="hum", beat=beat, start=start, end=end),),
    )


def test_an_upload_is_heard_in_the_song_it_was_laid_into(folder: Path) -> None:
    alone = mix.vocals(with_guest(2, 1.2, 3.0), folder, room=False)[0]

    heard = pitch.heard(np.tile(alone, (2, 1)))
    assert [note.pitch for note in heard] == [60, 64]
    assert [note.start for note in heard] == pytest.approx([1.0, 2.2], abs=0.06)


def test_a_song_that_is_cut_and_joined_keeps_its_guest_in_time() -> None:
    song = with_guest(2, 0.5, 3.0)
    first, second = song.until(4), song.since(4)

    assert [(one.beat, one.start, one.end) for one in first.recorded] == [(2, 0.5, 1.5)]
    assert [(one.beat, one.start, one.end) for one in second.recorded] == [(0, 1.5, 3.0)]
    assert [(one.beat, one.start, one.end) for one in first.then(second).recorded] == [(2, 0.5, 1.5), (4, 1.5, 3.0)]
    assert song.since(14).recorded == ()
    assert song.until(2).recorded == ()


def test_the_same_order_gives_the_same_bytes(tmp_path: Path) -> None:
    order = TakeOrder(recording="one", take=0, tags="pop", title="Sound Check", bars=4)
    take = door.make(tmp_path, order)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    again = door.make(tmp_path, order)

    assert set(first) == {"one.mp3", "one.jpg", "one.json"}
    assert again == take
    assert first == {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert take.duration == round(mp3.seconds(first["one.mp3"]), 3)
    assert io.BytesIO(first["one.jpg"]).read(2) == b"\xff\xd8"

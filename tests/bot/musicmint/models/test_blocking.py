from __future__ import annotations

import pytest
from pydantic import ValidationError

from bot.musicmint.models import FullSong, PersonaBatch, UploadedClip, VocalStem

LINK = "https://cdn.example.com/a.mp3"
BAD_LINKS = ["", None, 5, "a.mp3", "ftp://cdn.example.com/a.mp3", "https://", "https://a/b c", "https://[", "x" * 5000]


@pytest.mark.parametrize("name", ["clipId", "clip_id", "id"])
def test_an_upload_is_known_in_either_case(name: str) -> None:
    assert UploadedClip.model_validate({name: "c1"}).clip_id == "c1"


def test_the_documented_name_goes_before_another() -> None:
    assert UploadedClip.model_validate({"id": "job-1", "clipId": "c1"}).clip_id == "c1"


@pytest.mark.parametrize(
    "fields", [{"audioUrl": 5}, {"duration": "long"}, {"status": None}, {"status": []}, {"duration": -3}]
)
def test_an_upload_needs_its_clip_alone(fields: dict[str, object]) -> None:
    assert UploadedClip.model_validate({"clipId": "c1"} | fields) == UploadedClip(clip_id="c1")


@pytest.mark.parametrize("shorter", [{"audioUrl": "https://cdn.example.com/short.mp3"}, {}])
def test_the_full_length_address_goes_first(shorter: dict[str, str]) -> None:
    assert FullSong.model_validate({"id": "c1", "cld2AudioUrl": LINK} | shorter).audio_url == LINK


@pytest.mark.parametrize("blank", [None, ""])
def test_a_full_song_whose_documented_address_is_blank_is_found_under_the_other(blank: str | None) -> None:
    assert FullSong.model_validate({"id": "c1", "audioUrl": LINK, "cld2AudioUrl": blank}).audio_url == LINK


@pytest.mark.parametrize("bad", BAD_LINKS)
def test_audio_that_was_paid_for_has_an_address(bad: object) -> None:
    with pytest.raises(ValidationError):
        FullSong.model_validate({"id": "c1", "cld2AudioUrl": bad})
    with pytest.raises(ValidationError):
        VocalStem.model_validate({"id": "s1", "vocal_audio_url": bad})


@pytest.mark.parametrize("fields", [{"id": None}, {"id": 7}, {"vocal_end_s": "end"}, {"status": 20}, {}])
def test_a_stem_needs_its_audio_alone(fields: dict[str, object]) -> None:
    stem = VocalStem.model_validate({"vocal_audio_url": LINK, "vocal_start_s": 2} | fields)
    assert (stem.id, stem.vocal_audio_url, stem.vocal_start_s, stem.vocal_end_s) == ("", LINK, 2.0, 0.0)


@pytest.mark.parametrize("items", [[], None, [None], [{"id": ""}], "persona-1"])
def test_a_batch_holds_a_singer(items: object) -> None:
    with pytest.raises(ValidationError):
        PersonaBatch.model_validate({"items": items})


def test_the_singer_is_the_first_that_can_sing() -> None:
    waiting, odd, ready = {"id": "p1", "status": "queuing"}, {"id": 5}, {"id": "p2", "status": "complete"}
    assert PersonaBatch.model_validate({"items": [waiting, odd, ready]}).singer.id == "p2"
    assert PersonaBatch.model_validate({"items": [waiting]}).singer.id == "p1"


@pytest.mark.parametrize(("status", "usable"), [("complete", True), ("completed", True), ("", True), ("failed", False)])
def test_a_singer_can_sing_once_complete(status: str, usable: bool) -> None:
    assert PersonaBatch.model_validate({"items": [{"id": "p1", "status": status}]}).singer.usable is usable

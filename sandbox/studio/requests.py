"""What a client may send, with MusicMint's documented rules.

What an order is made of bears TakeOrder's names here (and DraftOrder's); the aliases are MusicMint's names.
Unknown fields are ignored, as its docs forbid none; so is `mv`, since there is one model here.
"""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, computed_field, model_validator
from pydantic_core import PydanticCustomError

from sandbox.studio.music.order import Work

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
WebUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+")]
MusicalKey = Annotated[str, StringConstraints(pattern=r"^[A-G][#b♯♭]? ?(m|min|minor|maj|major)?$")]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
EndSeconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class ApiRequest(BaseModel):
    """A body as the wire parsed it; null counts as absent."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class TaskRequest(ApiRequest):
    """What every async endpoint takes; `takes` is how many results its task has."""

    work: ClassVar[Work] = Work.SONG
    takes: ClassVar[int] = 2

    callback_url: WebUrl | None = None
    retention_days: Annotated[int, Field(ge=1, le=30)] = 7


class GenerateRequest(TaskRequest):
    """3.1; a song, or from a whole second on what follows in the clip `source`."""

    lyrics: str = Field("", alias="prompt")
    tags: str = ""
    description: str = Field("", alias="gpt_description_prompt")
    title: str = ""
    instrumental: bool = Field(False, alias="make_instrumental")
    voice_of: Name | None = Field(None, alias="persona_id")
    source: Name | None = Field(None, alias="continue_clip_id")
    start_s: Annotated[int, Field(ge=0)] | None = Field(None, alias="continue_at")

    @model_validator(mode="after")
    def _has_something_to_sing(self) -> Self:
        described = bool(self.description.strip())
        custom = bool(self.lyrics.strip() or self.tags.strip())
        if not described and not custom:
            raise PydanticCustomError("missing_input", "Send at least one of prompt, tags and gpt_description_prompt")
        if described and custom:
            raise PydanticCustomError(
                "conflicting_fields", "gpt_description_prompt cannot be sent together with prompt or tags"
            )
        if self.start_s is not None and self.source is None:
            raise PydanticCustomError("conflicting_fields", "continue_at needs continue_clip_id")
        return self


class CoverRequest(TaskRequest):
    """3.2; words and style of the original where none are given."""

    work = Work.COVER
    source: Name = Field(alias="cover_clip_id")
    lyrics: str = Field("", alias="prompt")
    tags: str = ""
    title: str = ""


class RemasterRequest(TaskRequest):
    """3.3."""

    work = Work.REMASTER
    takes = 1
    source: Name = Field(alias="clip_id")


class SoundRequest(TaskRequest):
    """3.4."""

    work = Work.SOUND
    description: Name = Field(alias="sound_desc")
    sound_type: Literal["one-shot", "loop"] = "one-shot"
    bpm: Annotated[int, Field(ge=1, le=300)] | None = Field(None, alias="sound_bpm")
    key: MusicalKey = Field("", alias="sound_key")

    @computed_field
    def loop(self) -> bool:
        """Whether its end meets its start."""
        return self.sound_type == "loop"


class VocalsRequest(TaskRequest):
    """3.5. No field names a target: the clip the sample is from gets the new vocals."""

    work = Work.VOCALS
    source: Name = Field(alias="chop_sample_clip_id")
    start_s: Seconds = Field(0, alias="chop_sample_start_s")
    end_s: EndSeconds | None = Field(None, alias="chop_sample_end_s")
    lyrics: str = Field("", alias="prompt")
    tags: str = ""


class BackingRequest(TaskRequest):
    """3.6: a band for an uploaded voice; an `end_s` of 0 means all of it."""

    work = Work.BACKING
    source: Name = Field(alias="clip_id")
    start_s: Seconds = 0
    end_s: Seconds = 0


class HumRequest(BackingRequest):
    """3.7: a song from a hummed tune."""

    work = Work.HUM


class InfillRequest(TaskRequest):
    """3.8: another range in the same song."""

    work = Work.INFILL
    source: Name = Field(alias="clip_id")
    start_s: Seconds = Field(alias="infill_start_s")
    end_s: EndSeconds = Field(alias="infill_end_s")
    lyrics: str = Field("", alias="prompt")
    tags: str = ""


class LyricsRequest(TaskRequest):
    """3.9: words alone."""

    takes = 1
    prompt: str = ""
    topics: str = ""
    keyword: str = ""
    moods: str = ""
    style: str = ""

    @model_validator(mode="after")
    def _has_a_subject(self) -> Self:
        if not (self.prompt + self.topics + self.keyword).strip():
            raise PydanticCustomError("missing_input", "Send at least one of prompt, topics and keyword")
        return self


class UploadRequest(ApiRequest):
    """4.1."""

    audio_url: WebUrl


class ClipRequest(ApiRequest):
    """4.2, and the query of 5.6 to 5.8."""

    clip_id: Name


class PersonaRequest(ClipRequest):
    """4.3."""

    name: Name


class StemRequest(ClipRequest):
    """5.4."""

    vocal_start_s: Seconds = 0
    vocal_end_s: EndSeconds | None = None


class MidiRequest(ClipRequest):
    """5.5; `stem_clip_id` is the id of a stem."""

    stem_clip_id: Name | None = None


class TaskListRequest(ApiRequest):
    """5.2; status -1 is all, 0 queuing, 1 processing, 2 completed, 3 failed."""

    page: Annotated[int, Field(ge=1)] = 1
    page_size: Annotated[int, Field(ge=1, le=100)] = 20
    status: Annotated[int, Field(ge=-1, le=3)] = -1

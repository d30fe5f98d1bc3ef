"""What a client may send, with MusicMint's documented rules; unknown fields are ignored, as its docs forbid none."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

WebUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+")]
Days = Annotated[int, Field(ge=1, le=30)]


class ApiRequest(BaseModel):
    """A body as the wire parsed it; null counts as absent."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class GenerateRequest(ApiRequest):
    """`POST /api/v1/music/generate`; `continue_at` is in seconds and starts an extension of `continue_clip_id`."""

    prompt: str | None = None
    tags: str | None = None
    gpt_description_prompt: str | None = None
    title: str | None = None
    make_instrumental: bool | None = None
    persona_id: str | None = None
    continue_clip_id: str | None = None
    continue_at: Annotated[int, Field(ge=0)] | None = None
    callback_url: WebUrl | None = None
    retention_days: Days | None = None

    @model_validator(mode="after")
    def _has_something_to_sing(self) -> Self:
        described = bool((self.gpt_description_prompt or "").strip())
        custom = bool((self.prompt or "").strip() or (self.tags or "").strip())
        if not described and not custom:
            raise PydanticCustomError("missing_input", "Send at least one of prompt, tags and gpt_description_prompt")
        if described and custom:
            raise PydanticCustomError(
                "conflicting_fields", "gpt_description_prompt cannot be sent together with prompt or tags"
            )
        return self

    @model_validator(mode="after")
    def _continues_a_clip(self) -> Self:
        if self.continue_at is not None and self.continue_clip_id is None:
            raise PydanticCustomError("conflicting_fields", "continue_at needs continue_clip_id")
        return self


class TaskListRequest(ApiRequest):
    """`POST /api/v1/tasks`; status -1 is all, 0 queuing, 1 processing, 2 completed, 3 failed."""

    page: Annotated[int, Field(ge=1)] = 1
    page_size: Annotated[int, Field(ge=1, le=100)] = 20
    status: Annotated[int, Field(ge=-1, le=3)] = -1

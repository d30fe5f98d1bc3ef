"""What the calls answer that hand over their result at once.

Source: docs.musicmint.ai, music/upload, music/concat, persona/create, audio/stem.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, OnErrorOmit

from bot.musicmint.models.base import (
    DONE,
    KEEP_SOME,
    Address,
    Answer,
    Id,
    LooseSeconds,
    LooseText,
    Text,
    either_case,
    or_else,
)


class UploadedClip(Answer):
    """A member's own audio, usable wherever a clip is."""

    clip_id: Id = Field(validation_alias=either_case("clip_id", "id"))
    audio_url: LooseText = ""
    duration: LooseSeconds = 0.0
    status: Annotated[int | Text, or_else(1)] = 1
    """1 = ready; the docs are silent on any other."""


class FullSong(Answer):
    """The full-length song of a clip. The docs are silent on `status` (20) and on how `audioUrl` differs.

    `audioUrl` serves only where the documented address is missing.
    """

    id: Id
    audio_url: Address = Field(validation_alias=either_case("cld2_audio_url", "audio_url"))
    duration: LooseSeconds = 0.0


class PersonaItem(Answer):
    """A singer; `id` is what a song takes as `persona_id`."""

    id: Id
    status: LooseText = ""

    @property
    def usable(self) -> bool:
        """The docs are silent on other statuses and on how to wait for one; no status at all counts as usable."""
        return not self.status or self.status in DONE


class PersonaBatch(Answer):
    """What creating a persona answers: one singer at least."""

    items: Annotated[tuple[OnErrorOmit[PersonaItem], ...], KEEP_SOME, Field(min_length=1)]

    @property
    def singer(self) -> PersonaItem:
        """The first that can sing, else the first."""
        return next((item for item in self.items if item.usable), self.items[0])


class VocalStem(Answer):
    """The vocals alone; `id` is the job's, which MIDI takes as `stem_clip_id`, and is missed nowhere else."""

    id: Annotated[Id, or_else("")] = ""
    vocal_audio_url: Address
    status: LooseText = ""
    vocal_start_s: LooseSeconds = 0.0
    vocal_end_s: LooseSeconds = 0.0
    """The range that was really processed; 0 where it is not told."""

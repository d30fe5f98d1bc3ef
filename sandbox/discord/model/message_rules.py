"""What a message may hold beyond the limits of its single fields."""

import json
import re
from collections import Counter
from collections.abc import Collection

from pydantic import BaseModel

from sandbox.discord.model.bodies import MessageBody
from sandbox.discord.model.components import ComponentType, flat
from sandbox.discord.model.entities import MessageFlag
from sandbox.discord.model.errors import ApiError, Json, field_error

EMBED_CHARACTERS = 6000
COMPONENTS = 40
TEXT_CHARACTERS = 4000
ROWS = 5
FILES = 10


def check(body: MessageBody, names: Collection[str], flags: int) -> None:
    """Raise what Discord answers to this body; `names` are the files it will have, `flags` the message's own."""
    if sum(embed.length() for embed in body.embeds or []) > EMBED_CHARACTERS:
        raise field_error("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
    if len(names) > FILES:
        raise field_error("files", "BASE_TYPE_BAD_LENGTH", "Must be 10 or fewer in length.")
    parts = as_json(body.components or [])
    check_components(parts)
    if flags & MessageFlag.COMPONENTS_V2:
        _check_v2(body, parts)
    elif len(parts) > ROWS or any(part["type"] != ComponentType.ACTION_ROW for part in parts):
        raise field_error("components", "BASE_TYPE_BAD_LENGTH", "Must be 5 or fewer action rows.")
    shown = json.dumps([as_json(body.embeds or []), parts])
    for name in re.findall(r'"attachment://([^"]+)"', shown):
        if name not in names:
            raise field_error("attachments", "ATTACHMENT_NOT_FOUND", f"The referenced attachment {name} was not found")


def check_components(parts: list[Json]) -> None:
    """At most 40 components, each custom_id once."""
    every = flat(parts)
    if len(every) > COMPONENTS:
        raise field_error("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "Must have 40 components or fewer")
    ids = Counter(part["custom_id"] for part in every if "custom_id" in part)
    for custom_id, times in ids.items():
        if times > 1:
            text = f"Component custom id cannot be duplicated: {custom_id}"
            raise field_error("components", "COMPONENT_CUSTOM_ID_DUPLICATED", text)


def check_not_empty(content: str, embeds: Collection[Json], files: int, components: Collection[Json], v2: bool) -> None:
    """A message needs text, an embed or a file; in Components V2 a component does."""
    if not (content.strip() or embeds or files or (v2 and components)):
        raise ApiError(400, 50006, "Cannot send an empty message")


def as_json(parts: Collection[BaseModel]) -> list[Json]:
    """Parsed embeds or components as Discord keeps them: with its defaults, without nulls."""
    return [part.model_dump(mode="json", exclude_none=True) for part in parts]


def _check_v2(body: MessageBody, parts: list[Json]) -> None:
    for name in ("content", "embeds"):
        if getattr(body, name):
            text = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            raise field_error(name, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", text)
    texts = sum(len(part.get("content", "")) for part in flat(parts))
    if texts > TEXT_CHARACTERS:
        text = "The total text of all components must be 4000 or fewer in length."
        raise field_error("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", text)

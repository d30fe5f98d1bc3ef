"""What Discord's own client does with a modal before it sends it: check every field and keep the form's shape."""

from typing import Any

from sandbox.discord.model.components import ComponentType, flat
from sandbox.discord.model.errors import Json, Refusal
from sandbox.discord.model.options import CHANNEL, MENTIONABLE, ROLE, USER, Given, Resolved

ENTITIES = {
    ComponentType.USER_SELECT: USER,
    ComponentType.ROLE_SELECT: ROLE,
    ComponentType.MENTIONABLE_SELECT: MENTIONABLE,
    ComponentType.CHANNEL_SELECT: CHANNEL,
}
TEXT_CHARACTERS = 4000


def submitted(components: list[Json], given: Given, resolved: Resolved) -> list[Json]:
    """The modal's components with what the member entered; raises a Refusal in a person's words."""
    known = {part["custom_id"] for part in flat(components) if "custom_id" in part}
    for name in given.values:
        if name not in known:
            raise Refusal(f"The form has no field {name}.")
    return [_filled(part, given, resolved) for part in components]


def _filled(part: Json, given: Given, resolved: Resolved) -> Json:
    drawn: Json = {"type": part["type"], "id": part["id"]}
    if "components" in part:
        return drawn | {"components": [_filled(inner, given, resolved) for inner in part["components"]]}
    if "component" in part:
        return drawn | {"component": _filled(part["component"], given, resolved)}
    if "custom_id" not in part:
        return drawn
    value = given.values.get(part["custom_id"])
    drawn["custom_id"] = part["custom_id"]
    match part["type"]:
        case ComponentType.TEXT_INPUT:
            return drawn | {"value": _text(part, value, given)}
        case ComponentType.CHECKBOX:
            return drawn | {"value": bool(value)}
        case ComponentType.RADIO_GROUP:
            picked = _picked(part, [] if value is None else [value], given)
            return drawn | {"value": picked[0] if picked else None}
        case ComponentType.FILE_UPLOAD:
            return drawn | {"values": _files(part, value, given, resolved)}
        case kind:
            values = _picked(part, value or [], given)
            for entity in values if kind in ENTITIES else ():
                resolved.add(ENTITIES[kind], entity)
            return drawn | {"values": values}


def _text(part: Json, value: Any, given: Given) -> str:
    text = part.get("value", "") if value is None else value
    if not isinstance(text, str):
        raise Refusal(f"The field {part['custom_id']} must be text.")
    if given.unchecked or (not text and not part.get("required", True)):
        return text
    least = max(part.get("min_length", 0), 1 if part.get("required", True) else 0)
    most = part.get("max_length", TEXT_CHARACTERS)
    if not least <= len(text) <= most:
        raise Refusal(f"The field {part['custom_id']} must have {least} to {most} characters.")
    return text


def _picked(part: Json, values: Any, given: Given) -> list[str]:
    name = part["custom_id"]
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Refusal(f"The field {name} takes a list of values.")
    options = {option["value"] for option in part.get("options", [])}
    if options and set(values) - options:
        raise Refusal(f"The field {name} has no such value.")
    if not given.unchecked:
        _check_count(part, len(values))
    return values


def _files(part: Json, value: Any, given: Given, resolved: Resolved) -> list[str]:
    files = value or []
    if not isinstance(files, list) or given.attach is None:
        raise Refusal(f"The field {part['custom_id']} takes a list of files.")
    _check_count(part, len(files))
    attachments = [given.attach(file) for file in files]
    for attachment in attachments:
        resolved.add_attachment(attachment)
    return [attachment.id for attachment in attachments]


def _check_count(part: Json, count: int) -> None:
    required = part.get("required")
    least = part.get("min_values", 1) if required is not False or count else 0
    most = part.get("max_values") or (len(part["options"]) if part["type"] == ComponentType.CHECKBOX_GROUP else 1)
    if not (least or 0) <= count <= most:
        raise Refusal(f"The field {part['custom_id']} takes {least} to {most} values.")

"""What the slash commands say in every language, and whether Discord has heard it.

In code a command's or option's description is the id of a sentence; the words stand in `bot/locales` like all others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.phrasebook import FALLBACK, Phrasebook

Payload = Mapping[str, Any]
"""A command as Discord's REST writes it."""

COMPARED: Final = frozenset(
    {
        "name",
        "type",
        "description",
        "description_localizations",
        "options",
        "required",
        "autocomplete",
        "choices",
        "value",
        "min_value",
        "max_value",
        "min_length",
        "max_length",
        "contexts",
        "integration_types",
        "nsfw",
    }
)


def in_words(payload: Payload, book: Phrasebook) -> dict[str, Any]:
    """The payload with every description said, in English and in each language that has it."""
    said = dict(payload)
    if said.get("description"):
        message_id = str(said["description"])
        said["description"] = book.say(FALLBACK, message_id)
        others = {
            locale: book.say(locale, message_id)
            for locale in book.locales
            if locale != FALLBACK and book.knows(locale, message_id)
        }
        if others:
            said["description_localizations"] = others
    if said.get("options"):
        said["options"] = [in_words(option, book) for option in said["options"]]
    return said


def same(ours: Sequence[Payload], registered: Sequence[Payload]) -> bool:
    """Whether Discord has just these commands, what it adds by itself aside."""
    return _by_name(ours) == _by_name(registered)


def _by_name(commands: Sequence[Payload]) -> dict[tuple[str, int], Any]:
    return {(str(one["name"]), int(one.get("type", 1))): _essence(one) for one in commands}


def _essence(node: Any) -> Any:
    """What we say of a command; absent, null, false and empty are the same to Discord."""
    if isinstance(node, Mapping):
        if "name" not in node and "description" not in node:
            return dict(node)  # a map of languages
        return {name: _essence(value) for name, value in node.items() if name in COMPARED and _says(value)}
    if isinstance(node, list):
        return [_essence(item) for item in node]
    return node


def _says(value: object) -> bool:
    """Zero is a limit like any other number."""
    return bool(value) or (value == 0 and value is not False)

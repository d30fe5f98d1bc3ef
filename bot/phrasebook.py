"""Every sentence a member reads, by id, in the language asked for. English stands in where a language lacks one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from fluent.runtime import FluentBundle, FluentResource

from bot.errors import Argument, MinstrelError

LOCALES = Path(__file__).parent / "locales"
FALLBACK = "en-US"
MOST = 2000
"""Characters of one argument."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that is not in any language yet; the form in which a row keeps its error."""

    id: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)

    @classmethod
    def of(cls, error: MinstrelError) -> Self:
        """What this error says."""
        return cls(error.sentence_id, dict(error.arguments))

    def to_json(self) -> str:
        """The form stored in `tasks.error`."""
        return json.dumps({"id": self.id, "arguments": dict(self.arguments)}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The inverse of `to_json`."""
        stored = json.loads(text)
        return cls(stored["id"], stored["arguments"])


class Phrasebook:
    """The Fluent files of `bot/locales`, one per Discord locale (`en-US.ftl`)."""

    def __init__(self, folder: Path = LOCALES) -> None:
        self._bundles = {path.stem: _bundle(path) for path in sorted(folder.glob("*.ftl"))}
        self.locales: tuple[str, ...] = tuple(self._bundles)

    def say(self, locale: str, message_id: str, **arguments: Argument) -> str:
        """The sentence with this id. Raises `LookupError` if no language has it, `ValueError` if an argument lacks."""
        bundle = self._bundles.get(locale)
        if bundle is None or not bundle.has_message(message_id):
            bundle = self._bundles[FALLBACK]
        pattern = bundle.get_message(message_id).value
        if pattern is None:
            raise KeyError(message_id)
        # Fluent refuses longer ones; no sentence of ours has room for them either.
        short = {name: value[:MOST] if isinstance(value, str) else value for name, value in arguments.items()}
        text, faults = bundle.format_pattern(pattern, short)
        if faults:
            raise ValueError(f"{message_id}: {faults}")
        return str(text)

    def tell(self, locale: str, sentence: Sentence) -> str:
        """The same for a stored sentence."""
        return self.say(locale, sentence.id, **sentence.arguments)

    def knows(self, locale: str, message_id: str) -> bool:
        """Whether this very language has the sentence."""
        return locale in self._bundles and self._bundles[locale].has_message(message_id)


def _bundle(path: Path) -> FluentBundle:
    # Isolation marks would show as boxes in Discord's clients and break links.
    bundle = FluentBundle([path.stem], use_isolating=False)
    bundle.add_resource(FluentResource(path.read_text(encoding="utf-8")))
    return bundle

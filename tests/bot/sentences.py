"""What stands in the Fluent files."""

from __future__ import annotations

from fluent.syntax import FluentParser
from fluent.syntax import ast as ftl
from fluent.syntax.visitor import Visitor

from bot.phrasebook import FALLBACK, LOCALES


class Arguments(Visitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ftl.VariableReference) -> None:  # noqa: N802 - fluent's name for it
        self.names.add(node.id.name)


def sentences(locale: str = FALLBACK) -> dict[str, set[str]]:
    """Id -> the arguments it needs."""
    found = {}
    for entry in FluentParser().parse((LOCALES / f"{locale}.ftl").read_text(encoding="utf-8")).body:
        assert not isinstance(entry, ftl.Junk), entry.content
        if isinstance(entry, ftl.Message):
            assert entry.id.name not in found, entry.id.name
            arguments = Arguments()
            arguments.visit(entry)
            found[entry.id.name] = arguments.names
    return found

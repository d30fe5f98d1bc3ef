"""Answers that are nearly what the docs show: one strategy over any documented example."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable

from hypothesis import strategies as st

Path = tuple[str | int, ...]

RAW = {"NaN": "NaN", "Infinity": "-Infinity", "huge float": "1e999", "huge integer": "9" * 4200, "deep": "[" * 300}
"""What JSON's own writer does not write, under the names that stand for it until the text is made."""

ODD: list[object] = [
    *(None, True, False, 0, -1, 1, 0.5, -0.5, 200, 2**63, 10**30, 1e308, 86_401),
    *("", " ", "x", "..", "a/b", "a b", "\0", "nan", "1e999", "é\u202e", "x" * 5000, "queuing", "complete", "C#4"),
    *("http://", "https://[", "javascript:alert(1)", "ftp://a/b", "https://cdn.example.com/a b", "another-id"),
    *([], {}, [[]], [None], [{}], {"id": None}, {"id": "c"}, ["x"] * 50, {"x": {"y": [1, 2]}}),
    *(f"<{name}>" for name in RAW),
]

NAMES = ["id", "task_id", "clipId", "status", "items", "results", "data", "code", "instruments", "pitch", "note", "x"]


def malformed(example: object) -> st.SearchStrategy[bytes]:
    """The example with up to four flaws: in what it says, in how it is written, or in neither."""
    whole = json.dumps(example)
    return st.builds(
        lambda seed, flaws, breaks: _flawed(whole, random.Random(seed), flaws, breaks),
        st.integers(0, 2**32),
        st.lists(st.sampled_from(FLAWS), max_size=4),
        st.sampled_from(BREAKS),
    )


def _flawed(whole: str, chance: random.Random, flaws: list[Flaw], breaks: Break) -> bytes:
    value = json.loads(whole)
    for flaw in flaws:
        path = chance.choice(list(_paths(value)))
        value = _replaced(value, path, flaw, chance)
    text = json.dumps(value)
    for name, raw in RAW.items():
        text = text.replace(f'"<{name}>"', raw)
    return breaks(text, chance)


def _paths(value: object, here: Path = ()) -> list[Path]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(path for step, child in inner for path in _paths(child, (*here, step)))]


def _replaced(value: object, path: Path, flaw: Flaw, chance: random.Random) -> object:
    if not path:
        return flaw(value, chance)
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {name: _replaced(child, rest, flaw, chance) if name == step else child for name, child in value.items()}
    if isinstance(value, list):
        return [_replaced(child, rest, flaw, chance) if at == step else child for at, child in enumerate(value)]
    return value


Flaw = Callable[[object, random.Random], object]


def _another(value: object, chance: random.Random) -> object:
    return chance.choice(ODD)


def _nested(value: object, chance: random.Random) -> object:
    return chance.choice([[value], {"data": value}, [[value], value]])


def _less(value: object, chance: random.Random) -> object:
    if isinstance(value, dict) and value:
        gone = chance.choice(list(value))
        return {name: child for name, child in value.items() if name != gone}
    return value[:-1] if isinstance(value, list | str) else None


def _renamed(value: object, chance: random.Random) -> object:
    if isinstance(value, dict) and value:
        was, now = chance.choice(list(value)), chance.choice(NAMES)
        return {now if name == was else name: child for name, child in value.items()}
    return value


def _more(value: object, chance: random.Random) -> object:
    if isinstance(value, dict):
        return {**value, chance.choice(NAMES): chance.choice(ODD)}
    return [*value, chance.choice(ODD), *value] if isinstance(value, list) else value


def _as_text(value: object, chance: random.Random) -> object:
    return str(value) if isinstance(value, int | float) else json.dumps(value)


FLAWS: list[Flaw] = [_another, _another, _nested, _less, _renamed, _more, _as_text]

Break = Callable[[str, random.Random], bytes]


def _whole(text: str, chance: random.Random) -> bytes:
    return text.encode()


def _cut(text: str, chance: random.Random) -> bytes:
    return text.encode()[: chance.randrange(len(text) + 1)]


def _no_utf8(text: str, chance: random.Random) -> bytes:
    at = chance.randrange(len(text) + 1)
    return text[:at].encode() + chance.choice([b"\xff", b"\xc0\xaf", b"\x00", b"\xed\xa0\x80"]) + text[at:].encode()


def _said_twice(text: str, chance: random.Random) -> bytes:
    """A key that stands in its object two times."""
    ends = [found.start() for found in re.finditer(r"(?<=[^{])\}", text)]
    if not ends:
        return text.encode() * 2
    at = chance.choice(ends)
    names = re.findall(r'"(\w+)":', text) or NAMES
    again = json.dumps(chance.choice([odd for odd in ODD if not str(odd).startswith("<")]))
    return f'{text[:at]}, "{chance.choice(names)}": {again}{text[at:]}'.encode()


def _none(text: str, chance: random.Random) -> bytes:
    bodies = [b"", b" ", b"<html>502</html>", b"null", b"[]", b"{}", b'"ok"', b"\xef\xbb\xbf" + text.encode()]
    return chance.choice([*bodies, text.encode() * 2, text.encode("utf-16")])


BREAKS: list[Break] = [_whole, _whole, _whole, _whole, _said_twice, _said_twice, _cut, _no_utf8, _none]

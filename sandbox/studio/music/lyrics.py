"""Reads a lyric sheet: sections by their marks, lines by their syllables; English and Chinese."""

import re
from dataclasses import dataclass

from sandbox.studio.music.syllables import TOKEN
from sandbox.studio.music.syllables import line as pronounced

MARK = re.compile(r"^\s*[\[【(（]\s*([^\[\]【】()（）]{1,40}?)\s*[\]】)）]\s*[:：]?\s*$")
KINDS = {
    "chorus": ("chorus", "hook", "refrain", "drop", "副歌", "高潮"),
    "bridge": ("bridge", "middle 8", "桥段", "过渡", "桥"),
    "intro": ("intro", "前奏", "引子"),
    "outro": ("outro", "ending", "coda", "尾奏", "结尾", "尾声"),
    "solo": ("solo", "interlude", "instrumental", "break", "间奏", "独奏"),
    "verse": ("verse", "主歌", "诗句", "rap"),
}
PRE_CHORUS = ("pre-chorus", "prechorus", "pre chorus", "导歌", "预副歌")
CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
PAUSES = ",;:.!?，；：。！？、"
LONGEST_LINE = 14  # syllables: as many as fit into a bar


@dataclass(frozen=True, slots=True)
class Stanza:
    """A section of a lyric sheet; `kind` is one of KINDS."""

    kind: str
    lines: tuple[str, ...]


def stanzas(sheet: str) -> tuple[Stanza, ...]:
    """The sections of a sheet. Without marks, blocks between blank lines are verse and chorus in turn; a single
    line is a description and no sheet."""
    lines = [line.strip() for line in sheet.splitlines()]
    if any(MARK.match(line) for line in lines):
        return _marked(lines)
    blocks = [block.split("\n") for block in re.split(r"\n\s*\n", "\n".join(lines).strip())]
    if sum(len(block) for block in blocks) < 2:
        return ()
    return tuple(Stanza("chorus" if place % 2 else "verse", _sung(block)) for place, block in enumerate(blocks))


def _marked(lines: list[str]) -> tuple[Stanza, ...]:
    found: list[tuple[str, list[str]]] = [("verse", [])]
    for line in lines:
        mark = MARK.match(line)
        if mark:
            found.append((_kind(mark[1]), []))
        elif line:
            found[-1][1].append(line)
    return tuple(Stanza(kind, _sung(block)) for kind, block in found[0 if found[0][1] else 1 :])


def _kind(mark: str) -> str:
    words = mark.lower()
    if any(word in words for word in PRE_CHORUS):
        return "verse"
    return next((kind for kind, names in KINDS.items() if any(name in words for name in names)), "verse")


def syllables(line: str) -> int:
    """How many notes a line is written on; one where there is nothing to sing."""
    return max(1, len(pronounced(line).syllables))


def _sung(lines: list[str]) -> tuple[str, ...]:
    return tuple(piece for line in lines if line for piece in _broken(line))


def _broken(line: str) -> tuple[str, ...]:
    """A line that can be sung in one breath, or pieces of one: cut near the middle, and rather at a pause."""
    cuts = [token.start() for token in TOKEN.finditer(line)][1:]
    if not cuts or syllables(line) <= LONGEST_LINE:
        return (line,)
    cut = min(cuts, key=lambda at: abs(at / len(line) - 0.5) - 0.25 * (line[:at].rstrip()[-1] in PAUSES))
    return (*_broken(line[:cut].strip()), *_broken(line[cut:].strip()))

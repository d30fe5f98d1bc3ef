"""Reads a lyric sheet: sections by their marks, lines by their syllables; English and Chinese."""

import re
from dataclasses import dataclass

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
WORD = re.compile(r"[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
VOWELS = re.compile(r"[aeiouyàâäåáãéèêëíìîïóòôöõøúùûüæœ]+")


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
    return tuple(
        Stanza("chorus" if place % 2 else "verse", tuple(line for line in block if line))
        for place, block in enumerate(blocks)
    )


def _marked(lines: list[str]) -> tuple[Stanza, ...]:
    found: list[tuple[str, list[str]]] = [("verse", [])]
    for line in lines:
        mark = MARK.match(line)
        if mark:
            found.append((_kind(mark[1]), []))
        elif line:
            found[-1][1].append(line)
    return tuple(Stanza(kind, tuple(sung)) for kind, sung in found[0 if found[0][1] else 1 :])


def _kind(mark: str) -> str:
    words = mark.lower()
    if any(word in words for word in PRE_CHORUS):
        return "verse"
    return next((kind for kind, names in KINDS.items() if any(name in words for name in names)), "verse")


def syllables(line: str) -> int:
    """How many notes a line is sung on: one a Chinese character, one a group of vowels, at least one a word."""
    latin = sum(_in_word(word.lower()) for word in WORD.findall(line))
    return max(1, latin + len(CJK.findall(line)))


def _in_word(word: str) -> int:
    groups = len(VOWELS.findall(word))
    silent_e = word.endswith("e") and not word.endswith(("le", "ee")) and groups > 1
    return max(1, groups - silent_e)

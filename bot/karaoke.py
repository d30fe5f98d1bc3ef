"""Set a lyric to the timeline of what was sung: a time for each line, for an `.lrc` file, and for each word.

The lyric is right about the words and the timeline about the times, and they differ: a singer leaves out a line, adds a
shout, repeats a chorus. So the two are matched as texts are compared, word by word over the whole song.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from bot.musicmint.models import Word

HAN: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Written without spaces: each character stands for itself."""

TOKEN: Final = re.compile(rf"[{HAN}]|[^\W{HAN}]+(?:['’][^\W{HAN}]+)*")
MARK: Final = re.compile(r"\[[^\[\]\n]*\]|【[^【】\n]*】")
"""`[Verse]`: it parts what stands around it and is not sung."""

OPENING: Final = re.compile(r"\s+[^\w\s]*$")
"""What belongs to the word after it: the space, and an opening bracket or quote."""

PAUSE_S: Final = 0.8
"""A silence that ends a line where no lyric tells the lines."""

LONG_LINE: Final = 48
"""Characters after which such a line ends anyway."""

Pair = tuple[int, int]
"""The place of a word in the lyric and in the timeline."""


@dataclass(frozen=True, slots=True)
class TimedLine:
    """A line of the lyric, or a piece of one, and the second at which it begins."""

    start_s: float
    text: str


@dataclass(frozen=True, slots=True)
class _Written:
    """A word of the lyric: what it is compared by, its line, and where in that line it begins."""

    key: str
    line: int
    offset: int


@dataclass(frozen=True, slots=True)
class _Sung:
    """A word of the timeline, or one character of it: what it is compared by, its time, and which entry it is of."""

    key: str
    start_s: float
    entry: int


@dataclass(frozen=True, slots=True)
class _Match:
    """Which words of the lyric were found, by line, in order."""

    lines: list[str]
    found: list[list[tuple[_Written, _Sung]]]
    end_s: float


def timed_lines(words: Sequence[Word], lyrics: str) -> tuple[TimedLine, ...]:
    """Every line of the lyric once, in order, its time never before that of the line above it.

    A line of which no word was sung stands evenly between its neighbours. Without a lyric the timeline makes the lines.
    """
    match = _match(words, lyrics)
    return tuple(TimedLine(start, line) for start, line in zip(_starts(match), match.lines, strict=True))


def timed_words(words: Sequence[Word], lyrics: str) -> tuple[TimedLine, ...]:
    """The lyric in pieces, each beginning with a word that was found; together they are the whole lyric.

    As ID3 wants it, a space or line end stands in front of the word it leads to.
    """
    match = _match(words, lyrics)
    pieces: list[TimedLine] = []
    for start, line, found in zip(_starts(match), match.lines, match.found, strict=True):
        cuts = [(0, start), *((_cut(line, word), sung.start_s) for word, sung in _entries(found))]
        ends = [offset for offset, _ in cuts[1:]] + [len(line)]
        texts = [line[offset:end] for (offset, _), end in zip(cuts, ends, strict=True)]
        texts[0] = ("\n" if pieces else "") + texts[0]
        pieces += (TimedLine(second, text) for (_, second), text in zip(cuts, texts, strict=True))
    return tuple(pieces)


def lrc(lines: Iterable[TimedLine], title: str, artist: str) -> str:
    """The text of an `.lrc` file, to be stored as UTF-8."""
    tags = [f"[{name}:{_tag_text(text)}]" for name, text in (("ti", title), ("ar", artist)) if text.strip()]
    return "\n".join([*tags, *(f"{_stamp(line.start_s)}{line.text}" for line in lines)]) + "\n"


def _stamp(second: float) -> str:
    minutes, hundredths = divmod(round(second * 100), 6000)
    return f"[{minutes:02}:{hundredths // 100:02}.{hundredths % 100:02}]"


def _tag_text(text: str) -> str:
    return " ".join(text.replace("[", "(").replace("]", ")").split())


# Reading the two sides


def _match(words: Sequence[Word], lyrics: str) -> _Match:
    in_order = sorted(words, key=lambda word: word.start)
    lines = _lines(lyrics) or _lines(_as_lyric(in_order))
    written = [
        _Written(_key(token[0]), number, token.start())
        for number, line in enumerate(lines)
        for token in TOKEN.finditer(line)
    ]
    sung = list(_sung(in_order))
    found: list[list[tuple[_Written, _Sung]]] = [[] for _ in lines]
    for place, heard in _pairs(written, sung):
        found[written[place].line].append((written[place], sung[heard]))
    return _Match(lines, found, max((word.end for word in words), default=0.0))


def _lines(lyrics: str) -> list[str]:
    """Section marks and lines without a word are none."""
    lines = (" ".join(line.split()) for line in MARK.sub("\n", lyrics).splitlines())
    return [line for line in lines if TOKEN.search(line)]


def _as_lyric(words: Sequence[Word]) -> str:
    """Lines made of the timeline alone; line ends within its words are kept."""
    lines = [""]
    for word, following in pairwise([*words, *words[-1:]]):
        lines[-1] += word.word + " "
        if following.start - word.end >= PAUSE_S or len(lines[-1]) >= LONG_LINE:
            lines.append("")
    return re.sub(rf"(?<=[{HAN}]) +(?=[{HAN}])", "", "\n".join(lines))


def _sung(words: Sequence[Word]) -> Iterator[_Sung]:
    """An entry of several characters shares its time out evenly among them, as far as to the next entry."""
    for entry, (word, following) in enumerate(pairwise([*words, *words[-1:]])):
        tokens = TOKEN.findall(MARK.sub(" ", word.word))
        latest = following.start if following is not word else word.end
        for place, token in enumerate(tokens):
            second = word.start + (word.end - word.start) * place / len(tokens)
            yield _Sung(_key(token), max(word.start, min(second, latest)), entry)


def _key(token: str) -> str:
    return unicodedata.normalize("NFKC", token).casefold().replace("'", "").replace("’", "")


# Matching them


def _pairs(written: Sequence[_Written], sung: Sequence[_Sung]) -> list[Pair]:
    """What belongs together: equal words, as many as keep both orders, then words that stand for each other."""
    lyric, heard = [word.key for word in written], [word.key for word in sung]
    pairs = _closed_up(_common(lyric, heard), [word.line for word in written], lyric, heard)
    return sorted([*pairs, *_stand_ins(pairs, written, sung)])


def _common(lyric: Sequence[str], heard: Sequence[str]) -> list[Pair]:
    """A longest common subsequence, by Hyyrö's bit-parallel method: a bit for each word of the lyric.

    A chorus that comes twice would lead a greedy comparison astray, and the usual table of all pairs takes seconds.
    """
    places: defaultdict[str, int] = defaultdict(int)
    for place, key in enumerate(lyric):
        places[key] |= 1 << place
    everywhere = (1 << len(lyric)) - 1
    rows, row = [everywhere], everywhere
    for key in heard:
        equal = row & places[key]
        row = (row + equal | row - equal) & everywhere
        rows.append(row)
    pairs: list[Pair] = []
    at, word = len(lyric), len(heard)
    while at and word:
        if rows[word] >> at - 1 & 1:
            at -= 1
            continue
        word -= 1
        if rows[word] >> at - 1 & 1:
            at -= 1
            pairs.append((at, word))
    return pairs[::-1]


def _closed_up(pairs: list[Pair], line_of: list[int], lyric: list[str], heard: list[str]) -> list[Pair]:
    """Moves words that were found too early down to those they lead up to, where the same words stand there too.

    Of several longest matches the one found takes the earliest words: "the" of a line left out for "the" of the next.
    """
    closed: list[Pair] = []
    for run in reversed(_runs(pairs, line_of)):
        count, (first, _) = len(run), run[0]
        after, then = closed[-1] if closed else (0, 0)
        before, earlier = after - count, then - count
        if closed and lyric[before:after] == lyric[first : first + count] == heard[earlier:then]:
            run = [(before + step, earlier + step) for step in range(count)]
        closed += reversed(run)
    return closed[::-1]


def _runs(pairs: list[Pair], line_of: list[int]) -> list[list[Pair]]:
    """Pairs that follow each other on both sides and within one line."""
    runs: list[list[Pair]] = []
    for at, word in pairs:
        last = runs[-1][-1] if runs else None
        if last == (at - 1, word - 1) and line_of[at] == line_of[at - 1]:
            runs[-1].append((at, word))
        else:
            runs.append([(at, word)])
    return runs


def _stand_ins(pairs: list[Pair], written: Sequence[_Written], sung: Sequence[_Sung]) -> Iterator[Pair]:
    """Within a line that was found, as many words sung as are missing: `2` was written and `two` sung."""
    lines = {written[at].line for at, _ in pairs}
    for (at, word), (next_at, next_word) in pairwise([(-1, -1), *pairs, (len(written), len(sung))]):
        missing = range(at + 1, next_at)
        if len(missing) == next_word - word - 1 and all(written[place].line in lines for place in missing):
            yield from zip(missing, range(word + 1, next_word), strict=True)


# Giving times


def _starts(match: _Match) -> list[float]:
    """When each line begins. Before the first line stands the song's begin, after the last the end of all words."""
    starts: list[float] = []
    low, waiting = 0.0, 0
    for found in match.found:
        if not found:
            waiting += 1
            continue
        starts += [*_between(low, found[0][1].start_s, waiting), found[0][1].start_s]
        low, waiting = found[-1][1].start_s, 0
    return starts + _between(low, max(low, match.end_s), waiting)


def _between(low: float, high: float, count: int) -> list[float]:
    return [min(high, low + (high - low) * step / (count + 1)) for step in range(1, count + 1)]


def _entries(found: list[tuple[_Written, _Sung]]) -> list[tuple[_Written, _Sung]]:
    """The words at which a new entry of the timeline begins, but for the line's first."""
    return [after for before, after in pairwise(found) if after[1].entry != before[1].entry]


def _cut(line: str, word: _Written) -> int:
    lead = OPENING.search(line, 0, word.offset)
    return lead.start() if lead else word.offset

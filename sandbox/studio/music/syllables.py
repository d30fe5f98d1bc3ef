"""The syllables of a sung line, as it is pronounced, and the words they belong to."""

import re
from bisect import bisect
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from sandbox.studio.music.speech import Phone, spoken

# A word, or one Chinese or Japanese character.
TOKEN = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+(?:['’-][^\W_\u3040-\u30ff\u3400-\u9fff]+)*"
)
EDGES = re.compile(r"^\W+|\W+$")
VOWEL = re.compile(r"[',%=]*(?!@-)[aeiouyAEIOUVY03@&]")
GLIDES = ("r", "l", "w", "j")


@dataclass(frozen=True, slots=True)
class Syllable:
    """One vowel with the consonants before and after it, in samples of its line's speech; its word's place in the line;
    whether it is stressed."""

    onset: int
    vowel: int
    coda: int
    end: int
    word: int
    stressed: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is sung; each word (a Chinese one may be several characters) has at least one syllable."""

    words: tuple[str, ...]
    syllables: tuple[Syllable, ...]


@lru_cache(1024)
def line(text: str) -> Line:
    """The words and syllables of a line; none when there is nothing to sing in it."""
    phones = spoken(text).phones
    vowels = [place for place, phone in enumerate(phones) if VOWEL.match(phone.name)]
    if not vowels:
        return Line((), ())
    starts = [token.start() for token in TOKEN.finditer(text)] or [0]
    tokens = [max(0, bisect(starts, phones[place].letter) - 1) for place in vowels]
    for token in set(tokens):  # eSpeak takes "in the" for one word, and many a Chinese pair.
        first, count = tokens.index(token), tokens.count(token)
        if count == min([later for later in tokens if later > token], default=len(starts)) - token:
            tokens[first : first + count] = range(token, token + count)
    sung = sorted(set(tokens))  # What has no sound of its own goes with the word before it.
    cuts = [0, *(starts[token] for token in sung[1:]), len(text)]
    words = tuple(EDGES.sub("", text[start:end]) or text[start:end].strip() for start, end in pairwise(cuts))
    syllables = []
    for number, (place, token) in enumerate(zip(vowels, tokens, strict=True)):
        before = vowels[number - 1] if number else -1
        after = vowels[number + 1] if number + 1 < len(vowels) else len(phones)
        onset = _onset(phones, before, place)
        coda = _onset(phones, place, after) if after < len(phones) else after
        coda = next((silent for silent in range(place + 1, coda) if phones[silent].name.startswith("_")), coda)
        vowel, end, stressed = phones[place], phones[coda - 1].end, phones[place].name[0] in "',"
        syllables.append(Syllable(phones[onset].start, vowel.start, vowel.end, end, sung.index(token), stressed))
    return Line(words, tuple(syllables))


def _onset(phones: tuple[Phone, ...], before: int, vowel: int) -> int:
    """Where the consonants of this vowel begin, after those of the vowel before it."""
    first = before + 1
    for place in range(vowel - 1, before, -1):
        if phones[place].name.startswith("_"):
            return place + 1
        if before >= 0 and phones[place].letter != phones[vowel].letter:
            first = max(first, place + 1)
            break
    if before < 0 or phones[before].letter != phones[vowel].letter:
        return first
    clustered = 2 if phones[vowel - 1].name in GLIDES else 1
    return max(first, vowel - clustered)

"""A title for a song that came without one."""

import random
import re

from sandbox.studio.music import lyrics
from sandbox.studio.music.order import TakeOrder
from sandbox.studio.music.styles import Style

LONGEST = 40
LONGEST_CJK = 12
FILLER = (
    "a an the of in on at to for with and or about that is my me i song music track tune piece make write please some"
)
FIRST_WORDS = ("Paper", "Silver", "Midnight", "Golden", "Quiet", "Distant", "Electric", "Summer", "Neon", "Velvet")
SECOND_WORDS = ("Harbour", "Skies", "River", "Lanterns", "Horizon", "Garden", "Signals", "Letters", "Echoes", "Tides")


def title(order: TakeOrder, style: Style) -> str:
    """The first line of the chorus (or of the lyrics), else the words of the description, else two that go together."""
    sheet = () if order.instrumental else lyrics.stanzas(order.lyrics)
    sung = sorted((stanza for stanza in sheet if stanza.lines), key=lambda stanza: stanza.kind != "chorus")
    if sung:
        return _shortened(re.split(r"[,.;:!?，。；：！？]", sung[0].lines[0].strip(" ,.;:!?"))[0])
    described = order.description or ("" if sheet else order.lyrics)
    words = [word for word in re.findall(r"[\w'’-]+", described) if word.lower() not in FILLER.split()]
    if words:
        return _shortened(" ".join(word if word.isupper() else word.capitalize() for word in words[:5]))
    chance = random.Random(order.seed("title", style.name))
    return f"{chance.choice(FIRST_WORDS)} {chance.choice(SECOND_WORDS)}"


def _shortened(text: str) -> str:
    """Cut at a word, or where Chinese is long enough."""
    text = text.strip()
    if lyrics.CJK.search(text):
        return text[:LONGEST_CJK]
    if len(text) <= LONGEST:
        return text
    return text[: LONGEST + 1].rsplit(" ", 1)[0][:LONGEST]

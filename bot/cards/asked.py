"""What a member asked for, in words: `<@1> asked for a cover of v1a`."""

from __future__ import annotations

from bot.cards.drawing import plain, seconds, stretched
from bot.phrasebook import Phrasebook
from bot.picture import CardPicture
from bot.requests import MAX_NAME, AddInstrumental, AddVocals, Generate, Infill, Persona, Upload


def asked_for(card: CardPicture, book: Phrasebook) -> str:
    """One phrase, escaped."""
    locale, request = card.task.locale, card.request
    parent = card.parent.label if card.parent else ""
    match request:
        case Generate():
            return _a_song(card, request, book)
        case Infill() | AddVocals() | AddInstrumental():
            told, stretch = stretched(request.start_s or None, request.end_s or None)
            return book.say(locale, f"card-what-{request.kind}{told}", take=parent, **stretch)
        case Persona():
            return book.say(locale, "card-what-persona", take=parent, name=plain(request.name, MAX_NAME))
        case Upload(hummed=True):
            return book.say(locale, "card-what-sample")
        case _:
            return book.say(locale, f"card-what-{request.kind}", take=parent)


def _a_song(card: CardPicture, request: Generate, book: Phrasebook) -> str:
    locale = card.task.locale
    if card.parent is not None and request.continue_clip_id:
        if request.continue_at is None:
            return book.say(locale, "card-what-extend-end", take=card.parent.label)
        return book.say(locale, "card-what-extend", take=card.parent.label, at=seconds(request.continue_at))
    if card.parent is not None:
        return book.say(locale, "card-what-revise", take=card.parent.label)
    if request.instrumental:
        return book.say(locale, "card-what-instrumental")
    if request.description:
        return book.say(locale, "card-what-inspire")
    return book.say(locale, "card-what-song" if request.prompt else "card-what-style")

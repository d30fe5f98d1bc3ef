"""The living status card of a task: who asked, what was understood, where it stands, and Cancel."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import discord

from bot.cards.custom_id import Act, CustomId
from bot.cards.drawing import (
    DONE,
    EMBED_FIELD,
    EMBED_TITLE,
    WAITING,
    WORKING,
    WRONG,
    Drawing,
    ago,
    button,
    plain,
    seconds,
    view_of,
)
from bot.phrasebook import Phrasebook, Sentence
from bot.picture import CardPicture
from db.states import TaskState

BAR_LENGTH: Final = 10
BAR_WHILE_RUNNING: Final = (2, 5, 7, 9)
"""Filled parts after each step of progress: MusicMint tells none, so it is measured against the usual 30-120 s."""
PREVIEW_LINES: Final = 6

COLOURS: Final = {
    TaskState.ACCEPTED: WAITING,
    TaskState.QUEUED: WAITING,
    TaskState.SUBMITTING: WORKING,
    TaskState.RUNNING: WORKING,
    TaskState.FINISHED: DONE,
    TaskState.CANCELLED: WAITING,
    TaskState.CLOSED: WAITING,
}


def draw(card: CardPicture, book: Phrasebook) -> Drawing:
    """The card as its row stands."""
    embed = discord.Embed(
        title=plain(heading(card, book), EMBED_TITLE),
        description=_description(card, book),
        colour=COLOURS.get(card.task.state, WRONG),
        timestamp=datetime.fromtimestamp(card.task.created_at / 1000, UTC),
    )
    _add_request(embed, card, book)
    embed.set_footer(text=book.say(card.task.locale, "card-footer"))
    return Drawing(embed, _buttons(card, book))


def heading(card: CardPicture, book: Phrasebook) -> str:
    """The song and its version; until it has a name, the first words that were given. Not escaped."""
    locale = card.task.locale
    title = card.title or first_words(card) or book.say(locale, "card-untitled")
    return book.say(locale, "card-heading", title=title, version=str(card.task.version or 1))


def first_words(card: CardPicture) -> str:
    """The first line of what the member gave that is not a section mark."""
    request = card.request
    for line in f"{request.prompt}\n{request.description}\n{request.tags}".splitlines():
        if line.strip() and not line.strip().startswith("["):
            return line.strip()[:60]
    return ""


def state_line(card: CardPicture, book: Phrasebook) -> str:
    """Where the task stands, in one line."""
    task, locale = card.task, card.task.locale
    match task.state:
        case TaskState.ACCEPTED | TaskState.QUEUED:
            if task.error:
                return book.say(locale, "card-state-again", when=ago(task.due_at))
            if card.place_in_queue:
                return book.say(locale, "card-state-queued", before=card.place_in_queue)
            return book.say(locale, "card-state-next")
        case TaskState.RUNNING:
            return book.say(locale, "card-state-running", when=ago(task.started_at or task.created_at))
        case TaskState.FINISHED:
            return _finished_line(card, book)
        case TaskState.ASKING:
            return book.say(locale, "card-state-unknown")
        case _:
            return book.say(locale, f"card-state-{task.state}")


def _finished_line(card: CardPicture, book: Phrasebook) -> str:
    locale, task = card.task.locale, card.task
    if task.cancel_requested_at is not None:
        return book.say(locale, "card-state-kept")
    links = [
        f"[{take.label}](https://discord.com/channels/{task.guild_id or '@me'}/{take.channel_id}/{take.message_id})"
        for take in card.takes
        if take.message_id is not None
    ]
    if links:
        return book.say(locale, "card-state-finished", takes=" · ".join(links))
    return book.say(locale, "card-state-unposted" if card.all_kept else "card-state-posting")


def _description(card: CardPicture, book: Phrasebook) -> str:
    task, locale = card.task, card.task.locale
    lines = [
        book.say(locale, "card-asked", user=str(task.requester_id), what=_what(card, book)),
        "",
        f"**{state_line(card, book)}**",
    ]
    if bar := _bar(card):
        lines.append(bar)
    if task.state is TaskState.RUNNING and not card.steps:
        lines.append(f"-# {book.say(locale, 'card-usual')}")
    if card.error is not None:
        lines.append(_told(card.error, book, locale))
    if task.cancel_requested_at is not None and task.state is not TaskState.FINISHED:
        lines.append(book.say(locale, "card-late-cancel"))
    if card.thread_id is not None and card.thread_id not in (task.card_channel_id, task.channel_id):
        lines.append(book.say(locale, "card-thread", thread=str(card.thread_id)))
    return "\n".join(lines)


def _told(error: Sentence, book: Phrasebook, locale: str) -> str:
    # What MusicMint wrote may hold markdown of its own.
    words = {name: plain(value, 300) if isinstance(value, str) else value for name, value in error.arguments.items()}
    return book.say(locale, error.id, **words)


def _what(card: CardPicture, book: Phrasebook) -> str:
    locale, request = card.task.locale, card.request
    if card.parent is not None and request.continue_at is not None:
        return book.say(locale, "card-what-extend", take=card.parent.label, at=seconds(request.continue_at))
    if card.parent is not None:
        return book.say(locale, "card-what-extend-end", take=card.parent.label)
    if request.instrumental:
        return book.say(locale, "card-what-instrumental")
    if request.description:
        return book.say(locale, "card-what-inspire")
    return book.say(locale, "card-what-song" if request.prompt else "card-what-style")


def _bar(card: CardPicture) -> str:
    match card.task.state:
        case TaskState.ACCEPTED | TaskState.QUEUED:
            filled = 0
        case TaskState.SUBMITTING:
            filled = 1
        case TaskState.RUNNING:
            filled = BAR_WHILE_RUNNING[min(card.steps, len(BAR_WHILE_RUNNING) - 1)]
        case _:
            return ""
    return "▰" * filled + "▱" * (BAR_LENGTH - filled)


def _add_request(embed: discord.Embed, card: CardPicture, book: Phrasebook) -> None:
    locale, request = card.task.locale, card.request
    if request.tags:
        embed.add_field(name=book.say(locale, "card-field-style"), value=plain(request.tags, EMBED_FIELD), inline=False)
    if request.description:
        embed.add_field(name=book.say(locale, "card-field-idea"), value=plain(request.description, 600), inline=False)
    if request.prompt:
        lines = request.prompt.strip().splitlines()
        shown = "\n".join(lines[:PREVIEW_LINES]) + ("\n…" if len(lines) > PREVIEW_LINES else "")
        embed.add_field(name=book.say(locale, "card-field-lyrics"), value=plain(shown, 600), inline=False)


def _buttons(card: CardPicture, book: Phrasebook) -> discord.ui.View:
    locale, task_id = card.task.locale, card.task.id
    shown = []
    if card.can_cancel:
        label = book.say(locale, "button-cancel")
        shown.append(button(label, CustomId(Act.CANCEL, task_id), discord.ButtonStyle.danger))
    if card.can_show:
        shown.append(button(book.say(locale, "button-show"), CustomId(Act.SHOW, task_id)))
    return view_of(*shown)

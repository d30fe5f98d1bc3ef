"""The living status card of a task: who asked, what was understood, where it stands, and Cancel."""

from __future__ import annotations

import textwrap
from typing import Final

import discord

from bot.cards.asked import asked_for
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
    view_of,
)
from bot.phrasebook import Phrasebook, Sentence
from bot.picture import CANCELLABLE, CardPicture, PostedTake
from bot.requests import MAX_NAME, Lyrics, Persona
from bot.unanswered import in_list
from db.states import DeliveryState, Outcome, TaskState

BAR_LENGTH: Final = 10
BAR_WHILE_RUNNING: Final = (2, 5, 7, 9)
"""Filled parts after each step of progress: MusicMint tells none, so it is measured against the usual 30-120 s."""
PREVIEW_LINES: Final = 6
PREVIEW_LENGTH: Final = 600
DRAFT_LENGTH: Final = 3500
"""Characters of a drafted lyric on its card; the form behind Sing it holds all of it."""
FIRST_WORDS: Final = 40
WAITING_TO_POST: Final = (None, DeliveryState.PENDING, DeliveryState.SENDING)

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
    )
    _add_request(embed, card, book)
    return Drawing(embed, _buttons(card, book))


def draw_anew(card: CardPicture, book: Phrasebook) -> Drawing:
    """The same in another message, for the first one is out of reach. A later try of it is known by the footer."""
    drawing = draw(card, book)
    drawing.embed.set_footer(text=book.say(card.task.locale, "card-anew", mark=card.marker))
    return drawing


def heading(card: CardPicture, book: Phrasebook) -> str:
    """The song and its version; until it has a name, the first words that were given. Not escaped."""
    locale = card.task.locale
    title = (card.title.strip() or first_words(card) or book.say(locale, "card-untitled"))[:EMBED_TITLE]
    if card.task.version is None:
        return title
    return book.say(locale, "card-heading", title=title, version=str(card.task.version))


def first_words(card: CardPicture) -> str:
    """The first line of what the member gave that is not a section mark."""
    sheet = card.request.sheet
    for line in f"{sheet.lyrics}\n{sheet.idea}\n{sheet.style}".splitlines():
        if line.strip() and not line.strip().startswith("["):
            return textwrap.shorten(line, FIRST_WORDS, placeholder="…") or line.strip()[:FIRST_WORDS]
    return ""


def state_line(card: CardPicture, book: Phrasebook) -> str:
    """Where the task stands, in one line."""
    task, locale = card.task, card.task.locale
    if _is_stopping(card):
        return book.say(locale, "card-state-cancelling")
    match task.state:
        case TaskState.ACCEPTED | TaskState.QUEUED:
            if task.error and task.attempts:  # else another task's answer keeps it
                return book.say(locale, "card-state-again", when=ago(task.due_at))
            if card.place_in_queue:
                return book.say(locale, "card-state-queued", before=card.place_in_queue)
            return book.say(locale, "card-state-next")
        case TaskState.RUNNING:
            return book.say(locale, "card-state-running", when=ago(task.started_at or task.created_at))
        case TaskState.FINISHED:
            return _finished_line(card, book)
        case TaskState.CANCELLED | TaskState.CLOSED if card.was_sent:
            return book.say(locale, f"card-state-{task.state}-sent")
        case _:
            return book.say(locale, f"card-state-{task.state}")


def _is_stopping(card: CardPicture) -> bool:
    """Cancelled too late to stop it: what arrives will be kept."""
    return card.task.cancel_requested_at is not None and card.task.state in CANCELLABLE


def _finished_line(card: CardPicture, book: Phrasebook) -> str:
    locale, task = card.task.locale, card.task
    if isinstance(card.request, Persona):  # nothing to post, so nothing to keep back
        return book.say(locale, "card-state-singer", name=plain(card.request.name, MAX_NAME))
    if task.cancel_requested_at is not None:
        return book.say(locale, "card-state-kept")
    if isinstance(card.request, Lyrics):
        return book.say(locale, "card-state-drafted")
    if not card.takes or any(take.state in WAITING_TO_POST for take in card.takes):
        return book.say(locale, "card-state-posting")
    if all(take.state is DeliveryState.KEPT for take in card.takes):
        return book.say(locale, "card-state-unposted")
    return book.say(locale, "card-state-finished", takes=" · ".join(_found(card, take, book) for take in card.takes))


def _found(card: CardPicture, take: PostedTake, book: Phrasebook) -> str:
    """Its name, as a link to its message where that is known."""
    label = take.label or book.say(card.task.locale, f"export-{card.request.kind}")
    if take.state is DeliveryState.KEPT:
        return book.say(card.task.locale, "card-take-kept", label=label)
    if take.message_id is None:
        return label
    place = f"{card.task.guild_id or '@me'}/{take.channel_id}/{take.message_id}"
    return f"[{label}](https://discord.com/channels/{place})"


def _description(card: CardPicture, book: Phrasebook) -> str:
    task, locale = card.task, card.task.locale
    lines = [
        book.say(locale, "card-asked", user=str(task.requester_id), what=asked_for(card, book)),
        "",
        f"**{state_line(card, book)}**",
    ]
    if bar := _bar(card):
        lines.append(bar)
    if task.state is TaskState.RUNNING and not card.steps and not _is_stopping(card):
        lines.append(f"-# {book.say(locale, 'card-usual')}")
    if card.error is not None:
        lines.append(_told(card.error, book, locale))
    if task.state is TaskState.REFUSED and Outcome.UNKNOWN in card.answers:
        lines.append(book.say(locale, "card-first-listed" if in_list(task) else "card-first-unlisted"))
    if _is_stopping(card):
        lines.append(book.say(locale, "card-late-cancel"))
    if card.singer is not None and not card.singer.usable:
        lines.append(book.say(locale, "card-singer-not-ready"))
    if card.draft is not None and task.cancel_requested_at is None:
        lines += ["", plain(card.draft.prompt.strip(), DRAFT_LENGTH)]
    if card.request.makes_takes and card.thread_id not in (None, task.card_message_id, task.card_channel_id):
        lines.append(book.say(locale, "card-thread", thread=str(card.thread_id)))
    return "\n".join(lines)


def _told(error: Sentence, book: Phrasebook, locale: str) -> str:
    # What MusicMint wrote may hold markdown of its own, or nothing at all.
    nothing = book.say(locale, "error-no-reason")
    words = {
        name: (plain(value.strip(), 300) or nothing) if isinstance(value, str) else value
        for name, value in error.arguments.items()
    }
    return book.say(locale, error.id, **words)


def _bar(card: CardPicture) -> str:
    if _is_stopping(card):
        return ""
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
    locale, sheet = card.task.locale, card.request.sheet
    if sheet.style.strip():
        embed.add_field(name=book.say(locale, "card-field-style"), value=plain(sheet.style, EMBED_FIELD), inline=False)
    if card.request.singer:
        embed.add_field(name=book.say(locale, "card-field-singer"), value=plain(card.request.singer, EMBED_FIELD))
    if sheet.idea.strip():
        embed.add_field(name=book.say(locale, "card-field-idea"), value=_preview(sheet.idea), inline=False)
    if sheet.lyrics.strip():
        embed.add_field(name=book.say(locale, "card-field-lyrics"), value=_preview(sheet.lyrics), inline=False)


def _preview(words: str) -> str:
    """The first lines, without the empty ones; the whole lyric stands behind a take's button."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    first = lines[:PREVIEW_LINES]
    while len(lines) > PREVIEW_LINES and len(first) > 1 and first[-1].startswith("["):
        first.pop()  # a section's mark without its lines
    shown = plain("\n".join(first), PREVIEW_LENGTH)
    return f"{shown} …" if len(lines) > len(first) else shown


def _buttons(card: CardPicture, book: Phrasebook) -> discord.ui.View:
    locale, task_id = card.task.locale, card.task.id
    shown = []
    if card.can_cancel:
        label = book.say(locale, "button-cancel")
        shown.append(button(label, CustomId(Act.CANCEL, task_id), discord.ButtonStyle.danger))
    if card.task.state is TaskState.ASKING:
        label = book.say(locale, "button-retry")
        shown.append(button(label, CustomId(Act.RETRY, task_id), discord.ButtonStyle.primary))
        shown.append(button(book.say(locale, "button-leave"), CustomId(Act.LEAVE, task_id)))
    if card.draft is not None and card.task.cancel_requested_at is None:
        shown.append(button(book.say(locale, "button-sing"), CustomId(Act.SING, task_id), discord.ButtonStyle.primary))
    if card.can_show:
        label = "button-show" if card.request.makes_takes else "button-show-it"
        shown.append(button(book.say(locale, label), CustomId(Act.SHOW, task_id)))
    return view_of(*shown)

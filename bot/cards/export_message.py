"""An export's message: one file made from a take."""

from __future__ import annotations

import discord

from bot.cards import take_message
from bot.cards.drawing import DONE, EMBED_TITLE, Drawing, plain, view_of
from bot.phrasebook import Phrasebook
from bot.picture import ExportPicture
from bot.ports import Parcel


def draw(export: ExportPicture, parcel: Parcel, book: Phrasebook) -> Drawing:
    """What it is and of which take; without a file, a link and the reason."""
    locale = export.locale
    embed = discord.Embed(title=plain(take_message.heading(export.take, book, locale), EMBED_TITLE), colour=DONE)
    lines = [book.say(locale, f"export-told-{export.format}")]
    if parcel.lack is not None:
        lines.append(book.tell(locale, parcel.lack))
    if parcel.file is None:
        # An earlier try of this message is known by its file's name, and without a file by this.
        embed.set_footer(text=export.marker)
    take_message.tell_rate(embed, parcel, book, locale)
    if found := take_message.where_to_hear(parcel, book, locale):
        lines.append(found)
    embed.description = "\n".join(lines)
    return Drawing(embed, view_of())

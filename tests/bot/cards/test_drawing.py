"""Members' words on a card stay words."""

from __future__ import annotations

import re

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.drawing import plain, seconds, view_of

MARKED = st.text(alphabet="ab1 \n\\*_~`|[]()<>#-+.@everyone:/", max_size=80)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("[Verse]\nla *la* la", "\\[Verse\\]\nla \\*la\\* la"),
        ("# loud\n> quoted\n- listed\n-# small\n1. first", "\\# loud\n\\> quoted\n\\- listed\n\\-# small\n1\\. first"),
        ("[a](http://x) and [b](http://y)", "\\[a\\](http://x) and \\[b\\](http://y)"),
        ("<#123> <:x:1> </song:1>", "\\<#123> \\<:x:1> \\</song:1>"),
        ("@everyone <@123456789012345678>", "@\u200beveryone \\<@\u200b123456789012345678>"),
        ("back\\slash ||hidden||", "back\\\\slash \\|\\|hidden\\|\\|"),
        ("It's 3.5 - or so, isn't it?", "It's 3.5 - or so, isn't it?"),
    ],
)
def test_markdown_and_mentions_are_shown_as_they_were_typed(words: str, shown: str) -> None:
    assert plain(words, 1000) == shown


@given(MARKED)
def test_no_mark_stays_live_and_nothing_is_lost(words: str) -> None:
    escaped = plain(words, 1000)
    assert re.search(r"(?<!\\)(?:\\\\)*[*_~`|\[\]<]", escaped) is None
    assert "@everyone" not in escaped
    assert re.sub(r"\\(.)", r"\1", escaped).replace("\u200b", "") == words


@given(MARKED, st.integers(1, 60))
def test_a_cut_never_leaves_half_an_escape(words: str, limit: int) -> None:
    cut = plain(words, limit)
    assert len(cut) <= limit
    assert not cut.removesuffix("…").endswith("\\") or cut == plain(words, 1000)


def test_a_length_reads_as_minutes_and_seconds() -> None:
    assert [seconds(number) for number in (0, 9.9, 84.5, 600, 3600)] == ["0:00", "0:09", "1:24", "10:00", "60:00"]


async def test_a_view_is_stopped_so_that_discord_py_does_not_keep_it() -> None:
    assert view_of(discord.ui.Button(label="a", custom_id="a")).is_finished()

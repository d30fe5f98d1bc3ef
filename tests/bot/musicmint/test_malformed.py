"""Whatever comes, it ends in an error of ours or in something that can be stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.errors import ServiceError
from bot.musicmint.reply import Reply
from tests.bot.musicmint.api import EXAMPLES
from tests.bot.musicmint.conftest import NOW_MS
from tests.bot.musicmint.malformed import malformed
from tests.bot.musicmint.table import ROWS, Row

STATUSES = st.sampled_from([200] * 9 + [204, 301, 400, 401, 429, 500])


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_malformed_answer_is_refused_or_makes_sense(row: Row) -> None:
    understood = 0

    @settings(max_examples=200)
    @given(body=malformed(EXAMPLES[row.example]), status=STATUSES)
    def every_one(body: bytes, status: int) -> None:
        nonlocal understood
        try:
            answer = Reply(status, None, body).read(row.endpoint.answer, NOW_MS)
        except ServiceError:
            return
        understood += 1
        assert_it_can_be_stored(answer)

    every_one()
    assert understood > 0  # else the flaws are too many to try what is half right


def assert_it_can_be_stored(answer: Any) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(type(answer))
    stored = adapter.dump_json(answer)
    assert said(adapter.dump_json(adapter.validate_json(stored))) == said(stored)


def said(stored: bytes) -> object:
    """Nulls aside: what nobody asked for may be infinite, and is stored as null."""
    return json.loads(stored, object_hook=lambda found: {n: value for n, value in found.items() if value is not None})

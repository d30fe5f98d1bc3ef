"""Every rendered line goes through the redaction: ours, a library's, and a traceback's."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot import logs
from bot.redaction import Redaction

SECRET = "a-canary-of-a-secret"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("discord", "aiohttp", "asyncio", "sqlalchemy")}
    logs.set_up("debug", Redaction([SECRET]))
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    handler.setStream(stream)
    yield stream
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)


def test_a_line_of_ours_hides_it(written: io.StringIO) -> None:
    structlog.get_logger("ours").info("said", word=SECRET)
    assert "said" in written.getvalue()
    assert SECRET not in written.getvalue()


def test_a_line_of_a_library_hides_it(written: io.StringIO) -> None:
    logging.getLogger("aiohttp.client").warning("headers %r", {"Authorization": f"Bearer {SECRET}"})
    assert "Authorization" in written.getvalue()
    assert SECRET not in written.getvalue()


def test_a_traceback_hides_it(written: io.StringIO) -> None:
    try:
        raise ValueError(f"GET https://cdn.test/a.mp3?hm=1234567 with {SECRET}")
    except ValueError:
        structlog.get_logger("ours").exception("broken")
    assert "Traceback" in written.getvalue()
    assert "test_a_traceback_hides_it" in written.getvalue()
    assert SECRET not in written.getvalue()
    assert "1234567" not in written.getvalue()


def test_discord_py_s_own_debug_lines_stay_off(written: io.StringIO) -> None:
    """They hold whole payloads: members' words, and tokens of interactions."""
    logging.getLogger("discord.http").debug("payload")
    logging.getLogger("discord.gateway").info("payload")
    assert written.getvalue() == ""

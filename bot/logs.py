"""Log lines: one event a line on standard error, for people on a terminal in colour, without secrets."""

from __future__ import annotations

import logging
import sys

import structlog

from bot.redaction import Redaction


class _Redacting(logging.Formatter):
    """Redacts the finished text: the event, its values and the traceback, whoever wrote them."""

    def __init__(self, inner: logging.Formatter, redaction: Redaction) -> None:
        super().__init__()
        self._inner = inner
        self._redaction = redaction

    def format(self, record: logging.LogRecord) -> str:
        return self._redaction(self._inner.format(record))


def set_up(level: str, redaction: Redaction) -> None:
    """Send our own and discord.py's lines the same way. Below INFO discord.py would log tokens of interactions."""
    wanted = logging.getLevelName(level.upper())
    colours = sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(wanted),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    renderer = structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback)
    inner = structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared)
    handler.setFormatter(_Redacting(inner, redaction))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(wanted)
    for library in ("discord", "alembic", "sqlalchemy", "aiosqlite", "asyncio", "aiohttp"):
        logging.getLogger(library).setLevel(max(wanted, logging.WARNING))

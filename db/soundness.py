"""What an operator reads where the database file fails under a bot that runs: damaged, full, out of reach."""

from __future__ import annotations

import sqlite3
from typing import Final

from sqlalchemy import exc

from db.engine import file_of

DAMAGED: Final = "is damaged ({}); put a backup in its place, and keep this one aside"

ADVICE: Final = {
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_FULL: "cannot grow ({}); make room on its disk and start again",
    sqlite3.SQLITE_IOERR: "cannot be read or written ({}); look at its disk, then start again",
    sqlite3.SQLITE_READONLY: "cannot be written ({}); give the file and its folder to the user the bot runs as",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened ({}); look at its folder and the number of open files",
    sqlite3.SQLITE_BUSY: "is held by another program ({}); end that one and start again",
    sqlite3.SQLITE_LOCKED: "is held by another program ({}); end that one and start again",
}


def complaint(url: str, error: BaseException) -> str | None:
    """One line about the file, where it is the file's fault; None for every other error."""
    # SQLite tells of damage as a plain `DatabaseError`; its other kinds are faults of ours.
    if isinstance(error, exc.OperationalError) or type(error) is exc.DatabaseError:
        return _line(url, error.orig)
    return None


def _line(url: str, error: BaseException | None) -> str:
    # The low byte is the kind; what stands above it tells kinds of that kind apart.
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return f"DATABASE_URL: {file_of(url)} {ADVICE.get(kind, 'cannot be used ({})').format(error)}"

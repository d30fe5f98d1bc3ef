"""What an operator reads where the database file itself is at fault: damaged, full, out of reach."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Final

from sqlalchemy.exc import DBAPIError

from db.engine import DatabaseError, file_of, prepare_file

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


def check_whole(url: str) -> None:
    """Read every page once, which takes seconds for a gigabyte. Raises `DatabaseError` for a damaged file."""
    prepare_file(url)
    try:
        with closing(sqlite3.connect(file_of(url))) as connection:
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        raise DatabaseError(_line(url, error)) from None
    if said != "ok":
        raise DatabaseError(f"DATABASE_URL: {file_of(url)} {DAMAGED.format(str(said).splitlines()[-1])}")


def complaint(url: str, error: BaseException) -> str | None:
    """One line about the file, where it is the file's fault; None for every other error."""
    if isinstance(error, DBAPIError):
        return _line(url, error.orig)
    return None


def _line(url: str, error: BaseException | None) -> str:
    # The low byte is the kind; what stands above it tells kinds of that kind apart.
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return f"DATABASE_URL: {file_of(url)} {ADVICE.get(kind, 'cannot be used ({})').format(error)}"

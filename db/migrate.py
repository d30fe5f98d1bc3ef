"""Brings a database to the schema this program knows, and refuses one that is newer.

Alembic is heavy in memory, so the bot only reads the version; the revisions run in a short-lived process of their own.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from db.engine import DatabaseError, file_of, prepare_file

MIGRATIONS = Path(__file__).parent / "migrations"


def head() -> str:
    """The newest revision this program carries; revisions are numbered in their file names."""
    return max(known_revisions())


def known_revisions() -> set[str]:
    """The numbers of all revisions, `0001` onwards."""
    names = (path.name for path in (MIGRATIONS / "versions").glob("*.py"))
    return {match[1] for name in names if (match := re.match(r"(\d{4})_", name))}


def is_current(url: str) -> bool:
    """Whether the database needs no revision. Raises `DatabaseError` for one made by a newer Minstrel."""
    version = current(url)
    if version is not None and version not in known_revisions():
        raise DatabaseError(
            f"DATABASE_URL: {file_of(url)} was made by a newer Minstrel (schema {version}, this one knows {head()}); "
            "update Minstrel or name another file"
        )
    return version == head()


def current(url: str) -> str | None:
    """The schema's version; None for a database without tables. Raises `DatabaseError`, also for a damaged one."""
    prepare_file(url)
    try:
        with closing(sqlite3.connect(file_of(url))) as connection:
            _check_whole(connection, file_of(url))
            found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if found else None
    except sqlite3.OperationalError as error:
        raise DatabaseError(f"DATABASE_URL: {file_of(url)} cannot be read: {error}") from None
    except sqlite3.DatabaseError as error:
        foreign = error.sqlite_errorcode == sqlite3.SQLITE_NOTADB
        raise _damaged(file_of(url), "cannot be read as a database" if foreign else "is damaged", str(error)) from None
    return str(row[0]) if row else None


def _check_whole(connection: sqlite3.Connection, path: Path) -> None:
    """A second for a gigabyte: every page hangs together and every row keeps its rules. Raises `DatabaseError`.

    Serving from a damaged file would damage more of it, and might submit what a lost row says was submitted.
    """
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise _damaged(path, "is damaged", str(found))


def _damaged(path: Path, what: str, finding: str) -> DatabaseError:
    words = "".join(letter for letter in " ".join(finding.split()) if letter.isprintable())  # it may quote the damage
    copies = [other for other in path.parent.iterdir() if other != path and _is_copy(other, path)]
    newest = max(copies, key=lambda copy: copy.stat().st_mtime, default=None)
    backup = f"the newest copy beside it is {newest}" if newest else "no copy lies beside it"
    return DatabaseError(
        f"DATABASE_URL: {path} {what}: {words[:200]}; move it away, with its -wal and -shm files, and put your last "
        f"backup in its place ({backup})"
    )


def _is_copy(other: Path, path: Path) -> bool:
    """A database whose name begins as ours does; not what lies there while ours is open."""
    if not other.name.startswith(path.stem) or other.name.endswith((".lock", "-wal", "-shm", "-journal")):
        return False
    if not other.is_file():
        return False
    with other.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def upgrade(url: str) -> None:
    """Run every missing revision in one transaction. Raises `DatabaseError`; the database is then as it was."""
    if is_current(url):
        return
    # Here, not above: the bot imports this module and must not pay for Alembic.
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import DBAPIError

    engine = create_engine(f"sqlite:///{file_of(url)}")

    @event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, _entry: object) -> None:
        connection.isolation_level = None  # the driver would commit before every DDL statement
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    except DBAPIError as error:
        raise DatabaseError(f"DATABASE_URL: {file_of(url)} cannot be brought to this version: {error.orig}") from None
    finally:
        engine.dispose()

"""Alembic's entry: runs the revisions on the connection `db/migrate.py` hands over, all in one transaction."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from db.schema import metadata


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


_run(context.config.attributes["connection"])

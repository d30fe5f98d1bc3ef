"""Alembic revisions of the schema. An applied revision is never edited; a new one is added."""

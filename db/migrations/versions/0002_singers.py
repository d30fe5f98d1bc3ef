"""Singers: personas by the name members call them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "singers",
        sa.Column("id", row_id, nullable=False),
        sa.Column("persona_id", sa.Text(), nullable=False),
        sa.Column("home", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("clip_id", row_id, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_singers")),
        sa.UniqueConstraint("persona_id", name=op.f("uq_singers_persona_id")),
        sa.UniqueConstraint("home", "name_key", name=op.f("uq_singers_home_name_key")),
        sa.ForeignKeyConstraint(["clip_id"], ["clips.id"], name=op.f("fk_singers_clip_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_deliveries_message_id"), "deliveries", ["message_id"])

"""What it takes to be sure: faults counted, lists that missed a submission, upload limits learned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("tasks", "deliveries"):
        op.add_column(table, sa.Column("faults", sa.Integer(), server_default="0", nullable=False))
    op.add_column("submissions", sa.Column("missed_at", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_submissions_started_at"), "submissions", ["started_at"])
    op.create_index("ix_submissions_unknown", "submissions", ["id"], sqlite_where=sa.text("outcome = 'unknown'"))
    op.create_table(
        "upload_limits",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("max_bytes", sa.BigInteger(), nullable=False),
        sa.Column("learned_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name=op.f("pk_upload_limits")),
    )

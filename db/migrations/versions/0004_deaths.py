"""Deaths of the process while it sends are counted beside faults, of which a few are enough to park a row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("deaths", sa.Integer(), server_default="0", nullable=False))
    # Until now both were counted as one, and nobody can tell them apart: for those still on their way all were deaths.
    op.execute("UPDATE deliveries SET deaths = faults, faults = 0 WHERE state IN ('pending', 'sending')")

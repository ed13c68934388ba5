"""Backups, complete or not, and where they are."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "backups",
        sa.Column("id", sa.String, primary_key=True, nullable=False),
        sa.Column("created_us", sa.Integer, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("place", "set_id", "slots", "state", "digest")),
    )

"""Erasures: shredded datasets, who requested it, and the certificates."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "erasures",
        sa.Column("dataset_id", sa.String, primary_key=True, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("request", "asked_by", "role")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("sequence", "requested_us")),
        sa.Column("note", sa.Text, nullable=False),
    )

"""Notes of auditors on their reviews of the log."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "audit_reviews",
        sa.Column("request", sa.String, primary_key=True, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created_us", sa.Integer, nullable=False),
    )

"""Search terms of persons, as HMACs: they lead to the key under which the log names a person."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "person_terms",
        sa.Column("term", sa.String, primary_key=True, nullable=False),
        sa.Column("person_id", sa.String, nullable=False, index=True),
    )

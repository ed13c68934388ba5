"""The language that an account has chosen."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. No account has chosen yet."""
    op.add_column("users", sa.Column("language", sa.String, nullable=False, server_default=""))

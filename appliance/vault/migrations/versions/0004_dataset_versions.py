"""Versions of datasets, their origin and retention; certificates for single versions."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ORIGIN = ("purpose", "owner", "licence", "legal_basis", "keep_until", "hold_reason")


def upgrade() -> None:
    """Create the tables, and a first version of each existing dataset."""
    for name in _ORIGIN:
        op.add_column("datasets", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.create_table(
        "dataset_versions",
        sa.Column("dataset_id", sa.String, primary_key=True, nullable=False),
        sa.Column("version", sa.Integer, primary_key=True, nullable=False),
        sa.Column("parent", sa.Integer, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("change", "digest", "report", "created_by", "request", "state")
        ),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("rows", "training_rows", "validation_rows", "test_rows", "created_us")
        ),
    )
    op.execute(
        "INSERT INTO dataset_versions SELECT id, version, 0, 'imported', digest, '{}', created_by, '', state, "
        "rows, training_rows, validation_rows, test_rows, created_us FROM datasets"
    )
    op.create_table(
        "erasures_by_version",
        sa.Column("dataset_id", sa.String, primary_key=True, nullable=False),
        sa.Column("versions", sa.String, primary_key=True, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("request", "asked_by", "role")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("sequence", "requested_us")),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.execute(
        "INSERT INTO erasures_by_version SELECT dataset_id, '', request, asked_by, role, sequence, requested_us, note "
        "FROM erasures"
    )
    op.drop_table("erasures")
    op.rename_table("erasures_by_version", "erasures")

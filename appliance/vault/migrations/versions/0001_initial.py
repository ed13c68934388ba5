"""First tables: accounts, keys, data, models, jobs, and the log's head."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _text(name: str, *, key: bool = False, unique: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, primary_key=key, nullable=False, unique=unique)


def _number(name: str, *, key: bool = False, empty: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, primary_key=key, nullable=empty)


def upgrade() -> None:
    """Create the tables."""
    op.create_table("projects", _text("id", key=True), _text("name"), _number("created_us"))
    op.create_table(
        "users",
        _text("id", key=True),
        _text("name", unique=True),
        _text("role"),
        _text("password_hash"),
        *(_number(name) for name in ("must_change", "disabled", "failed_attempts", "locked_until_us", "created_us")),
    )
    op.create_table(
        "sessions", _text("token_hash", key=True), _text("user_id"), _number("created_us"), _number("last_seen_us")
    )
    op.create_table(
        "wrapped_keys",
        _text("kind", key=True),
        _text("object_id", key=True),
        _number("version", key=True),
        _number("epoch"),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "audit_head", _number("id", key=True), _number("size"), sa.Column("root", sa.LargeBinary, nullable=False)
    )
    op.create_table(
        "datasets",
        *(_text("id", key=True), _text("project_id"), _text("name"), _number("version"), _text("digest")),
        *(_number(name) for name in ("rows", "training_rows", "validation_rows", "test_rows")),
        *(sa.Column("system_prompt", sa.Text, nullable=False), _text("source_format")),
        *(_number("created_us"), _text("created_by"), _text("state")),
    )
    op.create_table(
        "models",
        *(
            _text("id", key=True),
            _text("project_id"),
            _text("name"),
            _text("architecture"),
            _number("parameters"),
            _text("licence"),
        ),
        *(sa.Column("manifest", sa.Text, nullable=False), _number("created_us"), _text("created_by")),
    )
    op.create_table(
        "adapters",
        *(_text(name, key=name == "id") for name in ("id", "project_id", "name", "job_id", "model_id", "dataset_id")),
        *(_number("dataset_version"), _text("method"), _number("rank")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("config", "results")),
        *(_number("created_us"), _text("created_by"), _text("state")),
    )
    op.create_table(
        "jobs",
        *(_text(name, key=name == "id") for name in ("id", "project_id", "kind", "state")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("spec", "result", "reason")),
        *(
            _text("created_by"),
            _number("created_us"),
            _number("started_us", empty=True),
            _number("ended_us", empty=True),
        ),
    )
    op.create_index("ix_jobs_project_id", "jobs", ["project_id"])
    op.create_index("ix_jobs_state", "jobs", ["state"])
    op.create_table(
        "job_progress",
        _text("job_id", key=True),
        _number("step", key=True),
        _number("at_us"),
        sa.Column("body", sa.Text, nullable=False),
    )

"""What was found about adapters, in a table of its own: evaluation and rank analysis shared one JSON value."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, and move there what stood with the adapters."""
    findings = op.create_table(
        "findings",
        *(sa.Column(name, sa.String, primary_key=True, nullable=False) for name in ("adapter_id", "kind", "job_id")),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_us", sa.Integer, nullable=False),
    )
    connection = op.get_bind()
    adapters = connection.execute(sa.text("SELECT id, results, created_us FROM adapters")).all()
    rows = [row for each in adapters for row in _findings(each.id, json.loads(each.results), each.created_us)]
    if rows:
        connection.execute(sa.insert(findings), rows)
    op.execute("UPDATE adapters SET state = 'trained' WHERE state = 'evaluated'")
    op.drop_column("adapters", "results")


def _findings(adapter_id: str, results: dict[str, Any], created_us: int) -> list[dict[str, Any]]:
    """Return the rows of one adapter. An evaluation without the rank beside it is what the log has the digest of."""
    rank = results.pop("rank", None)
    found = [("evaluation", results)] if results.get("job_id") else []
    found += [("rank", rank)] if rank else []
    rows = []
    for kind, value in found:
        job_id, body = value["job_id"], {name: each for name, each in value.items() if name != "job_id"}
        about = {"adapter_id": adapter_id, "kind": kind, "job_id": job_id}
        rows.append({**about, "body": json.dumps(body), "created_us": created_us})
    return rows

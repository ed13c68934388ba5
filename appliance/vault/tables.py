"""The vault's own tables: wrapped data keys, and the log's last head."""

from sqlalchemy import Column, Integer, LargeBinary, String, Table

from appliance.vault.database import METADATA

WRAPPED_KEYS = Table(
    "wrapped_keys",
    METADATA,
    Column("kind", String, primary_key=True),
    Column("object_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
)

AUDIT_HEAD = Table(
    "audit_head",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("root", LargeBinary, nullable=False),
)

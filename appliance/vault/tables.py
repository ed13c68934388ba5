"""The vault's tables: wrapped data keys, the log's last head, backups, persons' search terms, review notes."""

from sqlalchemy import Column, Integer, LargeBinary, String, Table, Text

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

# `place` is the folder's name, `slots` the comma-separated ids of the recovery slots, `digest` the manifest's SHA-256,
# or "" until the backup is complete. An interrupted backup is listed too, because it left parts behind.
BACKUPS = Table(
    "backups",
    METADATA,
    Column("id", String, primary_key=True),
    Column("created_us", Integer, nullable=False),
    Column("place", String, nullable=False),
    Column("set_id", String, nullable=False),
    Column("slots", String, nullable=False),
    Column("state", String, nullable=False),
    Column("digest", String, nullable=False),
)

# Names and addresses used to search for a person, as HMACs under the home's key. Removed when the person is erased.
PERSON_TERMS = Table(
    "person_terms",
    METADATA,
    Column("term", String, primary_key=True),
    Column("person_id", String, nullable=False, index=True),
)

# Notes of auditors on their reviews of the log. The log's entries with this request say who reviewed what, and when.
AUDIT_REVIEWS = Table(
    "audit_reviews",
    METADATA,
    Column("request", String, primary_key=True),
    Column("note", Text, nullable=False),
    Column("created_us", Integer, nullable=False),
)

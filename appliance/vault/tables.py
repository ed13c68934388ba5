"""The vault's own tables: wrapped data keys, the log's last head, backups, who a person's key belongs to, notes of
reviews.
"""

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

# `place` is a folder's own name, `slots` the ids of the recovery slots with commas between, `digest` the manifest's
# SHA-256, "" before it is whole. A backup that was begun and never became whole has left parts behind all the same.
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

# Names and addresses by which a person was asked for, as HMACs under the home's key; gone when the person is erased.
PERSON_TERMS = Table(
    "person_terms",
    METADATA,
    Column("term", String, primary_key=True),
    Column("person_id", String, nullable=False, index=True),
)

# What an auditor noted at a review of the log. Which entries it covers, who and when: the log's entries of this request
# say so.
AUDIT_REVIEWS = Table(
    "audit_reviews",
    METADATA,
    Column("request", String, primary_key=True),
    Column("note", Text, nullable=False),
    Column("created_us", Integer, nullable=False),
)

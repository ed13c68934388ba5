"""Tables of projects, users and sessions."""

from sqlalchemy import Column, Integer, String, Table

from appliance.vault.database import METADATA

PROJECTS = Table(
    "projects",
    METADATA,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("created_us", Integer, nullable=False),
)

USERS = Table(
    "users",
    METADATA,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("role", String, nullable=False),
    Column("password_hash", String, nullable=False),
    Column("must_change", Integer, nullable=False),
    Column("disabled", Integer, nullable=False),
    Column("failed_attempts", Integer, nullable=False),
    Column("locked_until_us", Integer, nullable=False),
    Column("created_us", Integer, nullable=False),
    Column("language", String, nullable=False, server_default=""),  # "": none was chosen
)

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("token_hash", String, primary_key=True),
    Column("user_id", String, nullable=False),
    Column("created_us", Integer, nullable=False),
    Column("last_seen_us", Integer, nullable=False),
)

"""The tables of base models and of adapters. `records` reads them."""

from sqlalchemy import Column, Integer, String, Table, Text

from appliance.vault.database import METADATA

MODELS = Table(
    "models",
    METADATA,
    Column("id", String, primary_key=True),
    Column("project_id", String, nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("architecture", String, nullable=False),
    Column("parameters", Integer, nullable=False),
    Column("licence", String, nullable=False),
    Column("manifest", Text, nullable=False),
    Column("created_us", Integer, nullable=False),
    Column("created_by", String, nullable=False),
)

RETIRED = "retired"  # an adapter's state: it learned from a person who was erased, and answers no more

ADAPTERS = Table(
    "adapters",
    METADATA,
    Column("id", String, primary_key=True),
    Column("project_id", String, nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("job_id", String, nullable=False),
    Column("model_id", String, nullable=False),
    Column("dataset_id", String, nullable=False),
    Column("dataset_version", Integer, nullable=False),
    Column("method", String, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("config", Text, nullable=False),
    Column("results", Text, nullable=False),
    Column("created_us", Integer, nullable=False),
    Column("created_by", String, nullable=False),
    Column("state", String, nullable=False),
)
